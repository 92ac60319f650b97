from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, write_docs
from ..files import keep_inputs
from ..teaching.combine import combine_labels
from ..tokenizer import get_blank
from ._options import DropEmpty
from ._util import app, user_errors


@app.command("combine")
@user_errors
def combine_cli(
    projected: Annotated[
        Path, typer.Argument(help="Sentences with projected labels: .spacy file, or folder")
    ],
    predicted: Annotated[
        Path,
        typer.Argument(help="These and the dropped ones, labelled by apply: .spacy, or folder"),
    ],
    output: Annotated[Path, typer.Argument(help="Where the combined corpus goes (.spacy)")],
    relabel: Annotated[
        str,
        typer.Option(
            help="When a dropped sentence gets the model's labels: none, count, types, agreement, all"
        ),
    ] = "count",
    agree: Annotated[
        str, typer.Option(help="How source model and target model must agree: agreement, types, count, all")
    ] = "agreement",
    drop_empty: DropEmpty = False,
    max_entities: Annotated[
        int, typer.Option(help="Leave out sentences with more entities, 0 for never")
    ] = 6,
) -> None:
    """Combine projected labels with those of the model that was trained on them (CROP)."""
    keep_inputs([projected, predicted], output)
    vocab = get_blank().vocab
    kept, fates = combine_labels(
        list(read_docs(projected, vocab)),
        list(read_docs(predicted, vocab)),
        relabel=relabel,
        agree=agree,
        max_entities=max_entities,
        drop_empty=drop_empty,
    )
    write_docs(output, kept)
    counts = ", ".join(f"{n} {fate}" for fate, n in fates.most_common())
    msg.good(f"{output}: {len(kept)} of {fates.total()} sentences ({counts})")
