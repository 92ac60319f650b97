from typing import Dict, List, Literal, Sequence, get_args

import numpy

from ..errors import Errors, XnerError
from ..schemes import find_spans, get_scheme
from ..types import Decoder, Entity
from .probabilities import average_probabilities

DecodedScheme = Literal["bio", "span", "type"]


def create_tag_decoder(
    outputs: List[str], scheme: DecodedScheme = "bio", label: str = "ENT", marginal: bool = False
) -> Decoder:
    """Create a decoder that reads entities from one tag per token.

    The score of an entity is the mean probability of its tags.

    outputs (List[str]): outputs with this scheme; the probabilities of several outputs are averaged.
    scheme (str): "bio", "span" (entities without type) or "type" (runs of one type).
    label (str): the label of entities without type.
    marginal (bool): first decide where entities are, by summing over the types, then choose the type of each. This
        matters when several outputs agree on an entity but not on its type: "O" may then be the most probable tag
        although an entity is more probable than none.
    RETURNS (Decoder): the decoder.
    RAISES: X007 for another scheme.
    """
    if scheme not in get_args(DecodedScheme):
        raise XnerError(Errors.X007.format(scheme=scheme, found=list(get_args(DecodedScheme))))

    def decode(logits: Dict[str, numpy.ndarray], labels: Sequence[str]) -> List[Entity]:
        probabilities = average_probabilities(logits, outputs)
        classes = get_scheme(scheme).classes(labels)
        if scheme == "type":
            classes = ["O", *(f"I-{label}" for label in labels)]
        spans = decode_prefixes(probabilities, classes) if marginal else decode_tags(probabilities, classes)
        return [Entity(start, end, kind or label, score) for start, end, kind, score in spans]

    return Decoder(decode, outputs, schemes=dict.fromkeys(outputs, scheme))


def decode_tags(probabilities: numpy.ndarray, classes: Sequence[str]) -> List[Entity]:
    """Read entities from the most probable tag of each token.

    probabilities (ndarray): (n, C) probabilities of the tags.
    classes (Sequence[str]): the class names, "O" or a prefix with or without "-TYPE".
    RETURNS (List[Entity]): the entities, with the label "" if the classes have no types.
    """
    scores = probabilities.max(axis=-1)
    return [
        Entity(start, end, kind, float(scores[start:end].mean()))
        for start, end, kind in find_spans([classes[i] for i in probabilities.argmax(axis=-1)])
    ]


def decode_prefixes(probabilities: numpy.ndarray, classes: Sequence[str]) -> List[Entity]:
    """Read entities from the most probable prefix of each token, then choose the most probable type of each entity.

    probabilities (ndarray): (n, C) probabilities of the tags; those of a prefix are summed over the types.
    classes (Sequence[str]): the class names, "O" or a prefix with or without "-TYPE".
    RETURNS (List[Entity]): the entities, with the label "" if the classes have no types.
    """
    tags = [name.partition("-")[::2] for name in classes]
    prefixes, kinds = (list(dict.fromkeys(part)) for part in zip(*tags, strict=True))
    by_tag = numpy.zeros((len(probabilities), len(prefixes), len(kinds)))
    for k, (prefix, kind) in enumerate(tags):
        by_tag[:, prefixes.index(prefix), kinds.index(kind)] = probabilities[:, k]
    best = by_tag.sum(axis=-1).argmax(axis=-1)
    by_kind = by_tag[numpy.arange(len(best)), best]
    entities = []
    for start, end, _ in find_spans([prefixes[k] for k in best]):
        means = by_kind[start:end].mean(axis=0)
        entities.append(Entity(start, end, kinds[means.argmax()], float(means.max())))
    return entities
