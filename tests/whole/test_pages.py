"""What README.md and docs/ tell the reader to run is run: every block of commands, as bash reads it.

The commands of a page are run in a copy of the project, in this process, by the functions behind `python -m spacy`. A
training takes a few steps, engines and aligners that must be installed are replaced by some of ours, names of the hub
by a tiny transformer, the GPU by the CPU. What needs data, a cluster or hours (PARSED) is parsed as its command line
would, with its configs and overrides. Programs that are no part of this project (apt-get, pip) are run by .ci/run.
"""

import argparse
import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
import spacy
import srsly
from browser import check_alone, check_looks, find_directions, open_page
from pages import PAGES, ROOT, find_blocks, find_commands, is_shell, record_commands
from settings import find_configs, find_projects, has_setting
from spacy.cli import app as spacy_app
from spacy.cli._util import parse_config_overrides
from spacy.util import load_config
from typer.main import get_command
from typer.testing import CliRunner

from benchmarks.transfer.workflows import Step, list_steps
from spacy_xner.cli import app

TUTORIALS = ["first-report", "own-data", "few-labels", "without-engine", "apertium", "gpu"]
SYSTEMS = ["mcl-ner", "dualner", "concner", "crop", "ensemble"]
# In an order in which few workflows are run again.
RUN = [f"docs/{name}.md" for name in ("systems/dlbri", "index", *(f"systems/{name}" for name in SYSTEMS))]
RUN += ["README.md", "examples/README.md", *(f"docs/tutorials/{name}.md" for name in TUTORIALS)]
RUN += ["docs/scale.md", "docs/data.md", "docs/commands.md", "docs/python.md", "CONTRIBUTING.md"]
PARSED = [
    f"docs/{name}.md"
    for name in ("reproduce", "results", "benchmarks", "curves", "engines", "serving", "parts")
]
PACKAGES = {f"xx_{name}": f"training/packages/{name}" for name in ("xner_dlbri", "xner_mcl", "xner_dualner")}
HUB = ("bert-base-multilingual-cased", "xlm-roberta-base", "intfloat/multilingual-e5-small")
# Updates of a training; what the longer ones make labels something, though it is sure of nothing.
SHORT, LONG = "2", "16"
LONGER = tuple(f"configs/{name}.cfg" for name in ("source_only", "source_ensemble", "mcl", "crop"))
SMALLER = {
    "-g": "-1",
    "--gpu-id": "-1",
    "--vars.gpu_id": "-1",
    "--vars.sample": "10",
    "-n": "5",
    "--mask-unsure": "0",
    "--drop-unsure": "0",
}
# spaCy and ours warn of small data; `spacy package` leaves a file open.
LOUD = pytest.mark.filterwarnings("ignore:\\[W", "ignore::UserWarning")
SENTENCES = 12  # of each file
CI = (ROOT / ".ci" / "run").read_text(encoding="utf8")
SETUP = (ROOT / "setup.py").read_text(encoding="utf8")


class Parsed(Exception):
    """A script has read its arguments."""


class Project:
    """A copy of the project with data of a user, where commands are run.

    root (Path): the folder, which is the working directory.
    done (Set[Tuple[str, ...]]): steps of workflows that were run, which are not run again.
    """

    def __init__(self, root: Path, transformer: str) -> None:
        self.root = root
        self.transformer = transformer
        self.done: Set[tuple] = set()
        for name in ("configs", "examples", "projects"):
            shutil.copytree(ROOT / name, root / name)
        for name in srsly.read_yaml(ROOT / "project.yml")["directories"]:
            (root / name).mkdir(exist_ok=True)
        for path in (ROOT / "assets").glob("*.*"):
            lines = path.read_text(encoding="utf8").splitlines(keepends=True)
            kept = lines[:SENTENCES] if path.suffix == ".jsonl" else lines
            (root / "assets" / path.name).write_text("".join(kept), encoding="utf8")
        write_data(root / "mine")
        (root / "texts.txt").write_text("Anna Seghers lebte in Mainz.\nEs regnet.\n", encoding="utf8")
        (root / "texts.jsonl").write_text('{"text": "Anna Seghers lebte in Mainz."}\n', encoding="utf8")
        (root / "my_engine.cfg").write_text(
            '[translator]\n@misc = "spacy-xner.LexiconTranslator.v1"\npath = "assets/gazetteer.tsv"\n'
        )
        (root / "aligner.cfg").write_text('[aligner]\n@misc = "test.PlaceAligner.v1"\n')
        self.replaced = {
            "apertium": "my_engine.cfg",
            "eflomal": "aligner.cfg",
            "similarity": "aligner.cfg",
            "e5-small": "hash",
            "MODEL": PACKAGES["xx_xner_mcl"],
        }
        self.replaced.update({**PACKAGES, **dict.fromkeys(HUB, transformer)})

    def replace(self, arguments: List[str]) -> List[str]:
        """RETURNS (List[str]): arguments that need nothing that is not here."""
        words = [self.replaced.get(word, word) for word in arguments]
        if "my_engine.cfg" in words:  # which leaves most words as they are
            words = [word for word in words if word != "--check-language"]
        for i, word in enumerate(words[:-1]):
            words[i + 1] = SMALLER.get(word, words[i + 1])
        return words

    def run(self, command: List[str]) -> None:
        """Run a command of a page."""
        if command[1:4] == ["-m", "spacy", "project"]:
            self.run_project(command[5:])
        elif command[1:3] == ["-m", "spacy"]:
            if command[4] in ("prepare", "translate"):
                self.done.clear()
            self.run_spacy(self.replace(command[3:]))
        else:
            check_other(command)

    def run_spacy(self, arguments: List[str]) -> None:
        """Run a subcommand of `python -m spacy`."""
        if arguments[1:3] == ["-C", "."]:
            arguments = [arguments[0], *arguments[3:]]
        if {"train", "distill"} & set(arguments[:2]):
            arguments = shorten(arguments)
        if "train" in arguments[:2] and "--vars.encoder" not in arguments:
            arguments = [*arguments, "--vars.encoder", self.transformer]
        if "--ray" in arguments:
            parse_xner(arguments[1:])
            return
        if arguments[0] == "train":  # spaCy's own knows no folder that stands for the encoder without weights
            arguments = ["hash" if word == "training/encoder" else word for word in arguments]
        called, words = (app, arguments[1:]) if arguments[0] == "xner" else (spacy_app, arguments)
        result = CliRunner().invoke(called, words)
        assert result.exit_code == 0, (arguments, result.output, result.exception)

    def run_project(self, arguments: List[str]) -> None:
        """Run the steps of a workflow, or one step, but for the installation of what they make."""
        for step in find_steps(self.replace(arguments)):
            for line in map(shlex.split, step.lines):
                if tuple(line) in self.done or step.name.endswith(("/install", "/try")):
                    continue
                assert line[:3] == ["python", "-m", "spacy"]
                if step.name == "./prepare":
                    self.done.clear()  # what comes next is of other data
                self.run_spacy(self.replace(line[3:]))
                self.done.add(tuple(line))


def write_data(folder: Path) -> None:
    """The files of a user: labelled English, raw and some labelled text of others, pairs, a list of names."""
    folder.mkdir()
    rows = {
        name: list(srsly.read_jsonl(ROOT / "assets" / f"{name}.jsonl"))[:SENTENCES]
        for name in ("train.en", "dev.en", "train.de", "test.de", "train.es", "test.es")
    }
    for name in ("train.en", "dev.en", "test.de", "test.es"):
        srsly.write_jsonl(folder / f"{name}.jsonl", rows[name])
    rows["train.pt"] = list(srsly.read_jsonl(ROOT / "assets" / "test.pt.jsonl"))[:SENTENCES]
    for name in ("train.de", "train.es", "train.pt"):  # Portuguese has nothing else
        (folder / f"{name}.txt").write_text(
            "".join(f"{row['text']}\n" for row in rows[name]), encoding="utf8"
        )
    blank = spacy.blank("xx")
    for language in ("de", "es"):
        texts = {row["id"]: row["text"] for row in rows[f"train.{language}"]}
        pairs = [(row["text"], texts[row["id"]]) for row in rows["train.en"]]
        # A lexicon is learnt from what comes twice.
        pairs += 2 * list(find_names(rows["train.en"], rows[f"train.{language}"]))
        lines = ["\t".join(" ".join(token.text for token in blank(text)) for text in pair) for pair in pairs]
        (folder / f"en-{language}.tsv").write_text("\n".join(lines), encoding="utf8")
    shutil.copy(ROOT / "assets" / "gazetteer.tsv", folder / "names.tsv")


def find_names(left: List[Dict[str, Any]], right: List[Dict[str, Any]]) -> Iterator[Tuple[str, str]]:
    """YIELDS (Tuple[str, str]): the entities of sentences and what they are called in their translations."""
    names = {
        (row["id"], span["id"]): row["text"][span["start"] : span["end"]]
        for row in right
        for span in row["spans"]
    }
    for row in left:
        for span in row["spans"]:
            yield row["text"][span["start"] : span["end"]], names[row["id"], span["id"]]


@spacy.registry.misc("test.PlaceAligner.v1")
class PlaceAligner:
    """Words correspond by their places."""

    name = "places"

    def align(self, pairs):
        return [{(i, i) for i in range(min(map(len, pair)))} for pair in pairs]


def shorten(arguments: List[str]) -> List[str]:
    """RETURNS (List[str]): the arguments of a training that ends soon."""
    words = list(arguments)
    steps = LONG if set(LONGER) & set(words) else SHORT
    limits = {"--training.max_steps": steps, "--training.eval_frequency": steps, "--training.max_epochs": "0"}
    for option, value in limits.items():
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    return words


def find_steps(arguments: List[str]) -> List[Step]:
    """RETURNS (List[Step]): the steps that `project run` would take with these arguments."""
    name, *rest = arguments
    project = rest.pop(0) if rest and not rest[0].startswith("-") else "."
    assert project in find_projects()
    # Of `--name="--setting 0"` spaCy takes out all hyphens; of `--name " --setting 0"` none.
    assert [word for word in rest if re.search("=.*--", word)] == []
    own = parse_config_overrides(rest, env_var=None)
    return list(
        list_steps(project, name, {key.removeprefix("vars."): value for key, value in own.items()}, {})
    )


def parse_xner(arguments: List[str]) -> None:
    """Read a command line of `xner` as it would be, with the settings of a config that it names."""
    group = get_command(app)
    command = group.commands[arguments[0]]  # type: ignore[attr-defined]
    with command.make_context(arguments[0], list(arguments[1:])) as context:
        if arguments[0] == "train":
            overrides = parse_config_overrides(list(context.args))
            config = ROOT / next(word for word in arguments if word.endswith(".cfg"))
            assert [key for key in overrides if not has_setting(config, key)] == []
            load_config(config, overrides=overrides, interpolate=False)


def parse_script(arguments: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a module of benchmarks/ or tests/ read its arguments, and no more."""
    parse = argparse.ArgumentParser.parse_args

    def stop(self, *args, **kwargs):
        parse(self, *args, **kwargs)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    module = arguments[0]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(Parsed):
        runpy.run_module(module, run_name="__main__")


def parse(command: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a command that can't be run here."""
    if command[1:4] == ["-m", "spacy", "project"]:
        lines = [shlex.split(line) for step in find_steps(command[5:]) for line in step.lines]
        assert lines
        for line in (line for line in lines if line[3] == "xner"):
            parse_xner(line[6:] if line[4] == "-C" else line[4:])
    elif command[1:4] == ["-m", "spacy", "xner"]:
        parse_xner(command[4:])
    elif command[1] == "-m" and command[2].startswith(("benchmarks.", "tests.")):
        parse_script(command[2:], monkeypatch)
    elif command[1] != "-":  # what Python reads is in `test_python_compiles`
        check_other(command)


def check_other(command: List[str]) -> None:
    """What .ci/run runs, or would: packages that are installed, the environment, the tests, the site."""
    program, *words = command
    words = words[2:] if words[:1] == ["-m"] and words[1] == "pip" else words
    if program == "run":
        assert words == []
    elif program == "sudo":
        assert words[:2] == ["apt-get", "install"] and " ".join(words[2:]) in CI
    elif words[0] == "-m":
        assert words[1] in ("venv", "pytest", "zensical", "notebook")
        assert words[1] != "zensical" or " ".join(words) in CI
        assert words[1] != "notebook" or (ROOT / words[2]).is_file()
    elif words == ["docs/generate.py"]:
        assert " ".join(words) in CI
    else:
        assert words[0] == "install"
        for extras in re.findall(r"\[([^]]*)\]", " ".join(words)):
            assert all(f'"{extra}": [' in SETUP for extra in extras.split(","))
        for path in (words[i + 1] for i, word in enumerate(words) if word == "-r"):
            assert (ROOT / path).is_file()


@pytest.fixture(scope="module")
def project(tmp_path_factory, tiny_transformer) -> Project:
    return Project(tmp_path_factory.mktemp("reader"), tiny_transformer)


def test_pages_are_all_there():
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    with_commands = {
        page.relative_to(ROOT).as_posix()
        for page in PAGES
        if any(is_shell(block) for block in find_blocks(page))
    }
    assert with_commands == {*RUN, *PARSED} and names > with_commands


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_blocks_say_what_they_are(page):
    """No command hides in a block that is none for this test."""
    for block in find_blocks(page):
        place = f"{page.name}, line {block.line}"
        known = ("bash", "python", "ini", "json", "csv", "text", "math")
        assert block.language in known or (page.name == "README.md" and is_shell(block)), place
        if not is_shell(block):
            assert not re.search(r"^\s*(\.venv/bin/python|python3? -m|pip |sudo )", block.text, re.M), place


@pytest.mark.slow
@LOUD
def test_report_of_the_sample(browser, project, monkeypatch):
    """The page that the README's first command makes."""
    monkeypatch.chdir(project.root)
    project.run_project(["all"])
    path = project.root / "report" / "index.html"
    page, messages, requests = open_page(browser, path)
    # Those that it was trained for, and those that no training has seen.
    ltr = ("de", "es", "fr", "hi", "ja", "pt", "ru", "zh")
    assert set(find_directions(page)) == {("ar", "rtl"), *((language, "ltr") for language in ltr)}
    assert page.locator("tr.part").count() == 1
    shown = page.locator("article:visible")
    n_sentences = shown.count()
    page.select_option("#labelled-language", "ar")
    assert 0 < shown.count() <= page.locator("article[data-language=ar]").count() < n_sentences
    page.select_option("#labelled-language", "")
    check_looks(page, "sample")
    check_alone(path, messages, requests)


@pytest.mark.slow
@LOUD
@pytest.mark.parametrize("name", RUN)
def test_commands_run(name, project, tmp_path, monkeypatch):
    monkeypatch.chdir(project.root)
    # A plot takes as long as such a training.
    monkeypatch.setattr("spacy_xner.reporting.logger.find_spec", lambda name: None)
    commands = find_commands(ROOT / name, tmp_path)
    assert commands
    for command in commands:
        if name == "docs/tutorials/first-report.md" and command[3:4] == ["xner"]:
            continue  # `test_first_report`
        project.run(command)


@pytest.mark.parametrize("name", PARSED)
def test_commands_are_understood(name, tmp_path, monkeypatch):
    commands = find_commands(ROOT / name, tmp_path, has_files=False)
    assert commands
    for command in commands:
        parse(command, monkeypatch)


def test_commands_of_the_gpu_script(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    commands = record_commands(f"{ROOT}/benchmarks/gpu.sh data out", tmp_path)
    stages, speed = (f"benchmarks.costs.{name}" for name in ("stages", "speed"))
    trained = ["project", "project", *4 * ["train", "evaluate"]]  # of two encoders in two precisions
    expected = ["pytest", stages, *["spacy"] * len(trained), stages, speed, "benchmarks.pages.tables"]
    assert [command[2] for command in commands] == expected
    assert [command[3] for command in commands if command[2] == "spacy"] == trained
    for command in commands:
        if command[2:4] == ["spacy", "train"]:
            overrides = parse_config_overrides([*command[9:]])
            assert [key for key in overrides if not has_setting(ROOT / command[4], key)] == []
        elif command[2:4] == ["spacy", "project"] or command[2].startswith("benchmarks."):
            parse(command, monkeypatch)
    assert commands[-1][3:] == ["--folder", str(tmp_path / "out")]


def find_settings() -> List[str]:
    pages = (page.read_text(encoding="utf8") for page in PAGES)
    return sorted(
        {code for page in pages for code in re.findall(r"`(train (?:configs|examples)/[^`]*)`", page)}
    )


@pytest.mark.parametrize("code", find_settings())
def test_settings_in_tables(code, tmp_path):
    """The rows of ablations: their overrides are settings of their config."""
    (words,) = record_commands(f".venv/bin/python {code}", tmp_path)
    parse_xner(words[1:])


def test_settings_that_pages_name():
    """An override stands for a setting of a config, and a var for one of the workflows."""
    configs = find_configs().values()
    projects = [srsly.read_yaml(ROOT / name / "project.yml") for name in find_projects()]
    variables = {key for project in projects for key in project["vars"]}
    section = "vars|paths|training|components|corpora|system"
    text = "\n".join(page.read_text(encoding="utf8") for page in PAGES)
    assert not re.search(r"--vars\.\w+=[\"']?--", text), "see `find_steps`"
    keys = set(re.findall(rf"--((?:{section})\.[\w.]+\w)", text)) - {"vars.steps_"}
    unknown = [
        key
        for key in sorted(keys)
        if not any(has_setting(config, key) for config in configs)
        and key.removeprefix("vars.") not in variables
    ]
    assert len(keys) > 50 and unknown == []


def test_python_compiles():
    blocks = [block for page in PAGES for block in find_blocks(page) if block.language == "python"]
    heredocs = [
        found
        for page in PAGES
        for block in find_blocks(page)
        if is_shell(block)
        for found in re.findall(r"<<'END'\n(.*?)\nEND", block.text, re.S)
    ]
    assert blocks and heredocs
    for text in [*(block.text for block in blocks), *heredocs]:
        compile(text, "page", "exec")


@pytest.mark.filterwarnings("ignore:\\[XW008\\]")  # of a vocabulary that knows few words
def test_first_report(tmp_path, monkeypatch, tiny_transformer):
    """The commands of the first tutorial with a tiny encoder, on fifty sentences of a user."""
    page = ROOT / "docs" / "tutorials" / "first-report.md"
    install, *commands = find_commands(page, tmp_path / "recorded")[1:]
    assert len(commands) == 5 and install[1:] == ["-m", "pip", "install", "-q", "-r", "requirements.txt"]
    rows = list(srsly.read_jsonl(ROOT / "assets" / "train.de.jsonl"))[:50]
    lines = ["sentence,token,tag"]
    blank = spacy.blank("xx")
    for number, row in enumerate(rows, start=1):
        doc = blank(row["text"])
        doc.ents = [
            doc.char_span(s["start"], s["end"], s["label"], alignment_mode="expand") for s in row["spans"]
        ]
        for token in doc:
            tag = "O" if token.ent_iob_ == "O" else f"{token.ent_iob_}-{token.ent_type_}"
            text = token.text.replace('"', '""')
            lines.append(f'{number},"{text}",{tag}')
    for name in ("assets", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "mine.csv").write_text("\n".join(lines), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert command[:4] == ["python", "-m", "spacy", "xner"]
        words = [tiny_transformer if word == "e5-small" else word for word in command[4:]]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, (command, result.output)
    (numbers,) = srsly.read_json(tmp_path / "report" / "report.json").values()
    assert list(numbers) == ["de"] and (tmp_path / "report" / "index.html").stat().st_size > 50_000


@pytest.mark.parametrize("language, suffix", [("csv", "csv"), ("json", "jsonl")])
def test_examples_of_files(language, suffix, tmp_path):
    """What the first tutorial shows as a user's file is read as one."""
    page = ROOT / "docs" / "tutorials" / "first-report.md"
    (block,) = [block for block in find_blocks(page) if block.language == language]
    path = tmp_path / f"mine.{suffix}"
    path.write_text(block.text, encoding="utf8")
    result = CliRunner().invoke(app, ["convert", str(path), str(tmp_path / "mine.spacy"), "--lang", "de"])
    assert result.exit_code == 0
    assert "1 sentences, 7 tokens, 2 entities (LOC 1, PER 1)" in " ".join(result.output.split())
