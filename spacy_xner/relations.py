"""Relations between two tokens of a sentence, and the band of pairs in which they are looked for (MCL-NER).

The first token of a pair counts as its row. Neighbour relates a token to the next one within an entity, cell
(i, i + 1); start-end of a type relates the last token of an entity to its first, cell (end, start), the diagonal
included, so that no cell has two relations. Entities have bounded length, so of the n x n cells only a band is
computed: `width` cells for each row i, of which cell d stands for the token i + 1 - d. Entities of up to width - 1
tokens lie in it.
"""

from typing import List, Sequence, Tuple

import numpy

# Classes of a pair; those after them are the labels, for start-end.
NONE, NEIGHBOUR = 0, 1


def relation_classes(labels: Sequence[str]) -> List[str]:
    """Name the classes of a pair of tokens.

    labels (Sequence[str]): the entity labels.
    RETURNS (List[str]): "none", "neighbour" and the labels, which stand for start-end.
    """
    return ["none", "neighbour", *labels]


def band_width(longest: int) -> int:
    """Find how wide the band must be.

    longest (int): tokens of the longest entity that is looked for; less than 1 counts as 1.
    RETURNS (int): the cells of a row: one for each start that an entity may have, and one for the next token.
    """
    return max(longest, 1) + 1


def band_partners(n: int, width: int) -> numpy.ndarray:
    """Find the second token of each cell.

    n (int): tokens of the sentence.
    width (int): cells of a row.
    RETURNS (ndarray): (n, width) int, which may be outside [0, n).
    """
    return numpy.arange(n)[:, None] + 1 - numpy.arange(width)[None, :]


def find_cells(n: int, width: int) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """Find which cells of the band exist.

    n (int): tokens of the sentence.
    width (int): cells of a row.
    RETURNS (Tuple[ndarray, ndarray]): (n, width) the second token of each cell, the nearest where there is none; and
        (n, width) bool, whether there is one.
    """
    partners = band_partners(n, width)
    nearest = partners.clip(0, max(n - 1, 0))
    return nearest, partners == nearest


def encode_relations(
    begin: numpy.ndarray, inside: numpy.ndarray, types: numpy.ndarray, width: int
) -> numpy.ndarray:
    """The class of each pair of the band.

    begin (ndarray): of shape (..., n), bool, the first tokens of entities.
    inside (ndarray): of shape (..., n), bool, their later tokens.
    types (ndarray): of shape (..., n), int, 0 outside, k + 1 for labels[k].
    width (int): cells of a row. The start-end relation of a longer entity has no cell, its neighbours have.
    RETURNS (ndarray): of shape (..., n, width), class indices, 0 outside the sentence too.
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


def least_related(none: numpy.ndarray) -> numpy.ndarray:
    """How probable it is that a token has no relation, as the least of its pairs, in either role, says.

    none (ndarray): (n, width) probabilities, or their logarithms, of the class none.
    RETURNS (ndarray): (n,).
    """
    partners, exist = find_cells(*none.shape)
    least = numpy.where(exist, none, numpy.inf).min(axis=1)
    numpy.minimum.at(least, partners[exist], none[exist])
    return least
