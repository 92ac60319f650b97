from typing import Dict, List

import numpy


def softmax(logits: numpy.ndarray) -> numpy.ndarray:
    """Compute the probabilities of classes.

    logits (ndarray): an array of shape (..., C).
    RETURNS (ndarray): an array of the same shape (..., C).
    """
    shifted = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def average_probabilities(logits: Dict[str, numpy.ndarray], outputs: List[str]) -> numpy.ndarray:
    """Average the probabilities of several outputs.

    logits (Dict[str, ndarray]): (n, C) for each output.
    outputs (List[str]): the outputs to average, with the same classes.
    RETURNS (ndarray): (n, C).
    """
    return numpy.mean([softmax(logits[name]) for name in outputs], axis=0)
