"""Decoding across white space: encoders give it no vector, so its outputs mean nothing, also within an entity."""

from typing import Dict, List, Sequence

import numpy

from ..relations import NEIGHBOUR
from ..types import Decoder, Entity

# The logit of a relation that is certain.
CERTAIN = 1e4


def decode_words(
    decoder: Decoder, logits: Dict[str, numpy.ndarray], labels: Sequence[str], spaces: numpy.ndarray
) -> List[Entity]:
    """Decode as if there were no white space tokens, so that an entity may contain them.

    decoder (Decoder): the decoder.
    logits (Dict[str, ndarray]): for each output (n, C), or (n, D, C) for token pairs.
    labels (Sequence[str]): the labels.
    spaces (ndarray): (n,) bool, True on white space tokens.
    RETURNS (List[Entity]): the entities, in tokens of the document. Only entities from token pairs may begin or end
        with white space.
    """
    if not spaces.any():
        return decoder.decode(logits, labels)
    pairs = {name for name in decoder.outputs if logits[name].ndim == 3}
    if pairs:
        bridged = {name: _bridge(logits[name], spaces) if name in pairs else logits[name] for name in logits}
        return decoder.decode(bridged, labels)
    words = numpy.flatnonzero(~spaces)
    if not len(words):
        return []
    entities = decoder.decode({name: logits[name][words] for name in decoder.outputs}, labels)
    return [e._replace(start=int(words[e.start]), end=int(words[e.end - 1]) + 1) for e in entities]


def _bridge(values: numpy.ndarray, spaces: numpy.ndarray) -> numpy.ndarray:
    """RETURNS (ndarray): (n, D, C), where white space and the token before it have a neighbour relation."""
    chained = spaces.copy()
    chained[:-1] |= spaces[1:]
    values = values.copy()
    values[chained, 0, :] = 0.0
    values[chained, 0, NEIGHBOUR] = CERTAIN
    return values
