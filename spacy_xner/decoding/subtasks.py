from typing import Dict, List, Sequence

import numpy

from ..schemes import find_spans, get_scheme
from ..types import Decoder, Entity
from .probabilities import average_probabilities


def create_subtask_decoder(span: List[str], type: List[str], keep_untyped: bool = False) -> Decoder:
    """Create a decoder that reads entities from a span and a type sub-task (DLBri section 3.4).

    Spans are read from B, I and O; the type is the type of the span's last token. The score is the mean probability of
    the span tags times the probability of the type.

    span (List[str]): outputs with the scheme "span"; the probabilities of several outputs are averaged.
    type (List[str]): outputs with the scheme "type", averaged in the same way.
    keep_untyped (bool): keep spans whose last token has no type (O), with the most probable type. The paper drops them.
    RETURNS (Decoder): the decoder.
    """

    def decode(logits: Dict[str, numpy.ndarray], labels: Sequence[str]) -> List[Entity]:
        span_p = average_probabilities(logits, span)
        type_p = average_probabilities(logits, type)
        classes = get_scheme("span").classes(labels)
        scores = span_p.max(axis=-1)
        entities = []
        for start, end, _ in find_spans([classes[i] for i in span_p.argmax(axis=-1)]):
            last = type_p[end - 1]
            kind = int(last[1:].argmax()) + 1 if keep_untyped else int(last.argmax())
            if kind > 0:
                score = float(scores[start:end].mean() * last[kind])
                entities.append(Entity(start, end, labels[kind - 1], score))
        return entities

    schemes = {**dict.fromkeys(span, "span"), **dict.fromkeys(type, "type")}
    return Decoder(decode, [*span, *type], schemes=schemes)
