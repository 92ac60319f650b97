from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.convert import MAX_DROPPED
from ..corpora.prepare import prepare_data
from ..tokenizer import get_blank
from ._options import Limit, split_codes
from ._util import app, user_errors


@app.command("prepare")
@user_errors
def prepare_cli(
    data: Annotated[Path, typer.Argument(help="Folder with {split}.{language}.* or {language}/{split}.*")],
    output: Annotated[Path, typer.Argument(help="Folder for the corpora")],
    source: Annotated[str, typer.Option("--source", "-s", help="Code of the source language")] = "en",
    targets: Annotated[
        str, typer.Option("--targets", "-t", help="Codes of the targets, separated by commas")
    ] = "",
    limit: Limit = 0,
    max_dropped: Annotated[
        float, typer.Option("--max-dropped", help="Largest share of entities off token boundaries")
    ] = MAX_DROPPED,
    unseen: Annotated[
        bool,
        typer.Option("--unseen/--no-unseen", help="Convert test text of languages that are no targets, too"),
    ] = True,
) -> None:
    """Convert labelled source text, unlabelled target text and test text of several languages. Test text of languages
    that are no targets lies apart, in test/unseen: evaluate and report show them apart, too."""
    written = prepare_data(
        data,
        output,
        source,
        split_codes(targets, "--targets"),
        tokenizer=get_blank().tokenizer,
        limit=limit or None,
        max_dropped=max_dropped,
        unseen=unseen,
    )
    for name, summary in written.items():
        entities = summary.entities.total()
        counts = f"{summary.sentences:,} sentences, {entities:,} entities"
        msg.good(f"{output / name}: {counts} from {summary.path}")
