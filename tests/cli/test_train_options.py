"""`spacy xner train` has the options of `spacy train`."""

import logging

import pytest
from spacy.cli._util import app as spacy_app
from spacy.util import logger
from typer.main import get_command
from util import make_nlp, run_xner

CODE = """
import spacy
@spacy.registry.misc("test_xner_of_code.v1")
def create():
    raise ValueError("the code was read")
"""


@pytest.fixture
def config(tmp_path):
    nlp = make_nlp()
    nlp.config.to_disk(tmp_path / "c.cfg")
    return tmp_path / "c.cfg"


@pytest.fixture(autouse=True)
def quiet():
    before = logger.level
    yield
    logger.setLevel(before)


def test_all_options_of_spacy():
    commands = get_command(spacy_app).commands
    theirs, ours = (
        {flag for parameter in group["train"].params for flag in parameter.opts if flag.startswith("-")}
        for group in (commands, commands["xner"].commands)
    )
    assert theirs >= {"--code", "-c", "--verbose", "-V", "--output", "--gpu-id"}
    assert theirs <= ours


@pytest.mark.parametrize("flag", ["--code", "-c"])
def test_code_is_imported(config, tmp_path, flag):
    (tmp_path / "code.py").write_text(CODE, encoding="utf8")
    override = ("--training.logger.@misc", "test_xner_of_code.v1")
    printed = run_xner("train", config, flag, tmp_path / "code.py", *override, code=1)
    assert "X101" not in printed and "X171" not in printed and "X172" not in printed


@pytest.mark.parametrize("flag", ["--verbose", "-V", "-VV"])
def test_verbose(config, flag):
    run_xner("train", config, flag, "--nonsense", code=1)
    assert logger.level == logging.DEBUG


@pytest.mark.parametrize(
    "text, says",
    [("import no_such_module", "no_such_module"), ("1 / 0", "ZeroDivisionError"), ("x =", "Syntax")],
)
def test_code_that_fails(config, tmp_path, text, says):
    (tmp_path / "code.py").write_text(text, encoding="utf8")
    printed = run_xner("train", config, "--code", tmp_path / "code.py", code=1)
    assert "[X171]" in printed and says in printed


def test_code_that_is_not_there(config, tmp_path):
    assert "[X101]" in run_xner("train", config, "--code", tmp_path / "none.py", code=1)


@pytest.mark.parametrize("option", ["--nonsense", "--max-steps", "--training"])
def test_an_option_that_there_is_not(config, option):
    printed = run_xner("train", config, option, "1", code=1)
    assert "[X172]" in printed and option in printed
