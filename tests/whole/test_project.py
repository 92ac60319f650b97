"""The workflow file: every command is documented, and every override in it names a setting of its config."""

import re
from pathlib import Path

import pytest
from settings import has_setting, list_lines, read_project

ROOT = Path(__file__).parents[2]
PROJECT = read_project({})
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}
TRAININGS = {
    name: words
    for start in (["xner", "train"], ["assemble"])
    for name, words in list_lines(PROJECT, "python", "-m", "spacy", *start)
}


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


@pytest.mark.parametrize("name", TRAININGS)
def test_overrides_name_settings(name):
    config = ROOT / next(word for word in TRAININGS[name] if word.endswith(".cfg"))
    keys = [word[2:] for word in TRAININGS[name] if word.startswith("--") and word != "--resume"]
    assert keys
    assert [key for key in keys if not has_setting(config, key)] == []
