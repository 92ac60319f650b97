"""The `xner` group of spaCy's command line. Commands parse, call a plain function and print."""

import contextlib
import functools
import os
import warnings
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, TypeVar

import typer
from spacy.cli._util import app as spacy_app
from typing_extensions import Annotated, ParamSpec
from wasabi import msg

from ..errors import XnerError

P = ParamSpec("P")
R = TypeVar("R")


app = typer.Typer(name="xner", help="Cross-lingual named entity recognition.", no_args_is_help=True)
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
