"""`xner convert`: labelled or raw text from one format to another."""

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.convert import MAX_DROPPED, convert
from ..corpora.formats import READERS
from ..corpora.formats.writers import WRITERS
from ..corpora.summary import ConvertSummary, list_some
from ..tokenizer import get_blank
from ._options import read_labels
from ._util import app, user_errors

FORMATS = ", ".join(["auto", "spacy", *READERS])
TARGETS = ", ".join(["auto", "spacy", *WRITERS])


@app.command("convert")
@user_errors
def convert_cli(
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help="File to convert, also as .gz")],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT", help="File to write, .spacy for training")],
    format: Annotated[str, typer.Option("--format", "-f", help=f"Format of the input: {FORMATS}")] = "auto",
    to: Annotated[str, typer.Option("--to", "-t", help=f"Format of the output: {TARGETS}")] = "auto",
    language: Annotated[Optional[str], typer.Option("--language", "-l", help="Of all sentences")] = None,
    view: Annotated[Optional[str], typer.Option("--view", help="Of all sentences: s, si, ti, t...")] = None,
    unlabelled: Annotated[bool, typer.Option("--unlabelled", help="Drop the annotation")] = False,
    limit: Annotated[Optional[int], typer.Option("--limit", "-n", help="Read only so many sentences")] = None,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Longest sentence allowed")] = 10000,
    text_key: Annotated[
        Optional[str], typer.Option("--text-key", help="Key of the text in JSON, or its column in a table")
    ] = None,
    names: Annotated[
        Optional[str], typer.Option("--names", help="What tags that are numbers stand for: O,B-PER,I-PER...")
    ] = None,
    skip_invalid: Annotated[
        int, typer.Option("--skip-invalid", help="Leave out so many sentences that are wrong, and tell each")
    ] = 0,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend I- without B-, spans that are there twice, empty tokens")
    ] = False,
    max_dropped: Annotated[
        float, typer.Option("--max-dropped", help="Largest share of entities off token boundaries")
    ] = MAX_DROPPED,
    group_prefix: Annotated[str, typer.Option("--group-prefix", help="Put before sentence numbers")] = "",
) -> None:
    """Convert labelled or raw text, to a .spacy file or to the format of another tool.

    Formats of tokens keep them; those of texts are tokenized for mixed scripts. Each sentence gets a group: its id, or
    its number in the file. "auto" tells the format of the input by name and content, that of the output by its name.
    """
    summary = convert(
        input_path,
        output_path,
        format=format,
        to=to,
        language=language,
        view=view,
        unlabelled=unlabelled,
        limit=limit,
        max_tokens=max_tokens,
        max_dropped=max_dropped,
        skip_invalid=skip_invalid,
        text_key=text_key,
        names=read_labels(names, "--names"),
        repair=repair,
        group_prefix=group_prefix,
        tokenizer=get_blank().tokenizer,
    )
    for kind in sorted(set(summary.notes) - summary.lost):
        msg.info(f"{len(summary.notes[kind])} {kind}: {list_some(summary.notes[kind])}")
    msg.good(f"{output_path}: {_describe(summary)}")


def _describe(summary: ConvertSummary) -> str:
    sentences = f"{summary.sentences:,} sentences"
    if summary.unlabelled:
        sentences += f" ({summary.unlabelled:,} unlabelled)"
    counts = f"{sentences}, {summary.tokens:,} tokens, {summary.entities.total():,} entities"
    by_type = ", ".join(f"{label} {n:,}" for label, n in sorted(summary.entities.items()))
    dropped = len(summary.dropped)
    skipped = f"; {dropped:,} entities off token boundaries left out" if dropped else ""
    return counts + (f" ({by_type})" if by_type else "") + skipped
