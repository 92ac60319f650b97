"""README.md and docs/ say what is true: the example runs, and what they name exists."""

import re
from pathlib import Path

import pytest
import spacy
from pages import PAGES
from util import make_examples, make_nlp

from spacy_xner.cli import app
from spacy_xner.errors import Errors, Warnings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf8")
DOCS = "\n".join(page.read_text(encoding="utf8") for page in PAGES)


def test_example_runs(monkeypatch, capsys):
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    monkeypatch.setattr(spacy, "load", lambda name: nlp)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    entities, scores = capsys.readouterr().out.strip().splitlines()[:2]
    assert entities.startswith("[") and scores.startswith("[")


@pytest.mark.parametrize("section", ["Run", "Test"])
def test_sections_start_with_one_command(section):
    body = README.split(f"## {section}\n")[1].lstrip("\n")
    first, rest = body.split("\n", 1)
    assert first.startswith("    python3 -m venv .venv && ")
    assert rest.startswith("\n")


def test_commands_exist_and_are_listed():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf8")
    listed = re.findall(r"^\| `([a-z-]+)` \| ", page, re.MULTILINE)
    commands = sorted(command.name for command in app.registered_commands)
    assert sorted(listed) == commands


def test_configs_exist():
    named = set(re.findall(r"`(?:configs/)?((?:dlbri_|source_|decomposed)[a-z_]*)(?:\.cfg)?`", DOCS))
    named |= set(re.findall(r"configs/([a-z_]+)\.cfg", DOCS))
    existing = {path.stem for path in ROOT.glob("configs/*.cfg")}
    assert named == existing


def test_registered_names_exist():
    names = set(re.findall(r"spacy-xner\.[A-Za-z_0-9]+\.v1", DOCS))
    setup = (ROOT / "setup.py").read_text(encoding="utf8")
    assert names and all(name in setup for name in names)


def test_codes_exist():
    """What troubleshooting explains are errors and warnings that there are."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf8")
    codes = re.findall(r"\bXW?\d{3}\b", page)
    known = {name for kind in (Errors, Warnings) for name in vars(kind)}
    assert len(codes) > 20 and set(codes) <= known
