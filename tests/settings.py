"""Settings of shipped configs, which say only what is theirs, and the command lines of the workflows."""

import shlex
from functools import cache
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from spacy.util import load_config, load_model_from_config
from thinc.api import Config

from benchmarks.transfer.workflows import find_projects, list_steps

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


def find_configs() -> Dict[str, Path]:
    """RETURNS (Dict[str, Path]): the shipped configs by name."""
    paths = [*ROOT.glob("configs/*.cfg"), *ROOT.glob("projects/*/*.cfg"), *ROOT.glob("examples/*/*.cfg")]
    return {path.stem: path for path in sorted(paths)}


def list_lines(workflow: str = "all") -> Iterator[Tuple[str, List[str]]]:
    """YIELDS (Tuple[str, List[str]]): the command lines of a workflow of all projects, in words, with the step."""
    for project in find_projects():
        for step in list_steps(project, workflow, {}, {}):
            for line in step.lines:
                yield step.name, shlex.split(line)
