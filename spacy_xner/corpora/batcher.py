import math
from itertools import cycle, islice, repeat, tee
from typing import Callable, Dict, Iterable, Iterator, List, Literal, Optional, Sequence, TypeVar, Union

from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors, XnerError
from ..metadata import get_group_key

# Most tokens to predict at once, in however many documents, since all their vectors are in memory.
MAX_TOKENS = 32768

T = TypeVar("T")
Batcher = Callable[[Iterable[Example]], Iterable[List[Example]]]
# What the size of a batch counts.
Count = Literal["examples", "groups"]


def create_group_batcher(
    size: Union[int, Sequence[int]],
    max_words: int = 0,
    labelled: Optional[float] = None,
    count: Count = "examples",
) -> Batcher:
    """Create a batcher that keeps the renderings of a sentence in one batch.

    size (Union[int, Sequence[int]]): most examples or groups in a batch; a larger group is a batch by itself.
    max_words (int): most tokens in a batch, 0 for no limit; a longer group is a batch by itself.
    labelled (Optional[float]): share of each batch, in (0, 1), for groups with annotation; the rest is for groups
        without. The limits are divided accordingly. The smaller of the two kinds is repeated until the other is used
        up. None: groups are batched in their order, whether they have annotation or not.
    count (str): what `size` counts: "examples" counts each rendering, "groups" counts a sentence with all its
        renderings once.
    RETURNS (Callable): from examples to batches. Groups are in the order of their first example.
    RAISES: X136 if the share is not in (0, 1).
    """
    if labelled is not None and not 0 < labelled < 1:
        raise XnerError(Errors.X136.format(found=labelled))

    def batch(examples: Iterable[Example]) -> Iterator[List[Example]]:
        groups = collect_groups(examples)
        sizes = repeat(size) if isinstance(size, int) else iter(size)
        known = [any(eg.reference.has_annotation("ENT_IOB") for eg in group) for group in groups]
        if labelled is None or len(set(known)) < 2:
            yield from fill_batches(groups, sizes, max_words, count)
            return
        streams = []
        for kind, limits, share in zip((True, False), tee(sizes), (labelled, 1 - labelled), strict=True):
            chosen = [group for group, has_labels in zip(groups, known, strict=True) if has_labels == kind]
            shares = (max(1, round(limit * share)) for limit in limits)
            streams.append(list(fill_batches(chosen, shares, math.ceil(max_words * share), count)))
        n_batches = max(map(len, streams))
        for parts in islice(zip(*map(cycle, streams), strict=True), n_batches):
            yield [eg for part in parts for eg in part]

    return batch


def collect_groups(examples: Iterable[Example]) -> List[List[Example]]:
    """Collect the examples of each group.

    examples (Iterable[Example]): the examples; an example without a group is a group of its own.
    RETURNS (List[List[Example]]): the examples of each group, in the order of the groups' first examples.
    """
    groups: Dict[str, List[Example]] = {}
    for index, eg in enumerate(examples):
        groups.setdefault(get_group_key(eg.reference, index), []).append(eg)
    return list(groups.values())


def divide_batch(examples: List[Example], parts: int) -> List[List[Example]]:
    """Divide a batch into parts without dividing groups.

    The groups are assigned to the parts in turn, so that a batch that begins with its labelled groups gives parts with
    both labelled and unlabelled groups.

    examples (List[Example]): the batch.
    parts (int): most parts; empty parts are left out.
    RETURNS (List[List[Example]]): the parts.
    """
    groups = collect_groups(examples)
    dealt = ([eg for group in groups[k::parts] for eg in group] for k in range(parts))
    return [part for part in dealt if part]


def fill_batches(
    groups: Iterable[List[Example]], sizes: Iterator[int], max_words: int, count: Count = "examples"
) -> Iterator[List[Example]]:
    """Fill batches with whole groups, in order.

    groups (Iterable[List[Example]]): the groups.
    sizes (Iterator[int]): most examples or groups of each batch.
    max_words (int): most tokens in a batch, 0 for no limit.
    count (str): what the sizes count, "examples" or "groups".
    YIELDS (List[Example]): the batches.
    """
    limit = int(next(sizes))
    current: List[Example] = []
    counted = words = 0
    for group in groups:
        n = 1 if count == "groups" else len(group)
        n_words = sum(len(eg.reference) for eg in group)
        if current and (counted + n > limit or (max_words and words + n_words > max_words)):
            yield current
            limit = int(next(sizes))
            current, counted, words = [], 0, 0
        current.extend(group)
        counted += n
        words += n_words
    if current:
        yield current


def batch_docs(docs: Iterable[Doc], size: int, max_tokens: int = MAX_TOKENS) -> Iterator[List[Doc]]:
    """Batch documents for prediction, with fewer documents in a batch if they are long.

    docs (Iterable[Doc]): the documents.
    size (int): most documents in a batch.
    max_tokens (int): most tokens in a batch; a longer document is a batch by itself.
    YIELDS (List[Doc]): the batches, in order.
    """
    return batch_by_length(docs, size, max_tokens, len)


def batch_by_length(
    items: Iterable[T], size: int, max_length: int, length: Callable[[T], int]
) -> Iterator[List[T]]:
    """Batch items in order, by their number and their length.

    items (Iterable): the items.
    size (int): most items in a batch.
    max_length (int): largest total length of a batch; a longer item is a batch by itself.
    length (Callable): returns the length of an item.
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
