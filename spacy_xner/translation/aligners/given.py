"""Word alignments from a file, as many parallel corpora have."""

import warnings
from itertools import accumulate
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ...errors import Warnings
from ..aligned import AlignedPair, read_aligned, spread_alignment, squeeze
from ..engines.origins import describe_origin
from ..sentences import split_sentences
from ..types import Aligner, Alignment

# Share of pairs without alignment that gives a warning.
MOST_UNKNOWN = 0.1


class GivenAligner:
    """See `create_given_aligner`."""

    def __init__(self, memory: str, alignments: str, reverse: bool) -> None:
        self.name = f"given:{describe_origin(memory)}:{describe_origin(alignments)}:{reverse}"
        self.reverse = reverse
        self.path = alignments
        pairs = read_aligned(Path(memory), Path(alignments))
        self.known: Dict[Tuple[str, str], AlignedPair] = {}
        for pair in map(self._turn, pairs):
            self.known[squeeze(pair.source), squeeze(pair.target)] = pair
        for pair in list(self.known.values()):
            for part in cut_pair_sentences(pair):
                self.known.setdefault((squeeze(part.source), squeeze(part.target)), part)

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Look up the alignments of sentence pairs, however they are cut into tokens.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): the alignment of each pair, empty if the file lacks it. Warns (XW202) if it lacks
            more than a tenth of them.
        """
        entries = [self._find(source, target) for source, target in pairs]
        n_unknown = entries.count(None)
        if n_unknown > MOST_UNKNOWN * len(pairs):
            message = Warnings.XW202.format(path=self.path, n=n_unknown, total=len(pairs))
            warnings.warn(message, stacklevel=2)
        return [
            set() if entry is None else spread_alignment(entry, source, target)
            for entry, (source, target) in zip(entries, pairs, strict=True)
        ]

    def _find(self, source: Sequence[str], target: Sequence[str]) -> Optional[AlignedPair]:
        found = self.known.get((squeeze(source), squeeze(target)))
        if found is not None:
            return found
        # Sentences that the file has one by one, as the engine `memory` joins them.
        whole = AlignedPair(tuple(source), tuple(target), set())
        parts = [
            self.known.get((squeeze(part.source), squeeze(part.target))) for part in cut_pair_sentences(whole)
        ]
        known = [part for part in parts if part is not None]
        return join_pairs(known) if parts and len(known) == len(parts) else None

    def _turn(self, pair: AlignedPair) -> AlignedPair:
        if not self.reverse:
            return pair
        return AlignedPair(pair.target, pair.source, {(j, i) for i, j in pair.alignment})


def create_given_aligner(memory: str, alignments: str, reverse: bool = False) -> Aligner:
    """Create the aligner `spacy-xner.GivenAligner.v1`.

    memory (str): parallel file.
    alignments (str): file with a line of pairs "i-j" for each line of the parallel file: of the words between spaces,
        or of the tokens in the file beside it, which `spacy xner align` writes.
    reverse (bool): whether to use the file's target as source.
    RETURNS (Aligner): the aligner.
    RAISES: what `read_aligned` raises.
    """
    return GivenAligner(memory, alignments, reverse)


def cut_pair_sentences(pair: AlignedPair) -> List[AlignedPair]:
    """Cut a sentence pair that holds several sentences.

    pair (AlignedPair): the pair.
    RETURNS (List[AlignedPair]): a pair of each sentence; none unless both sides have as many, and several.
    """
    left, right = _find_ends(pair.source), _find_ends(pair.target)
    if len(left) != len(right) or len(left) < 2:
        return []
    return [
        AlignedPair(
            pair.source[i:k],
            pair.target[j:m],
            {(one - i, other - j) for one, other in pair.alignment if i <= one < k and j <= other < m},
        )
        for i, k, j, m in zip([0, *left], left, [0, *right], right, strict=False)
    ]


def join_pairs(pairs: Sequence[AlignedPair]) -> AlignedPair:
    """Join sentence pairs to one.

    pairs (Sequence[AlignedPair]): the pairs, in order.
    RETURNS (AlignedPair): all words and links.
    """
    joined = AlignedPair((), (), set())
    for pair in pairs:
        i, j = len(joined.source), len(joined.target)
        links = {(i + one, j + other) for one, other in pair.alignment}
        joined = AlignedPair(
            joined.source + pair.source, joined.target + pair.target, joined.alignment | links
        )
    return joined


def _find_ends(words: Sequence[str]) -> List[int]:
    """RETURNS (List[int]): after how many words each sentence ends."""
    return list(accumulate(len(part.split()) for part in split_sentences(" ".join(words))))
