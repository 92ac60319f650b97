"""Phrase pairs that are consistent with a word alignment."""

from typing import List, NamedTuple, Optional, Tuple

from .types import Alignment

# Tokens [start, end) of a sentence.
Tokens = Tuple[int, int]


class PhrasePair(NamedTuple):
    """A phrase and its translation.

    source, target (Tokens): the tokens of the phrase in the sentence and in its translation.
    """

    source: Tokens
    target: Tokens


def extract_phrases(
    n_source: int, n_target: int, alignment: Alignment, *, max_length: int = 7
) -> List[PhrasePair]:
    """List the phrase pairs of a sentence pair that are consistent with its word alignment.

    A pair is consistent if it contains at least one link, and no link leads out of it (Och and Ney, 2004; Koehn et al.,
    2003). Each source phrase is paired with the smallest target phrase that covers its links. The edges of the source
    phrase may be unaligned, so that `the EU` and `EU` both pair with `UE`.

    n_source (int): number of source tokens.
    n_target (int): number of target tokens.
    alignment (Alignment): pairs of source and target token.
    max_length (int): most tokens of a phrase, on either side.
    RETURNS (List[PhrasePair]): the pairs, ordered by source phrase.
    """
    to_target = _ranges([(i, j) for i, j in alignment], n_source)
    to_source = _ranges([(j, i) for i, j in alignment], n_target)
    phrases: List[PhrasePair] = []
    for start in range(n_source):
        covered: Optional[Tokens] = None
        for end in range(start + 1, min(start + max_length, n_source) + 1):
            covered = _union(covered, to_target[end - 1])
            if covered is None:
                continue
            if covered[1] - covered[0] > max_length:
                break
            back: Optional[Tokens] = None
            for j in range(*covered):
                back = _union(back, to_source[j])
            if back is not None and start <= back[0] and back[1] <= end:
                phrases.append(PhrasePair((start, end), covered))
    return phrases


def _ranges(links: List[Tuple[int, int]], n: int) -> List[Optional[Tokens]]:
    """RETURNS (List[Optional[Tokens]]): for each of n tokens the range of its links, None without links."""
    ranges: List[Optional[Tokens]] = [None] * n
    for i, j in links:
        ranges[i] = _union(ranges[i], (j, j + 1))
    return ranges


def _union(left: Optional[Tokens], right: Optional[Tokens]) -> Optional[Tokens]:
    if left is None or right is None:
        return left or right
    return min(left[0], right[0]), max(left[1], right[1])
