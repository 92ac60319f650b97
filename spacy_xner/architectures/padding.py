"""Between one array per document and padded batches."""

from typing import Iterator, List, Tuple

from thinc.api import Ops
from thinc.types import Floats2d, Floats3d, Ints2d

Segment = Tuple[int, int, int]


def pad(ops: Ops, Xs: List[Floats2d], width: int) -> Floats3d:
    """Pad arrays to one. Xs (List[Floats2d]): (n, d) each. RETURNS (Floats3d): (B, N, d), zero where padded."""
    n_max = max((len(X) for X in Xs), default=0)
    padded = ops.alloc3f(len(Xs), n_max, width)
    for i, X in enumerate(Xs):
        padded[i, : len(X)] = X
    return padded


def make_mask(ops: Ops, lengths: List[int]) -> Ints2d:
    """RETURNS (Ints2d): (B, N) bool, True up to each length."""
    n_max = max(lengths, default=0)
    return ops.xp.arange(n_max)[None, :] < ops.xp.asarray(lengths, dtype="int64")[:, None]


def add_context(segment: Segment, length: int, context: int) -> Segment:
    """RETURNS (Tuple[int, int, int]): a segment of a document of so many tokens, with those on either side."""
    doc, start, end = segment
    return doc, max(start - context, 0), min(end + context, length)


def batch_segments(
    lengths: List[int], segment: int, budget: int, context: int = 0
) -> Iterator[List[Segment]]:
    """Cut documents into segments and pack these, longest first, into batches of similar length.

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

    def size(item: Segment) -> int:
        _, first, last = add_context(item, lengths[item[0]], context)
        return last - first

    segments.sort(key=size, reverse=True)
    batch: List[Segment] = []
    for item in segments:
        longest = size(batch[0]) if batch else 0
        if batch and longest * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch
