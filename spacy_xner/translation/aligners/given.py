"""Word alignments from a file, as many parallel corpora have."""

from pathlib import Path
from typing import List, Sequence, Tuple

from ..engines.origins import describe_origin
from ..memory import normalize_key, read_alignments, read_pairs
from ..types import Aligner, Alignment


class GivenAligner:
    """See `create_given_aligner`."""

    def __init__(self, memory: str, alignments: str, reverse: bool) -> None:
        self.name = f"given:{describe_origin(memory)}:{describe_origin(alignments)}:{reverse}"
        self.reverse = reverse
        pairs = list(read_pairs(Path(memory)))
        aligned = read_alignments(Path(alignments), pairs, Path(memory))
        self.known = {
            (normalize_key(source), normalize_key(target)): alignment
            for (source, target), alignment in zip(pairs, aligned, strict=True)
        }

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Look up the alignments of sentence pairs.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): the alignment of each pair, empty if the file lacks it or has other tokens.
        """
        found = (
            (normalize_key(" ".join(source)), normalize_key(" ".join(target))) for source, target in pairs
        )
        return [self._find(source, target) for source, target in found]

    def _find(self, source: str, target: str) -> Alignment:
        if self.reverse:
            return {(j, i) for i, j in self.known.get((target, source), ())}
        return self.known.get((source, target), set())


def create_given_aligner(memory: str, alignments: str, reverse: bool = False) -> Aligner:
    """Create the aligner `spacy-xner.GivenAligner.v1`.

    memory (str): parallel file with texts tokenized by spaces.
    alignments (str): file with a line of pairs "i-j" for each line of the parallel file.
    reverse (bool): whether to use the file's target as source.
    RETURNS (Aligner): the aligner.
    RAISES: what `read_memory` raises.
    """
    return GivenAligner(memory, alignments, reverse)
