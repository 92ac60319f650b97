"""From the predictions of one paradigm of named entity recognition to labels for another (DualNER eq. 5 and 6).

The paper names them only. Classes are those of the schemes "bio", "start" and "end".
"""

from typing import Callable, List, Sequence

import numpy

from ..schemes import find_spans, match_boundaries

# From one or several (n,) arrays of class indices to one or several others.
Transformation = Callable[[Sequence[numpy.ndarray]], List[numpy.ndarray]]


def extract_span(tags: Sequence[numpy.ndarray]) -> List[numpy.ndarray]:
    """Where entities start and end (DualNER eq. 6).

    tags (Sequence[ndarray]): (n,) classes of the scheme "bio", read leniently.
    RETURNS (List[ndarray]): (n,) classes of the schemes "start" and "end".
    """
    (labels,) = tags
    names = ["O" if c == 0 else f"{'BI'[(c - 1) % 2]}-{(c + 1) // 2}" for c in labels.tolist()]
    starts, ends = numpy.zeros_like(labels), numpy.zeros_like(labels)
    for start, end, kind in find_spans(names):
        starts[start] = ends[end - 1] = int(kind)
    return [starts, ends]


def sequential(tags: Sequence[numpy.ndarray]) -> List[numpy.ndarray]:
    """One tag for each token from where entities start and end (DualNER eq. 5), see `match_boundaries`.

    tags (Sequence[ndarray]): (n,) classes of the schemes "start" and "end".
    RETURNS (List[ndarray]): (n,) classes of the scheme "bio".
    """
    starts, ends = tags
    labels = numpy.zeros_like(starts)
    for start, end, kind in match_boundaries(starts.tolist(), ends.tolist()):
        labels[start:end] = 2 * kind
        labels[start] = 2 * kind - 1
    return [labels]


def create_extract_span() -> Transformation:
    """Name `extract_span` in a config (DualNER eq. 6; the rule is ours). RETURNS (Transformation): that function."""
    return extract_span


def create_sequential() -> Transformation:
    """Name `sequential` in a config (DualNER eq. 5; the rule is ours). RETURNS (Transformation): that function."""
    return sequential
