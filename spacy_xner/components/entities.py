"""Write the entities that a component finds into a document, which may have some already."""

from typing import List, Sequence

import numpy
from spacy.tokens import Doc, Span

from ..decoding.overlap import drop_overlaps
from ..scores import find_scored, list_scored, set_scored
from ..types import Entity


def set_entities(doc: Doc, entities: Sequence[Entity], key: str, *, overwrite: bool) -> None:
    """Write entities into `doc.ents`, and with their scores into a span group.

    Blocked tokens (`doc.set_ents(blocked=...)`) get no entity and stay blocked. Entities do not begin or end with white
    space, as in spaCy's own recogniser.

    doc (Doc): the document.
    entities (Sequence[Entity]): the entities. If some overlap, only the best of them goes into `doc.ents`.
    key (str): key of the span group.
    overwrite (bool): replace the entities that the document has. Otherwise they are kept, with their scores in the
        group, and new entities that overlap them are left out.
    """
    blocked = find_blocked(doc)
    kept = [] if overwrite else list(doc.ents)
    kept_tokens = _list_tokens(kept)
    taken = kept_tokens.union(_list_tokens(blocked))
    free = [
        entity
        for entity in entities
        if taken.isdisjoint(range(entity.start, entity.end))
        and not (doc[entity.start].is_space or doc[entity.end - 1].is_space)
    ]
    earlier = [
        (span, score)
        for span, score in find_scored(doc, list_scored(doc, key))
        if not kept_tokens.isdisjoint(range(span.start, span.end))
    ]
    best = [Span(doc, entity.start, entity.end, label=entity.label) for entity in drop_overlaps(free)]
    doc.set_ents([*kept, *best], blocked=blocked, default="outside")
    found = [(Span(doc, entity.start, entity.end, label=entity.label), entity.score) for entity in free]
    set_scored(doc, key, [*earlier, *found])


def find_blocked(doc: Doc) -> List[Span]:
    """Find the tokens that may have no entity.

    doc (Doc): the document.
    RETURNS (List[Span]): a span of one token for each blocked token. spaCy stores it as the start of an entity without
        a type.
    """
    iob, types = doc.to_array(["ENT_IOB", "ENT_TYPE"]).T if len(doc) else (numpy.zeros(0), numpy.zeros(0))
    return [Span(doc, i, i + 1) for i in numpy.flatnonzero((iob == 3) & (types == 0)).tolist()]


def _list_tokens(spans: Sequence[Span]) -> "set[int]":
    return {token for span in spans for token in range(span.start, span.end)}
