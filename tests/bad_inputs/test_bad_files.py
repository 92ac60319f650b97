"""Files that are not what they should be: every reader, and what writes."""

import gzip
import json
import os
from pathlib import Path

import pytest
from case import Case, check

GOOD = '{"text": "Ada met Bob", "spans": [{"start": 0, "end": 3, "label": "PER"}]}'
SPAN = '{{"text": "Ada met Bob", "spans": [{}]}}'


def spans(*found: str) -> str:
    return SPAN.format(", ".join(found))


def convert(name: str, code: str, file: str, content, *options: str, says=()) -> Case:
    command = f"convert {file} out.spacy {' '.join(options)}"
    return Case(name, code, command, {file: content}, says)


ROW = '{"start": %s, "end": %s, "label": %s}'
CASES = [
    Case("no file", "101", "convert none.iob out.spacy", says=("none.iob",)),
    convert("nothing in it", "102", "a.iob", ""),
    convert("blank lines alone", "102", "a.iob", "\n\n \n", "-f", "iob2"),
    convert(
        "Latin-1", "103", "a.iob", "Ada B-PER\nKöln B-LOC\n".encode("latin1"), says=("a.iob, line 2", "UTF-8")
    ),
    convert("UTF-16", "103", "a.txt", "Ada met Bob\n".encode("utf16")),
    convert(
        "a line of one column", "104", "a.iob", "Ada B-PER\nmet\n", "-f", "iob2", says=("a.iob, line 2",)
    ),
    convert("a line of more columns", "104", "a.iob", "Ada B-PER\nmet x O\n", "-f", "iob2"),
    convert(
        "a tag of no scheme", "105", "a.iob", "Ada X-PER\n", "-f", "iob2", says=("a.iob, line 1", "X-PER")
    ),
    convert(
        "inside after outside", "105", "a.iob", "Ada O\nmet I-PER\n", "-f", "iob2", says=("a.iob, line 2",)
    ),
    convert("inside another type", "105", "a.iob", "Ada B-PER\nmet I-LOC\n", "-f", "iob2"),
    convert("a tag without type", "105", "a.iob", "Ada B-\n", "-f", "iob2"),
    convert("BILOU that does not end", "105", "a.iob", "Ada B-PER\nmet O\n", "-f", "bilou"),
    convert("no JSON", "106", "a.jsonl", f"{GOOD}\n{{\n", "-f", "jsonl", says=("a.jsonl, line 2",)),
    convert("JSON that is no object", "106", "a.jsonl", "[1]\n", "-f", "jsonl"),
    convert("an object without text", "106", "a.jsonl", '{"spans": []}\n', "-f", "jsonl"),
    convert("a text that is a number", "106", "a.jsonl", '{"text": 1, "spans": []}\n', "-f", "jsonl"),
    convert("an object without spans", "106", "a.jsonl", '{"text": "a"}\n', "-f", "jsonl"),
    convert("spans that are no list", "106", "a.jsonl", '{"text": "a", "spans": 1}\n', "-f", "jsonl"),
    convert("half a surrogate pair", "106", "a.jsonl", '{"text": "a\\ud83d", "spans": []}\n', "-f", "jsonl"),
    convert("a place that is a string", "106", "a.jsonl", spans(ROW % ('"0"', 3, '"PER"')), "-f", "jsonl"),
    convert("a place that is true", "106", "a.jsonl", spans(ROW % (0, "true", '"PER"')), "-f", "jsonl"),
    convert("a label that is empty", "106", "a.jsonl", spans(ROW % (0, 3, '""')), "-f", "jsonl"),
    convert("too deep", "106", "a.jsonl", "[" * 100_000, "-f", "jsonl"),
    convert(
        "a span beyond the text",
        "107",
        "a.jsonl",
        spans(ROW % (0, 99, '"PER"')),
        says=("a.jsonl, line 1", "99"),
    ),
    convert("a span before the text", "107", "a.jsonl", spans(ROW % (-1, 3, '"PER"'))),
    convert("a span the wrong way round", "107", "a.jsonl", spans(ROW % (3, 0, '"PER"'))),
    convert("a span of nothing", "107", "a.jsonl", spans(ROW % (3, 3, '"PER"'))),
    convert("spans that overlap", "107", "a.jsonl", spans(ROW % (0, 3, '"PER"'), ROW % (2, 7, '"LOC"'))),
    convert(
        "a giant sentence", "108", "a.iob", "a O\n" * 11, "--max-tokens 10", says=("a.iob, line 1", "11")
    ),
    convert("a format that there is not", "109", "a.iob", "Ada B-PER\n", "-f", "xml", says=("xml", "a.iob")),
    convert("a corpus that is text", "110", "a.spacy", "Ada B-PER\n"),
    convert("a corpus of nothing", "110", "a.spacy", b""),
    convert("gzip cut short", "115", "a.iob.gz", gzip.compress(b"Ada B-PER\n" * 99)[:-9]),
    convert("gzip that is none", "115", "a.iob.gz", "Ada B-PER\n"),
    convert(
        "a task of Prodigy without text", "116", "a.jsonl", '{"spans": [], "answer": "accept"}', "-f prodigy"
    ),
    convert(
        "doccano's labels that are none", "116", "a.jsonl", '{"text": "a", "label": [[0]]}', "-f doccano"
    ),
    convert("a table without columns that we know", "133", "a.csv", "a,b\n1,2\n", says=("a.csv", "'a', 'b'")),
    convert("a table with a column twice", "133", "a.csv", "text,text\n1,2\n"),
    convert("a row of fewer cells", "116", "a.csv", "sentence,token,tag\n1,Ada\n", says=("a.csv, line 2",)),
    convert("a row whose spans are no JSON", "116", "a.csv", "text,spans\nAda,[\n"),
    convert("Label Studio's file cut short", "129", "a.json", '[{"data": ', "-f label-studio"),
    convert("a task of Label Studio without text", "129", "a.json", '[{"data": {}}]', "-f label-studio"),
    Case("an output of no format", "132", "convert good.spacy out.doc", says=("out.doc", ".spacy")),
    Case("Parquet in gzip", "132", "convert good.spacy out.parquet.gz", says=("out.parquet.gz",)),
    Case(
        "a folder that is a file",
        "112",
        "convert good.spacy out.json/new.spacy",
        says=("out.json/new.spacy",),
    ),
    Case("an output that is a folder", "112", "convert good.spacy out --to spacy", says=("'out'",)),
    Case("half labelled, to columns", "131", "convert half.spacy out.iob", says=("iob2",)),
    Case("tokens of nothing", "306", "convert good.spacy out.spacy --max-tokens 0", says=("--max-tokens",)),
    Case("no data", "101", "prepare none out --targets de", says=("none",)),
    Case(
        "no source text",
        "101",
        "prepare data out --targets de",
        {"data/train.de.txt": "Ada"},
        ("train.en.*",),
    ),
    Case(
        "no target text",
        "301",
        "prepare data out --targets de",
        {"data/train.en.jsonl": GOOD, "data/dev.en.jsonl": GOOD},
        ("'de'", "data"),
    ),
    Case("no languages", "306", "prepare out out --targets ,", says=("--targets",)),
    Case(
        "dev text that is wrong",
        "106",
        "prepare data out --targets de",
        {"data/dev.en.jsonl": "{", "data/train.en.jsonl": GOOD, "data/train.de.txt": "Ada"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_files(case, world, tmp_path):
    check(case, world, tmp_path)


def damage(content: bytes, how: str) -> bytes:
    if how == "cut short":
        return content[: len(content) // 2]
    if how == "first bits turned":
        return bytes(255 - byte for byte in content[:8]) + content[8:]
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


COMMANDS = [
    "convert bad.spacy out.spacy",
    "evaluate model bad.spacy --output out.json",
    "apply model bad.spacy out.spacy",
    "teach model bad.spacy out.spacy",
    "report model bad.spacy -o out",
    "translate bad.spacy out --targets de --memory good.spacy",
    "codeswitch bad.spacy out.spacy",
    "invent-names bad.spacy out.spacy",
    "vectors out bad.spacy",
]


@pytest.mark.parametrize("how", ["cut short", "first bits turned", "a byte turned"])
@pytest.mark.parametrize("command", COMMANDS, ids=[command.split()[0] for command in COMMANDS])
def test_damaged_corpora(command, how, world, tmp_path):
    content = damage((world / "good.spacy").read_bytes(), how)
    check(Case(how, "110", command, {"bad.spacy": content}), world, tmp_path)


def test_a_label_studio_file_of_thousands(world, tmp_path):
    """The one task that is wrong is told."""
    tasks = [{"id": i, "data": {"text": "Ada"}, "annotations": [{"result": []}]} for i in range(3000)]
    tasks[2718]["annotations"] = 3
    case = convert("", "129", "a.json", json.dumps(tasks), "-f label-studio", says=("a.json", "2719"))
    check(case, world, tmp_path)


@pytest.mark.parametrize("reason", [28, 13, 30], ids=["disk full", "no permission", "read-only"])
def test_what_cant_be_written(reason, world, tmp_path, monkeypatch):
    """The system refuses; what was there stays, and nothing half is left."""

    def refuse(*args, **kwargs):
        raise OSError(reason, os.strerror(reason), "out.spacy")

    monkeypatch.setattr(os, "replace", refuse)
    check(Case("", "112", "convert good.spacy out.spacy", says=(os.strerror(reason),)), world, tmp_path)
    assert not [path for path in Path(tmp_path).rglob("*") if path.suffix == ".tmp"]
