"""What is published of paths."""

import pytest

from spacy_xner.files import hide_folders, hide_parents


@pytest.mark.parametrize(
    "text, expected",
    [
        ("memory:/home/ana/my data/en-de.tsv@12345678:reverse", "memory:en-de.tsv@12345678:reverse"),
        ("ctranslate2:/a/b/c@1+/d/e@2:marks=slots", "ctranslate2:c@1+e@2:marks=slots"),
        ("/home/ana/a b/c.spacy", "c.spacy"),
        ("/home/ana/x/", "x/"),
        ("~/x/y", "y"),
        ("memory:C:\\Users\\ana\\x.tsv@1", "memory:x.tsv@1"),
        # Relative paths, addresses and names of the hub stay.
        ("corpus/train.spacy", "corpus/train.spacy"),
        ("https://api.example.com/v2", "https://api.example.com/v2"),
        ("seq2seq:facebook/m2m100@0123:x", "seq2seq:facebook/m2m100@0123:x"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_hide_folders(text, expected):
    assert hide_folders(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("/home/ana/.venv/bin/python p.py --data=/home/ana/d --x ~/enc", "python p.py --data=d --x enc"),
        ("python -m spacy xner train configs/x.cfg", "python -m spacy xner train configs/x.cfg"),
        ("see https://a.b/c and /home/x/y.z", "see https://a.b/c and y.z"),
        ("and/or a / b", "and/or a / b"),
    ],
)
def test_hide_folders_in_commands(text, expected):
    assert hide_folders(text, is_command=True) == expected


@pytest.mark.parametrize(
    "path, expected",
    [
        ("a/b.txt", "a/b.txt"),
        ("./a/", "a"),
        ("{here}/a/b.txt", "a/b.txt"),
        ("../elsewhere/b.txt", "b.txt"),
        ("a/../../elsewhere/b.txt", "b.txt"),
        ("/home/ana/b.txt", "b.txt"),
        ("~/b.txt", "b.txt"),
        (".", "here"),
        ("intfloat/multilingual-e5-small", "intfloat/multilingual-e5-small"),
        ("/home/ana/pipeline: a", "pipeline: a"),
    ],
)
def test_hide_parents(path, expected, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert hide_parents(path.format(here=tmp_path / "here")) == expected
