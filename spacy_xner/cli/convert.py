"""`xner convert`: labelled or raw text from one format to another."""

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.convert import MAX_DROPPED, MAX_TOKENS, convert
from ..corpora.formats import READERS
from ..corpora.formats.writers import WRITERS
from ..corpora.summary import ConvertSummary, list_some
from ..tokenizer import get_blank
from ._options import Limit, MaxDropped, TextKey, read_labels
from ._util import app, user_errors

FORMATS = ", ".join(["auto", "spacy", *READERS])
TARGETS = ", ".join(["auto", "spacy", *WRITERS])


Input = Annotated[Path, typer.Argument(metavar="INPUT", help="File to convert, also as .gz")]
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="File to write, .spacy for training")]
Format = Annotated[str, typer.Option("--format", "-f", help=f"Format of the input: {FORMATS}")]
To = Annotated[str, typer.Option("--to", help=f"Format of the output; one of {TARGETS}")]
LangOfAll = Annotated[
    Optional[str],
    typer.Option(
        "--lang",
        "-l",
        help="Code of the language of sentences that don't tell theirs; it replaces what others tell",
    ),
]
View = Annotated[
    Optional[str],
    typer.Option("--view", help="View of all sentences: s (source), t (translation), si, ti..."),
]
Unlabelled = Annotated[
    bool, typer.Option("--unlabelled", help="Leave the labels out: they are missing then, not 'outside'")
]
MaxTokens = Annotated[
    int, typer.Option("--max-tokens", help="Most tokens of a sentence; longer ones are an error")
]
Names = Annotated[
    Optional[str], typer.Option("--names", help="What tags 0, 1, 2... stand for: O,B-PER,I-PER,...")
]
SkipInvalid = Annotated[
    int,
    typer.Option("--skip-invalid", help="Most wrong sentences that are left out, each told; 0: an error"),
]
Repair = Annotated[
    bool,
    typer.Option(
        "--repair", help="Mend I- without B-, spans that are there twice, empty tokens, and tell so"
    ),
]
GroupPrefix = Annotated[
    str,
    typer.Option("--group-prefix", help="Put before the numbers of sentences, which are their groups"),
]


@app.command("convert")
@user_errors
def convert_cli(
    input_path: Input,
    output_path: Output,
    format: Format = "auto",
    to: To = "auto",
    lang: LangOfAll = None,
    view: View = None,
    unlabelled: Unlabelled = False,
    limit: Limit = 0,
    max_tokens: MaxTokens = MAX_TOKENS,
    text_key: TextKey = None,
    names: Names = None,
    skip_invalid: SkipInvalid = 0,
    repair: Repair = False,
    max_dropped: MaxDropped = MAX_DROPPED,
    group_prefix: GroupPrefix = "",
) -> None:
    """Convert labelled or raw text to a .spacy file, or to another tool's format.

    Formats of tokens keep them; those of texts are tokenized for mixed scripts. Each sentence gets a group: its id, or
    its number in the file. "auto" tells the format of the input by name and content, that of the output by its name.
    """
    summary = convert(
        input_path,
        output_path,
        format=format,
        to=to,
        language=lang,
        view=view,
        unlabelled=unlabelled,
        limit=limit or None,
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
