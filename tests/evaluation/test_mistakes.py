"""What is told of wrong predictions, and of their scores, by hand."""

import numpy
import pytest
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab
from util import make_doc

from spacy_xner.evaluation.calibration import (
    Bin,
    Scored,
    bin_scores,
    measure_calibration_error,
    suggest_threshold,
    try_thresholds,
)
from spacy_xner.evaluation.mistakes import (
    KINDS,
    count_confusions,
    count_kinds,
    count_lengths,
    count_unseen,
    pair_entities,
)
from spacy_xner.scores import copy_scores, get_scores

TEXT = "Ada Lovelace met Bo in New York City on Mount Fuji with Cy ."
GOLD = [(0, 2, "PER"), (3, 4, "PER"), (5, 8, "LOC"), (9, 11, "LOC"), (12, 13, "PER")]
# Right; another type; a part of the span; a part of it with another type; nothing; and one of its own.
FOUND = [(0, 2, "PER"), (3, 4, "ORG"), (5, 7, "LOC"), (10, 11, "ORG"), (13, 14, "MISC")]


def make_pairs(gold=GOLD, found=FOUND):
    vocab = Vocab()
    return pair_entities(Example(make_doc(vocab, TEXT, found), make_doc(vocab, TEXT, gold)))


def test_kinds():
    pairs = make_pairs()
    assert [pair.kind for pair in pairs] == ["right", "type", "span", "both", "missed", "spurious"]
    assert (pairs[2].gold.text, pairs[2].found.text) == ("New York City", "New York")
    assert (pairs[4].gold.text, pairs[4].found) == ("Cy", None)
    assert (pairs[5].gold, pairs[5].found.text) == (None, ".")
    assert count_kinds(pairs) == dict.fromkeys(KINDS, 1)
    assert count_kinds([]) == dict.fromkeys(KINDS, 0)


def test_an_entity_stands_for_one():
    """The whole is nearer than a part, and a part stands for one gold entity alone."""
    pairs = make_pairs([(5, 8, "LOC")], [(5, 6, "LOC"), (6, 8, "LOC")])
    assert [(pair.kind, pair.found.text) for pair in pairs] == [("span", "New"), ("spurious", "York City")]
    pairs = make_pairs([(5, 6, "LOC"), (6, 8, "LOC")], [(5, 8, "LOC")])
    assert [pair.kind for pair in pairs] == ["span", "missed"]
    pairs = make_pairs([(0, 2, "PER"), (3, 4, "PER")], [(1, 3, "LOC"), (3, 4, "PER")])
    assert [pair.kind for pair in pairs] == ["both", "right"]


def test_other_tokens():
    vocab = Vocab()
    gold = make_doc(vocab, ["New", "York!"], [(0, 2, "LOC")])
    found = Doc(vocab, words=["New", "York", "!"], spaces=[True, False, False])
    found.set_ents([Span(found, 0, 2, label="LOC")])
    assert [pair.kind for pair in pair_entities(Example(found, gold))] == [
        "span"
    ]  # "York!" is one gold token


def test_confusions():
    labels = ["LOC", "MISC", "ORG", "PER"]
    assert count_confusions(make_pairs(), labels) == [
        [1, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1],
        [0, 1, 0, 0, 0],
    ]


def test_lengths_and_names():
    pairs = make_pairs()
    assert count_lengths(pairs) == {"1": (0, 2), "2": (1, 2), "3": (0, 1)}
    assert count_lengths(pairs, longest=2) == {"1": (0, 2), "2+": (1, 3)}
    assert count_unseen(pairs, {"ada lovelace", "cy"}) == {"seen": (1, 2), "unseen": (0, 3)}
    assert count_lengths([]) == {}


SCORED = Scored(numpy.asarray([1.0, 0.9, 0.95, 0.5, 0.55]), numpy.asarray([1, 1, 0, 1, 0], dtype=bool), 4)


def test_calibration():
    low, high = bin_scores(SCORED)
    assert low == Bin(0.5, 0.6, 2, pytest.approx(0.525), 0.5)
    assert high == Bin(0.9, 1.0, 3, pytest.approx(0.95), pytest.approx(2 / 3))
    assert measure_calibration_error(SCORED) == pytest.approx((2 * 0.025 + 3 * (0.95 - 2 / 3)) / 5)
    nothing = Scored(numpy.zeros(0), numpy.zeros(0, dtype=bool), 4)
    assert bin_scores(nothing) == [] and measure_calibration_error(nothing) == 0.0


def test_thresholds():
    found = {item.value: item[1:] for item in try_thresholds(SCORED)}
    assert len(found) == 101 and min(found) == 0.0 and max(found) == 1.0
    assert found[0.0] == found[0.5] == (3 / 5, 3 / 4, pytest.approx(6 / 9))
    assert found[0.51] == (2 / 4, 2 / 4, 2 / 4)  # the right one at 0.5 is gone
    assert found[0.91] == (1 / 2, 1 / 4, pytest.approx(2 / 6))
    assert found[1.0] == (1.0, 1 / 4, pytest.approx(2 / 5))  # a score of 1 stays
    assert suggest_threshold(try_thresholds(SCORED)).value == 0.0
    unsure = Scored(numpy.asarray([0.9, 0.2]), numpy.asarray([True, False]), 1)
    assert suggest_threshold(try_thresholds(unsure))[:2] == (0.21, 1.0)
    always = SCORED._replace(n_unscored=2, n_unscored_right=1)
    assert try_thresholds(always)[51][1:] == (3 / 6, 3 / 4, pytest.approx(6 / 10))
    empty = suggest_threshold(try_thresholds(Scored(numpy.zeros(0), numpy.zeros(0, dtype=bool), 0)))
    assert empty == (0.0, 0.0, 0.0, 0.0)


def test_scores():
    doc = make_doc(Vocab(), TEXT, [(0, 2, "PER"), (3, 4, "ORG"), (5, 7, "LOC")])
    spans = [Span(doc, *span[:2], label=span[2]) for span in [(0, 2, "LOC"), (0, 2, "PER"), (3, 4, "PER")]]
    doc.spans["a"] = SpanGroup(doc, name="a", spans=spans, attrs={"scores": numpy.asarray([0.1, 0.8, 0.4])})
    doc.spans["plain"] = [Span(doc, 5, 7, label="LOC")]
    # Of the label, of the span where the label was changed, and none.
    assert get_scores(doc) == [0.8, 0.4, None]
    doc.spans["b"] = SpanGroup(doc, name="b", spans=spans[1:], attrs={"scores": numpy.asarray([0.9, 0.3])})
    assert get_scores(doc) == [0.8, 0.3, None]  # the lowest of several
    del doc.spans["b"]
    copy = make_doc(doc.vocab, TEXT, [(0, 2, "PER")])
    copy_scores(doc, copy)
    assert get_scores(copy) == [pytest.approx(0.8)] and list(copy.spans) == ["a"]
