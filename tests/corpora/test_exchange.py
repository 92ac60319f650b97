"""Formats of other tools: what they write is read, and what is written for them comes back as it was."""

import json
from pathlib import Path
from typing import Any, List

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from util import make_doc, run_xner

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.formats import detect_format
from spacy_xner.corpora.formats.writers import FILES, LINES, WRITERS
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_language, get_view, set_metadata
from spacy_xner.tokenizer import get_blank

VOCAB = spacy.blank("xx").vocab
TEXTS = ("doccano", "jsonl", "label-studio", "prodigy")
COLUMNS = ("bilou", "iob1", "iob2", "wikiann")
SUFFIXES = {"label-studio": "json", "huggingface": "parquet", **dict.fromkeys(COLUMNS, "iob")}
# Letters of several scripts, of one and of two units in UTF-16, marks, and what means something in JSON or HTML.
LETTERS = "aZäß京ميर🙂𝔘\u0301\u200d7\"'\\<&#.,-"
LABELS = ["PER", "LOC", "A-B", "é", "<b>"]


@st.composite
def documents(draw: Any, spaces: str) -> List[Doc]:
    """Documents as our tokenizer cuts them, with entities of any of their tokens, one of them perhaps unlabelled."""
    docs = []
    for number in range(draw(st.integers(1, 4))):
        words = draw(st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1, max_size=6))
        seps = [draw(st.sampled_from(spaces)) for _ in words]
        text = "".join(word + sep for word, sep in zip(words, seps, strict=True)).strip()
        doc = get_blank().tokenizer(text) if "\n" in spaces else Doc(VOCAB, words=words)
        spans, start = [], 0
        while start < len(doc):
            end = draw(st.integers(start, min(start + 3, len(doc))))
            # White space begins and ends no entity.
            if end > start and not (doc[start].is_space or doc[end - 1].is_space):
                spans.append(Span(doc, start, end, label=draw(st.sampled_from(LABELS))))
            start = max(end, start + 1)
        doc.set_ents(spans, default="outside")
        if "\n" in spaces and draw(st.booleans()):
            doc.set_ents([], default="missing")
        set_metadata(doc, group=f"g{number}", language=draw(st.sampled_from(["ar", "de", "zh-yue"])))
        docs.append(doc)
    return docs


def send(docs: List[Doc], format: str, folder: Path) -> List[Doc]:
    """Write documents in a format and read them again, both by telling it and by finding it out."""
    sent, back = folder / f"x.{SUFFIXES.get(format, 'jsonl')}", folder / "back.spacy"
    write_docs(folder / "docs.spacy", docs)
    convert(folder / "docs.spacy", sent, to=format)
    convert(sent, back, format=format, tokenizer=get_blank().tokenizer)
    told = back.read_bytes()
    # A file of raw texts alone, or of tags alone, may be of one format as well as of another.
    if format in ("prodigy", "label-studio", "huggingface", "jsonl", "wikiann"):
        convert(sent, back, tokenizer=get_blank().tokenizer)
        assert back.read_bytes() == told
    return list(read_docs(back, VOCAB))


def describe(doc: Doc, tokens: bool) -> Any:
    ents = [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]
    labelled = doc.has_annotation("ENT_IOB")
    return [token.text for token in doc] if tokens else doc.text, ents, labelled


@pytest.mark.parametrize("format", TEXTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_texts_come_back(tmp_path_factory, format, data):
    docs = data.draw(documents(" \n\t"))
    docs = [doc for doc in docs if doc.text.strip()]
    if docs:
        found = send(docs, format, tmp_path_factory.mktemp("texts"))
        assert [describe(doc, True) for doc in found] == [describe(doc, True) for doc in docs]
        assert [doc.text for doc in found] == [doc.text for doc in docs]
        for get in (get_group, get_language):
            assert [get(doc) for doc in found] == [get(doc) for doc in docs]


@pytest.mark.parametrize("format", [*COLUMNS, "huggingface"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_tokens_come_back(tmp_path_factory, format, data):
    if format == "huggingface":
        pytest.importorskip("pyarrow")
    docs = data.draw(documents(" "))
    found = send(docs, format, tmp_path_factory.mktemp("tokens"))
    assert [describe(doc, True) for doc in found] == [describe(doc, True) for doc in docs]
    if format in ("wikiann", "huggingface"):
        assert [get_language(doc) for doc in found] == [get_language(doc) for doc in docs]
    if format == "huggingface":
        assert [get_group(doc) for doc in found] == [get_group(doc) for doc in docs]


def test_every_format_comes_back():
    assert set(WRITERS) == {*TEXTS, *COLUMNS, "huggingface"} == {*LINES, *FILES}


# Text, spans or None, group, language; the last was rejected.
PRODIGY = [
    {
        "text": "🙂 Ada in Rom",
        "spans": [{"start": 2, "end": 5, "label": "PER", "token_start": 1, "token_end": 1}],
        "meta": {"id": 7, "language": "de", "source": "x"},
        "_input_hash": 1,
        "_task_hash": 2,
        "answer": "accept",
    },
    {"text": "Nobody", "_input_hash": 1, "answer": "accept"},
    {"text": "Raw", "_input_hash": 1},
    {"text": "Wrong", "spans": [{"start": 0, "end": 99, "label": "PER"}], "answer": "reject"},
]
DOCCANO = [
    {"id": 7, "text": "🙂 Ada in Rom", "label": [[2, 5, "PER"]], "language": "de", "Comments": []},
    {"id": 8, "text": "Nobody", "entities": [], "relations": []},
    {"text": "Raw"},
]
RELATIONS = [
    {
        "text": "🙂 Ada in Rom",
        "entities": [{"id": 3, "label": "PER", "start_offset": 2, "end_offset": 5}],
        "relations": [],
    }
]


def make_result(start: int, end: int, **value: Any) -> Any:
    value = {"start": start, "end": end, "labels": ["PER"], **value}
    return {"id": "a", "from_name": "ner", "to_name": "t", "type": "labels", "value": value}


TASKS = [
    {
        "id": 1,
        "data": {"text": "🙂 Ada in Rom", "id": 7, "language": "de"},
        "annotations": [
            {"was_cancelled": True, "result": []},
            # Counted by the browser, for which the emoji is two characters.
            {"result": [make_result(3, 6, text="Ada"), {"type": "choices", "value": {"choices": ["x"]}}]},
        ],
        "predictions": [],
    },
    {"id": 2, "data": {"text": "Nobody"}, "annotations": [{"result": []}]},
    {"id": 3, "data": {"text": "Raw"}, "annotations": []},
]
SMALL = [
    {"id": 7, "text": "🙂 Ada in Rom", "label": [{"start": 2, "end": 5, "text": "Ada", "labels": ["PER"]}]},
    {"id": 8, "text": "Nobody", "label": []},
    {"id": 9, "text": "Raw"},
]


@pytest.mark.parametrize(
    "format, objects, n",
    [("prodigy", PRODIGY, 3), ("doccano", DOCCANO, 3), ("doccano", RELATIONS, 1)],
)
def test_lines_of_tools(tmp_path, format, objects, n):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, objects)), encoding="utf8")
    check_read(path, format, n, tmp_path)


@pytest.mark.parametrize("tasks, indent", [(TASKS, None), (TASKS, 2), (SMALL, None)])
def test_label_studio(tmp_path, tasks, indent):
    path = tmp_path / "in.json"
    path.write_text(json.dumps(tasks, indent=indent), encoding="utf8")
    check_read(path, "label-studio", 3, tmp_path)


def check_read(path: Path, format: str, n: int, folder: Path) -> None:
    assert detect_format(path) == format
    convert(path, folder / "out.spacy")
    docs = list(read_docs(folder / "out.spacy", VOCAB))
    assert len(docs) == n and [(ent.text, ent.label_) for ent in docs[0].ents] == [("Ada", "PER")]
    if n == 3:
        assert get_group(docs[0]) == "7" and get_language(docs[0]) in ("de", "")
        assert [describe(doc, False) for doc in docs[1:]] == [("Nobody", [], True), ("Raw", [], False)]


def test_formats_are_told_apart(tmp_path):
    for name, content, expected in [
        ("a.jsonl", '{"text": "a", "spans": []}', "jsonl"),
        ("a.jsonl", '{"text": "a", "spans": [], "answer": "accept"}', "prodigy"),
        ("a.jsonl", '{"text": "a", "labels": []}', "doccano"),
        ("a.jsonl", '{"text": "a", "label": "x", "spans": []}', "jsonl"),
        ("a.jsonl", '{"text": "a"}\n{"text": "b", "label": []}', "doccano"),
        ("a.json", "[]", "label-studio"),
        ("a.jsonl", "{", "jsonl"),
        ("a", '{"text": "a", "entities": []}', "doccano"),
        ("a.json", '[\n  {"data": {}}]', "label-studio"),
        ("a.json", '[{"data": {}}]', "label-studio"),
        ("a.txt", "[1] a reference", "text"),
        ("a.spacy", "x", "spacy"),
        ("a.parquet", "x", "huggingface"),
    ]:
        (tmp_path / name).write_text(content, encoding="utf8")
        assert detect_format(tmp_path / name) == expected, (name, content)


def test_wikiann_as_published(tmp_path):
    """The columns and features of the data set on the hub."""
    pyarrow = pytest.importorskip("pyarrow")
    names = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
    tags = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
    info = {"huggingface": json.dumps({"info": {"features": {"ner_tags": tags}}})}
    columns = {
        "tokens": [["Ada", "Lovelace", "in", "Rom"], [], ["x"]],
        "ner_tags": [[1, 2, 0, 5], [], [0]],
        "langs": [["de"] * 4, [], ["de"]],
        "spans": [["PER: Ada Lovelace", "LOC: Rom"], [], []],
    }
    table = pyarrow.table(columns).replace_schema_metadata(info)
    import pyarrow.parquet as parquet

    parquet.write_table(table, tmp_path / "in.parquet")
    convert(tmp_path / "in.parquet", tmp_path / "out.spacy")
    first, last = read_docs(tmp_path / "out.spacy", VOCAB)
    assert [(ent.text, ent.label_) for ent in first.ents] == [("Ada Lovelace", "PER"), ("Rom", "LOC")]
    assert get_language(first) == "de" and last.text == "x"
    # What we write has the same features.
    convert(tmp_path / "out.spacy", tmp_path / "back.parquet")
    written = parquet.read_table(tmp_path / "back.parquet")
    features = json.loads(written.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["ner_tags"]["feature"]["names"] == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert written.column("ner_tags").to_pylist() == [[3, 4, 0, 1], [0]]
    for change, code in [
        ({"ner_tags": [[1, 2, 0, 9], [], [0]]}, "X116.*numbers from 0 to 6"),
        ({"ner_tags": [[2, 2, 0, 0], [], [0]]}, "X105.*'I-PER'"),
        ({"ner_tags": [[0], [], [0]]}, "X116.*4 tokens and 1 tags"),
        ({"tokens": [["", "a", "b", "c"], [], ["x"]]}, "X116.*row 1: the token is empty"),
    ]:
        changed = pyarrow.table({**columns, **change}).replace_schema_metadata(info)
        parquet.write_table(changed, tmp_path / "bad.parquet")
        with pytest.raises(XnerError, match=code):
            convert(tmp_path / "bad.parquet", tmp_path / "bad.spacy")
    parquet.write_table(pyarrow.table(columns), tmp_path / "bad.parquet")
    with pytest.raises(XnerError, match="X116.*nothing tells.*--names"):
        convert(tmp_path / "bad.parquet", tmp_path / "bad.spacy")
    parquet.write_table(pyarrow.table({"tokens": [["x"]], "tags": [["O"]]}), tmp_path / "strings.parquet")
    convert(tmp_path / "strings.parquet", tmp_path / "strings.spacy")
    parquet.write_table(pyarrow.table({"words": [["x"]]}), tmp_path / "bad.parquet")
    with pytest.raises(XnerError, match="X130.*words"):
        convert(tmp_path / "bad.parquet", tmp_path / "bad.spacy")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(XnerError, match="X115"):
        convert(tmp_path / "bad.parquet", tmp_path / "bad.spacy")
    parquet.write_table(
        pyarrow.table({"tokens": [["x"]], "tags": [["O"]], "language": [3]}), tmp_path / "bad.parquet"
    )
    with pytest.raises(XnerError, match="X116.*'language' is 3"):
        convert(tmp_path / "bad.parquet", tmp_path / "bad.spacy")


@pytest.mark.parametrize("format", sorted(WRITERS))
def test_what_a_format_cant_hold(tmp_path, format):
    if format == "huggingface":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    partly = make_doc(VOCAB, "a b", None)
    partly.set_ents([Span(partly, 0, 1, label="X")], default="missing")
    space = make_doc(VOCAB, ["a", " ", "b"], [])
    for doc, formats, reason in [
        (partly, WRITERS, "only a part of its tokens"),
        (make_doc(VOCAB, "a", None, language="de"), [*COLUMNS, "huggingface"], "it is unlabelled"),
        (space, COLUMNS, "its token ' ' can't stand in a column"),
        (make_doc(VOCAB, "-DOCSTART-", []), ["iob2"], "can't stand in a column"),
        (make_doc(VOCAB, "a", [(0, 1, "x y")]), COLUMNS, "white space"),
        (make_doc(VOCAB, "a", [], language="D E"), ["wikiann"], "is no code"),
    ]:
        if format not in formats:
            continue
        if not get_language(doc):
            set_metadata(doc, language="de")
        write_docs(tmp_path / "in.spacy", [make_doc(VOCAB, "fine", [], language="de"), doc])
        (tmp_path / "out").write_text("kept", encoding="utf8")
        with pytest.raises(XnerError, match=f"X131.*Document 2 .*{reason}"):
            convert(tmp_path / "in.spacy", tmp_path / "out", to=format)
        assert (tmp_path / "out").read_text(encoding="utf8") == "kept"


def test_entities_within_tokens_stay(tmp_path):
    """What goes from text to text loses none for the tokens that training needs."""
    line = {"text": "Merkels Haus in Berlin", "spans": [{"start": 0, "end": 6, "label": "PER"}]}
    (tmp_path / "in.jsonl").write_text(json.dumps(line), encoding="utf8")
    convert(tmp_path / "in.jsonl", tmp_path / "out.jsonl", to="doccano")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf8"))["label"] == [[0, 6, "PER"]]
    convert(tmp_path / "in.jsonl", tmp_path / "out.iob")
    assert (tmp_path / "out.iob").read_text(encoding="utf8").startswith("Merkel\tB-PER\ns\tO\nHaus\tO\n")


def test_spacy_to_spacy(tmp_path):
    docs = [make_doc(VOCAB, "Ada in Rom", [(0, 1, "PER")], group="a", view="s"), make_doc(VOCAB, "", [])]
    write_docs(tmp_path / "in.spacy", docs)
    convert(tmp_path / "in.spacy", tmp_path / "out.spacy", language="de", limit=1)
    (doc,) = read_docs(tmp_path / "out.spacy", VOCAB)
    assert (get_group(doc), get_view(doc), get_language(doc), len(doc.ents)) == ("a", "s", "de", 1)
    convert(tmp_path / "in.spacy", tmp_path / "raw.jsonl", unlabelled=True)
    lines = (tmp_path / "raw.jsonl").read_text(encoding="utf8").splitlines()
    assert [json.loads(line)["spans"] for line in lines] == [None]  # the one without text is left out


def test_command(tmp_path):
    write_docs(tmp_path / "in.spacy", [make_doc(VOCAB, "Ada in Rom", [(0, 1, "PER"), (2, 3, "LOC")])])
    assert "2 entities" in run_xner(
        "convert", tmp_path / "in.spacy", tmp_path / "x.jsonl.gz", "--to", "doccano"
    )
    run_xner("convert", tmp_path / "x.jsonl.gz", tmp_path / "back.spacy")
    (doc,) = read_docs(tmp_path / "back.spacy", VOCAB)
    assert [ent.label_ for ent in doc.ents] == ["PER", "LOC"]
    for args, code in [
        (("in.spacy", "x.dat"), "X132"),
        (("in.spacy", "x.jsonl", "--to", "csv"), "X132"),
        (("in.spacy", "x.parquet.gz"), "X132"),
        (("none.spacy", "x.jsonl"), "X101"),
    ]:
        names = [tmp_path / name if "." in name else name for name in args]
        assert f"[{code}]" in run_xner("convert", *names, code=1)


TEXT_TABLE = 'Text,Spans,id\n"🙂 Ada in Rom","[[2, 5, ""PER""]]",7\nNobody,[],8\n\nRaw,,9\n'
OBJECT_TABLE = (
    'text;entities;language\n"🙂 Ada in Rom";"[{""start"": 2, ""end"": 5, ""label"": ""PER""}]";de\n'
    "Nobody;[];\nRaw;;\n"
)
TABBED = TEXT_TABLE.replace(",", "\t").replace("2\t 5\t ", "2, 5, ")


@pytest.mark.parametrize("table", [TEXT_TABLE, OBJECT_TABLE, TABBED])
def test_tables_of_texts(tmp_path, table):
    (tmp_path / "in.csv").write_text(table, encoding="utf8")
    assert detect_format(tmp_path / "in.csv") == "csv"
    convert(tmp_path / "in.csv", tmp_path / "out.spacy")
    docs = list(read_docs(tmp_path / "out.spacy", VOCAB))
    assert [describe(doc, False) for doc in docs] == [
        ("🙂 Ada in Rom", [(2, 5, "PER")], True),
        ("Nobody", [], True),
        ("Raw", [], False),
    ]
    assert (get_group(docs[0]), get_language(docs[0])) in (("7", ""), ("0", "de"))


@pytest.mark.parametrize(
    "rows",
    [
        ["Sentence #,Word,POS,Tag", "Sentence: 1,Ada,NNP,B-PER", ",rests,VBZ,O", "Sentence: 2,Rom,NNP,B-LOC"],
        ["sentence_id,token,label", "1,Ada,B-PER", "1,rests,O", "2,Rom,B-LOC"],
        ["token;tag;id", "Ada;U-PER;1", "rests;O;2", ";;", "Rom;U-LOC;3"],
    ],
)
def test_tables_of_tokens(tmp_path, rows):
    (tmp_path / "in.csv").write_text("\r\n".join(rows), encoding="utf8")
    convert(tmp_path / "in.csv", tmp_path / "out.spacy")
    docs = list(read_docs(tmp_path / "out.spacy", VOCAB))
    assert [describe(doc, True) for doc in docs] == [
        (["Ada", "rests"], [(0, 3, "PER")], True),
        (["Rom"], [(0, 3, "LOC")], True),
    ]


def test_a_text_over_several_lines_of_a_table(tmp_path):
    (tmp_path / "in.csv").write_text('text\n"Ada, ""the first""\nin Rom"\n', encoding="utf8")
    convert(tmp_path / "in.csv", tmp_path / "out.spacy")
    (doc,) = read_docs(tmp_path / "out.spacy", VOCAB)
    assert doc.text == 'Ada, "the first"\nin Rom'


def test_prodigy_keeps_its_tokens(tmp_path):
    """Also those that our tokenizer would cut in another way."""
    doc = Doc(VOCAB, words=["U.S", ".", "-", "born", "x-y"], spaces=[False, False, False, True, False])
    doc.set_ents([Span(doc, 0, 2, label="LOC")], default="outside")
    (found,) = send([doc], "prodigy", tmp_path)
    assert describe(found, True) == describe(doc, True)


@pytest.mark.parametrize(
    "tokens",
    [[{"text": "Rom"}], [{"start": 0}], "Ada", [{"text": ""}], [{"text": "Ada  in"}, {"text": "Rom"}]],
)
def test_prodigy_with_tokens_of_another_text(tmp_path, tokens):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"text": "Ada in Rom", "tokens": tokens, "spans": []}), encoding="utf8")
    with pytest.raises(XnerError, match="X116.*line 1"):
        convert(path, tmp_path / "out.spacy", format="prodigy")
