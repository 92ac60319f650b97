"""Which word pieces occur in texts."""

from itertools import chain, islice
from typing import Callable, Iterable, Iterator, List, NamedTuple, Sequence, Set

import srsly
from tokenizers import Tokenizer

from ..corpora.formats.records import TextRecord
from .kinds import MARK

Split = Callable[[str], Sequence[str]]

# Texts, or words, that are tokenized at once.
BATCH = 4096


class Found(NamedTuple):
    """What texts consist of.

    ids (Set[int]): the word pieces.
    texts, words (int): how many texts there are, and how many different tokens.
    """

    ids: Set[int]
    texts: int
    words: int


def collect_ids(tokenizer: Tokenizer, texts: Iterable[TextRecord], split: Split) -> Found:
    """Find the word pieces of texts: of each text as a whole, and of each of its tokens alone, at the beginning and in
    the middle of a word, because pipelines let word pieces end where tokens end.

    tokenizer (Tokenizer): a tokenizer; its truncation and padding end.
    texts (Iterable[TextRecord]): the texts, which are read once.
    split (Callable[[str], Sequence[str]]): the pipeline's tokenizer, for texts whose format has no tokens.
    RETURNS (Found): what they consist of.
    """
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids: Set[int] = set()
    words: Set[str] = set()
    n_texts = 0
    for batch in _batch(texts):
        ids.update(_encode(tokenizer, [record.text for record in batch]))
        for record in batch:
            words.update(split(record.text) if record.words is None else record.words)
        n_texts += len(batch)
    bare = _make_bare(tokenizer)
    for part in _batch(sorted(words)):
        ids.update(_encode(tokenizer, part))
        ids.update(_encode(tokenizer, [f" {word}" for word in part]))
        inner = chain.from_iterable(_cut(tokenizer, word) for word in part)
        ids.update(_encode(bare, [piece.lstrip(MARK) for piece in inner]))
    return Found(ids, n_texts, len(words))


def _batch(items: Iterable) -> Iterator[List]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch


def _encode(tokenizer: Tokenizer, texts: List[str]) -> Iterator[int]:
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return chain.from_iterable(encoding.ids for encoding in encoded)


def _make_bare(tokenizer: Tokenizer) -> Tokenizer:
    """RETURNS (Tokenizer): one of the same vocabulary that takes a text as one word."""
    data = srsly.json_loads(tokenizer.to_str())
    return Tokenizer.from_str(srsly.json_dumps({**data, "normalizer": None, "pre_tokenizer": None}))


def _cut(tokenizer: Tokenizer, word: str) -> List[str]:
    """RETURNS (List[str]): what the vocabulary sees of a word: it is normalized, and may be cut again."""
    normalized = tokenizer.normalizer.normalize_str(word) if tokenizer.normalizer else word
    if tokenizer.pre_tokenizer is None:
        return [normalized]
    return [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized)]
