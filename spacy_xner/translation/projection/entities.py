"""Carrying the entities of a sentence over to its translation: by marks, word alignment, names or its own text."""

import unicodedata
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.tokens import Doc, Span

from ...tokenizer import is_unspaced
from ..lexicon import Lexicon
from ..types import Alignment, Chars

# Tokens [start, end) of the target.
Tokens = Tuple[int, int]
# From the number of an entity in its sentence, the entity, the target, and the tokens that others took already.
Finder = Callable[[int, Span, Doc, Set[int]], Optional[Tokens]]
# Whether an entity may be found by its own text: as it is written, or also in another case.
FALLBACKS = ("none", "exact", "casefold")


class Projection(NamedTuple):
    """The entities of a sentence in its translation.

    spans (List[Span]): the entities in the target with the labels and ids of the source, in order.
    found (List[str]): how each was found, the name of a finder.
    missing (List[Span]): the source's entities that no finder found.
    no_names (List[Span]): entities that were found but are no names in the target, see `drop_uncapitalized`.
    """

    spans: List[Span]
    found: List[str]
    missing: List[Span]
    no_names: Tuple[Span, ...] = ()


def project_entities(source: Doc, target: Doc, finders: Dict[str, Finder]) -> Projection:
    """Find each entity in the translation, with the first finder that knows where. Longer entities choose first.

    source (Doc): the labelled sentence; its entities bear ids.
    target (Doc): the translation.
    finders (Dict[str, Finder]): ways to find an entity, the most trusted first.
    RETURNS (Projection): what was found and how, without overlap, and what was not.
    """
    taken: Set[int] = set()
    pairs: List[Tuple[Span, str]] = []
    missing: List[Span] = []
    numbered = sorted(enumerate(source.ents), key=lambda item: item[1].start - item[1].end)
    for i, ent in numbered:
        attempts = ((name, find(i, ent, target, taken)) for name, find in finders.items())
        name, found = next((attempt for attempt in attempts if attempt[1] is not None), ("", None))
        if found is None:
            missing.append(ent)
            continue
        taken.update(range(*found))
        pairs.append((Span(target, *found, label=ent.label_, span_id=ent.id_), name))
    pairs.sort(key=lambda pair: pair[0].start)
    return Projection([span for span, _ in pairs], [name for _, name in pairs], missing)


def drop_uncapitalized(projection: Projection) -> Projection:
    """Leave out entities whose target has letters with case but no capital: where capitals mark names, these are no
    names there, as "español" for "Spanish".

    projection (Projection): what was found.
    RETURNS (Projection): the same without them; they are told apart from those that were not found.
    """
    is_name = [span.text == span.text.upper() or span.text != span.text.lower() for span in projection.spans]
    pairs = list(zip(projection.spans, projection.found, is_name, strict=True))
    return Projection(
        [span for span, _, kept in pairs if kept],
        [how for _, how, kept in pairs if kept],
        projection.missing,
        tuple(span for span, _, kept in pairs if not kept),
    )


def find_repeats(projection: Projection, target: Doc) -> List[Span]:
    """Find the names that occur again in a sentence: the source may say "he" for the second.

    projection (Projection): what was found.
    target (Doc): the sentence.
    RETURNS (List[Span]): the other places, outside of all entities, where the same words stand in a row, in order,
        with the label and the id of the entity. Case counts. Longer names choose first. One character of a script
        without spaces has none: it may be part of any word.
    """
    taken = {i for span in projection.spans for i in range(span.start, span.end)}
    words = [token.text for token in target]
    found: List[Span] = []
    for span in sorted(projection.spans, key=lambda span: span.start - span.end):
        name = words[span.start : span.end]
        if len(span.text) == 1 and is_unspaced(span.text):
            continue
        for start in range(len(words) - len(name) + 1):
            place = range(start, start + len(name))
            if words[start : place.stop] == name and taken.isdisjoint(place):
                taken.update(place)
                found.append(Span(target, start, place.stop, label=span.label_, span_id=span.id_))
    return sorted(found, key=lambda span: span.start)


def add_spans(projection: Projection, spans: Sequence[Span], how: str) -> Projection:
    """Add entities to what was found.

    projection (Projection): what was found.
    spans (Sequence[Span]): others, which overlap none of it.
    how (str): how they were found.
    RETURNS (Projection): all, in order.
    """
    pairs = [*zip(projection.spans, projection.found, strict=True), *((span, how) for span in spans)]
    pairs.sort(key=lambda pair: pair[0].start)
    return projection._replace(spans=[span for span, _ in pairs], found=[how for _, how in pairs])


def capitals_mark_names(docs: Sequence[Doc], least: float = 0.01, most: float = 0.2) -> bool:
    """Find out from raw text whether a language writes mainly names with capitals, as Spanish does and German,
    with all its nouns, does not.

    docs (Sequence[Doc]): sentences.
    least, most (float): between what shares of capitalized words among those with case, first words of sentences
        left out.
    RETURNS (bool): whether the share is between; False for scripts without case, and for text in one case.
    """
    words = [
        token.text for doc in docs for token in doc[1:] if token.text[:1].lower() != token.text[:1].upper()
    ]
    n_capitals = sum(word[0].isupper() for word in words)
    return bool(words) and least * len(words) <= n_capitals <= most * len(words)


def by_marks(spans: Sequence[Optional[Chars]], alignment: Optional[Alignment] = None) -> Finder:
    """Take what an engine marked, unless the words of the entity are aligned with quite other ones: brackets do not
    tell which is which where their order changed.

    spans (Sequence[Optional[Chars]]): the characters that are marked for each entity of the source, in order.
    alignment (Optional[Alignment]): pairs of source and target token.
    RETURNS (Finder): gives the tokens of the mark, if none of them is taken. A mark that ends inside a token takes
        the whole token.
    """

    def find(i: int, ent: Span, target: Doc, taken: Set[int]) -> Optional[Tokens]:
        chars = spans[i] if i < len(spans) else None
        span = None if chars is None else target.char_span(*chars, alignment_mode="expand")
        if span is None:
            return None
        aligned = {j for k, j in alignment or () if ent.start <= k < ent.end}
        if aligned and aligned.isdisjoint(range(span.start, span.end)):
            return None
        return _free(_trim((span.start, span.end), target, ent), taken)

    return find


def by_alignment(alignment: Alignment) -> Finder:
    """Take the longest run of the tokens aligned with the entity, gaps of one token closed, punctuation at the edges
    left out.

    alignment (Alignment): pairs of source and target token.
    RETURNS (Finder): gives the run, None if no free token is aligned.
    """

    def find(i: int, ent: Span, target: Doc, taken: Set[int]) -> Optional[Tokens]:
        positions = sorted({j for k, j in alignment if ent.start <= k < ent.end and j not in taken})
        runs: List[Tokens] = []
        for j in positions:
            if runs and j - runs[-1][1] <= 1 and taken.isdisjoint(range(runs[-1][1], j)):
                runs[-1] = (runs[-1][0], j + 1)
            else:
                runs.append((j, j + 1))
        trimmed = [_trim(run, target, ent) for run in runs]
        return max((run for run in trimmed if run[0] < run[1]), key=lambda run: run[1] - run[0], default=None)

    return find


def by_names(lexicon: Lexicon) -> Finder:
    """Take the first rendering of the entity that the target contains, on token boundaries and in any case.

    lexicon (Lexicon): renderings of names.
    RETURNS (Finder): gives the tokens of its first free place.
    """
    return lambda i, ent, target, taken: _search(lexicon.get(ent.text.casefold(), []), target, taken)


def by_own_text(fold: bool = False) -> Finder:
    """Take the entity's own text, where the target contains it.

    fold (bool): whether in any case.
    RETURNS (Finder): gives the tokens of its first free place.
    """
    return lambda i, ent, target, taken: _search([ent.text], target, taken, fold)


def make_finders(
    *,
    marks: Sequence[Optional[Chars]] = (),
    alignment: Optional[Alignment] = None,
    lexicon: Optional[Lexicon] = None,
    fallback: str = "casefold",
) -> Dict[str, Finder]:
    """The usual order: marks, then the entity's very text, which is right more often than an alignment, then the
    lexicon, alignment, and the text in another case.

    marks (Sequence[Optional[Chars]]): the characters that are marked for each entity of the source, None for a lost
        mark; empty if nothing was marked.
    alignment (Optional[Alignment]): pairs of source and target token; None if it is not known.
    lexicon (Optional[Lexicon]): renderings of names; None to use none.
    fallback (str): "none" never looks for the entity's own text, which may be another word of the target's language;
        "exact" looks for it as it is written, "casefold" at last also in another case.
    RETURNS (Dict[str, Finder]): finders by the name that is recorded.
    """
    finders: Dict[str, Finder] = {}
    if any(span is not None for span in marks):
        finders["mark"] = by_marks(marks, alignment)
    if fallback != "none":
        finders["text"] = by_own_text()
    if lexicon:
        finders["lexicon"] = by_names(lexicon)
    if alignment:
        finders["alignment"] = by_alignment(alignment)
    if fallback == "casefold":
        finders["text in another case"] = by_own_text(fold=True)
    return finders


def _trim(run: Tokens, target: Doc, ent: Span) -> Tokens:
    """Leave out punctuation at the edges that the entity itself does not have there."""
    start, end = run
    while start < end and is_punctuation(target[start].text) and not is_punctuation(ent[0].text):
        start += 1
    while start < end and is_punctuation(target[end - 1].text) and not is_punctuation(ent[-1].text):
        end -= 1
    return start, end


def _free(run: Tokens, taken: Set[int]) -> Optional[Tokens]:
    return run if run[0] < run[1] and taken.isdisjoint(range(*run)) else None


def is_punctuation(text: str) -> bool:
    """Tell whether a token is punctuation.

    text (str): the token.
    RETURNS (bool): whether there is nothing but punctuation.
    """
    return all(unicodedata.category(char).startswith("P") for char in text)


def _search(names: Sequence[str], target: Doc, taken: Set[int], fold: bool = True) -> Optional[Tokens]:
    # Folding makes some letters longer, as German sharp s: each letter leads back to the one it comes from.
    folded = [char.casefold() if fold else char for char in target.text]
    text, origins = "".join(folded), [i for i, chars in enumerate(folded) for _ in chars]
    for name in (name.casefold() if fold else name for name in dict.fromkeys(names) if name):
        at = text.find(name)
        while at >= 0:
            span = target.char_span(origins[at], origins[at + len(name) - 1] + 1)
            if span is not None and _free((span.start, span.end), taken):
                return span.start, span.end
            at = text.find(name, at + 1)
    return None
