"""Bad input on the command line: one sentence with a code, exit status 1, no traceback, nothing left behind."""

from pathlib import Path

import pytest
import srsly
from typer.testing import CliRunner

from spacy_xner.cli import app
from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.tokenizer import get_blank

ROOT = Path(__file__).parents[2]
IOB = "Ana\tB-PER\nvisits\tO\nRome\tB-LOC\n\nRome\tB-LOC\nwaits\tO\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("train.en.iob", "dev.en.iob", "train.de.iob"):
        Path(name).write_text(IOB, encoding="utf8")
    convert("train.en.iob", "train.spacy", language="en")
    return tmp_path


def run(*args: str):
    return CliRunner().invoke(app, list(args))


def assert_fails(result, code: str, *parts: str) -> None:
    assert result.exit_code == 1
    text = " ".join(result.output.split())
    assert f"[{code}]" in text
    assert "Traceback" not in text
    for part in parts:
        assert part in text


def test_prepare_and_translate(folder):
    assert run("prepare", ".", "corpus", "--targets", "de").exit_code == 0
    Path("en-de.tsv").write_text(
        "Ana visits Rome\tAna besucht Rom\nRome waits\tRome wartet\n", encoding="utf8"
    )
    Path("en-de.align").write_text("0-0 1-1 2-2\n0-0 1-1\n", encoding="utf8")
    result = run("translate", "corpus/source/train.spacy", "views", "--memory", ".", "--targets", "de")
    assert result.exit_code == 0, result.output
    assert "2 of 2 sentences kept (all); 100.0% of their entities found" in " ".join(result.output.split())
    assert sorted(str(path) for path in Path("views").rglob("*.spacy")) == [
        "views/dev/de.spacy",
        "views/train/de.spacy",
    ]


def test_other_languages_of_an_earlier_run_are_removed(folder):
    Path("train.fr.iob").write_text(IOB, encoding="utf8")
    Path("en-de.tsv").write_text("Ana visits Rome\tAna besucht Rome\n", encoding="utf8")
    Path("en-fr.tsv").write_text("Ana visits Rome\tAna visite Rome\n", encoding="utf8")
    for targets in ("de,fr", "de"):
        assert run("prepare", ".", "corpus", "--targets", targets).exit_code == 0
        command = ("translate", "corpus/source/train.spacy", "corpus/views", "-m", ".", "-t", targets)
        assert run(*command).exit_code == 0
    for name in ("target", "views/train", "views/dev"):
        assert [path.name for path in Path("corpus", name).iterdir()] == ["de.spacy"]


@pytest.mark.parametrize("test", ["", "raw", "labelled"])
def test_test_text_is_optional(folder, test):
    """Without it there is an empty folder, which later steps find; nothing else is said to be missing."""
    if test:
        Path("test.de.iob" if test == "labelled" else "test.de.txt").write_text(
            IOB if test == "labelled" else "Ana besucht Rom\n", encoding="utf8"
        )
    result = run("prepare", ".", "corpus", "--targets", "de")
    assert result.exit_code == 0, result.output
    assert ("No labelled test text of de" in result.output) == (test != "labelled")
    assert [path.name for path in Path("corpus/test").iterdir()] == (["de.spacy"] if test else [])


def test_languages_that_no_training_reads(folder):
    """Test text of further languages lies apart; names that are no codes of languages are left alone."""
    for name in ("train.de", "test.en", "test.de", "test.fr", "fr/train", "test.notes", "test.en-de"):
        Path(f"{name}.iob").parent.mkdir(exist_ok=True)
        Path(f"{name}.iob").write_text(IOB, encoding="utf8")
    Path("pt-BR").mkdir()
    Path("pt-BR/test.iob").write_text(IOB, encoding="utf8")
    for unseen, expected in (
        ("--unseen", ["de.spacy", "unseen/fr.spacy", "unseen/pt-BR.spacy"]),
        ("--no-unseen", ["de.spacy"]),
    ):
        assert run("prepare", ".", "corpus", "--targets", "de", unseen).exit_code == 0
        found = [str(path.relative_to("corpus/test")) for path in Path("corpus/test").rglob("*.spacy")]
        assert sorted(found) == expected
        assert [path.name for path in Path("corpus/target").iterdir()] == ["de.spacy"]


@pytest.mark.parametrize("other", ["train.de.alt.txt", "train.de.iob2.gz", "de/train.iob", "train.de.spacy"])
def test_two_files_for_one(folder, other):
    Path("de").mkdir()
    Path(other).write_text(IOB, encoding="utf8")
    assert_fails(run("prepare", ".", "corpus", "--targets", "de"), "X152", "'train.de.iob'", f"'{other}'")
    assert not Path("corpus").exists()


@pytest.mark.parametrize(
    "leftover", ["train.de.iob~", "train.de.iob.bak", "train.de.iob.swp", "#train.de.iob#", "de"]
)
def test_what_editors_leave_is_not_read(folder, leftover):
    if leftover == "de":
        Path("train.de.d").mkdir()
    else:
        Path(leftover).write_text("what was there before", encoding="utf8")
    result = run("prepare", ".", "corpus", "--targets", "de")
    assert result.exit_code == 0, result.output
    # Each file that was read is named.
    output = " ".join(result.output.split())
    assert all(f"from {name}" in output for name in ("train.en.iob", "dev.en.iob", "train.de.iob"))


@pytest.mark.parametrize(
    "name, content",
    [
        ("train.de.jsonl", '{"text": "Ana besucht Rom"}\n{"text": "Rom wartet", "id": 7}\n'),
        (
            "train.de.jsonl",
            '{"text": "Ana besucht Rom", "spans": []}\n{"text": "Rom wartet", "meta": {"a": 1}}\n',
        ),
        ("train.de.json", '[{"text": "Ana besucht Rom"}, {"text": "Rom wartet"}]'),
        ("train.de.txt", "Ana besucht Rom\nRom wartet\n"),
    ],
)
def test_target_text_needs_no_spans(folder, name, content):
    Path("train.de.iob").unlink()
    Path(name).write_text(content, encoding="utf8")
    result = run("prepare", ".", "corpus", "--targets", "de")
    assert result.exit_code == 0, result.output
    assert "corpus/target/de.spacy: 2 sentences, 0 entities" in " ".join(result.output.split())
    # As labelled text it says too little.
    if ".json" in name:
        assert_fails(run("convert", name, "x.spacy"), "X106", "'spans' is missing")


def test_no_unlabelled_text(folder):
    assert_fails(run("prepare", ".", "corpus", "--targets", "de,fr"), "X301", "'fr'")
    assert not Path("corpus").exists()


def test_no_source_text(folder):
    assert_fails(run("prepare", ".", "corpus", "--source", "xx", "--targets", "de"), "X101", "train.xx")


def test_no_targets(folder):
    assert_fails(run("prepare", ".", "corpus", "--targets", ","), "X306", "--targets")


def test_no_memory(folder):
    assert_fails(run("translate", "train.spacy", "views", "-m", ".", "-t", "fr"), "X101", "en-fr.tsv' or")
    assert not Path("views").exists()


def test_memory_that_does_not_pair_up(folder):
    Path("en-de.tsv").write_text("Rome waits\tRom wartet\n", encoding="utf8")
    Path("en-de.align").write_text("0-0\n1-1\n", encoding="utf8")
    assert_fails(run("translate", "train.spacy", "views", "-m", ".", "-t", "de"), "X201", "1 lines", "2")
    assert not Path("views").exists()


def test_memory_of_other_sentences(folder):
    Path("en-de.tsv").write_text("Something else\tEtwas anderes\n", encoding="utf8")
    assert_fails(run("translate", "train.spacy", "views", "-m", "en-de.tsv", "-t", "de"), "X204")


def test_train_without_config(folder):
    assert_fails(run("train", "missing.cfg"), "X305", "missing.cfg")


def test_gpu_that_is_not_there(folder):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    config = str(ROOT / "configs" / "source_only.cfg")
    assert_fails(run("train", config, "--gpu-id", "0"), "X302", "--gpu-id 0")


def _train(*args: str):
    overrides = ["--vars.encoder", "hash", "--training.max_steps", "2", "--training.max_epochs", "0"]
    config = str(ROOT / "configs" / "source_only.cfg")
    return run("train", config, "--paths.dev", "train.spacy", *overrides, *args)


def test_train_on_missing_corpus(folder):
    assert_fails(_train("--paths.train", "missing.spacy"), "X101", "missing.spacy")


@pytest.mark.parametrize("setting", ["--vars.encodre", "--paths.trian", "--training.max_step"])
def test_train_with_a_setting_that_is_none(folder, setting):
    section = setting[2:].partition(".")[0]
    assert_fails(
        _train(setting, "x"), "X310", f"no setting '{setting[2:]}'", f"Those of [{section}] are", "'"
    )


def test_train_on_damaged_corpus(folder):
    Path("damaged.spacy").write_bytes(Path("train.spacy").read_bytes()[:-20])
    assert_fails(_train("--paths.train", "damaged.spacy"), "X110", "damaged.spacy")


def test_train_without_labels(folder):
    convert("train.en.iob", "raw.spacy", unlabelled=True)
    assert_fails(_train("--paths.train", "raw.spacy"), "X002", "no labels")


def test_train_with_an_unknown_label(folder):
    assert_fails(
        _train("--paths.train", "train.spacy", "--initialize.components.xner.labels", '["PER"]'),
        "X001",
        "'LOC'",
    )


def test_teach_with_a_bad_name(folder):
    assert_fails(run("teach", "model", "train.spacy", "out.spacy", "--store", "tag"), "X306", "OUTPUT=NAME")


def test_teach_without_model(folder):
    assert_fails(run("teach", "model", "train.spacy", "out.spacy"), "X304", "'model'")
    assert not Path("out.spacy").exists()


def test_recognise_without_model(folder):
    assert_fails(run("recognise", "xx_not_installed", "Rome"), "X304", "xx_not_installed")


@pytest.mark.parametrize("content", ["[1]", "{}", "no json"])
def test_compare_with_something_else(folder, content):
    Path("scores.json").write_text(content, encoding="utf8")
    assert_fails(run("compare", "scores.json"), "X308", "scores.json")


def test_compare(folder):
    for name, f1 in (("one", 0.25), ("two", 0.5)):
        scores = {"precision": 0.1, "recall": 0.2, "f1": f1, "span": {"f1": 0.3}, "type_accuracy": 0.4}
        found = {**scores, "type_accuracy_on": "gold spans", "entities": 5}
        srsly.write_json(f"{name}.json", {"model": "m", "languages": {"de": found}, "mean": scores})
    result = run("compare", "one.json", "two.json")
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines() if line.startswith("de")] == [
        ["de", "25.0", "50.0"]
    ]


def test_dev_text_of_the_targets(folder):
    """It is read if asked for, with its labels only if these are; an earlier one stays otherwise."""
    for dev, found in (("none", None), ("text", 0), ("labels", 3), ("none", 3)):
        if dev == "text":
            assert_fails(
                run("prepare", ".", "corpus", "--targets", "de", "--target-dev", dev), "X101", "dev.de.*"
            )
            Path("dev.de.iob").write_text(IOB, encoding="utf8")
        result = run("prepare", ".", "corpus", "--targets", "de", "--target-dev", dev)
        assert result.exit_code == 0, result.output
        path = Path("corpus/dev/de.spacy")
        assert path.exists() == (found is not None)
        if found is not None:
            docs = list(read_docs(path, get_blank().vocab))
            assert len(docs) == 2 and sum(len(doc.ents) for doc in docs) == found
            assert all(doc.has_annotation("ENT_IOB") == bool(found) for doc in docs)
    assert_fails(
        run("prepare", ".", "corpus", "--targets", "de", "--target-dev", "all"),
        "X306",
        "'all'",
        "--target-dev",
    )
