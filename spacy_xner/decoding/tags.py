from typing import Dict, List, Sequence

import numpy

from ..schemes import find_spans, get_scheme
from ..types import Decoder, Entity
from .probabilities import average_probabilities


def create_tag_decoder(outputs: List[str], scheme: str = "bio", label: str = "ENT") -> Decoder:
    """Entities from one tag per token. The score is the mean probability of the entity's tags.

    outputs (List[str]): outputs with that scheme; the probabilities of several are averaged.
    scheme (str): "bio", "span" (entities without type) or "type" (runs of one type).
    label (str): the label of entities without type.
    RETURNS (Decoder): the decoder.
    """
    get_scheme(scheme)

    def decode(logits: Dict[str, numpy.ndarray], labels: Sequence[str]) -> List[Entity]:
        probabilities = average_probabilities(logits, outputs)
        classes = get_scheme(scheme).classes(labels)
        if scheme == "type":
            classes = ["O", *(f"I-{label}" for label in labels)]
        best = probabilities.argmax(axis=-1)
        scores = probabilities.max(axis=-1)
        return [
            Entity(start, end, kind or label, float(scores[start:end].mean()))
            for start, end, kind in find_spans([classes[i] for i in best])
        ]

    return Decoder(decode, outputs)
