"""Carrying the entities of a sentence over to its translation."""

from typing import Dict, List, NamedTuple, Sequence, Set, Tuple

from spacy.tokens import Doc, Span

from ...tokenizer import is_unspaced
from .finders import Finder


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
    """Find each entity in the translation, with the first finder that knows where.

    Each finder looks for all entities before the next one does. Of entities the longer choose first.

    source (Doc): the labelled sentence; its entities bear ids.
    target (Doc): the translation.
    finders (Dict[str, Finder]): ways to find an entity, the most trusted first.
    RETURNS (Projection): what was found and how, without overlap, and what was not.
    """
    taken: Set[int] = set()
    pairs: List[Tuple[Span, str]] = []
    missing = sorted(enumerate(source.ents), key=lambda item: item[1].start - item[1].end)
    for name, find in finders.items():
        for i, ent in list(missing):
            found = find(i, ent, target, taken)
            if found is not None:
                taken.update(range(*found))
                pairs.append((Span(target, *found, label=ent.label_, span_id=ent.id_), name))
                missing.remove((i, ent))
    pairs.sort(key=lambda pair: pair[0].start)
    return Projection([span for span, _ in pairs], [name for _, name in pairs], [ent for _, ent in missing])


def drop_uncapitalized(projection: Projection) -> Projection:
    """Leave out entities whose target has letters with case but no capital.

    Where capitals mark names, these are no names there, as "español" for "Spanish".

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
    """Find out from raw text whether a language writes mainly names with capitals.

    Spanish does, and German, with all its nouns, does not.

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
