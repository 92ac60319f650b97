"""Damaged input of all kinds: whatever is read, an error is one of ours.

Each reader gets right files into which Hypothesis puts wrong bytes. How many of each, XNER_FUZZ tells:

    XNER_FUZZ=5000 python -m pytest -q tests/test_fuzz.py
"""

import contextlib
import gzip
import os
import shutil
import warnings

import pytest
import srsly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from util import make_docs, save_corpus

from spacy_xner.corpora.augment import read_gazetteer
from spacy_xner.corpora.convert import READERS, convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.corpora.texts import read_texts
from spacy_xner.errors import XnerError
from spacy_xner.pipeline import load_pipeline
from spacy_xner.reporting.evaluate import read_scores
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.aligned import read_memory
from spacy_xner.translation.lexicon import read_lexicon
from spacy_xner.translation.projection.view_corpus import read_marked
from spacy_xner.translation.training.examples import read_sentence_pairs

N_EXAMPLES = int(os.environ.get("XNER_FUZZ", 25))

COLUMNS = "Ada B-PER\nmet O\nBob B-PER\n\nIn O\nNew B-LOC\nYork I-LOC\n"
WIDE = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerman JJ B-NP B-MISC\n"
SPANS = '"spans": [{"start": 0, "end": 3, "label": "PER", "id": "1"}]'
TASK = {"text": "Ada met Bob", "label": [[0, 3, "PER"]]}
RESULT = {"value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}, "type": "labels"}
STUDIO = [{"id": 1, "data": {"text": "Ada met Bob"}, "annotations": [{"result": [RESULT]}]}]
PAGE = {"start": 0, "end": 3, "globalOffsets": {"start": 0, "end": 3}, "hypertextlabels": ["PER"]}
TALK = {"start": "1", "end": "1", "startOffset": 0, "endOffset": 3, "paragraphlabels": ["PER"]}
TASKS = [
    {
        "data": {"text": "Ada met Bob"},
        "annotations": [{"result": [{"type": "hypertextlabels", "value": PAGE}]}],
    },
    {
        "data": {"talk": [{"text": "Who?"}, {"text": "Ada"}]},
        "annotations": [
            {"result": [{"type": "paragraphlabels", "value": TALK}], "ground_truth": True},
            {"result": []},
        ],
    },
    {
        "text": "Ada met Bob",
        "ner": [{"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}],
        "annotator": 1,
    },
]
BINARY = '{"text": "Ada met", "_is_binary": true, "answer": "reject", ' + SPANS
PRODIGY = '{"text": "Ada met", "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0}], ' + SPANS
SEEDS = {
    "a.iob": COLUMNS,
    "a.conll": WIDE,
    "a.tsv": "Ada\tB-PER\nmet\tO\n",
    "a.txt": "Ada met Bob.\nSie traf ihn.\n",
    "a.jsonl": '{"text": "Ada met Bob", "id": "1", "language": "en", ' + SPANS + "}\n",
    "b.jsonl": PRODIGY + ', "answer": "accept"}\n',
    "c.jsonl": srsly.json_dumps(TASK) + "\n",
    "a.json": srsly.json_dumps(STUDIO),
    "b.json": srsly.json_dumps(TASKS, indent=1),
    "c.json": srsly.json_dumps([["Ada met", {"entities": [[0, 3, "PER"]]}], {"data": "Ada", "label": []}]),
    "d.json": '{"classes": [], "annotations": [["Ada met", {"entities": [[0, 3, "PER"]]}]]}',
    "d.jsonl": '{"tokenized_text": ["Ada", "met"], "ner": [[0, 0, "PER"]]}\n',
    "e.jsonl": '{"tokens": ["Ada", "met"], "ner_tags": ["B-PER", "O"], "langs": ["en", "en"]}\n',
    "f.jsonl": f"{BINARY}}}\n{BINARY.replace('reject', 'accept')}}}\n",
    "b.conll": "# id 1\tdomain=en\nAda _ _ B-PER\nmet _ _ O\n\n# id 2\n# _ _ O\n",
    "b.tsv": "#\thttp://a.b\n1\tAda\tB-PER\tO\n2-3\tmet\tO\tO\n2\tme\tO\tO\n",
    "a.conllu": "# text = x\n1\tAda\t_\tX\tname=B-PER\n2-3\tmet\t_\tX\t_\n2\tme\t_\tX\tSpaceAfter=No|name=O\n",
    "g.jsonl": '["Ada met", [[0, 3, "PER"]]]\n{"text": "Ada", "ents": [], "tokens": [{"start": 0, "end": 3}]}\n',
    "c.tsv": "word\ttag\nAda\tB-PER\nmet\tO\n\nBob\tB-PER\n",
    "a.csv": 'text,spans\n"Ada met Bob","[[0, 3, ""PER""]]"\n',
    "b.csv": "sentence,token,tag\n1,Ada,B-PER\n1,met,O\n",
}
# What a mistake or a transfer puts into a file.
PIECES = [
    b"\t",
    b"\n",
    b"\n\n",
    b"\r\n",
    b" ",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\xbd",
    "\u202e\u0301".encode(),
]
PIECES += [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"null",
    b"true",
    b"NaN",
    b"1e999",
    b"-1",
    b"9" * 30,
    b"0.5",
]
PIECES += [
    b"\\ud83d",
    b"B-",
    b"I-",
    b"B-PER",
    b"S-",
    b"O",
    b"-DOCSTART-",
    b"<PER>",
    b"</PER>",
    b"|||",
    b"\x1f\x8b",
]

EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 8), st.one_of(st.sampled_from(PIECES), st.binary(max_size=4))),
    min_size=1,
    max_size=6,
)


def edit(data, edits):
    """Replace bytes at places, told as parts of the whole, by others."""
    for place, n_bytes, piece in edits:
        start = int(place * len(data))
        data = data[:start] + piece + data[start + n_bytes :]
    return data


def fuzz(folder, name, data, read, examples=N_EXAMPLES):
    """Let a reader read a file with all kinds of damage."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(EDITS, st.booleans())
    def run(edits, cut):
        damaged = edit(data, edits)
        (folder / name).write_bytes(damaged[: len(damaged) // 2] if cut else damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                read(folder / name)
            except XnerError as error:
                assert str(error).startswith("[X")

    run()


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("format", ["auto", "own"])
def test_convert(tmp_path, name, format):
    formats = [None] if format == "auto" else sorted(READERS)

    def read(path):
        for found in formats:
            output = tmp_path / "out.spacy"
            output.write_bytes(b"as it was")
            try:
                convert(path, output, **({} if found is None else {"format": found}))
            except XnerError:
                assert output.read_bytes() == b"as it was"
            with contextlib.suppress(XnerError):  # the ways to go on
                convert(path, output, format=found or "auto", repair=True, skip_invalid=9, max_dropped=1.0)

    fuzz(tmp_path, name, SEEDS[name].encode(), read)


def test_convert_gzipped(tmp_path):
    data = gzip.compress(COLUMNS.encode(), mtime=0)
    fuzz(tmp_path, "a.iob.gz", data, lambda path: convert(path, tmp_path / "out.spacy"))


def test_corpus(tmp_path):
    data = save_corpus(tmp_path / "good.spacy", make_docs(get_blank().vocab)).read_bytes()
    fuzz(tmp_path, "a.spacy", data, lambda path: list(read_docs(path, get_blank().vocab)))


PAIRS = "Ada met Bob\tAda traf Bob\nso\tja\n"
OTHERS = {
    "gazetteer": ("g.tsv", "type\ten\tde\nPER\tAda\tAda\n", read_gazetteer),
    "lexicon": ("l.tsv", "type\ten\tde\nPER\tAda\tAda\n", lambda path: read_lexicon(path, "en", "de")),
    "memory": ("m.tsv", PAIRS, read_memory),
    "tables": ("t.csv", 'id,text,other\n1,"Ada ""B""",x\n', lambda path: list(read_texts(path))),
    "texts": (
        "t.jsonl",
        '{"text": "Ada", "id": "1", "language": "en", "meta": {"a": null}}\n{"text": null}\n',
        lambda path: list(read_texts(path)),
    ),
    "scores": (
        "s.json",
        '{"model": "m", "languages": {"en": {"f1": 1.0}}, "micro": {"f1": 1.0}}',
        read_scores,
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_files(tmp_path, kind):
    name, content, read = OTHERS[kind]
    fuzz(tmp_path, name, content.encode(), read)


@pytest.mark.parametrize("read", [read_memory, read_sentence_pairs])
def test_alignments(tmp_path, read):
    (tmp_path / "m.tsv").write_text(PAIRS)
    fuzz(tmp_path, "m.align", b"0-0 1-1 2-2\n0-0\n", lambda path: read(tmp_path / "m.tsv", path))


def test_marked_translations(tmp_path):
    nlp = get_blank()
    line = '{"source": "Ada", "text": "Ada", "id": "1", "spans": [{"start": 0, "end": 3, "label": "PER", "id": "1"}]}\n'
    fuzz(tmp_path, "train.de.jsonl", line.encode(), lambda path: read_marked(path, nlp.tokenizer, nlp.vocab))


PIPELINE_FILES = ("config.cfg", "meta.json", "xner/cfg", "xner/model", "vocab/strings.json", "tokenizer")


@pytest.mark.parametrize("name", PIPELINE_FILES)
def test_pipeline(world, tmp_path, name):
    shutil.copytree(world / "model", tmp_path / "model")
    data = (world / "model" / name).read_bytes()

    def read(path):
        load_pipeline(str(tmp_path / "model"))("Ada met Bob")

    # Loading takes longer than reading a few lines.
    fuzz(tmp_path / "model", name, data, read, examples=max(1, N_EXAMPLES // 5))
