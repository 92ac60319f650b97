from typing import Dict, List, Literal, Sequence, get_args

import numpy

from ..errors import Errors, XnerError
from ..schemes import find_spans, get_scheme
from ..types import Decoder, Entity
from .probabilities import average_probabilities

TagScheme = Literal["bio", "span", "type"]


def create_tag_decoder(
    outputs: List[str], scheme: TagScheme = "bio", label: str = "ENT", marginal: bool = False
) -> Decoder:
    """Entities from one tag per token. The score is the mean probability of the entity's tags.

    outputs (List[str]): outputs with that scheme; the probabilities of several are averaged.
    scheme (str): "bio", "span" (entities without type) or "type" (runs of one type).
    label (str): the label of entities without type.
    marginal (bool): decide first where entities are, by the sums over the types, then the type of each. Where several
        outputs agree on an entity but not on its type, "O" may be the most probable tag and yet be improbable.
    RETURNS (Decoder): the decoder.
    RAISES: X007 if it is another scheme.
    """
    if scheme not in get_args(TagScheme):
        raise XnerError(Errors.E007.format(scheme=scheme, found=list(get_args(TagScheme))))

    def decode(logits: Dict[str, numpy.ndarray], labels: Sequence[str]) -> List[Entity]:
        probabilities = average_probabilities(logits, outputs)
        classes = get_scheme(scheme).classes(labels)
        if scheme == "type":
            classes = ["O", *(f"I-{label}" for label in labels)]
        spans = decode_prefixes(probabilities, classes) if marginal else decode_tags(probabilities, classes)
        return [Entity(start, end, kind or label, score) for start, end, kind, score in spans]

    return Decoder(decode, outputs, schemes=dict.fromkeys(outputs, scheme))


def decode_tags(probabilities: numpy.ndarray, classes: Sequence[str]) -> List[Entity]:
    """Entities from the most probable tag of each token.

    probabilities (ndarray): (n, C).
    classes (Sequence[str]): the class names, "O" or a prefix with or without "-TYPE".
    RETURNS (List[Entity]): the entities, label "" without types.
    """
    scores = probabilities.max(axis=-1)
    return [
        Entity(start, end, kind, float(scores[start:end].mean()))
        for start, end, kind in find_spans([classes[i] for i in probabilities.argmax(axis=-1)])
    ]


def decode_prefixes(probabilities: numpy.ndarray, classes: Sequence[str]) -> List[Entity]:
    """Entities from the most probable prefix of each token, types summed, each with the most probable type.

    probabilities (ndarray): (n, C).
    classes (Sequence[str]): the class names, "O" or a prefix with or without "-TYPE".
    RETURNS (List[Entity]): the entities, label "" without types.
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
