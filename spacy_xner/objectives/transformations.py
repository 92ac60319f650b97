"""Conversions of predictions between two paradigms of named entity recognition (DualNER eq. 5 and 6).

The paper names these conversions without defining them. Classes are those of the schemes "bio", "start" and "end"; -1
stands for no label.
"""

from functools import partial
from typing import Callable, List, Literal, Sequence, Set, Tuple

import numpy

from ..schemes import find_spans, match_boundaries

# From one or more (n,) arrays of class indices to one or more others.
Transformation = Callable[[Sequence[numpy.ndarray]], List[numpy.ndarray]]
Unmatched = Literal["outside", "missing"]


def extract_span(tags: Sequence[numpy.ndarray]) -> List[numpy.ndarray]:
    """Convert tags to the tokens where entities start and end (DualNER eq. 6).

    tags (Sequence[ndarray]): (n,) classes of the scheme "bio"; an I without a B opens an entity.
    RETURNS (List[ndarray]): (n,) classes of the schemes "start" and "end".
    """
    (labels,) = tags
    starts, ends = numpy.zeros_like(labels), numpy.zeros_like(labels)
    for start, end, kind in read_entities(labels):
        starts[start] = ends[end - 1] = kind
    return [starts, ends]


def read_entities(labels: numpy.ndarray) -> List[Tuple[int, int, int]]:
    """Read entities from tags.

    labels (ndarray): (n,) classes of the scheme "bio"; an I without a B opens an entity, -1 is in no entity.
    RETURNS (List[Tuple[int, int, int]]): start, end (exclusive) and type, from 1, in order.
    """
    names = ["O" if c <= 0 else f"{'BI'[(c - 1) % 2]}-{(c + 1) // 2}" for c in labels.tolist()]
    return [(start, end, int(kind)) for start, end, kind in find_spans(names)]


def sequential(tags: Sequence[numpy.ndarray], *, unmatched: Unmatched = "outside") -> List[numpy.ndarray]:
    """Convert the tokens where entities start and end to tags (DualNER eq. 5), see `match_boundaries`.

    tags (Sequence[ndarray]): (n,) classes of the schemes "start" and "end".
    unmatched (str): the class of tokens near a start without an end, or an end without a start: "outside" for O,
        "missing" for -1. These are the tokens from that boundary to the next one, on the side where its partner is
        missing, since the entity may cover any of them.
    RETURNS (List[ndarray]): (n,) classes of the scheme "bio".
    """
    starts, ends = tags
    labels = numpy.zeros_like(starts)
    entities = match_boundaries(starts.tolist(), ends.tolist())
    if unmatched == "missing":
        for first, last in _find_unmatched(starts, ends, entities):
            labels[first:last] = -1
    for start, end, kind in entities:
        labels[start:end] = 2 * kind
        labels[start] = 2 * kind - 1
    return [labels]


def find_disputed(labels: numpy.ndarray, other: numpy.ndarray) -> numpy.ndarray:
    """Find the tokens of entities on which two taggings disagree.

    labels, other (ndarray): (n,) classes of the scheme "bio", -1 for no label.
    RETURNS (ndarray): (n,) bool, True on the tokens of entities that only one of the two has with this start, end and
        type, and on tokens that lack a label in one of the two.
    """
    disputed = (labels < 0) | (other < 0)
    one, two = set(read_entities(labels)), set(read_entities(other))
    for start, end, _ in one ^ two:
        disputed[start:end] = True
    return disputed


def create_extract_span() -> Transformation:
    """Create the conversion `extract_span` (DualNER eq. 6; the rule is ours).

    RETURNS (Transformation): the function.
    """
    return extract_span


def create_sequential(unmatched: Unmatched = "outside") -> Transformation:
    """Create the conversion `sequential` (DualNER eq. 5; the rule is ours).

    unmatched (str): what the tokens of a boundary without a partner become: "outside", the class O, or "missing", no
        pseudo-label.
    RETURNS (Transformation): the function with this option.
    """
    return sequential if unmatched == "outside" else partial(sequential, unmatched=unmatched)


def _find_unmatched(
    starts: numpy.ndarray, ends: numpy.ndarray, entities: Sequence[Tuple[int, int, int]]
) -> List[Tuple[int, int]]:
    """RETURNS (List[Tuple[int, int]]): tokens [first, last) for each boundary that belongs to no entity."""
    opened: Set[int] = {start for start, _, _ in entities}
    closed: Set[int] = {end - 1 for _, end, _ in entities}
    places = numpy.flatnonzero((starts > 0) | (ends > 0)).tolist()
    found = []
    for before, i, after in zip([-1, *places], places, [*places[1:], len(starts)], strict=False):
        if starts[i] and i not in opened:
            found.append((i, after))
        if ends[i] and i not in closed:
            found.append((before + 1, i + 1))
    return found
