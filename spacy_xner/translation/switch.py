"""Code-switched text: sentences some of whose words are those of their translations."""

import random
from typing import Iterator, List, Sequence, Tuple

from .types import Alignment

Words = List[str]


def switch_words(
    pairs: Sequence[Tuple[Sequence[str], Sequence[str]]],
    alignments: Sequence[Alignment],
    *,
    share: float = 0.5,
    copies: int = 2,
    seed: int = 0,
) -> Iterator[Words]:
    """Make code-switched copies of sentence pairs, of either side.

    pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
    alignments (Sequence[Alignment]): of each pair.
    share (float): probability with which an aligned token is replaced by its counterpart.
    copies (int): how many of each side; the choice of tokens differs.
    seed (int): of that choice.
    YIELDS (List[str]): the tokens of a copy, as many as the side has that it comes from.
    """
    rng = random.Random(seed)
    for (source, target), alignment in zip(pairs, alignments, strict=True):
        links = sorted(alignment)
        for _ in range(copies):
            ours, theirs = list(source), list(target)
            for i, j in links:
                if rng.random() < share:
                    ours[i] = target[j]
                if rng.random() < share:
                    theirs[j] = source[i]
            yield ours
            yield theirs
