"""Copies of sentences with names made of parts of others, in the form of those whose place they take."""

import numpy
import pytest
from spacy.vocab import Vocab
from util import get_ents, make_doc, run_xner

from spacy_xner.corpora.invent import invent_names
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_language, get_soft_labels, get_view, set_soft_labels

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


def invent(sentences, copies=100):
    """The texts of the copies of the last sentence."""
    docs = make(*sentences)
    found = list(invent_names(docs, copies=copies))
    place = next(i for i, doc in enumerate(found) if doc is docs[-1])
    return {doc.text for doc in found[place + 1 :]}


def test_form_of_names():
    found = list(invent_names(make(DOCS[0], DOCS[2]), copies=60))
    assert found[0].text == DOCS[0][0] and found[-1].text == DOCS[2][0]
    copies = found[1:-1]
    assert 50 < len({doc.text for doc in copies}) == len(copies)
    seen = set()
    for copy in copies:
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
    assert seen == {word for word in WORDS if not (word.startswith("na") or word.endswith("to"))}


BONN = ("Bonn", [(0, 1, "LOC")])


@pytest.mark.parametrize(
    "first, last, texts",
    [
        # In capitals it stays as short as it was.
        (("Darmstadt", [(0, 1, "LOC")]), ("USA met", [(0, 1, "ORG")]), {"DAR met", "UST met"}),
        (BONN, ("the McBee", [(1, 2, "ORG")]), {"the Bobee", "the Bonn", "the Mcnn", "the Mcbee"}),
        # Neither small words and short ones nor those with other signs.
        (BONN, ("the de la Xi 1860 Bonn-Beuel", [(1, 6, "PER")]), set()),
        # Scripts without capitals: words of any length, but not mixed with others.
        (BONN, ("李 娜 来 了", [(0, 2, "PER")]), {"李 李 来 了", "娜 李 来 了", "娜 娜 来 了"}),
        (("თბილისი", [(0, 1, "LOC")]), ("ბათუმი", [(0, 1, "LOC")]), {"ბათლისი", "თბიუმი", "თბილისი"}),
        # Letters keep their marks.
        (("दिल्ली", [(0, 1, "LOC")]), ("गोवा", [(0, 1, "LOC")]), {"दिल्वा", "गोली", "दिल्ली"}),
        # No names, nothing to copy.
        (BONN, ("Bonn said", None), set()),
        (BONN, ("", []), set()),
    ],
)
def test_what_is_replaced(first, last, texts):
    assert invent([first, last]) == texts


def test_distributions_are_not_copied():
    docs = make(("Anna met Grey", [(0, 1, "PER"), (2, 3, "PER")]))
    set_soft_labels(docs[0], "tag", ["O", "B-PER"], numpy.zeros((3, 2)))
    found = list(invent_names(docs))
    assert [get_soft_labels(doc, "tag") is None for doc in found] == [False, True]


def test_identity_and_seed():
    docs = make(DOCS[0], group="7", view="t", language="de")
    found = list(invent_names(docs, copies=2))
    assert [get_group(doc) for doc in found] == ["7", "", ""]
    assert {(get_view(doc), get_language(doc)) for doc in found} == {("t", "de")}
    first, again, other = ([doc.text for doc in invent_names(docs, seed=seed)] for seed in (0, 0, 1))
    assert first == again != other


def test_missing_annotation_stays_missing():
    doc = make_doc(VOCAB, "Anna met Grey", [(0, 1, "PER")])
    doc.set_ents(doc.ents, missing=[doc[2:3]], default="outside")
    other = make_doc(VOCAB, "Oslo", [(0, 1, "LOC")])
    copies = [copy for copy in invent_names([other, doc], copies=5) if len(copy) == 3][1:]
    assert copies
    for copy in copies:
        assert [token.ent_iob for token in copy] == [token.ent_iob for token in doc]


def test_command(tmp_path):
    write_docs(tmp_path / "corpus.spacy", make(*DOCS))
    out = tmp_path / "out.spacy"
    printed = run_xner("invent-names", tmp_path, out, "--copies", 2, "--seed", 3)
    assert "3 sentences, 4 copies" in printed
    expected = [doc.text for doc in invent_names(make(*DOCS), copies=2, seed=3)]
    assert [doc.text for doc in read_docs(out, VOCAB)] == expected


@pytest.mark.parametrize("docs", [[("Nothing here", [])], [("XI", [(0, 1, "PER")])], [("Bonn", None)], []])
def test_no_names(tmp_path, docs):
    with pytest.raises(XnerError, match="X314"):
        list(invent_names(make(*docs)))
    write_docs(tmp_path / "raw.spacy", make(*docs))
    out = tmp_path / "out.spacy"
    assert "X314" in run_xner("invent-names", tmp_path / "raw.spacy", out, code=1)
    assert not out.exists()


def test_no_corpus(tmp_path):
    assert "X101" in run_xner("invent-names", tmp_path / "no.spacy", tmp_path / "out.spacy", code=1)
