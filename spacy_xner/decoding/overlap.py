from typing import List, Sequence

from ..types import Entity


def drop_overlaps(entities: Sequence[Entity]) -> List[Entity]:
    """Of entities that overlap, keep the one with the best score, of equal ones the longer, then the first.

    entities (Sequence[Entity]): the entities.
    RETURNS (List[Entity]): those that are kept, in order.
    """
    taken: set = set()
    kept = []
    for entity in sorted(entities, key=lambda e: (-e.score, e.start - e.end, e.start)):
        tokens = range(entity.start, entity.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            kept.append(entity)
    return sorted(kept)
