"""From documents to batches of word pieces, with their alignment to tokens. Nothing here computes with weights.

Shapes: D documents, P word pieces and N tokens of all documents; W windows, T pieces, K tokens of a batch.
"""

from itertools import chain
from typing import Any, List, Literal, NamedTuple, Sequence

import numpy
from numpy import ndarray
from spacy.tokens import Doc

from ..errors import Errors, XnerError
from .padding import pack
from .pieces import get_token_pieces
from .pretrained import find_specials
from .windows import choose_windows, cut_windows, pad_windows

Pooling = Literal["first", "mean"]


class Batch(NamedTuple):
    """Windows to run at once, and the word pieces whose vectors are read.

    A token with pieces in several batches is in each of these batches; its vector is the sum of its parts.

    ids (ndarray): (W, T) int64, the word pieces.
    mask (ndarray): (W, T) int64, 1 except on padding.
    tokens (ndarray): (K,) int64, indices of the batch's tokens among all tokens, without repetition.
    rows (ndarray): (R,) int64, the window of each piece that is read.
    columns (ndarray): (R,) int64, the position of each of these pieces in its window.
    slots (ndarray): (R,) int64, which of the K tokens each belongs to.
    weights (ndarray): (R,) float32, the share of each in its token's vector.
    """

    ids: ndarray
    mask: ndarray
    tokens: ndarray
    rows: ndarray
    columns: ndarray
    slots: ndarray
    weights: ndarray


class WordPieces(NamedTuple):
    """Tokenized documents.

    ids (ndarray): (P,) int64, the word pieces of all documents.
    lengths (ndarray): (D,) int64, the number of word pieces of each document.
    read (ndarray): (R,) int64, indices of the pieces whose vectors are read.
    tokens (ndarray): (R,) int64, the token of each of these pieces, ascending.
    weights (ndarray): (R,) float32, the share of each in its token's vector; the shares of a token sum to 1.
    """

    ids: ndarray
    lengths: ndarray
    read: ndarray
    tokens: ndarray
    weights: ndarray


def make_batches(
    docs: Sequence[Doc], tokenizer: Any, *, window: int, overlap: int, budget: int, pooling: Pooling = "first"
) -> List[Batch]:
    """Cut documents into windows and pack these into batches. Windows from which nothing is read are left out.

    docs (Sequence[Doc]): the documents.
    tokenizer (PreTrainedTokenizerFast): the tokenizer.
    window (int): word pieces of a window, special tokens included.
    overlap (int): word pieces that neighbouring windows share, at most half of the window.
    budget (int): word pieces of a batch, padding included.
    pooling (Literal["first", "mean"]): which word pieces to read, see `tokenize`.
    RETURNS (List[Batch]): the batches, the longest windows first.
    RAISES: X306 if the special tokens fill the window.
    """
    prefix, suffix = find_specials(tokenizer)
    n_specials = len(prefix) + len(suffix)
    size = window - n_specials
    if size < 1:
        expected = f"more than the {n_specials} special tokens of the encoder"
        raise XnerError(Errors.X306.format(found=window, expected=expected, option="'window'"))
    pieces = tokenize(docs, tokenizer, pooling)
    windows = cut_windows(pieces.lengths, size, min(overlap, size // 2))
    chosen = choose_windows(windows)[pieces.read]
    columns = pieces.read - windows[chosen, 0] + len(prefix)
    used = numpy.unique(chosen)
    pad = 0 if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    packs = pack(windows[used, 1] - windows[used, 0] + n_specials, budget)
    batch_of, row_of = numpy.zeros(len(windows), dtype="int64"), numpy.zeros(len(windows), dtype="int64")
    for number, packed in enumerate(packs):
        batch_of[used[packed]], row_of[used[packed]] = number, numpy.arange(len(packed))
    order = numpy.argsort(batch_of[chosen], kind="stable")
    ends = numpy.searchsorted(batch_of[chosen][order], numpy.arange(len(packs) + 1))
    batches = []
    for packed, start, end in zip(packs, ends[:-1], ends[1:], strict=True):
        ids, mask = pad_windows(pieces.ids, windows[used[packed]], prefix, suffix, pad)
        here = order[start:end]
        tokens, slots = numpy.unique(pieces.tokens[here], return_inverse=True)
        rows, weights = row_of[chosen[here]], pieces.weights[here]
        batches.append(Batch(ids, mask, tokens, rows, columns[here], slots, weights))
    return batches


def tokenize(docs: Sequence[Doc], tokenizer: Any, pooling: Pooling = "first") -> WordPieces:
    """Cut documents into word pieces and choose the ones to read.

    No piece crosses a token; there are no special tokens.

    docs (Sequence[Doc]): the documents.
    tokenizer (PreTrainedTokenizerFast): the tokenizer.
    pooling (Literal["first", "mean"]): whether a token's vector is the vector of its first word piece or the mean of
        all its word pieces. Pieces that are a single space are ignored.
    RETURNS (WordPieces): the word pieces of all documents.
    """
    cutter = get_token_pieces(tokenizer)
    cut = cutter.cut(docs)
    found = list(chain.from_iterable(cut))
    ids = numpy.fromiter(chain.from_iterable(token.ids for token in found), dtype="int64")
    lengths = numpy.array([sum(len(token.ids) for token in tokens) for tokens in cut], dtype="int64")
    sizes = numpy.array([len(token.ids) for token in found], dtype="int64")
    first = numpy.cumsum(sizes) - sizes + numpy.array([token.first for token in found], dtype="int64")
    tokens = numpy.flatnonzero(sizes)
    read = first[tokens]
    if pooling == "mean":
        is_read = ~numpy.isin(ids, list(cutter.blank))
        is_read[read] = True  # for tokens with no other piece
        read, tokens = numpy.flatnonzero(is_read), numpy.repeat(numpy.arange(len(found)), sizes)[is_read]
    weights = 1 / numpy.bincount(tokens, minlength=len(found))[tokens]
    return WordPieces(ids, lengths, read, tokens, weights.astype("float32"))


def count_lost(docs: Sequence[Doc], tokenizer: Any) -> int:
    """Count the tokens that a tokenizer's vocabulary lacks, see `Pieces.lost`.

    docs (Sequence[Doc]): the documents.
    tokenizer (PreTrainedTokenizerFast): the tokenizer.
    RETURNS (int): their number.
    """
    return sum(token.lost for tokens in get_token_pieces(tokenizer).cut(docs) for token in tokens)
