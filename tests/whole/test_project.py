"""The projects: every command is documented, every override names a setting of its config, each method is told once."""

import re
import shutil
from pathlib import Path

import pytest
import srsly
from settings import ROOT, find_configs, find_projects, has_setting, list_lines
from weasel.util import load_project_config

from benchmarks.transfer.methods import METHODS, Method
from benchmarks.transfer.workflows import list_steps

PROJECTS = {name: load_project_config(ROOT / name, overrides={}) for name in find_projects()}
COMMANDS = [(name, command["name"]) for name, project in PROJECTS.items() for command in project["commands"]]
TRAININGS = {
    f"{name} {i}": words
    for i, (name, words) in enumerate(list_lines())
    if {"train", "assemble"} & set(words[3:7])
}
# What the repository brings along.
THERE = ("assets", "configs", "examples")


@pytest.mark.parametrize("project", PROJECTS)
def test_workflows_name_commands(project):
    commands = {command["name"] for command in PROJECTS[project]["commands"]}
    for steps in PROJECTS[project]["workflows"].values():
        assert [step for step in steps if step not in commands] == []


@pytest.mark.parametrize("project, name", COMMANDS)
def test_commands_are_documented(project, name):
    (command,) = [found for found in PROJECTS[project]["commands"] if found["name"] == name]
    assert command["help"]
    assert command.get("deps") or name in ("start", "try")
    makes = command.get("outputs") or command.get("outputs_no_cache")
    assert makes or name in ("install", "try", "start", "publish")
    # Commands run without a shell.
    assert not any(re.search(r"&&|\||[*?]", line) for line in command["script"])


@pytest.mark.parametrize("workflow", ["all", "model"])
@pytest.mark.parametrize("project", PROJECTS)
def test_outputs_come_before_they_are_read(project, workflow):
    made = set(THERE)
    steps = list(list_steps(project, workflow, {}, {}))
    for step in steps:
        for dep in step.deps:
            assert any(dep == path or dep.startswith(f"{path}/") for path in made), (step.name, dep)
        made.update(step.outputs)
        if step.name == "./package":
            made.update(("packages/xx_xner_dlbri-0.1.0", *(f"packages/xx_xner_{n}-0.1.0" for n in names())))
    variables = PROJECTS[project]["vars"]
    assert steps and (workflow == "all" or variables["model"] in made)


def names():
    return [Path(project).name for project in PROJECTS if project != "."]


def test_killed_workflows_go_on():
    trainings = [words for _, words in list_lines() if words[3] == "xner" and "train" in words[4:7]]
    assert len(trainings) > 20 and all("--resume" in words for words in trainings)


@pytest.mark.parametrize("name", TRAININGS)
def test_overrides_name_settings(name):
    config = ROOT / next(word for word in TRAININGS[name] if word.endswith(".cfg"))
    keys = [word[2:] for word in TRAININGS[name] if word.startswith("--") and word != "--resume"]
    assert keys
    assert [key for key in keys if not has_setting(config, key)] == []


def test_every_config_is_trained_by_a_method():
    used = {
        Path(word).stem
        for method in METHODS.values()
        for step in method.steps({})
        for line in step.lines
        for word in line.split()
        if word.endswith(".cfg")
    }
    assert used == set(find_configs())


def test_a_method_is_told_once(tmp_path):
    """What changes in a project.yml changes in the workflow and in the row of the benchmark, which tells its lines."""
    for name in ("project.yml", "projects"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)

    def lines():
        row = [line for step in list_steps("projects/mcl", "model", {}, {}, tmp_path) for line in step.lines]
        project = load_project_config(tmp_path / "projects" / "mcl", overrides={"vars.root": "."})
        commands = {command["name"]: command["script"] for command in project["commands"]}
        workflow = [line for step in project["workflows"]["model"] for line in commands[step]]
        return row, workflow

    before = lines()
    path = tmp_path / "projects" / "mcl" / "project.yml"
    text = path.read_text(encoding="utf8")
    path.write_text(re.sub(r"steps_source: \d+", "steps_source: 7", text), encoding="utf8")
    for old, new in zip(before, lines(), strict=True):
        changed = [line for line in new if line not in old]
        assert len(changed) == 1 and "configs/mcl.cfg" in changed[0] and "--vars.steps 7 " in changed[0]
    assert set(before[1]) - set(before[0]) == {line for line in before[1] if " project run " in line}
    assert srsly.read_yaml(path)["vars"]["steps_source"] == 7


def test_a_folder_is_a_method():
    """A new method needs nothing but its folder."""
    assert METHODS["tsl"] == Method("examples/tsl") and METHODS["mcl"] == Method("projects/mcl")
    assert {project for project in PROJECTS if project != "."} <= {
        method.project for method in METHODS.values()
    }
