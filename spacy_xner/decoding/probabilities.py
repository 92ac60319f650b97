from typing import Dict, List

import numpy


def softmax(logits: numpy.ndarray) -> numpy.ndarray:
    """Probabilities of classes. logits (ndarray): of shape (..., C). RETURNS (ndarray): of the same shape (..., C)."""
    shifted = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def average_probabilities(logits: Dict[str, numpy.ndarray], outputs: List[str]) -> numpy.ndarray:
    """Mean of the outputs' probabilities.

    logits (Dict[str, ndarray]): (n, C) for each output.
    outputs (List[str]): the outputs to average, with the same classes.
    RETURNS (ndarray): (n, C).
    """
    return numpy.mean([softmax(logits[name]) for name in outputs], axis=0)
