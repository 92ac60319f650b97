"""The trainings of each method by the project files: their order, configs, settings and kinds of corpus."""

import shlex
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from spacy.cli._util import parse_config_overrides
from spacy.util import load_config

from ..transfer.workflows import ROOT, Step, find_projects, list_steps

PLAIN = "source_only"
# The method of the root's own project file.
FIRST = "dlbri"


class Corpus(NamedTuple):
    """For each sentence of the sample one of each view, "" in no group; if taught, with the stage's distributions."""

    views: Tuple[str, ...] = ("",)
    taught: bool = False


# What commands write; the others write plain text.
WRITTEN = {
    "translate": Corpus(("s", "si", "ti", "t")),
    "codeswitch": Corpus(("s", "cs")),
    "teach": Corpus(taught=True),
}


class Stage(NamedTuple):
    """A training of a workflow by its folder in `training`, with the corpus of each path that its readers read.

    settings (Dict[str, Any]): its config overrides, without paths and what the baseline sets as well (encoder, steps).
    """

    name: str
    config: Path
    corpora: Dict[str, Corpus]
    settings: Dict[str, Any]


class Trainings(NamedTuple):
    """A method: its trainings in order, and the config of the pipeline that it ends with unless that is assembled.

    A training that differs from an earlier one in nothing but its name, as that of a second round, is that one again.
    """

    stages: List[Stage]
    system: Optional[Path]


@cache
def read_methods() -> Dict[str, Trainings]:
    """RETURNS (Dict[str, Trainings]): the methods of all project files, by the names of their folders."""
    folders = {FIRST: ".", **{Path(name).name: name for name in find_projects(ROOT) if name != "."}}
    known: List[Stage] = []
    return {name: read_method(folder, known) for name, folder in folders.items()}


def list_stages() -> Dict[str, Stage]:
    """RETURNS (Dict[str, Stage]): the stages of all methods by name."""
    return {stage.name: stage for method in read_methods().values() for stage in method.stages}


def list_systems() -> Dict[str, Path]:
    """RETURNS (Dict[str, Path]): the config of the pipeline of each method that ends with a training."""
    return {name: method.system for name, method in read_methods().items() if method.system}


def read_method(folder: str, known: List[Stage]) -> Trainings:
    """RETURNS (Trainings): what the last step of the workflow `model` needs. `known` gets stages that are new."""
    lines = [clean(line) for step in find_needed(folder) for line in step.lines]
    stages = []
    for k, line in enumerate(lines):
        if line[0] == "train":
            known.append(read_stage(line, lines[:k]))
            stages.append(next(stage for stage in known if stage[1:] == known[-1][1:]))
    return Trainings(stages, ROOT / lines[-1][1] if lines[-1][0] == "train" else None)


def find_needed(folder: str) -> List[Step]:
    """RETURNS (List[Step]): the steps of a workflow that its last one needs, in order."""
    *others, last = list_steps(folder, "model", {}, {})
    found = [last]
    for step in reversed(others):
        if any(overlap(dep, output) for user in found for dep in user.deps for output in step.outputs):
            found.insert(0, step)
    return found


def clean(line: str) -> List[str]:
    """RETURNS (List[str]): a line of a project without `python -m spacy`, `xner` and the folder to run in."""
    words = shlex.split(line)[3:]
    words = words[1:] if words[0] == "xner" else words
    return words[2:] if words[0] == "-C" else words


def read_stage(line: List[str], before: Sequence[List[str]]) -> Stage:
    """RETURNS (Stage): what a command trains. before (Sequence[List[str]]): the commands before it."""
    config = ROOT / line[1]
    start = next(k for k, word in enumerate(line) if word.startswith("--") and "." in word)
    settings = parse_config_overrides(line[start:], env_var=None)
    known, baseline = load_config(config), load_config(ROOT / "configs" / f"{PLAIN}.cfg")
    paths = {
        name: settings.get(f"paths.{name}", path)
        for name, path in known.interpolate()["paths"].items()
        if f"${{paths.{name}}}" in str(known["corpora"])
    }
    own = {
        key: value
        for key, value in settings.items()
        if key.partition(".")[0] not in ("paths", "system", "training")
        and key.removeprefix("vars.") not in baseline["vars"]
    }
    name = str(Path(line[line.index("-o") + 1]).relative_to("training"))
    return Stage(name, config, {name: find_corpus(path, before) for name, path in paths.items()}, own)


def find_corpus(path: str, lines: Sequence[List[str]]) -> Corpus:
    """RETURNS (Corpus): what the last command wrote that made this path, text if there is none."""
    for line in reversed(lines):
        arguments = list(takewhile(lambda word: not word.startswith("-"), line))
        if overlap(path, arguments[-1]):
            # Labels are applied to what a corpus has.
            return find_corpus(line[2], lines) if line[0] == "apply" else WRITTEN.get(line[0], Corpus())
    return Corpus()


def overlap(one: str, other: str) -> bool:
    """RETURNS (bool): whether one path is the other, or lies in it."""
    return Path(one).is_relative_to(other) or Path(other).is_relative_to(one)
