"""Texts of files and folders, whatever their format."""

import gzip
import json

import pytest
from util import make_doc, save_corpus

from spacy_xner.corpora.gather import find_text_files, gather_texts
from spacy_xner.errors import XnerError
from spacy_xner.tokenizer import get_blank

COLUMNS = "Ada\tB-PER\nmet\tO\n\nBerlin\tB-LOC\n.\tO\n"
FILES = {
    "a.txt": ("Ada met\n\nBerlin .\n", [("Ada met", None), ("Berlin .", None)]),
    "b.jsonl": ('{"text": "Ada met"}\n', [("Ada met", None)]),
    "c.conll": (COLUMNS, [("Ada met", ["Ada", "met"]), ("Berlin .", ["Berlin", "."])]),
    "d.iob": (COLUMNS, [("Ada met", ["Ada", "met"]), ("Berlin .", ["Berlin", "."])]),
    "e.txt": (COLUMNS, [("Ada met", ["Ada", "met"]), ("Berlin .", ["Berlin", "."])]),
    "f.tsv": (COLUMNS, [("Ada met", ["Ada", "met"]), ("Berlin .", ["Berlin", "."])]),
    # A translation memory and a gazetteer.
    "g.tsv": (
        "Ada met\tAda traf\nYes\tJa\n",
        [(text, None) for text in ("Ada met", "Ada traf", "Yes", "Ja")],
    ),
    "h.tsv": ("type\ten\tde\nLOC\tCologne\t\n", [(t, None) for t in ("type", "en", "de", "LOC", "Cologne")]),
    "i.json": (json.dumps([{"data": {"text": "Ada met"}, "annotations": []}]), [("Ada met", None)]),
    "j.csv": ("text,spans\nAda met,[]\n", [("Ada met", None)]),
    # Of other tools.
    "k.jsonl": ('{"text": "Ada met", "label": []}\n', [("Ada met", None)]),
}


def read(*paths):
    return [(record.text, record.words) for record in gather_texts(paths)]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("packed", [False, True])
def test_formats(name, packed, tmp_path):
    content, expected = FILES[name]
    path = tmp_path / (f"{name}.gz" if packed else name)
    data = content.encode("utf8")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert read(path) == read(tmp_path) == expected


def test_corpus(tmp_path):
    doc = make_doc(get_blank().vocab, "Ada met", [(0, 1, "PER")])
    path = save_corpus(tmp_path / "a.spacy", [doc])
    assert read(path) == [("Ada met", ["Ada", "met"])]


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    tokens = {"tokens": [["Ada", "met"]], "ner_tags": [["B-PER", "O"]]}
    for name, table, expected in [
        ("a", {"text": ["Ada met"], "id": [1]}, ("Ada met", None)),
        ("b", tokens, ("Ada met", ["Ada", "met"])),
    ]:
        parquet.write_table(pyarrow.table(table), tmp_path / f"{name}.parquet")
        assert read(tmp_path / f"{name}.parquet") == [expected]


def test_folders(tmp_path):
    """Sub-folders, too; not what is hidden, of other kinds, or settings in JSON."""
    for name in (
        "b/c.txt",
        "a.txt.gz",
        ".hidden/d.txt",
        "b/.e.txt",
        "README.md",
        "m.align",
        "meta.json",
        "x.bin",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        content = b'{"text": "no"}' if name == "meta.json" else b"Ada"
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert [str(path.relative_to(tmp_path)) for path in find_text_files(tmp_path)] == ["a.txt.gz", "b/c.txt"]
    assert read(tmp_path / "b", tmp_path / "a.txt.gz") == [("Ada", None)] * 2


def test_errors(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.bin").touch()
    (tmp_path / "a.conll").write_text("Ada met Berlin and stayed there for long\n")
    (tmp_path / "a.txt").write_bytes(b"\xff\n")
    for name, code in [
        ("none", "X101"),
        ("empty", "X111"),
        ("a.bin", "X127"),
        ("a.conll", "X135"),
        ("a.txt", "X103"),
    ]:
        with pytest.raises(XnerError, match=f"{code}.*{name}"):
            read(tmp_path / name)
