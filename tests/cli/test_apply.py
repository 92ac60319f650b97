"""`xner apply` and `xner teach` on texts in files, part by part, on one machine and by Ray."""

import contextlib
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import spacy
from spacy.util import fix_random_seed
from typer.testing import CliRunner
from util import make_doc, make_examples, make_nlp, run_xner, save_corpus, train

from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs
from spacy_xner.metadata import get_group, get_language, get_soft_labels
from spacy_xner.teaching import worker

TEXTS = [
    "Angela Merkel met Barack Obama in Berlin .",
    "She was born in Hamburg .",
    "",
    " \t ",
    "Berlin \u05d1\u05e8\u05dc\u05d9\u05df Hamburg \u0628\u0631\u0644\u064a\u0646 \u4eac\u90fd",
    "bell \x07 and \x00 null in Berlin\u200f .",
    "and so on",
]
# What is in files of every kind: no empty texts, and none that begins or ends with white space.
COMMON = [text for text in TEXTS if text.strip()]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    fix_random_seed(0)
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 40)
    path = tmp_path_factory.mktemp("apply") / "model"
    nlp.to_disk(path)
    return path


def write_texts(path: Path, texts) -> Path:
    if path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        parquet = pytest.importorskip("pyarrow.parquet")
        ids = list(range(1, len(texts) + 1))
        parquet.write_table(pyarrow.table({"id": ids, "text": texts, "other": ids}), path)
    elif ".jsonl" in path.suffixes:
        lines = [json.dumps({"id": i, "text": text}) for i, text in enumerate(texts, start=1)]
        data = "".join(line + "\n" for line in lines).encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    else:
        path.write_text("".join(text + "\n" for text in texts), encoding="utf8")
    return path


def read_rows(path: Path):
    if path.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        rows = parquet.read_table(path).to_pylist()
        return [{key: value for key, value in row.items() if value is not None} for row in rows]
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf8").splitlines()
    return [json.loads(line) for line in lines]


def get_spans(rows):
    return [[(row["text"][s["start"] : s["end"]], s["label"]) for s in row["spans"]] for row in rows]


def test_texts(model, tmp_path):
    run_xner("apply", model, write_texts(tmp_path / "in.jsonl", TEXTS), tmp_path / "out.jsonl")
    rows = read_rows(tmp_path / "out.jsonl")
    assert [row["text"] for row in rows] == TEXTS
    assert [row["id"] for row in rows] == list(range(1, len(TEXTS) + 1))
    spans = get_spans(rows)
    assert spans[0] == [("Angela Merkel", "PER"), ("Barack Obama", "PER"), ("Berlin", "LOC")]
    assert spans[1] == [("Hamburg", "LOC")]
    assert (spans[2], spans[3]) == ([], [])
    scores = [span["score"] for row in rows for span in row["spans"]]
    assert scores and all(0 < score <= 1 and round(score, 4) == score for score in scores)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("source", ["in.jsonl.gz", "in.txt", "in.parquet"])
@pytest.mark.parametrize("target", ["out.jsonl.gz", "out.parquet", "out.spacy"])
def test_formats(model, tmp_path, source, target):
    if "parquet" in source + target:
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    run_xner("apply", model, write_texts(tmp_path / "in.jsonl", COMMON), tmp_path / "out.jsonl")
    rows = read_rows(tmp_path / "out.jsonl")
    run_xner("apply", model, write_texts(tmp_path / source, COMMON), tmp_path / target)
    if target.endswith(".spacy"):
        docs = list(read_docs(tmp_path / target, make_nlp().vocab))
        assert [doc.text for doc in docs] == COMMON
        assert [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs] == get_spans(rows)
        assert [get_group(doc) for doc in docs] == [str(row["id"]) for row in rows]
        scores = [round(float(score), 4) for doc in docs for score in doc.spans["xner"].attrs["scores"]]
        assert scores == [span["score"] for row in rows for span in row["spans"]]
    else:
        # Plain texts have the numbers of their lines for ids; a Parquet file has another column.
        number = str if source == "in.txt" else int
        others = [{"other": row["id"]} if source == "in.parquet" else {} for row in rows]
        expected = [{**row, "id": number(row["id"]), **more} for row, more in zip(rows, others, strict=True)]
        assert read_rows(tmp_path / target) == expected


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.parquet"])
def test_text_key(model, tmp_path, name):
    """As `spacy apply` has it: the text is in another field."""
    row = {"id": "7", "body": "She was born in Hamburg .", "n": "1"}
    if name.endswith(".parquet"):
        pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        table = pyarrow.table({key: [value] for key, value in row.items()})
        pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / name)
    elif name.endswith(".csv"):
        (tmp_path / name).write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    else:
        (tmp_path / name).write_text(json.dumps(row) + "\n")
    run_xner("apply", model, tmp_path / name, tmp_path / "out.jsonl", "--text-key", "body")
    (found,) = read_rows(tmp_path / "out.jsonl")
    assert get_spans([found]) == [[("Hamburg", "LOC")]]
    assert (found["id"], found["text"], found["n"]) == ("7", row["body"], "1")
    assert "body" in run_xner("apply", model, tmp_path / name, tmp_path / "no.jsonl", code=1)
    texts = write_texts(tmp_path / "in.txt", COMMON)
    assert "X306" in run_xner("apply", model, texts, tmp_path / "no.jsonl", "--text-key", "body", code=1)


@pytest.mark.parametrize("options", [("--batch-size", 1), ("-b", 2, "-n", 2), ("--n-process", 2)])
def test_speed_has_no_effect_on_what_is_found(model, tmp_path, options):
    texts = write_texts(tmp_path / "in.jsonl", COMMON * 3)
    run_xner("apply", model, texts, tmp_path / "one.jsonl")
    run_xner("apply", model, texts, tmp_path / "two.jsonl", *options)
    one, two = read_rows(tmp_path / "one.jsonl"), read_rows(tmp_path / "two.jsonl")
    assert get_spans(one) == get_spans(two) and len(one) == 3 * len(COMMON)
    for left, right in zip(one, two, strict=True):
        scores = ([span["score"] for span in row["spans"]] for row in (left, right))
        assert next(scores) == pytest.approx(next(scores), abs=2e-4)


def test_processes_are_for_the_cpu(model, tmp_path):
    texts = write_texts(tmp_path / "in.jsonl", COMMON)
    assert "X306" in run_xner("apply", model, texts, tmp_path / "o.jsonl", "-n", 2, "-g", 0, code=1)


@pytest.mark.parametrize(
    "name", ["in.jsonl", "in.jsonl.gz", "in.txt", "in.csv", "in.spacy", "in.parquet", "in.json"]
)
def test_the_bar_knows_its_total(model, tmp_path, name, monkeypatch):
    told = []
    monkeypatch.setattr(worker, "PART", 2)
    progress = contextlib.contextmanager(
        lambda label, unit, total: (yield lambda *found: told.append((*found, total)))
    )
    monkeypatch.setattr("spacy_xner.cli._parts.show_progress", progress)
    if name == "in.spacy":
        save_corpus(tmp_path / name, [make_doc(make_nlp().vocab, text) for text in COMMON])
    elif name == "in.csv":
        (tmp_path / name).write_text("text,n\n" + "".join(f"Berlin,{i}\n" for i in range(5)))
    elif name == "in.json":
        (tmp_path / name).write_text(json.dumps([{"text": text} for text in COMMON]))
    else:
        write_texts(tmp_path / name, COMMON)
    run_xner("apply", model, tmp_path / name, tmp_path / "out.jsonl")
    total = 0 if name == "in.json" else 5
    assert told == [(n, total, total) for n in (2, 4, 5)]


def test_recognise_with_a_threshold(model):
    text = "Angela Merkel met Barack Obama in Berlin ."
    assert len(re.findall(r"\d\.\d\d", run_xner("recognise", model, text))) == 3
    _, second, best = sorted(spacy.load(model)(text).spans["xner"].attrs["scores"])
    printed = run_xner("recognise", model, text, "--threshold", (second + best) / 2)
    assert len(re.findall(r"\d\.\d\d", printed)) == 1
    assert run_xner("recognise", model, "Merkel", "--threshold", 1) == "Merkel (no entity)"
    run_xner("recognise", model, text, "--threshold", 50, code=2)


def test_recognise_in_raw_text(model, tmp_path):
    """After the texts of the command line the first sentence of each language."""
    (tmp_path / "mine.txt").write_text("Angela Merkel sings .\nIt rains .\n", encoding="utf8")
    printed = run_xner("recognise", model, "It rains here .", "--raw", tmp_path / "mine.txt")
    assert "Angela Merkel sings . Angela Merkel PER" in printed and "It rains ." not in printed


def test_recognise_with_a_threshold_that_nobody_reads(tmp_path):
    spacy.blank("xx").to_disk(tmp_path / "blank")
    assert "X306" in run_xner("recognise", tmp_path / "blank", "Rome", "--threshold", 0.5, code=1)


OTHERS = {"id": 7, "text": "She was born in Hamburg .", "meta": {"a": [1, None]}, "score": 0.5, "ok": True}


@pytest.mark.parametrize("target", ["out.jsonl", "out.parquet"])
def test_other_fields_are_kept(model, tmp_path, target):
    rows = [OTHERS, {**OTHERS, "id": "x", "source": "wiki"}, {"text": "Berlin", "spans": [], "n": 1}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if target.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / target)
    found = read_rows(tmp_path / target)
    assert get_spans(found) == [[("Hamburg", "LOC")], [("Hamburg", "LOC")], [("Berlin", "LOC")]]
    without = [{key: value for key, value in row.items() if key != "spans"} for row in found]
    if target.endswith(".parquet"):
        # A column has one type: ids are texts where one of them is, and what is nested is JSON.
        assert without[0] == {**OTHERS, "id": "7", "meta": '{"a": [1, null]}'}
    else:
        assert without == [rows[0], rows[1], {"text": "Berlin", "n": 1, "id": "3"}]
    # A corpus keeps them as well.
    run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / "out.spacy")
    run_xner("apply", model, tmp_path / "out.spacy", tmp_path / "again.jsonl")
    assert [row.get("meta") for row in read_rows(tmp_path / "again.jsonl")] == [OTHERS["meta"]] * 2 + [None]


@pytest.mark.parametrize(
    "name, separator", [("in.csv", ","), ("in.tsv", "\t"), ("in.csv", ";"), ("in.csv.gz", ",")]
)
def test_tables(model, tmp_path, name, separator):
    lines = [
        ("Id", "Text", "other"),
        ("1", "She was born in Hamburg .", "x"),
        ("2", '"Berlin, ""B"""', ""),
        ("3", "", "y"),
    ]
    data = "".join(separator.join(cells) + "\n" for cells in lines).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    run_xner("apply", model, tmp_path / name, tmp_path / "out.jsonl")
    rows = read_rows(tmp_path / "out.jsonl")
    assert [(row["Id"], row["other"], row["text"]) for row in rows] == [
        ("1", "x", "She was born in Hamburg ."),
        ("2", "", 'Berlin, "B"'),
        ("3", "y", ""),
    ]
    assert get_spans(rows)[0] == [("Hamburg", "LOC")]


def test_a_null_text_is_the_error_of_its_row(model, tmp_path):
    rows = [{"text": "Berlin"}, {"id": 2, "text": None}, {"text": ""}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    output = run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert "[XW152] 1 rows" in output
    found = read_rows(tmp_path / "out.jsonl")
    assert [row["text"] for row in found] == ["Berlin", "", ""]
    assert [row.get("error") for row in found] == [None, "'text' is null", None]
    run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / "out.spacy")
    (tmp_path / "in.jsonl").write_text('{"body": "x"}\n')
    output = run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / "out.jsonl", code=1)
    assert "X106" in output and "['body'] (rename" in output
    # As pandas and Python write what is missing.
    (tmp_path / "in.jsonl").write_text(
        '{"text": "Berlin"}\n{"id": 2.0, "text": NaN}\n{"id": NaN, "text": ""}\n'
    )
    run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert read_rows(tmp_path / "out.jsonl") == found
    (tmp_path / "in.json").write_text(json.dumps(rows, indent=2))
    run_xner("apply", model, tmp_path / "in.json", tmp_path / "out.jsonl")
    assert read_rows(tmp_path / "out.jsonl") == found


def test_a_giant_text(model, tmp_path):
    """More than spaCy's own limit, most of it without a space, and with 200,000 tokens."""
    giant = "x" * 1_100_000 + " Angela Merkel" + " and so on" * 70_000 + " in Berlin ."
    run_xner("apply", model, write_texts(tmp_path / "in.jsonl", [giant]), tmp_path / "out.jsonl")
    (row,) = read_rows(tmp_path / "out.jsonl")
    assert row["text"] == giant
    assert get_spans([row])[0][-1] == ("Berlin", "LOC")


def test_views_are_kept(model, tmp_path):
    row = {"text": "She was born in Hamburg .", "id": "1", "view": "t", "language": "en"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n")
    run_xner("apply", model, tmp_path / "in.jsonl", tmp_path / "out.spacy")
    run_xner("apply", model, tmp_path / "out.spacy", tmp_path / "out.jsonl")
    (found,) = read_rows(tmp_path / "out.jsonl")
    assert {key: found[key] for key in row} == row


def test_whole_or_shards(model, tmp_path):
    """Of a corpus, since a folder is read as a whole; other files are left alone."""
    texts = write_texts(tmp_path / "in.jsonl", COMMON)
    for ending in (".spacy", ".jsonl"):
        for options in ((), ("--shard", "1/2"), ()):
            run_xner("apply", model, texts, tmp_path / f"out{ending}", *options)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["in.jsonl", "out.1-of-2.jsonl", "out.jsonl", "out.spacy"]


def test_what_was_found_can_be_converted(model, tmp_path):
    texts = write_texts(tmp_path / "in.jsonl", COMMON)
    run_xner("apply", model, texts, tmp_path / "out.jsonl")
    run_xner("convert", tmp_path / "out.jsonl", tmp_path / "out.spacy")
    converted = read_docs(tmp_path / "out.spacy", make_nlp().vocab)
    found = [[(ent.text, ent.label_) for ent in doc.ents] for doc in converted]
    assert found == get_spans(read_rows(tmp_path / "out.jsonl"))


def test_teach_texts(model, tmp_path):
    rows = [{"text": text, "language": "xx"} for text in TEXTS]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run_xner("teach", model, tmp_path / "in.jsonl", tmp_path / "out.spacy")
    docs = list(read_docs(tmp_path / "out.spacy", make_nlp().vocab))
    assert [doc.text for doc in docs] == TEXTS
    assert {get_language(doc) for doc in docs} == {"xx"}
    # Without an id, a text has the number of its line.
    assert [get_group(doc) for doc in docs] == [str(i) for i in range(1, len(TEXTS) + 1)]
    assert [get_soft_labels(doc, "tag") is not None for doc in docs] == [bool(text) for text in TEXTS]


@pytest.mark.parametrize("command", ["apply", "teach"])
def test_shards_and_resume(model, tmp_path, monkeypatch, command):
    monkeypatch.setattr(worker, "PART", 2)
    texts = write_texts(tmp_path / "in.jsonl", COMMON)
    run_xner(command, model, texts, tmp_path / "whole.spacy")
    for i in (1, 2):
        run_xner(command, model, texts, tmp_path / "part.spacy", "--shard", f"{i}/2")
    names = ["part.1-of-2.spacy", "part.2-of-2.spacy"]
    first, second = (
        [get_group(doc) for doc in read_docs(tmp_path / name, make_nlp().vocab)] for name in names
    )
    assert (first, second) == (["1", "2", "5"], ["3", "4"])
    # The last part can't be read: those before it are kept, and count when it can.
    lines = texts.read_text().splitlines(keepends=True)
    texts.write_text("".join([*lines[:4], '{"text": "\\ud800"}\n']))
    output = run_xner(command, model, texts, tmp_path / "again.spacy", code=1)
    assert "X106" in output and "line 5" in output and not (tmp_path / "again.spacy").exists()
    assert len(list((tmp_path / ".again.spacy.parts").iterdir())) == 1
    texts.write_text("".join(lines))
    run_xner(command, model, texts, tmp_path / "again.spacy")
    assert (tmp_path / "again.spacy").read_bytes() == (tmp_path / "whole.spacy").read_bytes()
    assert not (tmp_path / ".again.spacy.parts").exists()


@pytest.mark.parametrize(
    "source,target,options,expected",
    [
        ("in.jsonl", "out.csv", (), "X127"),
        ("in.csv", "out.jsonl", (), "X133"),
        ("in.xml", "out.jsonl", (), "X127"),
        ("missing.jsonl", "out.jsonl", (), "X101"),
        ("in.jsonl", "in.jsonl/out.jsonl", (), "X112"),
        ("in.jsonl", "out.jsonl", ("--vote-types",), "X306"),
        ("in.jsonl", "out.jsonl", ("--outside", 0.5), "X306"),
        ("in.jsonl", "out.jsonl", ("--workers", 2), "X306"),
        ("in.jsonl", "out.jsonl", ("--shard", "3/2"), "X306"),
    ],
)
def test_bad_input(model, tmp_path, source, target, options, expected):
    write_texts(tmp_path / "in.jsonl", COMMON)
    write_texts(tmp_path / "in.csv", COMMON)
    output = run_xner("apply", model, tmp_path / source, tmp_path / target, *options, code=1)
    assert expected in output and "Traceback" not in output
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "in.jsonl"}


def test_teach_writes_a_corpus(model, tmp_path):
    texts = write_texts(tmp_path / "in.jsonl", COMMON)
    assert "X127" in run_xner("teach", model, texts, tmp_path / "out.jsonl", code=1)
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl"}


def test_a_parquet_file_without_texts(model, tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.table({"body": ["a"]}), tmp_path / "in.parquet"
    )
    assert "X124" in run_xner("apply", model, tmp_path / "in.parquet", tmp_path / "out.jsonl", code=1)
    numbers = pyarrow.table({"text": [1, 2]})
    pytest.importorskip("pyarrow.parquet").write_table(numbers, tmp_path / "in.parquet")
    output = run_xner("apply", model, tmp_path / "in.parquet", tmp_path / "out.jsonl", code=1)
    assert "X124" in output and "text (int64)" in output
    (tmp_path / "in.parquet").write_bytes(b"PAR1 damaged")
    assert "X115" in run_xner("apply", model, tmp_path / "in.parquet", tmp_path / "out.jsonl", code=1)


def test_bytes_in_a_parquet_file(model, tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"text": [b"Wien in Hamburg", None], "id": [7, 8], "language": [1, 2]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "in.parquet")
    run_xner("apply", model, tmp_path / "in.parquet", tmp_path / "out.parquet")
    rows = [(row["id"], row["language"], row["text"]) for row in read_rows(tmp_path / "out.parquet")]
    assert rows == [(7, "1", "Wien in Hamburg"), (8, "2", "")]
    parquet.write_table(pyarrow.table({"text": [b"\xff"]}), tmp_path / "in.parquet")
    assert "X115" in run_xner("apply", model, tmp_path / "in.parquet", tmp_path / "out.jsonl", code=1)


def test_packages_that_are_missing(model, tmp_path, monkeypatch):
    for name in ("ray", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    texts = write_texts(tmp_path / "in.jsonl", COMMON)
    output = run_xner("apply", model, texts, tmp_path / "out.jsonl", "--ray", code=1)
    assert "X125" in output and "pip install 'ray[data]>=2.40'" in output
    output = run_xner("apply", model, texts, tmp_path / "out.parquet", code=1)
    assert "X125" in output and "pip install 'pyarrow>=14.0'" in output
    # Before any work.
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl"}


@pytest.mark.parametrize(
    "given,address",
    [
        (["--ray"], "local"),
        (["--ray", "auto"], "auto"),
        (["--ray", "ray://head:10001"], "ray://head:10001"),
        (["--ray", "--workers", "2"], "local"),
        ([], None),
    ],
)
def test_ray_with_and_without_address(monkeypatch, given, address):
    found = {}
    monkeypatch.setattr(
        "spacy_xner.cli.apply.work_in_parts", lambda *args: found.update(ray=args[-1].place.ray) or 1 / 0
    )
    for args in (["apply", *given, "m", "c", "o.jsonl"], ["apply", "m", "c", "o.jsonl", *given]):
        found.clear()
        CliRunner().invoke(app, args)
        assert found["ray"] == address


# Ray


def find_processes(parent: int, name: str):
    """Numbers of the processes below one whose command line begins with a name."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            names[int(folder.name)] = (folder / "cmdline").read_text()
        except OSError:  # it ended meanwhile
            continue

    def is_below(pid: int) -> bool:
        return pid == parent or (pid in parents and is_below(parents[pid]))

    return [pid for pid, text in names.items() if text.startswith(name) and is_below(pid)]


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    places = ["Berlin", "Hamburg", "Bonn", "Angela Merkel", "Obama", "nobody", "the office"]
    texts = [
        f"{places[i % 7]} met {i} of {places[i // 7 % 7]} in {places[i // 49 % 7]} ." for i in range(20000)
    ]
    return write_texts(tmp_path_factory.mktemp("many") / "texts.jsonl", texts)


def test_ray_gives_the_same_bytes_though_a_worker_is_killed(tmp_path, many):
    pytest.importorskip("ray", reason="Ray is not installed")
    nlp = make_nlp({"model": {"encoder": {"@architectures": "spacy-xner.Encoder.v1", "name": "hash"}}})
    train(nlp, lambda: make_examples(nlp), 20)
    nlp.to_disk(tmp_path / "model")
    run_xner("apply", tmp_path / "model", many, tmp_path / "one.jsonl")
    rows = read_rows(tmp_path / "one.jsonl")
    assert len(rows) == 20000 and sum(len(row["spans"]) for row in rows) > 10000
    command = [
        sys.executable,
        "-m",
        "spacy",
        "xner",
        "apply",
        "model",
        many,
        "two.jsonl",
        "--ray",
        "--workers",
        "2",
    ]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    parts, killed = tmp_path / ".two.jsonl.parts", 0
    while process.poll() is None and not killed:
        n_done = len(list(parts.glob("0*"))) if parts.exists() else 0
        workers = find_processes(process.pid, "ray::MapWorker")
        if 1 <= n_done <= 15 and len(workers) == 2:
            os.kill(workers[0], signal.SIGKILL)
            killed = workers[0]
        time.sleep(0.01)
    assert process.wait(timeout=300) == 0, (tmp_path / "log").read_text()
    assert killed
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


def test_ray_tells_what_is_wrong(model, tmp_path):
    """An error where the work is done is told here; what is done is kept."""
    pytest.importorskip("ray", reason="Ray is not installed")
    doc = make_doc(make_nlp().vocab, "Ana met Bob", None)
    save_corpus(tmp_path / "in.spacy", [doc])
    command = [sys.executable, "-m", "spacy", "xner", "apply", model, "in.spacy", "out.spacy"]
    options = ["--outside", "0.5", "--ray", "local", "--workers", "1"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "X309" in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in.spacy"}
