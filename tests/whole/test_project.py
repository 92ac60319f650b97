"""The workflow file: every command is documented, and every override in it names a setting of its config."""

import re
import shlex
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import srsly
from spacy.util import load_config
from weasel.util.config import substitute_project_variables

ROOT = Path(__file__).parents[2]
PROJECT: Dict[str, Any] = dict(substitute_project_variables(srsly.read_yaml(ROOT / "project.yml"), {}))
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}


def _trainings() -> Iterator[Tuple[str, List[str]]]:
    for name, command in COMMANDS.items():
        for i, line in enumerate(command["script"]):
            words = shlex.split(line)
            for start in (["python", "-m", "spacy", "xner", "train"], ["python", "-m", "spacy", "assemble"]):
                if words[: len(start)] == start:
                    yield f"{name}-{i}", words[len(start) :]


def test_workflows_name_commands():
    for steps in PROJECT["workflows"].values():
        assert [step for step in steps if step not in COMMANDS] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_documented(name):
    command = COMMANDS[name]
    assert command["help"]
    step = name.rpartition("-")[2]
    assert command.get("deps") or step == "try"
    makes = command.get("outputs") or command.get("outputs_no_cache")
    assert makes or step in ("install", "try")
    # Commands run without a shell.
    assert not any(re.search(r"&&|\||[*?]", line) for line in command["script"])


@pytest.mark.parametrize("workflow", PROJECT["workflows"])
def test_outputs_come_before_they_are_read(workflow):
    made = {"assets", "configs"}
    for name in PROJECT["workflows"][workflow]:
        for dep in COMMANDS[name].get("deps", []):
            assert any(dep == path or dep.startswith(f"{path}/") for path in made), (name, dep)
        made.update(COMMANDS[name].get("outputs", []) + COMMANDS[name].get("outputs_no_cache", []))


def test_killed_workflows_go_on():
    lines = [line for command in PROJECT["commands"] for line in command["script"]]
    trainings = [line for line in lines if "xner train " in line]
    assert len(trainings) > 20 and all(" --resume " in line for line in trainings)


@pytest.mark.parametrize(
    "words", [words for _, words in _trainings()], ids=[name for name, _ in _trainings()]
)
def test_overrides_name_settings(words):
    config = load_config(ROOT / words[0], interpolate=False)
    keys = [word[2:] for word in words[1:] if word.startswith("--") and word != "--resume"]
    assert keys
    for key in keys:
        section: Any = config
        for part in key.split("."):
            assert part in section, f"{words[0]} has no {key}"
            section = section[part]
