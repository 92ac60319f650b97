from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..files import keep_inputs
from ..pipeline import use_gpu
from ..tokenizer import get_tokenizer
from ..translation.aligned import cut_pair, name_tokens, write_aligned
from ..translation.cache import Cache
from ..translation.engine import align_pairs
from ..translation.memory import read_pairs
from ..translation.resolve import make_aligner
from ._options import DEFAULT_CACHE, AlignerSettings, CacheFolder, GpuId, Resume
from ._util import app, user_errors


@app.command("align")
@user_errors
def align_cli(
    pairs: Annotated[Path, typer.Argument(help="Sentence pairs: source, tab, target")],
    output: Annotated[Path, typer.Argument(help="Where the alignments go: a line of i-j for each pair")],
    aligner: Annotated[
        str, typer.Option(help="What aligns words; eflomal, similarity, or a .cfg file")
    ] = "similarity",
    aligner_settings: AlignerSettings = None,
    tokenized: Annotated[
        bool, typer.Option("--tokenized", help="Texts are tokens with spaces between: cut them nowhere else")
    ] = False,
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    gpu_id: GpuId = -1,
) -> None:
    """Align the words of a parallel file.

    The result is for `translate --align`, the aligner `given`, `train-translator` and `lexicon`. Where a text has other
    tokens than what stands between its spaces, they are kept in OUTPUT.tokens, which is read with the alignments.
    """
    keep_inputs([pairs], output, name_tokens(output))
    use_gpu(gpu_id)
    cut = get_tokenizer(tokenized=tokenized)
    texts = list(read_pairs(pairs))
    words = [cut_pair(cut(source), cut(target)) for source, target in texts]
    found = align_pairs(
        make_aligner(aligner, aligner_settings or []), words, cache=Cache(cache, resume=resume)
    )
    spaced = [(tuple(source.split()), tuple(target.split())) for source, target in texts]
    write_aligned(output, found, None if words == spaced else words)
    msg.good(f"{output}: {sum(map(len, found))} word pairs in {len(found)} sentence pairs")
    if words != spaced:
        msg.info(f"{name_tokens(output)}: the tokens that are aligned, which must stay beside it")
