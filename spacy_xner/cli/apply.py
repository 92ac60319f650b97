from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, write_docs
from ..errors import Errors, XnerError
from ..pipeline import find_component
from ..teaching.label import label_docs
from ..teaching.unsure import read_outside, unlabel_unsure
from ..teaching.vote import vote_types
from ._options import GpuId
from ._util import app, load_pipeline, use_gpu, user_errors


@app.command("apply")
@user_errors
def apply_cli(
    model: Annotated[str, typer.Argument(help="Package name or folder of a trained pipeline")],
    corpus: Annotated[Path, typer.Argument(help="Corpus to label: .spacy file, or folder of them")],
    output: Annotated[Path, typer.Argument(help="Where to write the labelled corpus (.spacy)")],
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out documents with an entity whose score is lower")
    ] = 0.0,
    drop_empty: Annotated[
        bool, typer.Option("--drop-empty", help="Leave out documents without entities")
    ] = False,
    vote: Annotated[
        bool, typer.Option("--vote-types", help="Give each name its type in most of its contexts")
    ] = False,
    outside: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Leave tokens without entity unlabelled if what `teach` stored gives them a lower probability of "
            "being outside",
        ),
    ] = 0.0,
    gpu_id: GpuId = -1,
) -> None:
    """Label a corpus with the entities that a pipeline finds in it. Unlike `spacy apply` this keeps tokens, groups,
    views and languages."""
    use_gpu(gpu_id)
    nlp = load_pipeline(model)
    inputs = list(read_docs(corpus, nlp.vocab))
    schemes = find_component(nlp, model).schemes if outside else {}
    for doc in inputs if outside else ():
        if len(doc):
            read_outside(doc, schemes)
    docs = list(label_docs(nlp, inputs, threshold=threshold, drop_empty=drop_empty))
    if inputs and not docs:
        raise XnerError(Errors.E123.format(n=len(inputs), path=corpus))
    if len(docs) < len(inputs):
        msg.info(f"{len(inputs) - len(docs)} of {len(inputs)} documents were left out")
    if vote:
        msg.info(f"{vote_types(docs)} entities got the type that their names have in most contexts")
    if outside:
        n_unsure = unlabel_unsure(docs, schemes, outside)
        msg.info(f"{n_unsure} tokens may be outside or not, and stay unlabelled")
    write_docs(output, docs)
    entities = sum(len(doc.ents) for doc in docs)
    msg.good(f"{output}: {len(docs)} documents with {entities} entities")
