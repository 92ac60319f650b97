"""Learning a lexicon from parallel text."""

from collections import Counter
from typing import Counter as CounterT
from typing import Dict, List, Sequence, Tuple

from .phrases import extract_phrases
from .types import Alignment


def learn_lexicon(
    pairs: Sequence[Tuple[Sequence[str], Sequence[str]]],
    alignments: Sequence[Alignment],
    *,
    max_words: int = 3,
    min_count: int = 2,
    min_share: float = 0.3,
) -> List[Tuple[str, str]]:
    """Collect words and phrases with their most frequent translation, from phrase pairs consistent with the alignments.

    pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
    alignments (Sequence[Alignment]): the alignment of each pair.
    max_words (int): most words of a phrase on either side.
    min_count (int): lowest count of a phrase with its translation.
    min_share (float): lowest share of this translation among all translations of the phrase.
    RETURNS (List[Tuple[str, str]]): phrases with their translations, the most frequent first. Phrases that differ only
        in case are merged, in their most frequent form.
    """
    renderings: Dict[str, CounterT[str]] = {}
    forms: Dict[str, CounterT[str]] = {}
    for (source, target), alignment in zip(pairs, alignments, strict=True):
        aligned = {i for i, _ in alignment}
        for phrase in extract_phrases(len(source), len(target), alignment, max_length=max_words):
            if phrase.source[0] not in aligned or phrase.source[1] - 1 not in aligned:
                continue  # an article that has no counterpart is no part of a name
            text = " ".join(source[slice(*phrase.source)])
            rendering = " ".join(target[slice(*phrase.target)])
            renderings.setdefault(text.casefold(), Counter())[rendering] += 1
            forms.setdefault(text.casefold(), Counter())[text] += 1
    found: List[Tuple[int, str, str]] = []
    for key, counts in renderings.items():
        rendering, count = max(counts.items(), key=lambda item: (item[1], item[0]))
        if count >= min_count and count >= min_share * counts.total():
            form = max(forms[key].items(), key=lambda item: (item[1], item[0]))[0]
            found.append((-count, form, rendering))
    return [(form, rendering) for _, form, rendering in sorted(found)]
