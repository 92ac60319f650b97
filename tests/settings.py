"""Settings of shipped configs, which say only what is theirs, and the command lines of the workflow."""

import shlex
from functools import cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from spacy.util import load_config, load_model_from_config
from thinc.api import Config
from weasel.util import load_project_config

ROOT = Path(__file__).parent.parent


@cache
def fill(path: Path) -> Config:
    """A config with all defaults, as `spacy init fill-config` writes it."""
    return load_model_from_config(
        load_config(path, overrides={"vars.encoder": "hash"}), auto_fill=True
    ).config


# In these sections any name may stand.
NAMED = ("encoders", "heads", "objectives", "parts", "score_weights")


def has_setting(path: Path, key: str) -> bool:
    """Whether an override can set this: spaCy asks for the section, the setting itself may be a default, or a part that
    is added."""
    section, found = load_config(path), fill(path)
    *parts, option = key.split(".")
    for part in parts:
        if not isinstance(section.get(part), dict):
            return False
        section, found = section[part], found[part]
    return isinstance(found, dict) and (option in found or (bool(parts) and parts[-1] in NAMED))


def read_project(overrides: Dict[str, Any]) -> Dict[str, Any]:
    """The workflow file with its variables put in."""
    return load_project_config(ROOT, overrides=overrides)


def list_lines(project: Dict[str, Any], *start: str) -> Iterator[Tuple[str, List[str]]]:
    """The command lines that begin with these words, in words, with a name."""
    for command in project["commands"]:
        for i, line in enumerate(command["script"]):
            words = shlex.split(line)
            if words[: len(start)] == list(start):
                yield f"{command['name']}-{i}", words
