"""Copies of sentences with names made of parts of others, in the form of those whose place they take."""

import pytest
from spacy.vocab import Vocab
from util import get_ents, make_doc, run_xner

from spacy_xner.corpora.invent import invent_names
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.metadata import get_group, get_language, get_soft, get_view

VOCAB = Vocab()
DOCS = [
    ("Anna Grey sang for the Bank of Oslo .", [(0, 2, "PER", "1"), (5, 8, "ORG", "2")]),
    ("NATO met", [(0, 1, "ORG")]),
    ("nobody sang", []),
]
NAMES = ("Anna", "Grey", "Bank", "Oslo", "NATO")
# First halves with second halves.
WORDS = {f"{first[:2]}{second[2:]}".lower() for first in NAMES for second in NAMES}


def make(*sentences, **metadata):
    return [make_doc(VOCAB, text, ents, **metadata) for text, ents in sentences]


def test_form_of_names():
    found = list(invent_names(make(*DOCS), copies=60))
    assert len(found) == 3 + 2 * 60
    assert [doc.text for doc in found[::61]] == [text for text, _ in DOCS]
    seen = set()
    for copy in found[1:61]:
        assert get_ents(copy) == [(0, 2, "PER"), (5, 8, "ORG")] and [ent.id_ for ent in copy.ents] == [
            "1",
            "2",
        ]
        words = [token.text for token in copy]
        assert words[2:5] == ["sang", "for", "the"] and words[6] == "of" and words[8] == "."
        new = [words[0], words[1], words[5], words[7]]
        assert all(word.istitle() for word in new)
        seen.update(word.lower() for word in new)
    # Of all types: a person may have half the name of a bank.
    assert seen == WORDS
    for copy in found[62:122]:
        assert len(copy[0]) == 4 and copy[0].text.isupper() and copy[0].text.lower() in WORDS


def test_identity_and_seed():
    docs = make(DOCS[0], group="7", view="t", language="de")
    for seed, copy in ((0, "7+1"), (1, "7+1")):
        found = list(invent_names(docs, seed=seed))
        assert [get_group(doc) for doc in found] == ["7", copy]
        assert (get_view(found[1]), get_language(found[1])) == ("t", "de")
        assert get_soft(found[1], "tag") is None
    first, again, other = ([doc.text for doc in invent_names(docs, seed=seed)] for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    "text, ents, texts",
    [
        # No word of the name can be replaced.
        ("the de la Xi", [(1, 4, "PER")], {"the de la Xi"}),
        # A script without capitals: words of any length.
        ("李 娜 来 了", [(0, 2, "PER")], {"李 李 来 了", "李 娜 来 了", "娜 李 来 了", "娜 娜 来 了"}),
        ("1860 Bonn-Beuel", [(0, 2, "ORG")], {"1860 Bonn-Beuel"}),
        ("Bonn", None, {"Bonn"}),
        ("", [], {""}),
    ],
)
def test_what_is_replaced(text, ents, texts):
    assert {doc.text for doc in invent_names(make((text, ents)), copies=100)} == texts


def test_missing_annotation_stays_missing():
    doc = make_doc(VOCAB, "Anna met Grey", [(0, 1, "PER")])
    doc.set_ents(doc.ents, missing=[doc[2:3]], default="outside")
    _, copy = invent_names([doc])
    assert [token.ent_iob for token in copy] == [token.ent_iob for token in doc]


def test_command(tmp_path):
    write_docs(tmp_path / "corpus.spacy", make(*DOCS))
    out = tmp_path / "out.spacy"
    printed = run_xner("invent-names", tmp_path / "corpus.spacy", out, "--copies", 2, "--seed", 3)
    assert "3 sentences, 4 copies" in printed
    expected = [doc.text for doc in invent_names(make(*DOCS), 2, 3)]
    assert [doc.text for doc in read_docs(out, VOCAB)] == expected


def test_bad_input(tmp_path):
    out = tmp_path / "out.spacy"
    assert "X101" in run_xner("invent-names", tmp_path / "no.spacy", out, code=1)
    write_docs(tmp_path / "raw.spacy", make(("Nothing here", [])))
    assert "X314" in run_xner("invent-names", tmp_path / "raw.spacy", out, code=1)
    assert not out.exists()
