"""`python -m spacy xner ...`: importing this module adds the commands to spaCy's command line."""

from ._util import app
from .align import align_cli
from .apply import apply_cli
from .card import card_cli
from .codeswitch import codeswitch_cli
from .combine import combine_cli
from .compare import compare_cli
from .convert import convert_cli
from .distill import distill_cli
from .encoder import encoder_cli
from .evaluate import evaluate_cli
from .evaluate_translator import evaluate_translator_cli
from .export_hf import export_hf_cli
from .invent_names import invent_names_cli
from .lexicon import lexicon_cli
from .prepare import prepare_cli
from .project import project_cli
from .push import push_cli
from .recognise import recognise_cli
from .report import report_cli
from .serve import serve_cli
from .suggest import suggest_cli
from .teach import teach_cli
from .train import train_cli
from .train_translator import train_translator_cli
from .translate import translate_cli
from .vectors import vectors_cli

__all__ = [
    "align_cli",
    "app",
    "apply_cli",
    "card_cli",
    "codeswitch_cli",
    "combine_cli",
    "compare_cli",
    "convert_cli",
    "distill_cli",
    "encoder_cli",
    "evaluate_cli",
    "evaluate_translator_cli",
    "export_hf_cli",
    "invent_names_cli",
    "lexicon_cli",
    "prepare_cli",
    "project_cli",
    "push_cli",
    "recognise_cli",
    "report_cli",
    "serve_cli",
    "suggest_cli",
    "teach_cli",
    "train_cli",
    "train_translator_cli",
    "translate_cli",
    "vectors_cli",
]
