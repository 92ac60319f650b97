from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.convert import MAX_DROPPED
from ..corpora.prepare import DEV, prepare_data
from ..tokenizer import get_blank
from ._options import Limit, MaxDropped, Source, Targets, split_codes
from ._util import app, user_errors


@app.command("prepare")
@user_errors
def prepare_cli(
    data: Annotated[
        Path,
        typer.Argument(
            help="Folder with {split}.{language}.* or {language}/{split}.*: train and dev of the source, train of each "
            "target, test of any, dev of each target for --target-dev; in any format of convert"
        ),
    ],
    output: Annotated[Path, typer.Argument(help="Folder for the corpora: source/, target/, test/, dev/")],
    source: Source = "en",
    targets: Targets = "",
    limit: Limit = 0,
    max_dropped: MaxDropped = MAX_DROPPED,
    unseen: Annotated[
        bool,
        typer.Option("--unseen/--no-unseen", help="Convert test text of languages that are no targets, too"),
    ] = True,
    target_dev: Annotated[
        str,
        typer.Option(
            help=f"Dev text of the targets to choose checkpoints by, {', '.join(DEV)}; with labels it is no zero-shot "
            "transfer"
        ),
    ] = DEV[0],
) -> None:
    """Convert a folder of labelled source text, raw target text and test text.

    Labels of a target's training text are not read. Test text is for scores alone: without it, or without its labels,
    workflows go on and have none. Test text of languages that are no targets lies apart, in test/unseen: evaluate and
    report show them apart, too. Dev text of the targets is read with --target-dev alone.
    """
    codes = split_codes(targets, "--targets")
    written = prepare_data(
        data,
        output,
        source,
        codes,
        tokenizer=get_blank().tokenizer,
        limit=limit or None,
        max_dropped=max_dropped,
        unseen=unseen,
        dev=target_dev,
    )
    for name, summary in written.items():
        entities = summary.entities.total()
        counts = f"{summary.sentences:,} sentences, {entities:,} entities"
        msg.good(f"{output / name}: {counts} from {summary.path}")
    tests = {code: written.get(f"test/{code}.spacy") for code in codes}
    missing = [code for code, found in tests.items() if found is None or found.unlabelled == found.sentences]
    if missing:
        msg.info(f"No labelled test text of {', '.join(missing)}: there will be no scores for it")
