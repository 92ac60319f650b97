"""Windows over word pieces: arrays in, arrays out.

Shapes: D documents, P word pieces (of all documents, one after another), W windows. Spans are rows
[start, end). A window never crosses documents.
"""

from typing import Sequence, Tuple

import numpy
from numpy import ndarray


def cut_windows(lengths: ndarray, size: int, overlap: int) -> ndarray:
    """Cut each document into overlapping windows, so that every word piece is in a window.

    The last window of a document ends with the document and may be shorter.

    lengths (ndarray): (D,) int, the number of word pieces of each document.
    size (int): word pieces of a window, at least 1.
    overlap (int): word pieces that neighbouring windows share, less than the size.
    RETURNS (ndarray): (W, 2) int, spans over the pieces of all documents; none for empty documents.
    """
    more = -(-numpy.maximum(lengths - size, 0) // (size - overlap))
    doc, number = _expand(numpy.zeros_like(lengths), numpy.where(lengths > 0, 1 + more, 0))
    ends = numpy.cumsum(lengths)
    starts = (ends - lengths)[doc] + number * (size - overlap)
    return numpy.stack([starts, numpy.minimum(starts + size, ends[doc])], axis=1)


def choose_windows(windows: ndarray) -> ndarray:
    """Choose for each word piece the window that gives it the most context.

    This is the window where it is farthest from the nearer edge, or the first of several.

    windows (ndarray): (W, 2) int, as from `cut_windows`.
    RETURNS (ndarray): (P,) int, the index of each word piece's window.
    """
    starts, ends = windows[:, 0], windows[:, 1]
    window, piece = _expand(starts, ends - starts)
    distance = numpy.minimum(piece - starts[window], ends[window] - 1 - piece)
    order = numpy.lexsort((window, -distance, piece))
    return window[order][numpy.diff(piece[order], prepend=-1) > 0]


def pad_windows(
    pieces: ndarray, windows: ndarray, prefix: Sequence[int], suffix: Sequence[int], pad: int
) -> Tuple[ndarray, ndarray]:
    """Make the input of a transformer from windows: special tokens around each window, padding on the right.

    pieces (ndarray): (P,) int, the ids of all word pieces.
    windows (ndarray): (W, 2) int, the windows of a batch, none empty.
    prefix (Sequence[int]): ids of the special tokens before a window.
    suffix (Sequence[int]): ids of the special tokens after a window.
    pad (int): id of the padding.
    RETURNS (Tuple[ndarray, ndarray]): (W, T) int64 ids, and (W, T) int64 attention mask, 1 except on padding.
    """
    sizes = windows[:, 1] - windows[:, 0]
    lengths = sizes + len(prefix) + len(suffix)
    columns = numpy.arange(lengths.max())
    ids = numpy.full((len(windows), len(columns)), pad, dtype="int64")
    ids[:, : len(prefix)] = prefix
    row, piece = _expand(windows[:, 0], sizes)
    ids[row, len(prefix) + piece - windows[row, 0]] = pieces[piece]
    for i, special in enumerate(suffix):
        ids[numpy.arange(len(windows)), len(prefix) + sizes + i] = special
    return ids, (columns < lengths[:, None]).astype("int64")


def _expand(starts: ndarray, lengths: ndarray) -> Tuple[ndarray, ndarray]:
    """RETURNS (Tuple[ndarray, ndarray]): i and each number of the range of `lengths[i]` numbers from `starts[i]`."""
    row = numpy.repeat(numpy.arange(len(lengths)), lengths)
    before = numpy.cumsum(lengths) - lengths
    return row, numpy.arange(len(row)) - before[row] + starts[row]
