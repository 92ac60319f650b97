"""The `xner` group of spaCy's command line. Commands parse, call a plain function and print."""

import contextlib
import functools
import os
import warnings
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, TypeVar

import typer
from spacy.cli._util import app as spacy_app
from typer.core import TyperGroup
from typing_extensions import Annotated, ParamSpec
from wasabi import msg

from ..errors import XnerError

P = ParamSpec("P")
R = TypeVar("R")

# The commands in the order in which they are used, as `spacy xner --help` lists them.
EVERY_DAY = (
    "prepare",
    "convert",
    "encoder",
    "train",
    "evaluate",
    "compare",
    "report",
    "recognise",
    "apply",
    "suggest",
    "serve",
    "card",
    "push",
)
EXPERT = (
    "translate",
    "align",
    "lexicon",
    "vectors",
    "train-translator",
    "evaluate-translator",
    "codeswitch",
    "invent-names",
    "project",
    "teach",
    "combine",
    "distill",
    "export-hf",
)
PANELS = {"Every day": EVERY_DAY, "Stages of the methods, and tools": EXPERT}
# Longest first sentence of a command's help, which the list shows.
SUMMARY = 120


class Commands(TyperGroup):
    """The group of commands, which its help lists by what they are for."""

    def list_commands(self, ctx: Any) -> List[str]:
        """List the commands in the order of `PANELS`.

        ctx (Context): click's context of the group.
        RETURNS (List[str]): their names; what no panel has comes last.
        """
        known = [name for names in PANELS.values() for name in names]
        return sorted(super().list_commands(ctx), key=lambda name: known.index(name) if name in known else 99)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands, with a heading for each panel.

        ctx (Context): click's context of the group.
        formatter (HelpFormatter): what click writes help with.
        """
        names = self.list_commands(ctx)
        width = max(map(len, names))
        for title, panel in PANELS.items():
            rows = [
                (name.ljust(width), command.get_short_help_str(SUMMARY))
                for name in names
                if name in panel and (command := self.get_command(ctx, name)) is not None
            ]
            with formatter.section(title):
                formatter.write_dl(rows)


# As spaCy's own group without rich, which would list the commands itself.
app = typer.Typer(
    name="xner",
    cls=Commands,
    help="Cross-lingual named entity recognition: train on labelled text of one language, and find entities in others.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
spacy_app.add_typer(app)


@app.callback(help="Cross-lingual named entity recognition.")
def choose_directory(
    directory: Annotated[
        Optional[Path],
        typer.Option("-C", help="Run the command in this folder", exists=True, file_okay=False),
    ] = None,
) -> None:
    """Run the command elsewhere.

    directory (Optional[Path]): the folder, None to stay where we are.
    """
    if directory is not None:
        os.chdir(directory)


def user_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our own errors into one printed sentence and exit status 1, and our own warnings into a printed line.

    command (Callable[P, R]): the function of a command.
    RETURNS (Callable[P, R]): the same, with the same options for typer, which raises `typer.Exit` for such errors.
    """

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with show_warnings():
                return command(*args, **kwargs)
        except XnerError as error:
            msg.fail(str(error))
            raise typer.Exit(1) from error

    return wrapped


@contextlib.contextmanager
def show_warnings() -> Iterator[None]:
    """Print warnings of ours as a line, without the place in the source that Python tells.

    YIELDS (None): meanwhile they are printed.
    """
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Any, *args: Any, **kwargs: Any) -> None:
            if str(message).startswith("[XW"):
                msg.warn(str(message))
            else:
                others(message, *args, **kwargs)

        warnings.showwarning = show
        yield
