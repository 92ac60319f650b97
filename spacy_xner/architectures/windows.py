"""Windows over word pieces, and the alignment of word pieces with tokens: arrays in, arrays out.

Shapes: D documents, P word pieces (of all documents, one after another), W windows, N tokens. Spans are rows
[start, end). A window never crosses documents.
"""

from typing import Sequence, Tuple

import numpy
from numpy import ndarray

# All code points that str.isspace() knows are below this one.
_N_SPACES = 0x3001
_IS_SPACE = numpy.array([chr(code).isspace() for code in range(_N_SPACES)] + [False])


def find_spaces(text: str) -> ndarray:
    """Find the white space of a text.

    text (str): a text of n characters.
    RETURNS (ndarray): (n,) bool, True where `str.isspace` is.
    """
    codes = numpy.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return _IS_SPACE[numpy.minimum(codes, _N_SPACES)]


def break_tokens(text: str, tokens: ndarray, size: int) -> Tuple[str, ndarray]:
    """Put a space into a text behind so many characters of a token, for tokenizers that give up on long words.

    text (str): the text, of n characters.
    tokens (ndarray): (N, 2) int, the character spans of its tokens.
    size (int): most characters of a word.
    RETURNS (Tuple[str, ndarray]): the text with k spaces, and (n + k + 1,) int, the place in the text of each of its
        characters and of its end; a space has that of the character behind it.
    """
    lengths = tokens[:, 1] - tokens[:, 0]
    if lengths.max(initial=0) <= size:
        return text, numpy.arange(len(text) + 1)
    row, number = _expand(numpy.ones_like(lengths), numpy.maximum(lengths - 1, 0) // size)
    breaks = tokens[row, 0] + number * size
    places = numpy.insert(numpy.arange(len(text) + 1), breaks, breaks)
    parts = [0, *breaks.tolist(), len(text)]
    pieces = (text[start:end] for start, end in zip(parts[:-1], parts[1:], strict=True))
    return " ".join(pieces), places


def find_first_pieces(pieces: ndarray, tokens: ndarray, spaces: ndarray) -> ndarray:
    """Find the first word piece of each token: the first whose span holds a character of the token other than
    white space. So it doesn't matter whether a tokenizer counts the space before a word to the piece, and a
    piece over two tokens belongs to both.

    pieces (ndarray): (P, 2) int, the character spans of a document's word pieces; may be empty or repeated.
    tokens (ndarray): (N, 2) int, the character spans of its tokens, none empty.
    spaces (ndarray): (n,) bool, True for the white space of its text.
    RETURNS (ndarray): (N,) int, the index of the word piece, -1 for tokens without any.
    """
    none = len(pieces)
    row, char = _expand(pieces[:, 0], numpy.maximum(pieces[:, 1] - pieces[:, 0], 0))
    # One more entry, so that a token may end where the text does.
    first = numpy.full(len(spaces) + 1, none)
    numpy.minimum.at(first, char, row)
    first[:-1][spaces] = none
    found = numpy.minimum.reduceat(first, tokens.reshape(-1))[::2]
    return numpy.where(found < none, found, -1)


def cut_windows(lengths: ndarray, size: int, overlap: int) -> ndarray:
    """Cut each document in windows of one size. Neighbours have `overlap` pieces in common; the last window
    of a document ends where the document does. Every piece is in a window.

    lengths (ndarray): (D,) int, the number of word pieces of each document.
    size (int): the word pieces of a window, at least 1.
    overlap (int): the word pieces that neighbours share, less than the size.
    RETURNS (ndarray): (W, 2) int, spans over the pieces of all documents; none for empty documents.
    """
    more = -(-numpy.maximum(lengths - size, 0) // (size - overlap))
    doc, number = _expand(numpy.zeros_like(lengths), numpy.where(lengths > 0, 1 + more, 0))
    ends = numpy.cumsum(lengths)
    starts = (ends - lengths)[doc] + number * (size - overlap)
    return numpy.stack([starts, numpy.minimum(starts + size, ends[doc])], axis=1)


def choose_windows(windows: ndarray) -> ndarray:
    """Choose for each word piece the window that gives it most context: where it is farthest from the nearer
    edge; the first of equals.

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
    """Make the input of an encoder from windows: special tokens around each, padding on the right.

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
    """Count `lengths[i]` steps from `starts[i]`, for each i: gives the i and the value of every step."""
    row = numpy.repeat(numpy.arange(len(lengths)), lengths)
    before = numpy.cumsum(lengths) - lengths
    return row, numpy.arange(len(row)) - before[row] + starts[row]
