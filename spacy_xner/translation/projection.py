"""Finding the entities of a sentence in its translation."""

import unicodedata
from typing import Dict, List, Optional, Set, Tuple

from spacy.tokens import Doc, Span

from .lexicon import Lexicon
from .memory import Alignment


def project_entities(
    source: Doc, target: Doc, alignment: Optional[Alignment], lexicon: Optional[Lexicon] = None
) -> Optional[List[Span]]:
    """Carry the entities of a sentence over to its translation.

    Each entity takes the longest run of the target tokens aligned with it, gaps of one token closed, punctuation
    at the edges left out; where nothing is aligned, its rendering in the lexicon, or its own text, if the
    translation contains it. Longer entities choose first.

    source (Doc): the labelled sentence; its entities bear ids.
    target (Doc): the translation.
    alignment (Optional[Alignment]): pairs of source and target tokens.
    lexicon (Optional[Lexicon]): renderings of names.
    RETURNS (Optional[List[Span]]): the entities in the target with the labels and ids of the source, in order.
        None if any entity was not found.
    """
    taken: Set[int] = set()
    spans: List[Span] = []
    for ent in sorted(source.ents, key=lambda ent: ent.start - ent.end):
        found = _by_alignment(ent, target, alignment, taken) or _by_text(ent, target, lexicon or {}, taken)
        if found is None:
            return None
        taken.update(range(*found))
        spans.append(Span(target, *found, label=ent.label_, span_id=ent.id_))
    return sorted(spans, key=lambda span: span.start)


def _by_alignment(
    ent: Span, target: Doc, alignment: Optional[Alignment], taken: Set[int]
) -> Optional[Tuple[int, int]]:
    positions = sorted({j for i, j in alignment or () if ent.start <= i < ent.end and j not in taken})
    runs: List[Tuple[int, int]] = []
    for j in positions:
        if runs and j - runs[-1][1] <= 1 and taken.isdisjoint(range(runs[-1][1], j)):
            runs[-1] = (runs[-1][0], j + 1)
        else:
            runs.append((j, j + 1))
    trimmed = [_trim(run, target, ent) for run in runs]
    return max((run for run in trimmed if run[0] < run[1]), key=lambda run: run[1] - run[0], default=None)


def _trim(run: Tuple[int, int], target: Doc, ent: Span) -> Tuple[int, int]:
    """Leave out punctuation at the edges that the entity itself does not have there."""
    start, end = run
    while start < end and _is_punctuation(target[start].text) and not _is_punctuation(ent[0].text):
        start += 1
    while start < end and _is_punctuation(target[end - 1].text) and not _is_punctuation(ent[-1].text):
        end -= 1
    return start, end


def _is_punctuation(text: str) -> bool:
    return all(unicodedata.category(char).startswith("P") for char in text)


def _by_text(ent: Span, target: Doc, lexicon: Lexicon, taken: Set[int]) -> Optional[Tuple[int, int]]:
    # Folding makes some letters longer, as German sharp s: each letter leads back to the one it comes from.
    folded = [char.casefold() for char in target.text]
    text, origins = "".join(folded), [i for i, chars in enumerate(folded) for _ in chars]
    candidates: Dict[str, None] = dict.fromkeys([*lexicon.get(ent.text.casefold(), []), ent.text])
    for name in (candidate.casefold() for candidate in candidates if candidate):
        at = text.find(name)
        while at >= 0:
            span = target.char_span(origins[at], origins[at + len(name) - 1] + 1)
            if span is not None and taken.isdisjoint(range(span.start, span.end)):
                return span.start, span.end
            at = text.find(name, at + 1)
    return None
