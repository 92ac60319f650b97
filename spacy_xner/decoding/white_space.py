"""Decoding around white space, for which encoders have no vector: it may lie within an entity, and tells nothing."""

from typing import Dict, List, Sequence

import numpy

from ..relations import NEIGHBOUR
from ..types import Decoder, Entity

# Of a relation that is certain, as a logit beside others.
CERTAIN = 1e4


def decode_words(
    decoder: Decoder, logits: Dict[str, numpy.ndarray], labels: Sequence[str], spaces: numpy.ndarray
) -> List[Entity]:
    """Decode as if tokens of white space were not there, so that an entity may go on behind them.

    decoder (Decoder): the decoder.
    logits (Dict[str, ndarray]): (n, C), or (n, D, C) of token pairs, by output.
    labels (Sequence[str]): the labels.
    spaces (ndarray): (n,) bool, whether a token is white space.
    RETURNS (List[Entity]): the entities, by tokens of the document. None begins or ends with white space but for those
        of token pairs.
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
    """RETURNS (ndarray): (n, D, C), where white space and the token before it are chained to the next token."""
    chained = spaces.copy()
    chained[:-1] |= spaces[1:]
    values = values.copy()
    values[chained, 0, :] = 0.0
    values[chained, 0, NEIGHBOUR] = CERTAIN
    return values
