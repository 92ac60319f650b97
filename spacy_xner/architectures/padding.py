"""Padding: from one array per document to batches."""

from typing import Iterator, List, Tuple

import numpy
from numpy import ndarray
from thinc.api import Ops
from thinc.types import Floats2d, Floats3d, Ints2d

Segment = Tuple[int, int, int]
# Largest share of padding; beyond it a new batch is cheaper.
PADDING = 1 / 16


def pad(ops: Ops, Xs: List[Floats2d], width: int) -> Floats3d:
    """Pad arrays and stack them.

    ops (Ops): the operations of the device.
    Xs (List[Floats2d]): one (n, d) array per document.
    width (int): d, needed if there are no arrays.
    RETURNS (Floats3d): (B, N, d), zero where padded.
    """
    n_max = max((len(X) for X in Xs), default=0)
    padded = ops.alloc3f(len(Xs), n_max, width)
    for i, X in enumerate(Xs):
        padded[i, : len(X)] = X
    return padded


def make_mask(ops: Ops, lengths: List[int]) -> Ints2d:
    """Make the mask of tokens of a padded batch.

    ops (Ops): the operations of the device.
    lengths (List[int]): the number of tokens of each document.
    RETURNS (Ints2d): (B, N) bool, True on tokens, False on padding.
    """
    n_max = max(lengths, default=0)
    return ops.xp.arange(n_max)[None, :] < ops.xp.asarray(lengths, dtype="int64")[:, None]


def pack(lengths: ndarray, budget: int) -> List[ndarray]:
    """Pack sequences of similar length into batches, the longest first.

    lengths (ndarray): (n,) int, the length of each sequence, at least 1.
    budget (int): largest size of a batch, padding included; a longer sequence is a batch by itself. At most a sixteenth
        of the budget is padding.
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
    """Extend a segment of a document by tokens on either side, within the document.

    segment (Segment): the document's index, and the tokens [start, end).
    length (int): the number of tokens of that document.
    context (int): tokens to add on either side.
    RETURNS (Segment): the same document, and the longer span of tokens.
    """
    doc, start, end = segment
    return doc, max(start - context, 0), min(end + context, length)


def batch_segments(
    lengths: List[int], segment: int, budget: int, context: int = 0
) -> Iterator[List[Segment]]:
    """Cut documents into segments and pack these into batches, see `pack`.

    lengths (List[int]): the number of tokens of each document.
    segment (int): most tokens of a segment.
    budget (int): most tokens of a batch, padding and context included (a single segment may exceed it).
    context (int): tokens that will be added on either side of a segment.
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
