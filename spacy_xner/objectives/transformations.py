"""From the predictions of one paradigm of named entity recognition to labels for another (DualNER eq. 5 and 6).

The paper names them only. Classes are those of the schemes "bio", "start" and "end"; -1 stands for no label.
"""

from functools import partial
from typing import Callable, List, Literal, Sequence, Set, Tuple

import numpy

from ..schemes import find_spans, match_boundaries

# From one or several (n,) arrays of class indices to one or several others.
Transformation = Callable[[Sequence[numpy.ndarray]], List[numpy.ndarray]]
Unmatched = Literal["outside", "missing"]


def extract_span(tags: Sequence[numpy.ndarray]) -> List[numpy.ndarray]:
    """Where entities start and end (DualNER eq. 6).

    tags (Sequence[ndarray]): (n,) classes of the scheme "bio", read leniently.
    RETURNS (List[ndarray]): (n,) classes of the schemes "start" and "end".
    """
    (labels,) = tags
    starts, ends = numpy.zeros_like(labels), numpy.zeros_like(labels)
    for start, end, kind in read_entities(labels):
        starts[start] = ends[end - 1] = kind
    return [starts, ends]


def read_entities(labels: numpy.ndarray) -> List[Tuple[int, int, int]]:
    """Read the entities of tags.

    labels (ndarray): (n,) classes of the scheme "bio", read leniently; -1 is in no entity.
    RETURNS (List[Tuple[int, int, int]]): start, end (exclusive) and type, from 1, in order.
    """
    names = ["O" if c <= 0 else f"{'BI'[(c - 1) % 2]}-{(c + 1) // 2}" for c in labels.tolist()]
    return [(start, end, int(kind)) for start, end, kind in find_spans(names)]


def sequential(tags: Sequence[numpy.ndarray], *, unmatched: Unmatched = "outside") -> List[numpy.ndarray]:
    """One tag for each token from where entities start and end (DualNER eq. 5), see `match_boundaries`.

    tags (Sequence[ndarray]): (n,) classes of the schemes "start" and "end".
    unmatched (str): what the tokens of a start without an end, or of an end without a start, become: "outside", the
        class O, or "missing", -1. These tokens are all between that boundary and the next one, towards the side where
        its partner should be: the entity that it belongs to may cover any of them.
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
    """Find the tokens on whose entities two taggings disagree.

    labels, other (ndarray): (n,) classes of the scheme "bio", read leniently; -1 where there is none.
    RETURNS (ndarray): (n,) bool, tokens of entities that one of the two does not have with the same start, end and
        type, and tokens without a class in either.
    """
    disputed = (labels < 0) | (other < 0)
    one, two = set(read_entities(labels)), set(read_entities(other))
    for start, end, _ in one ^ two:
        disputed[start:end] = True
    return disputed


def create_extract_span() -> Transformation:
    """Name `extract_span` in a config (DualNER eq. 6; the rule is ours). RETURNS (Transformation): that function."""
    return extract_span


def create_sequential(unmatched: Unmatched = "outside") -> Transformation:
    """Name `sequential` in a config (DualNER eq. 5; the rule is ours).

    unmatched (str): what the tokens of a boundary without partner become: "outside", the class O, or "missing", no
        pseudo-label.
    RETURNS (Transformation): that function, with the option.
    """
    return sequential if unmatched == "outside" else partial(sequential, unmatched=unmatched)


def _find_unmatched(
    starts: numpy.ndarray, ends: numpy.ndarray, entities: Sequence[Tuple[int, int, int]]
) -> List[Tuple[int, int]]:
    """RETURNS (List[Tuple[int, int]]): tokens [first, last) of each boundary that no entity has."""
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
