from typing import Dict, List, Literal, Optional, Sequence

import numpy

from ..errors import Errors, XnerError
from ..schemes import match_boundaries
from ..types import Decoder, Entity
from .probabilities import softmax
from .tags import create_tag_decoder

Read = Literal["boundaries", "labels"]


def create_boundary_decoder(
    start: str, end: str, *, labels: Optional[str] = None, read: Read = "boundaries"
) -> Decoder:
    """Create a decoder that reads entities from the tokens where they start and end (DualNER), see `match_boundaries`.

    The score of an entity is the mean probability of its start and its end.

    start, end (str): the outputs with the schemes "start" and "end".
    labels (Optional[str]): the model's output with the scheme "bio", if it has one.
    read (str): "boundaries" as in the paper, or "labels" to read entities from the output `labels` instead.
    RETURNS (Decoder): the decoder.
    RAISES: X016 if `read` is "labels" and `labels` names no output.
    """
    if read == "labels":
        if not labels:
            raise XnerError(Errors.X016)
        return create_tag_decoder([labels])

    def decode(logits: Dict[str, numpy.ndarray], types: Sequence[str]) -> List[Entity]:
        opened, closed = softmax(logits[start]), softmax(logits[end])
        spans = match_boundaries(opened.argmax(axis=-1).tolist(), closed.argmax(axis=-1).tolist())
        return [
            Entity(first, last, types[kind - 1], float(opened[first, kind] + closed[last - 1, kind]) / 2)
            for first, last, kind in spans
        ]

    return Decoder(decode, [start, end], schemes={start: "start", end: "end"})
