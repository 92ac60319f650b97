"""Relations between two tokens of a sentence, and the band of token pairs that may have them (MCL-NER).

The first token of a pair is its row. The relation neighbour links a token to the next one within an entity, cell
(i, i + 1). The relation start-end of a type links the last token of an entity to its first, cell (end, start), the
diagonal included, so that no cell has two relations. Since entities have bounded length, only a band of the n x n cells
is computed: `width` cells for each row i, where cell d stands for the token i + 1 - d. The band covers entities of up
to width - 1 tokens.
"""

from typing import Iterable, List, Sequence, Tuple

import numpy

# Classes of a pair; the labels follow, for start-end.
NONE, NEIGHBOUR = 0, 1


def relation_classes(labels: Sequence[str]) -> List[str]:
    """Get the class names of a token pair.

    labels (Sequence[str]): the entity labels.
    RETURNS (List[str]): "none", "neighbour" and the labels, which stand for start-end.
    """
    return ["none", "neighbour", *labels]


def band_width(longest: int) -> int:
    """Compute the width of the band.

    longest (int): tokens of the longest entity to find; at least 1 is assumed.
    RETURNS (int): the cells of a row: one for each possible start of an entity, and one for the next token.
    """
    return max(longest, 1) + 1


def band_partners(n: int, width: int) -> numpy.ndarray:
    """Find the second token of each cell.

    n (int): tokens of the sentence.
    width (int): cells of a row.
    RETURNS (ndarray): (n, width) int, token indices that may be outside [0, n).
    """
    return numpy.arange(n)[:, None] + 1 - numpy.arange(width)[None, :]


def find_cells(n: int, width: int) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """Find which cells of the band exist.

    n (int): tokens of the sentence.
    width (int): cells of a row.
    RETURNS (Tuple[ndarray, ndarray]): (n, width) the second token of each cell, for cells outside the sentence the
        nearest token; and (n, width) bool, whether the cell exists.
    """
    partners = band_partners(n, width)
    nearest = partners.clip(0, max(n - 1, 0))
    return nearest, partners == nearest


def encode_relations(
    begin: numpy.ndarray, inside: numpy.ndarray, types: numpy.ndarray, width: int
) -> numpy.ndarray:
    """Compute the class of each pair in the band.

    begin (ndarray): of shape (..., n), bool, the first tokens of entities.
    inside (ndarray): of shape (..., n), bool, their other tokens.
    types (ndarray): of shape (..., n), int, 0 outside, k + 1 for labels[k].
    width (int): cells of a row. An entity that is too long has neighbour relations, but no cell for start-end.
    RETURNS (ndarray): of shape (..., n, width), class indices, also 0 outside the sentence.
    """
    n = begin.shape[-1]
    entity = begin | inside
    follows = numpy.zeros_like(entity)
    follows[..., :-1] = inside[..., 1:]
    starts = begin | (inside & ~numpy.roll(entity, 1, axis=-1))
    starts[..., :1] |= inside[..., :1]
    start = numpy.maximum.accumulate(numpy.where(starts, numpy.arange(n), -1), axis=-1)
    ends = entity & ~follows
    cells = ends[..., None] & (band_partners(n, width) == start[..., None])
    relations = numpy.where(cells, types[..., None] + NEIGHBOUR, NONE)
    relations[..., 0] = numpy.where(entity & follows, NEIGHBOUR, NONE)
    return relations


def add_entities(relations: numpy.ndarray, entities: Iterable[Tuple[int, int, int]]) -> None:
    """Add the relations of entities that may lie within others, as long as these begin or end elsewhere.

    relations (ndarray): of shape (n, width), class indices, which are changed.
    entities (Iterable[Tuple[int, int, int]]): first token, token behind the last one, and k + 1 for labels[k].
    """
    for start, end, kind in entities:
        relations[start : end - 1, 0] = NEIGHBOUR
        if end - start < relations.shape[1]:
            relations[end - 1, end - start] = kind + NEIGHBOUR


def least_related(none: numpy.ndarray) -> numpy.ndarray:
    """Compute how probable it is that a token has no relation: the minimum over its pairs, in either role.

    none (ndarray): (n, width) probabilities of the class none, or their logarithms.
    RETURNS (ndarray): (n,).
    """
    partners, exist = find_cells(*none.shape)
    least = numpy.where(exist, none, numpy.inf).min(axis=1)
    numpy.minimum.at(least, partners[exist], none[exist])
    return least
