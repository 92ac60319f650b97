import random

import numpy
import pytest

from spacy_xner.errors import XnerError
from spacy_xner.schemes import (
    BEGIN,
    INSIDE,
    MISSING,
    OUTSIDE,
    SCHEMES,
    find_spans,
    get_scheme,
    match_boundaries,
)

LABELS = ["LOC", "ORG", "PER"]
# "EU" (ORG), "met" (O), "Angela Merkel" (PER), "Paris" (LOC, right behind), and a token without annotation
IOB = numpy.array([BEGIN, OUTSIDE, BEGIN, INSIDE, BEGIN, MISSING])
TYPES = numpy.array([2, 0, 3, 3, 1, 0])
# Those whose classes are of single tokens; for the others see test_relations.py.
TOKEN_SCHEMES = [name for name, scheme in SCHEMES.items() if not scheme.pairs]


@pytest.mark.parametrize(
    "scheme,labels,expected",
    [
        ("span", LABELS, ["O", "B", "I"]),
        ("span", [], ["O", "B", "I"]),
        ("type", LABELS, ["O", "LOC", "ORG", "PER"]),
        ("bio", LABELS, ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"]),
        ("bio", ["PER"], ["O", "B-PER", "I-PER"]),
    ],
)
def test_classes(scheme, labels, expected):
    assert get_scheme(scheme).classes(labels) == expected


@pytest.mark.parametrize(
    "scheme,expected",
    [
        ("span", [1, 0, 1, 2, 1, -1]),
        ("type", [2, 0, 3, 3, 1, -1]),
        # B-ORG 3, O, B-PER 5, I-PER 6, B-LOC 1
        ("bio", [3, 0, 5, 6, 1, -1]),
        ("start", [2, 0, 3, 0, 1, -1]),
        ("end", [2, 0, 0, 3, 1, -1]),
    ],
)
def test_encode(scheme, expected):
    encode = get_scheme(scheme).encode
    assert encode(IOB, TYPES, 0).tolist() == expected
    # A padded batch: (B, N) in, (B, N) out.
    padded = numpy.array([MISSING])
    assert encode(
        numpy.stack([IOB, numpy.concatenate([IOB[1:], padded])]),
        numpy.stack([TYPES, numpy.concatenate([TYPES[1:], padded])]),
        0,
    ).tolist() == [expected, [*expected[1:], -1]]


@pytest.mark.parametrize("scheme", TOKEN_SCHEMES)
def test_missing_is_not_outside(scheme):
    encode = get_scheme(scheme).encode
    zeros = numpy.zeros(3, dtype="int64")
    assert encode(numpy.full(3, MISSING), zeros, 0).tolist() == [-1, -1, -1]
    assert encode(numpy.full(3, OUTSIDE), zeros, 0).tolist() == [0, 0, 0]
    assert encode(zeros[:0], zeros[:0], 0).tolist() == []


def test_unknown_scheme():
    with pytest.raises(
        XnerError, match=r"\[X007\].*'bilou'.*'bio', 'end', 'relation', 'span', 'start', 'type'"
    ):
        get_scheme("bilou")


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scheme", ["span", "type", "bio", "start"])
def test_entities_survive_encoding(scheme, seed):
    """Encoding and reading back gives the same entities; "type" can't tell neighbours of one type apart, "start" is
    read together with "end"."""
    rng = random.Random(seed)
    entities, n = [], 0
    while n < 20:
        gap = rng.choice([0, 0, 1, 2])
        start = n + (max(gap, 1) if scheme == "type" else gap)
        n = start + rng.choice([1, 2, 3])
        entities.append((start, n, rng.choice(LABELS)))
    iob, types = numpy.full(n, OUTSIDE), numpy.zeros(n, dtype="int64")
    for start, end, label in entities:
        iob[start:end], iob[start] = INSIDE, BEGIN
        types[start:end] = LABELS.index(label) + 1
    if scheme == "start":
        starts, ends = (get_scheme(name).encode(iob, types, 0).tolist() for name in ("start", "end"))
        assert match_boundaries(starts, ends) == [(s, e, LABELS.index(label) + 1) for s, e, label in entities]
        return
    classes = get_scheme(scheme).classes(LABELS)
    if scheme == "type":  # runs of one type, as the tag decoder reads them
        classes = ["O", *(f"I-{label}" for label in LABELS)]
    found = find_spans([classes[i] for i in get_scheme(scheme).encode(iob, types, 0)])
    assert found == [(start, end, "" if scheme == "span" else label) for start, end, label in entities]
