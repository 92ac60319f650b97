"""Tagging schemes: how entities are encoded as one class per token or per token pair, and which classes a head has.

Token annotation comes as two integer arrays of length n, as in spaCy:
`iob` (0 missing, 1 inside, 2 outside, 3 begin) and `types` (0 none, i + 1 for labels[i]).
"""

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy

from .errors import Errors, XnerError
from .relations import NONE, encode_relations, find_cells, least_related, relation_classes

MISSING, INSIDE, OUTSIDE, BEGIN = 0, 1, 2, 3


@dataclass(frozen=True)
class Scheme:
    """A tagging scheme.

    classes (Callable): from labels to class names; the first is the class of tokens in no entity.
    labels (Callable): from class names to the labels.
    encode (Callable): from `iob`, `types` and the width of the band to (..., n) class indices, for token pairs
        (..., n, width); -1 where the annotation is missing.
    outside (Optional[Callable]): from (n, C) or (n, D, C) log-probabilities to the (n,) log-probabilities that a token
        is in no entity; None if the classes do not tell.
    pairs (bool): whether it classifies token pairs, see relations.py.
    """

    classes: Callable[[Sequence[str]], List[str]]
    labels: Callable[[Sequence[str]], List[str]]
    encode: Callable[[numpy.ndarray, numpy.ndarray, int], numpy.ndarray]
    outside: Optional[Callable[[numpy.ndarray], numpy.ndarray]]
    pairs: bool = False


def _type_classes(labels: Sequence[str]) -> List[str]:
    return ["O", *labels]


def _type_labels(classes: Sequence[str]) -> List[str]:
    return list(classes[1:])


def _first_class(logp: numpy.ndarray) -> numpy.ndarray:
    return logp[..., 0]


def _encode_span(iob: numpy.ndarray, types: numpy.ndarray, width: int) -> numpy.ndarray:
    return numpy.where(iob == MISSING, -1, numpy.where(iob == BEGIN, 1, numpy.where(iob == INSIDE, 2, 0)))


def _encode_type(iob: numpy.ndarray, types: numpy.ndarray, width: int) -> numpy.ndarray:
    return numpy.where(iob == MISSING, -1, types)


def _encode_bio(iob: numpy.ndarray, types: numpy.ndarray, width: int) -> numpy.ndarray:
    tags = 2 * types - (iob == BEGIN)
    return numpy.where(iob == MISSING, -1, numpy.where(iob == OUTSIDE, 0, tags))


def _encode_start(iob: numpy.ndarray, types: numpy.ndarray, width: int) -> numpy.ndarray:
    return numpy.where(iob == MISSING, -1, numpy.where(iob == BEGIN, types, 0))


def _encode_end(iob: numpy.ndarray, types: numpy.ndarray, width: int) -> numpy.ndarray:
    followed = numpy.zeros_like(iob, dtype=bool)
    followed[..., :-1] = iob[..., 1:] == INSIDE
    return numpy.where(iob == MISSING, -1, numpy.where(followed, 0, types))


def _encode_relation(iob: numpy.ndarray, types: numpy.ndarray, width: int) -> numpy.ndarray:
    relations = encode_relations(iob == BEGIN, iob == INSIDE, types, width)
    partners, exist = find_cells(iob.shape[-1], width)
    known = iob != MISSING
    both = known[..., None] & known[..., partners] & exist
    return numpy.where(both, relations, -1)


SCHEMES: Dict[str, Scheme] = {
    "span": Scheme(lambda labels: ["O", "B", "I"], lambda classes: [], _encode_span, _first_class),
    "type": Scheme(_type_classes, _type_labels, _encode_type, _first_class),
    "bio": Scheme(
        lambda labels: ["O"] + [f"{p}-{label}" for label in labels for p in "BI"],
        lambda classes: [name.partition("-")[2] for name in classes[1::2]],
        _encode_bio,
        _first_class,
    ),
    "start": Scheme(_type_classes, _type_labels, _encode_start, None),
    "end": Scheme(_type_classes, _type_labels, _encode_end, None),
    "relation": Scheme(
        relation_classes,
        lambda classes: list(classes[2:]),
        _encode_relation,
        lambda logp: least_related(logp[..., NONE]),
        pairs=True,
    ),
}


def get_scheme(name: str) -> Scheme:
    """Look up a tagging scheme.

    name (str): "span" (B, I, O), "type" (the labels and O), "bio" (IOB2 with types, 2C + 1 classes), "start" or "end"
        (the label where an entity starts or ends, else O) or "relation" (of token pairs: none, neighbour and the
        labels).
    RETURNS (Scheme): its class names and its encoding.
    RAISES: X007 if there is no such scheme.
    """
    if name not in SCHEMES:
        raise XnerError(Errors.X007.format(scheme=name, found=sorted(SCHEMES)))
    return SCHEMES[name]


def relates_tokens(scheme: Optional[str]) -> bool:
    """Check whether an output classifies token pairs.

    scheme (Optional[str]): its tagging scheme, None for representations.
    RETURNS (bool): whether the scheme is one of token pairs.
    RAISES: X007 if there is no such scheme.
    """
    return scheme is not None and get_scheme(scheme).pairs


def find_spans(tags: Sequence[str]) -> List[Tuple[int, int, str]]:
    """Read entities from tags. An I that does not continue an entity of its type opens one.

    tags (Sequence[str]): "O", or "B" or "I" with or without "-TYPE".
    RETURNS (List[Tuple[int, int, str]]): start, end (exclusive) and type ("" without types) in order.
    """
    spans: List[Tuple[int, int, str]] = []
    start, label = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if start >= 0 and (prefix != "I" or kind != label):
            spans.append((start, i, label))
            start = -1
        if start < 0 and prefix != "O":
            start, label = i, kind
    return spans


def match_boundaries(starts: Sequence[int], ends: Sequence[int]) -> List[Tuple[int, int, int]]:
    """Read entities from the types that start and end at each token (DualNER section 3, which prints no rule).

    Each start is matched with the nearest end of its type, at the same token or later, but before the next start of any
    type. Starts and ends without a match are ignored, so entities do not overlap.

    starts, ends (Sequence[int]): for each token 0, or i + 1 where an entity of labels[i] starts or ends.
    RETURNS (List[Tuple[int, int, int]]): start, end (exclusive) and type in order.
    """
    spans: List[Tuple[int, int, int]] = []
    start, kind = -1, 0
    for i, (opened, closed) in enumerate(zip(starts, ends, strict=True)):
        if opened:
            start, kind = i, opened
        if kind and closed == kind:
            spans.append((start, i + 1, kind))
            kind = 0
    return spans
