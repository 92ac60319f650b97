from typing import Dict, List, Sequence

import numpy

from ..relations import NEIGHBOUR, band_partners
from ..types import Decoder, Entity
from .overlap import drop_overlaps
from .probabilities import softmax


def create_relation_decoder(output: str, nested: bool = False) -> Decoder:
    """Create a decoder that reads entities from the relations of token pairs (MCL-NER).

    An entity is a start-end relation whose tokens are all linked by neighbour relations. Its score is the mean
    probability of these relations. If entities overlap, the best is kept.

    output (str): the output with the scheme "relation".
    nested (bool): keep overlapping entities; `doc.ents` still gets the best of them.
    RETURNS (Decoder): the decoder.
    """

    def decode(logits: Dict[str, numpy.ndarray], labels: Sequence[str]) -> List[Entity]:
        entities = decode_relations(softmax(logits[output]), labels)
        return sorted(entities) if nested else drop_overlaps(entities)

    return Decoder(decode, [output], schemes={output: "relation"})


def decode_relations(probabilities: numpy.ndarray, labels: Sequence[str]) -> List[Entity]:
    """Read all entities of a document, including overlapping ones.

    probabilities (ndarray): (n, D, C) probabilities of the relations in each token's row.
    labels (Sequence[str]): the labels.
    RETURNS (List[Entity]): the entities, in the order of their last tokens.
    """
    n, width, _ = probabilities.shape
    partners = band_partners(n, width)
    best = probabilities.argmax(axis=-1)
    # Before each token: the number of tokens without a link to the next one, and the sum of the links' probabilities.
    gaps = numpy.concatenate([[0], numpy.cumsum(best[:, 0] != NEIGHBOUR)])
    chains = numpy.concatenate([[0.0], numpy.cumsum(probabilities[:, 0, NEIGHBOUR], dtype="float64")])
    typed = (best > NEIGHBOUR) & (partners >= 0)
    typed[:, 0] = False
    entities = []
    for last, cell in zip(*numpy.nonzero(typed), strict=True):
        start, kind = partners[last, cell], best[last, cell]
        if gaps[last] == gaps[start]:
            total = probabilities[last, cell, kind] + chains[last] - chains[start]
            score = min(float(total / (last - start + 1)), 1.0)
            entities.append(Entity(int(start), int(last) + 1, labels[kind - NEIGHBOUR - 1], score))
    return entities
