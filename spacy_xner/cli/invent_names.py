from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.invent import invent_names
from ..corpora.store import read_docs, write_docs
from ..files import keep_inputs
from ..tokenizer import get_blank
from ._options import Seed
from ._util import app, user_errors


@app.command("invent-names")
@user_errors
def invent_names_cli(
    corpus: Annotated[Path, typer.Argument(help="Labelled text: a .spacy file, or a folder of them")],
    output: Annotated[Path, typer.Argument(help="Where sentences and copies go (.spacy)")],
    copies: Annotated[int, typer.Option(min=1, help="Most copies of a sentence")] = 1,
    seed: Seed = 0,
) -> None:
    """Copy labelled sentences with names put together from parts of others.

    So a model learns to look at what is around a name that it doesn't know, as it will know few of another language.
    """
    keep_inputs([corpus], output)
    docs = list(read_docs(corpus, get_blank().vocab))
    n_docs = write_docs(output, invent_names(docs, copies=copies, seed=seed))
    msg.good(f"{output}: {len(docs)} sentences, {n_docs - len(docs)} copies")
