"""The README says what is true: its example runs, and what it names exists."""

import re
from pathlib import Path

import pytest
import spacy
from util import make_examples, make_nlp

from spacy_xner.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf8")


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
    section = README.split("## Commands\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \| ", section, re.MULTILINE)
    commands = sorted(command.name for command in app.registered_commands)
    assert sorted(listed) == commands


def test_configs_exist():
    named = set(re.findall(r"`(?:configs/)?((?:dlbri_|source_|decomposed)[a-z_]*)(?:\.cfg)?`", README))
    named |= set(re.findall(r"configs/([a-z_]+)\.cfg", README))
    existing = {path.stem for path in ROOT.glob("configs/*.cfg")}
    assert named <= existing, named - existing
    assert {"dlbri_bridge", "dlbri_teachers", "dlbri_students", "dlbri_combine"} <= named


def test_registered_names_exist():
    names = set(re.findall(r"spacy-xner\.[A-Za-z_]+\.v1", README))
    setup = (ROOT / "setup.py").read_text(encoding="utf8")
    assert names and all(name in setup for name in names)
