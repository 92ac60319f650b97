"""Making engines and aligners from the names and settings that a user gives on the command line."""

import configparser
from pathlib import Path
from typing import Any, Dict, Sequence

import srsly
from confection import Config, ConfigValidationError
from spacy.util import registry

from ..errors import Errors, XnerError, explain
from .types import Aligner, MakeTranslator

ENGINES = {
    "apertium": "spacy-xner.ApertiumTranslator.v1",
    "azure": "spacy-xner.AzureTranslator.v1",
    "chat": "spacy-xner.ChatTranslator.v1",
    "ctranslate2": "spacy-xner.CTranslate2Translator.v1",
    "deepl": "spacy-xner.DeepLTranslator.v1",
    "firefox": "spacy-xner.FirefoxTranslator.v1",
    "google": "spacy-xner.GoogleTranslator.v1",
    "lexicon": "spacy-xner.LexiconTranslator.v1",
    "libretranslate": "spacy-xner.LibreTranslator.v1",
    "memory": "spacy-xner.MemoryTranslator.v1",
    "seq2seq": "spacy-xner.Seq2SeqTranslator.v1",
}
ALIGNERS = {
    "eflomal": "spacy-xner.EflomalAligner.v1",
    "given": "spacy-xner.GivenAligner.v1",
    "similarity": "spacy-xner.SimilarityAligner.v1",
}


def make_engine(name: str, settings: Sequence[str] = ()) -> MakeTranslator:
    """Make an engine. Its model is loaded later, when the languages are given.

    name (str): a key of `ENGINES`, any registered name, or a config file with a block [translator].
    settings (Sequence[str]): "KEY=VALUE" each, the value as JSON or text.
    RETURNS (MakeTranslator): from the codes of source and target to the engine.
    RAISES: X101 (no such file), X218 (unknown engine, or settings that it does not have), X306 (not KEY=VALUE).
    """
    return _resolve(name, settings, ENGINES, "translator")


def make_aligner(name: str, settings: Sequence[str] = ()) -> Aligner:
    """Make an aligner.

    name (str): a key of `ALIGNERS`, any registered name, or a config file with a block [aligner].
    settings (Sequence[str]): "KEY=VALUE" each, the value as JSON or text.
    RETURNS (Aligner): the aligner.
    RAISES: X101 (no such file), X218 (unknown aligner, or settings that it does not have), X306 (not KEY=VALUE), and
        what the aligner raises when it is made.
    """
    return _resolve(name, settings, ALIGNERS, "aligner")


def _resolve(name: str, settings: Sequence[str], known: Dict[str, str], block: str) -> Any:
    values = {key: _parse(value) for key, _, value in (item.partition("=") for item in settings)}
    for item in settings:
        if "=" not in item:
            raise XnerError(
                Errors.X306.format(found=item, expected="KEY=VALUE", option=f"the {block}'s settings")
            )
    try:
        if name.endswith(".cfg"):
            if not Path(name).is_file():
                raise XnerError(Errors.X101.format(path=name))
            config = Config().from_disk(name)
            if not isinstance(config.get(block), dict) or "@misc" not in config[block]:
                raise ValueError(f"the file has no block [{block}] with a setting @misc")
            config = Config({block: {**config[block], **values}})
        else:
            config = Config({block: {"@misc": known.get(name, name), **values}})
        made = registry.resolve(config)[block]
        if not (callable(made) if block == "translator" else hasattr(made, "align")):
            raise ValueError(f"it is no {block}")
        return made
    except ConfigValidationError as error:
        reasons = [f"{' '.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors or ()]
        reason = "; ".join(reasons) or explain(error)
    except XnerError:
        raise
    except (ValueError, KeyError, configparser.Error) as error:
        reason = explain(error)
    raise XnerError(Errors.X218.format(kind=block, name=name, reason=reason, expected=sorted(known)))


def _parse(value: str) -> Any:
    try:
        return srsly.json_loads(value)
    except ValueError:
        return value
