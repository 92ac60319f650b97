"""Code-switched text: sentences with some words from their translations."""

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
    """Make code-switched copies of both sides of sentence pairs.

    pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
    alignments (Sequence[Alignment]): the alignment of each pair.
    share (float): probability of replacing an aligned token by its counterpart.
    copies (int): number of copies of each side, with different choices of tokens.
    seed (int): random seed.
    YIELDS (List[str]): the tokens of a copy, as many as the original has.
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
