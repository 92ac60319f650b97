"""The help of all commands: one name means one thing, and what values do is said."""

import re
from collections import defaultdict
from typing import Any, Dict, List, Set, Tuple

import pytest
from typer.main import get_command
from util import run_xner

from spacy_xner.cli import app
from spacy_xner.cli._util import PANELS, SUMMARY

GROUP: Any = get_command(app)
COMMANDS: Dict[str, Any] = GROUP.commands
OPTIONS: List[Tuple[str, Any]] = [
    (name, parameter)
    for name, command in COMMANDS.items()
    for parameter in command.params
    if parameter.param_type_name == "option" and parameter.name != "help"
]
# Short forms that two options have: a language that is translated to is one or several; `apply` has spaCy's -n.
SHARED = {"-t": {"--target", "--targets"}, "-n": {"--n-process", "--number"}}


def long_name(parameter: Any) -> str:
    return next(flag for flag in parameter.opts if flag.startswith("--"))


def main_part(parameter: Any) -> str:
    """RETURNS (str): what an option means; behind a semicolon a command may say more."""
    return parameter.help.partition(";")[0]


def test_panels():
    """The list has each command once, under its heading, and its first sentence whole."""
    listed = [name for names in PANELS.values() for name in names]
    assert sorted(listed) == sorted(COMMANDS)
    printed = run_xner("--help")
    places = [printed.index(f"{title}:") for title in PANELS]
    assert places == sorted(places)
    for name, command in COMMANDS.items():
        summary = re.split(r"(?<=[\w)])\.(?:\s|$)", " ".join(command.help.split()))[0]
        assert len(summary) < SUMMARY and f" {name} " in printed, (name, summary)
        assert summary in printed, (name, summary)


def test_one_option_means_one_thing():
    meanings: Dict[str, Set[str]] = defaultdict(set)
    for _, parameter in OPTIONS:
        meanings[long_name(parameter)].add(main_part(parameter))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_one_short_form_is_one_option():
    forms: Dict[str, Set[str]] = defaultdict(set)
    options: Dict[str, Set[Tuple[str, ...]]] = defaultdict(set)
    for _, parameter in OPTIONS:
        short = tuple(flag for flag in parameter.opts if not flag.startswith("--"))
        options[long_name(parameter)].add(short)
        for flag in short:
            forms[flag].add(long_name(parameter))
    assert {flag: found for flag, found in forms.items() if len(found) > 1} == SHARED
    # And an option has its short form everywhere.
    assert {name: found for name, found in options.items() if len(found) > 1} == {}


def test_options_of_spacy():
    """What spaCy's own commands have is called as there."""
    from spacy.cli._util import app as spacy_app

    theirs = get_command(spacy_app).commands  # type: ignore[attr-defined]
    flags = {parameter.name: set(parameter.opts) for parameter in theirs["apply"].params}
    ours = {parameter.name: set(parameter.opts) for parameter in COMMANDS["apply"].params}
    for name in ("batch_size", "n_process", "text_key"):
        assert ours[name] == flags[name]
    used = {flag for _, parameter in OPTIONS for flag in parameter.opts}
    assert {"--gpu-id", "-g", "--lang", "-l", "--output", "-o", "--code", "-c"} <= used


def test_pipelines_are_called_model():
    for name, command in COMMANDS.items():
        found = [p for p in command.params if p.param_type_name == "argument" and p.name == "model"]
        for parameter in found:
            assert parameter.metavar == "MODEL" and parameter.help.startswith("Trained pipeline"), name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_says_what_values_do(name):
    for parameter in COMMANDS[name].params:
        if parameter.name == "help":
            continue
        text = parameter.help or ""
        assert len(text) > 10 and text[0].isupper() or text[0] in "Oi", (parameter.name, text)
        assert "`" not in text, (parameter.name, text)  # a terminal shows no code
        if isinstance(parameter.default, float) and getattr(parameter, "max", None) == 1:
            assert re.search(r"0 to 1|[Ss]hare|[Pp]robability", text), (parameter.name, text)
