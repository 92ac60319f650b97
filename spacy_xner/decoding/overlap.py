from typing import List, Sequence

from ..types import Entity


def drop_overlaps(entities: Sequence[Entity]) -> List[Entity]:
    """Keep the best of overlapping entities: by score, then by length, then by position.

    entities (Sequence[Entity]): the entities.
    RETURNS (List[Entity]): the entities that are kept, in order.
    """
    taken: set = set()
    kept = []
    for entity in sorted(entities, key=lambda e: (-e.score, e.start - e.end, e.start)):
        tokens = range(entity.start, entity.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            kept.append(entity)
    return sorted(kept)
