"""Between one array per document and padded batches."""

from typing import Iterator, List, Tuple

import numpy
from numpy import ndarray
from thinc.api import Ops
from thinc.types import Floats2d, Floats3d, Ints2d

Segment = Tuple[int, int, int]
# Of what a batch may hold, so much may be padding: one more batch costs less than more of it.
PADDING = 1 / 16


def pad(ops: Ops, Xs: List[Floats2d], width: int) -> Floats3d:
    """Pad arrays to one.

    ops (Ops): where the padded array is made.
    Xs (List[Floats2d]): (n, d) each.
    width (int): d, which no array tells if there is none.
    RETURNS (Floats3d): (B, N, d), zero where padded.
    """
    n_max = max((len(X) for X in Xs), default=0)
    padded = ops.alloc3f(len(Xs), n_max, width)
    for i, X in enumerate(Xs):
        padded[i, : len(X)] = X
    return padded


def make_mask(ops: Ops, lengths: List[int]) -> Ints2d:
    """Tell tokens from padding. ops (Ops): where the mask is made. lengths (List[int]): tokens of each document.
    RETURNS (Ints2d): (B, N) bool, True up to each length.
    """
    n_max = max(lengths, default=0)
    return ops.xp.arange(n_max)[None, :] < ops.xp.asarray(lengths, dtype="int64")[:, None]


def pack(lengths: ndarray, budget: int) -> List[ndarray]:
    """Pack sequences in batches of similar length, the longest first.

    lengths (ndarray): (n,) int, the length of each sequence, at least 1.
    budget (int): a batch is at most so long, padding included, but always holds a sequence; a sixteenth of this at most
        is padding.
    RETURNS (List[ndarray]): for each batch the (k,) int indices of its k sequences.
    """
    order = numpy.argsort(-lengths, kind="stable")
    ordered = lengths[order]
    batches = []
    start = 0
    while start < len(order):
        longest = int(ordered[start])
        found = ordered[start : start + max(1, budget // longest)]
        end = start + int(numpy.searchsorted(numpy.cumsum(longest - found), budget * PADDING, side="right"))
        batches.append(order[start:end])
        start = end
    return batches


def add_context(segment: Segment, length: int, context: int) -> Segment:
    """Widen a segment of a document by tokens on either side, as far as there are any.

    segment (Segment): the document's index, and the tokens [start, end).
    length (int): tokens of that document.
    context (int): tokens on either side.
    RETURNS (Segment): the same document, and the wider span of tokens.
    """
    doc, start, end = segment
    return doc, max(start - context, 0), min(end + context, length)


def batch_segments(
    lengths: List[int], segment: int, budget: int, context: int = 0
) -> Iterator[List[Segment]]:
    """Cut documents into segments and pack these in batches, see `pack`.

    lengths (List[int]): tokens of each document.
    segment (int): most tokens of a segment.
    budget (int): most tokens of a batch, padding and context included (one segment may exceed it).
    context (int): tokens on either side of a segment that will be added to it.
    YIELDS (List[Tuple[int, int, int]]): document, start and end of each segment of a batch.
    """
    segments = [
        (doc, start, min(start + segment, length))
        for doc, length in enumerate(lengths)
        for start in range(0, length, segment)
    ]
    seen = [add_context(item, lengths[item[0]], context) for item in segments]
    for batch in pack(numpy.array([last - first for _, first, last in seen], dtype="int64"), budget):
        yield [segments[i] for i in batch]
