from pathlib import Path
from typing import List, Optional, Tuple

import typer
from spacy.tokens import Doc
from typing_extensions import Annotated
from wasabi import msg, table

from ..pipeline import list_components, load_pipeline, use_gpu
from ..reporting.raw import read_raw
from ..scores import list_found
from ._options import RAW, GpuId, Model, Threshold, require
from ._util import app, user_errors


@app.command("recognise")
@user_errors
def recognise_cli(
    model: Model,
    texts: Annotated[List[str], typer.Argument(metavar="TEXT...", help="Texts, each in quotes")],
    raw: Annotated[
        Optional[Path],
        typer.Option(help=f"{RAW}; after TEXT, the first sentence of each language is read"),
    ] = None,
    threshold: Threshold = None,
    gpu_id: GpuId = -1,
) -> None:
    """Show the entities of texts with their scores."""
    use_gpu(gpu_id)
    nlp = load_pipeline(model)
    pipes = list_components(nlp)
    if threshold is not None:
        require("--threshold", True, "a component of this package", pipes)
        for pipe in pipes:
            pipe.threshold = threshold
    if not pipes:
        msg.info(f"{model} has no component of this package: these are the entities of {nlp.pipe_names}")
    if raw is not None:
        texts = texts + [docs[0].text for docs in read_raw(raw, nlp.vocab).values()]
    for doc in nlp.pipe(texts):
        rows = list_rows(doc)
        print(doc.text)
        print(table(rows) if rows else "\n(no entity)\n")


def list_rows(doc: Doc) -> List[Tuple[str, str, str]]:
    """List what was recognised in a document.

    doc (Doc): the document.
    RETURNS (List[Tuple[str, str, str]]): text, label and score of each entity, and of each span of a group, such as
        nested ones; "" for a score that is not there.
    """
    return [
        (doc.text[item.start : item.end], item.label, "" if item.score is None else f"{item.score:.2f}")
        for item in list_found(doc)
    ]
