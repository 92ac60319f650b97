"""Intervals and tests are compared with what is known of the distributions, not with figures they once gave."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_xner.errors import XnerError
from spacy_xner.evaluation.significance import (
    EntityCounts,
    compare_counts,
    compute_f1,
    count_entities,
    find_interval,
)


def draw(n: int, rate: float, seed: int) -> EntityCounts:
    """One entity of each of n sentences, and one prediction, which is right at a rate."""
    right = (numpy.random.default_rng(seed).random(n) < rate).astype("int64")
    return EntityCounts(right, numpy.ones(n, dtype="int64"), numpy.ones(n, dtype="int64"))


def make_example(gold, found) -> Example:
    vocab = spacy.blank("xx").vocab
    docs = [Doc(vocab, words=["Ana", "Lee", "vive", "en", "Rom"]) for _ in range(2)]
    for doc, ents in zip(docs, (found, gold), strict=True):
        doc.set_ents([Span(doc, *ent) for ent in ents], default="outside")
    return Example(*docs)


def test_counts():
    examples = [
        make_example([(0, 2, "PER"), (4, 5, "LOC")], [(0, 2, "PER"), (3, 5, "LOC")]),
        make_example([], [(0, 1, "PER")]),
        make_example([], []),
    ]
    counts = count_entities(examples)
    assert [array.tolist() for array in counts] == [[1, 0, 0], [2, 1, 0], [2, 0, 0]]
    assert compute_f1(*counts) == pytest.approx(2 * 1 / (3 + 2))
    assert compute_f1(*count_entities([])) == 0


def test_interval_is_that_of_a_binomial():
    # Here F1 is the share of right predictions, whose standard error is known.
    n, rate = 2000, 0.3
    counts = draw(n, rate, seed=0)
    low, high = find_interval(counts)
    error = 1.96 * (rate * (1 - rate) / n) ** 0.5
    assert low < compute_f1(*counts) < high
    assert high - low == pytest.approx(2 * error, rel=0.1)
    assert find_interval(counts) == (low, high)
    assert find_interval(counts, level=0.5)[0] > low
    assert find_interval(counts, seed=1) != (low, high)


def test_one_sentence_and_none():
    assert find_interval(draw(1, 1.1, seed=0)) == (1.0, 1.0)
    assert find_interval(count_entities([])) == (0.0, 0.0)


def test_comparison():
    base = draw(1000, 0.5, seed=0)
    assert compare_counts(base, base) == 1.0
    assert compare_counts(base, draw(1000, 0.7, seed=1)) < 0.01
    assert compare_counts(base, draw(1000, 0.7, seed=1)) == compare_counts(draw(1000, 0.7, seed=1), base)
    # Models that are equally good differ by chance: p-values are spread evenly.
    values = [
        compare_counts(draw(200, 0.5, 2 * k), draw(200, 0.5, 2 * k + 1), resamples=200) for k in range(60)
    ]
    assert sum(value < 0.1 for value in values) <= 14 and 0.35 < numpy.mean(values) < 0.7
    assert compare_counts(draw(1, 1.1, seed=0), draw(1, -0.1, seed=0)) == 1.0
    with pytest.raises(XnerError, match="X313.*1000 sentences.*999"):
        compare_counts(base, draw(999, 0.5, seed=0))
