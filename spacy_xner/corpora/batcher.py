from itertools import repeat
from typing import Callable, Dict, Iterable, Iterator, List, Sequence, TypeVar, Union

from spacy.tokens import Doc
from spacy.training import Example

from ..metadata import get_group

# Most tokens that are predicted at once, however many documents that is: their vectors are in memory together.
MAX_TOKENS = 32768

T = TypeVar("T")
Batcher = Callable[[Iterable[Example]], Iterable[List[Example]]]


def create_group_batcher(size: Union[int, Sequence[int]], max_words: int = 0) -> Batcher:
    """Batch examples so that the renderings of one sentence are together.

    size (Union[int, Sequence[int]]): most examples in a batch; a larger group makes a batch of its own.
    max_words (int): most tokens in a batch, 0 for no limit; a longer group makes a batch of its own.
    RETURNS (Callable): from examples to batches. Groups come in the order of their first example.
    """

    def batch(examples: Iterable[Example]) -> Iterator[List[Example]]:
        sizes = repeat(size) if isinstance(size, int) else iter(size)
        groups: Dict[str, List[Example]] = {}
        for index, eg in enumerate(examples):
            groups.setdefault(get_group(eg.reference) or f" {index}", []).append(eg)
        limit = int(next(sizes))
        current: List[Example] = []
        words = 0
        for group in groups.values():
            n_words = sum(len(eg.reference) for eg in group)
            if current and (len(current) + len(group) > limit or (max_words and words + n_words > max_words)):
                yield current
                limit = int(next(sizes))
                current, words = [], 0
            current.extend(group)
            words += n_words
        if current:
            yield current

    return batch


def batch_docs(docs: Iterable[Doc], size: int, max_tokens: int = MAX_TOKENS) -> Iterator[List[Doc]]:
    """Batch documents for prediction, so that long ones need no more memory than short ones.

    docs (Iterable[Doc]): the documents.
    size (int): most documents in a batch.
    max_tokens (int): most tokens in a batch; a longer document makes a batch of its own.
    YIELDS (List[Doc]): the batches, in order.
    """
    return batch_by_length(docs, size, max_tokens, len)


def batch_by_length(
    items: Iterable[T], size: int, max_length: int, length: Callable[[T], int]
) -> Iterator[List[T]]:
    """Batch items in order.

    items (Iterable): the items.
    size (int): most items in a batch.
    max_length (int): most length of a batch, all together; a longer item makes a batch of its own.
    length (Callable): gives the length of an item.
    YIELDS (List): the batches.
    """
    current: List[T] = []
    total = 0
    for item in items:
        if current and (len(current) == size or total + length(item) > max_length):
            yield current
            current, total = [], 0
        current.append(item)
        total += length(item)
    if current:
        yield current
