"""`python -m spacy xner ...`: importing this module adds the commands to spaCy's command line."""

from ._util import app
from .compare import compare_cli
from .convert import convert_cli
from .evaluate import evaluate_cli
from .prepare import prepare_cli
from .recognise import recognise_cli
from .teach import teach_cli
from .train import train_cli
from .translate import translate_cli

__all__ = [
    "app",
    "compare_cli",
    "convert_cli",
    "evaluate_cli",
    "prepare_cli",
    "recognise_cli",
    "teach_cli",
    "train_cli",
    "translate_cli",
]
