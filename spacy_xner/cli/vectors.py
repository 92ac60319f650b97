from pathlib import Path
from typing import List

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs
from ..pipeline import save_pipeline
from ..tokenizer import get_blank
from ..translation.cache import Cache
from ..translation.resolve import make_aligner
from ..translation.vectors import train_vectors
from ._options import DEFAULT_CACHE, Aligner, AlignerSettings, CacheFolder, Resume, Seed
from ._util import app, user_errors


@app.command("vectors")
@user_errors
def vectors_cli(
    output: Annotated[Path, typer.Argument(help="Folder for the vectors, to be named in --paths.vectors")],
    corpora: Annotated[
        List[Path], typer.Argument(help="Text of all languages: .spacy files, or folders of them")
    ],
    aligner: Aligner = None,
    aligner_settings: AlignerSettings = None,
    width: Annotated[int, typer.Option(min=1, help="Width of vectors")] = 96,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the text")] = 5,
    rows: Annotated[int, typer.Option(min=1, help="Rows of the table")] = 50000,
    seed: Seed = 0,
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
) -> None:
    """Train static vectors for the encoder hash on raw text.

    With an aligner, sentences and their translations (views s and t, as `spacy xner translate` makes them) bring both
    languages into one space.
    """
    vocab = get_blank().vocab
    docs = [doc for path in corpora for doc in read_docs(path, vocab)]
    chosen = make_aligner(aligner, aligner_settings or []) if aligner else None
    nlp = train_vectors(
        docs,
        aligner=chosen,
        width=width,
        epochs=epochs,
        rows=rows,
        seed=seed,
        cache=Cache(cache, resume=resume),
    )
    save_pipeline(nlp, output)
    msg.good(f"{output}: {rows} rows of {width} from {len(docs)} sentences")
