from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..files import write_bytes
from ..pipeline import use_gpu
from ..translation.cache import Cache
from ..translation.engine import align_pairs
from ..translation.memory import read_pairs
from ..translation.resolve import make_aligner
from ._options import DEFAULT_CACHE, AlignerSettings, CacheFolder, GpuId, Resume
from ._util import app, user_errors


@app.command("align")
@user_errors
def align_cli(
    pairs: Annotated[Path, typer.Argument(help="Sentence pairs, tokenized by spaces: source, tab, target")],
    output: Annotated[Path, typer.Argument(help="Where the alignments go: a line of i-j for each pair")],
    aligner: Annotated[
        str, typer.Option(help="What aligns words; eflomal, similarity, or a .cfg file")
    ] = "eflomal",
    aligner_settings: AlignerSettings = None,
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    gpu_id: GpuId = -1,
) -> None:
    """Align the words of a parallel file.

    The result is for `translate --align`, the aligner `given`, `train-translator` and `lexicon`.
    """
    use_gpu(gpu_id)
    words = [(source.split(), target.split()) for source, target in read_pairs(pairs)]
    found = align_pairs(
        make_aligner(aligner, aligner_settings or []), words, cache=Cache(cache, resume=resume)
    )
    lines = (" ".join(f"{i}-{j}" for i, j in sorted(alignment)) for alignment in found)
    write_bytes(output, "".join(f"{line}\n" for line in lines).encode("utf8"))
    msg.good(f"{output}: {sum(map(len, found))} word pairs in {len(found)} sentence pairs")
