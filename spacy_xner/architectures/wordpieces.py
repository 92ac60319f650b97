"""From documents to batches of word pieces, with the way back to tokens. Nothing here computes with weights.

Shapes: D documents, P word pieces and N tokens of all documents; W windows, T pieces, K tokens of a batch.
"""

from itertools import chain
from typing import Any, List, NamedTuple

import numpy
from numpy import ndarray
from spacy.tokens import Doc

from ..errors import Errors, XnerError
from .padding import pack
from .pretrained import find_specials
from .windows import (
    break_tokens,
    choose_windows,
    cut_windows,
    find_first_pieces,
    find_spaces,
    pad_windows,
)

# Word pieces that stand for a space alone, in sentencepiece and in byte-level vocabularies.
SPACE_PIECES = ("\u2581", "\u0120")
# Where BERT's tokenizer gives up on a word, which is then one unknown piece.
LONGEST_WORD = 100


class Batch(NamedTuple):
    """Windows to run at once, and the tokens to read from them.

    ids (ndarray): (W, T) int64, the word pieces.
    mask (ndarray): (W, T) int64, 1 except on padding.
    tokens (ndarray): (K,) int64, indices of the tokens among all.
    rows (ndarray): (K,) int64, the window of each token.
    columns (ndarray): (K,) int64, the position of its first word piece in the window.
    """

    ids: ndarray
    mask: ndarray
    tokens: ndarray
    rows: ndarray
    columns: ndarray


class WordPieces(NamedTuple):
    """Tokenized documents.

    ids (ndarray): (P,) int64, the word pieces of all documents.
    lengths (ndarray): (D,) int64, the number of word pieces of each document.
    first (ndarray): (N,) int64, the index of each token's first word piece, -1 for none.
    """

    ids: ndarray
    lengths: ndarray
    first: ndarray


def make_batches(docs: List[Doc], tokenizer: Any, *, window: int, overlap: int, budget: int) -> List[Batch]:
    """Cut documents in windows, and pack these in batches. Windows that no token needs are left out.

    docs (List[Doc]): the documents.
    tokenizer (PreTrainedTokenizerFast): the tokenizer.
    window (int): word pieces of a window, special tokens included.
    overlap (int): word pieces that neighbouring windows share; lowered to half of the window.
    budget (int): word pieces of a batch, padding included.
    RETURNS (List[Batch]): the batches, the longest windows first.
    RAISES: X306 if the window has no room beside the special tokens.
    """
    prefix, suffix = find_specials(tokenizer)
    n_specials = len(prefix) + len(suffix)
    size = window - n_specials
    if size < 1:
        expected = f"more than the {n_specials} special tokens of the encoder"
        raise XnerError(Errors.E306.format(found=window, expected=expected, option="'window'"))
    pieces = tokenize(docs, tokenizer)
    windows = cut_windows(pieces.lengths, size, min(overlap, size // 2))
    tokens = numpy.flatnonzero(pieces.first >= 0)
    first = pieces.first[tokens]
    chosen = choose_windows(windows)[first]
    columns = first - windows[chosen, 0] + len(prefix)
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
        batches.append(Batch(ids, mask, tokens[here], row_of[chosen[here]], columns[here]))
    return batches


def tokenize(docs: List[Doc], tokenizer: Any) -> WordPieces:
    """Tokenize whole documents in one call, without special tokens, and find each token's first word piece. Tokens of
    more than 100 characters are split for it.

    docs (List[Doc]): the documents.
    tokenizer (PreTrainedTokenizerFast): the tokenizer.
    RETURNS (WordPieces): the word pieces of all documents.
    """
    texts = [doc.text for doc in docs]
    spans = [find_token_spans(doc) for doc in docs]
    broken = [break_tokens(text, found, LONGEST_WORD) for text, found in zip(texts, spans, strict=True)]
    encoded = tokenizer(
        [text for text, _ in broken] or [""],  # no text at all would be an error
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    lengths = numpy.array([len(ids) for ids in encoded["input_ids"]])
    ids = numpy.fromiter(chain.from_iterable(encoded["input_ids"]), dtype="int64")
    # From here on the texts are one, and spans are rows of it.
    chars = numpy.array(list(chain.from_iterable(encoded["offset_mapping"])), dtype="int64").reshape(-1, 2)
    chars += numpy.repeat(_find_starts([len(places) for _, places in broken] or [0]), lengths)[:, None]
    starts = _find_starts([len(text) for text in texts])
    places = [places + start for (_, places), start in zip(broken, starts, strict=True)]
    pieces = numpy.concatenate([numpy.zeros(0, dtype="int64"), *places])[chars]
    # The piece of a space may claim the character that follows it.
    vocab = tokenizer.backend_tokenizer
    blank = numpy.isin(ids, [piece for piece in map(vocab.token_to_id, SPACE_PIECES) if piece is not None])
    pieces[blank, 1] = pieces[blank, 0]
    moved = [span + start for span, start in zip(spans, starts, strict=True)]
    tokens = numpy.concatenate([numpy.zeros((0, 2), dtype="int64"), *moved])
    first = find_first_pieces(pieces, tokens, find_spaces("".join(texts)))
    return WordPieces(ids, lengths, first)


def _find_starts(lengths: List[int]) -> ndarray:
    """RETURNS (ndarray): where each of several sequences begins if they are put one after another."""
    return numpy.cumsum([0, *lengths])[:-1]


def find_token_spans(doc: Doc) -> ndarray:
    """Find where the tokens of a document are in its text.

    doc (Doc): a document of n tokens.
    RETURNS (ndarray): (n, 2) int64, the characters [start, end) of each token.
    """
    spans = doc.to_array(["IDX", "LENGTH"]).astype("int64").reshape(-1, 2)
    spans[:, 1] += spans[:, 0]
    return spans
