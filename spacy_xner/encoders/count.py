"""Finding the word pieces that occur in texts."""

from itertools import chain, islice
from typing import Callable, Iterable, Iterator, List, NamedTuple, Sequence, Set

from tokenizers import Tokenizer

from ..corpora.formats.records import TextRecord
from ..subwords import remove_prefix

Split = Callable[[str], Sequence[str]]

# Texts or words to tokenize at once.
BATCH = 4096


class FoundPieces(NamedTuple):
    """The word pieces of texts.

    ids (Set[int]): the word pieces.
    texts, words (int): the number of texts, and of different tokens.
    """

    ids: Set[int]
    texts: int
    words: int


def collect_ids(tokenizer: Tokenizer, texts: Iterable[TextRecord], split: Split) -> FoundPieces:
    """Find the word pieces of texts.

    These are the pieces of each whole text, and of each token by itself: at the beginning of a text, after a space, and
    after another token. Pipelines cut tokens by themselves, so that word pieces end where tokens end.

    tokenizer (Tokenizer): a tokenizer; its truncation and padding are turned off.
    texts (Iterable[TextRecord]): the texts, which are read once.
    split (Callable[[str], Sequence[str]]): the pipeline's tokenizer, for texts and for the tokens of column formats.
    RETURNS (FoundPieces): the word pieces.
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
    # A token of a column file may be several tokens of the pipeline.
    words.update({part for word in words for part in split(word)})
    glued = Tokenizer.from_str(tokenizer.to_str())
    remove_prefix(glued)
    for part in _batch(sorted(words)):
        ids.update(_encode(tokenizer, part))
        ids.update(_encode(tokenizer, [f" {word}" for word in part]))
        ids.update(_encode(glued, part))
    return FoundPieces(ids, n_texts, len(words))


def _batch(items: Iterable) -> Iterator[List]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch


def _encode(tokenizer: Tokenizer, texts: List[str]) -> Iterator[int]:
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return chain.from_iterable(encoding.ids for encoding in encoded)
