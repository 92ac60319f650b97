"""Sentences that a memory has together or one by one, and several translations of one sentence."""

import pytest
from util import get_ents, make_doc

from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.projection.render import render_docs
from spacy_xner.translation.resolve import make_aligner, make_engine
from spacy_xner.translation.sentences import find_joined, join_sentences, pair_sentences, split_sentences
from spacy_xner.translation.types import MarkedText

VOCAB = get_blank().vocab


@pytest.mark.parametrize(
    "text, parts",
    [
        ("Ana left. Bob stayed!", ["Ana left.", "Bob stayed!"]),
        ('"Go." He went .', ['"Go."', "He went ."]),
        ("我走了。他留下了。", ["我走了。", "他留下了。"]),
        ("3.5 per cent", ["3.5 per cent"]),
        ("आम मीठे थे। वह गया।", ["आम मीठे थे।", "वह गया।"]),
        ("", []),
    ],
)
def test_split_and_join(text, parts):
    assert split_sentences(text) == parts
    assert join_sentences(parts) == text


KNOWN = {"Mr. Li left.": "Herr Li ging.", "Bob stayed.": "Bob blieb.", "Why?": "Warum?"}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Bob stayed. Why?", "Bob blieb. Warum?"),
        # An abbreviation is no end: the longest text that is known counts.
        ("Why? Mr. Li left. Bob stayed.", "Warum? Herr Li ging. Bob blieb."),
        ("Bob stayed. Who?", None),
        ("Who?", None),
        ("", None),
    ],
)
def test_find_joined(text, expected):
    assert find_joined(text, KNOWN) == expected


def test_pair_sentences():
    assert pair_sentences("Go. Why?", "Geh. Warum?") == {"Go.": "Geh.", "Why?": "Warum?"}
    assert pair_sentences("Go. Why?", "Geh, warum?") == {}
    assert pair_sentences("Go.", "Geh.") == {}


def make_memory(tmp_path, text):
    path = tmp_path / "m.tsv"
    path.write_text(text, encoding="utf8")
    return make_engine("memory", [f"path={path}"])("en", "de")


def test_memory_of_other_sentences(tmp_path):
    rows = ["Ana left. Bob stayed.\tAna ging. Bob blieb.", "Why?\tWarum?", "Bob stayed.\tBob ist da."]
    engine = make_memory(tmp_path, "\n".join(rows) + "\n")
    asked = ["Ana left.", "Ana left. Bob stayed.", "Why? Bob stayed.", "Bob stayed.", "Who?"]
    found = engine.translate([MarkedText(text, ((0, 1),)) for text in asked])
    texts = [None if text is None else text.text for text in found]
    # What the memory has as it is comes first.
    assert texts == ["Ana ging.", "Ana ging. Bob blieb.", "Warum? Bob ist da.", "Bob ist da.", None]
    assert found[0].spans == (None,)


def test_the_translation_with_the_most_entities_is_taken(tmp_path):
    engine = make_memory(
        tmp_path,
        "Ana met Bob\tSie traf ihn\nAna met Bob\tAna traf Bob\nAna met Bob\tBob traf Ana\nso what\tna und\n",
    )
    assert len(engine.alternatives) == 2
    source = make_doc(VOCAB, "Ana met Bob", [(0, 1, "PER", "1"), (2, 3, "PER", "2")], group="a")
    other = make_doc(VOCAB, "so what", group="b")
    found = render_docs([source, other, make_doc(VOCAB, "no")], engine, ("en", "de"), get_blank().tokenizer)
    assert [rendering.doc and rendering.doc.text for rendering in found] == ["Ana traf Bob", "na und", None]
    assert get_ents(found[0].doc) == [(0, 1, "PER"), (2, 3, "PER")]


def test_alternatives_have_their_own_alignments(tmp_path):
    engine = make_memory(tmp_path, "Ana left\tSie ging\nAna left\tAnna ging\n")
    (tmp_path / "m.align").write_text("1-1\n0-0 1-1\n", encoding="utf8")
    aligner = make_aligner("given", [f"memory={tmp_path / 'm.tsv'}", f"alignments={tmp_path / 'm.align'}"])
    source = make_doc(VOCAB, "Ana left", [(0, 1, "PER", "1")])
    (found,) = render_docs([source], engine, ("en", "de"), get_blank().tokenizer, aligner=aligner)
    assert found.doc.text == "Anna ging" and found.projection.found == ["alignment"]
