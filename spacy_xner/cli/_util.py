"""The `xner` group of spaCy's command line. Commands parse, call a plain function and print."""

import functools
from pathlib import Path
from typing import Callable, TypeVar

import spacy
import typer
from spacy.cli._util import app as spacy_app
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import is_package
from typing_extensions import ParamSpec
from wasabi import msg

from ..errors import Errors, XnerError

P = ParamSpec("P")
R = TypeVar("R")

TOKENIZER = "spacy-xner.MixedScriptTokenizer.v1"

app = typer.Typer(name="xner", help="Cross-lingual named entity recognition.", no_args_is_help=True)
spacy_app.add_typer(app)


def user_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our own errors into one printed sentence and exit status 1."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except XnerError as error:
            msg.fail(str(error))
            raise typer.Exit(1) from error

    return wrapped


@functools.lru_cache(maxsize=1)
def get_blank() -> Language:
    """RETURNS (Language): an empty pipeline with the mixed-script tokenizer, for reading text."""
    return spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})


def get_tokenizer(*, tokenized: bool) -> Callable[[str], Doc]:
    """RETURNS (Callable[[str], Doc]): the tokenizer of `get_blank`, or one that cuts at spaces only."""
    nlp = get_blank()
    return (lambda text: Doc(nlp.vocab, words=text.split())) if tokenized else nlp.tokenizer


def load_pipeline(name: str) -> Language:
    """Load a trained pipeline.

    name (str): an installed package, or a folder.
    RETURNS (Language): the pipeline.
    RAISES: X304 if there is no such pipeline, or it can't be loaded.
    """
    try:
        if not Path(name).exists() and not is_package(name):
            raise OSError("no package and no folder has that name")
        return spacy.load(name)
    except XnerError:
        raise
    except Exception as error:  # a damaged folder fails in as many ways as there are components
        raise XnerError(Errors.E304.format(path=name, reason=_reason(error))) from error


def use_gpu(gpu_id: int) -> None:
    """Put what is loaded from now on onto a GPU.

    gpu_id (int): number of the GPU, -1 to stay on the CPU.
    RAISES: X302 if the GPU can't be used.
    """
    if gpu_id < 0:
        return
    try:
        spacy.require_gpu(gpu_id)
    except Exception as error:  # CuPy's and torch's own errors, where the number or the driver is wrong
        raise XnerError(Errors.E302.format(gpu=gpu_id, reason=_reason(error))) from error


def _reason(error: Exception) -> str:
    # The first line of a longer message often is its title: what is wrong comes in the second.
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(lines[:2]).rstrip(".")
