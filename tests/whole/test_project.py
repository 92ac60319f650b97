"""The projects: every command is documented, every override names a setting of its config, each method is told once."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest
import srsly
from settings import ROOT, find_configs, find_projects, has_setting, list_lines
from spacy.cli._util import parse_config_overrides
from spacy.util import SimpleFrozenDict
from weasel.util import load_project_config

from benchmarks.transfer.methods import BUDGETS, METHODS, Method
from benchmarks.transfer.workflows import list_steps

# The page of each project whose name is another.
PAGES = {".": "dlbri", "projects/mcl": "mcl-ner"}
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


@pytest.mark.parametrize("project", PROJECTS)
def test_the_command_on_a_card_can_be_run(project):
    """Without a folder before them, spaCy takes the first var for the folder."""
    (line,) = [
        line
        for step in list_steps(project, "publish", {}, {})
        if step.name == "./package"
        for line in step.lines[:1]
    ]
    told = shlex.split(line)
    words = shlex.split(told[told.index("--command") + 1])
    assert words[:6] == ["python", "-m", "spacy", "project", "run", "all"] and words[6] == project
    keys = parse_config_overrides(words[7:], env_var=None)
    assert keys and {key.removeprefix("vars.") for key in keys} <= PROJECTS[project]["vars"].keys()


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


BUDGET = [
    (project, name)
    for project in PROJECTS
    for name in srsly.read_yaml(ROOT / project / "project.yml")["vars"]
    if name.partition("_")[0] in ("steps", "batch")
]


def list_trainings(
    project: str, root: Path, shared: Dict[str, Any] = SimpleFrozenDict(), kind: str = "model"
) -> List[str]:
    """The lines of the trainings of a workflow, as they stand in the row of a benchmark, too."""
    steps = list_steps(project, kind, {}, shared, root)
    return [line for step in steps for line in step.lines if " train " in line]


@pytest.mark.parametrize("project, name", BUDGET)
def test_a_method_is_told_once(project, name, tmp_path):
    """What changes in a project.yml changes in the workflow and in the row of the benchmark, which tells its lines."""
    for room in ("projects", "examples"):
        shutil.copytree(ROOT / room, tmp_path / room)
    shutil.copy(ROOT / "project.yml", tmp_path)
    path = tmp_path / project / "project.yml"
    kind = "finetune" if name == "steps_finetune" else "model"

    def list_workflow() -> List[str]:
        found = load_project_config(path.parent, overrides={} if project == "." else {"vars.root": "."})
        commands = {command["name"]: command["script"] for command in found["commands"]}
        return [line for step in found["workflows"][kind] for line in commands[step]]

    rows, workflow = list_trainings(project, tmp_path, kind=kind), list_workflow()
    text = path.read_text(encoding="utf8")
    path.write_text(re.sub(rf"^  {name}: \d+$", f"  {name}: 7", text, flags=re.M), encoding="utf8")
    changed = [
        new for old, new in zip(rows, list_trainings(project, tmp_path, kind=kind), strict=True) if new != old
    ]
    setting = name.partition("_")[0]
    assert changed and all(f"--vars.{setting} 7 " in line for line in changed)
    assert [new for old, new in zip(workflow, list_workflow(), strict=True) if new != old] == changed


@pytest.mark.parametrize("project, name", [item for item in BUDGET if item[1] != "steps_finetune"])
def test_a_model_card_tells_the_budget(project, name):
    """The command in the card of a package gives each training its steps and batches, whatever the defaults."""
    (line,) = (
        line for step in list_steps(project, "all", {name: 7}, {}) for line in step.lines if " card " in line
    )
    words = shlex.split(line)
    command = shlex.split(words[words.index("--command") + 1])
    place = [] if project == "." else [project]
    assert (
        command[:6] == ["python", "-m", "spacy", "project", "run", "all"]
        and command[6:][: len(place)] == place
    )
    assert command[command.index(f"--vars.{name}") + 1] == "7"


def test_pages_repeat_no_number_of_a_recipe():
    """Options that a project gives by a var are told by the var: a number would stay behind when it changes."""
    pages = {path.stem: path.read_text(encoding="utf8") for path in ROOT.glob("docs/systems/*.md")}
    checked, repeated = set(), []
    for project in (name for name in PROJECTS if not name.startswith("examples/")):
        recipe = (ROOT / project / "project.yml").read_text(encoding="utf8")
        options = set(re.findall(r"--([a-z][a-z-]+) \$\{vars\.", recipe))
        page = PAGES.get(project, Path(project).name)
        numbers = re.findall(r"--([a-z][a-z-]+) [0-9]", pages.pop(page))
        repeated += [(page, option) for option in numbers if option in options]
        checked |= options
    assert repeated == [] and pages == {} and {"ratio", "copies", "drop-unsure", "outside"} <= checked


def test_a_folder_is_a_method(tmp_path):
    """A new method needs nothing but its folder: it is a row, of as many batches as others, and the examples are so."""
    places = (
        "spacy_xner/**/*.*",
        "benchmarks/**/*.py",
        "configs/*",
        "project.yml",
        "projects/*/*",
        "tests/**/*.py",
    )
    paths = [path for place in places for path in ROOT.glob(place) if path.suffix != ".pyc"]
    texts = {path: path.read_text("utf8") for path in paths}
    examples = [name for name in PROJECTS if name.startswith("examples/")]
    assert len(examples) > 1 and len(texts) > 400
    for project in examples:
        name = Path(project).name
        assert METHODS[name] == Method(project)
        # Nowhere by its folder, in a list of tests neither by its name: those that take one as a sample read it.
        listed = re.compile(rf"{project}|^ *[\"']{name}[\"'/].*,$|\b{name}[\"']: ", re.M)
        assert [str(path) for path, text in texts.items() if listed.search(text)] == []
    assert {project for project in PROJECTS if project != "."} <= {
        method.project for method in METHODS.values()
    }
    shutil.copytree(ROOT / "examples" / "tsl", tmp_path / "projects" / "seventh")
    shutil.copy(ROOT / "project.yml", tmp_path)
    path = tmp_path / "projects" / "seventh" / "project.yml"
    text = path.read_text(encoding="utf8").replace("vars.steps}", "vars.steps_own}")
    path.write_text(text.replace("  steps: 120", "  steps_own: 9"), encoding="utf8")
    assert find_projects(tmp_path) == [".", "projects/seventh"]
    for shared in (*BUDGETS.values(), {"steps*": 11}):
        steps = shared.get("steps*", 9)
        assert f" --vars.steps {steps} " in list_trainings("projects/seventh", tmp_path, shared)[-1]
