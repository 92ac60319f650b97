"""A name has one type, by the majority of the contexts in which a model met it."""

import pytest
from spacy.vocab import Vocab
from util import get_ents, make_doc

from spacy_xner.teaching.vote import vote_types

VOCAB = Vocab()


def make(*sentences):
    return [make_doc(VOCAB, text, ents) for text, ents in sentences]


@pytest.mark.parametrize(
    "sentences, expected",
    [
        # Nine times the same line count once, against two other contexts.
        (
            [("( ACME )", "LOC")] * 9 + [("said ACME today", "ORG"), ("at Acme .", "ORG")],
            ["ORG"] * 11,
        ),
        # Half of the contexts is no majority.
        ([("( ACME )", "LOC"), ("said ACME today", "ORG")], ["LOC", "ORG"]),
        # A context with two types counts half for each.
        (
            [("( ACME )", "LOC"), ("( acme )", "ORG"), ("said ACME today", "ORG")],
            ["ORG", "ORG", "ORG"],
        ),
        # Nothing to the left or right is a context too.
        ([("ACME", "LOC"), ("ACME", "LOC"), ("said ACME", "ORG")], ["LOC", "LOC", "ORG"]),
    ],
)
def test_majority_of_contexts(sentences, expected):
    docs = []
    for text, label in sentences:
        position = [word.upper() for word in text.split()].index("ACME")
        docs += make((text, [(position, position + 1, label)]))
    before = [doc.ents[0].label_ for doc in docs]
    assert vote_types(docs) == sum(a != b for a, b in zip(before, expected, strict=True))
    assert [doc.ents[0].label_ for doc in docs] == expected


def test_the_rest_is_left_alone():
    docs = make(
        ("Ana met Acme Corp today", [(0, 1, "PER"), (2, 4, "LOC")]),
        ("of Acme Corp .", [(1, 3, "ORG")]),
        ("for Acme Corp ,", [(1, 3, "ORG")]),
        ("Acme sells", None),
        ("", []),
    )
    assert vote_types(docs) == 1
    assert get_ents(docs[0]) == [(0, 1, "PER"), (2, 4, "ORG")]
    assert docs[0][1].ent_iob_ == "O" and docs[3][0].ent_iob == 0
    assert vote_types([]) == 0


def test_missing_annotation_stays_missing():
    docs = make(
        ("( ACME ) met Ana", [(1, 2, "LOC")]), ("of ACME .", [(1, 2, "ORG")]), ("by ACME ,", [(1, 2, "ORG")])
    )
    docs[0].set_ents(list(docs[0].ents), missing=[docs[0][4:5]])
    assert vote_types(docs) == 1
    assert [token.ent_iob for token in docs[0]] == [2, 3, 2, 2, 0]
