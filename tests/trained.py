"""Trained pipelines of each kind."""

from spacy.language import Language
from util import (
    COMBINATION,
    DUAL,
    ONE_ENCODER,
    RELATIONS,
    SENTENCES,
    STUDENTS,
    TAGGER,
    make_examples,
    make_nlp,
    make_soft_examples,
    train,
)

SOFT_SPANS = {"tag_a": "span", "tag_b": "span"}
SOFT_BOTH = {"span_a": "span", "span_b": "span", "type_a": "type", "type_b": "type"}
SOFT_DUAL = {"labels": "bio", "start": "start", "end": "end"}
GOLD_ENTS = [ents for _, ents in SENTENCES]
# How to train each kind of component until it knows SENTENCES: config, factory, stored distributions (None:
# from labels), steps, entities to find. Students of spans know no types.
KINDS = {
    "xner": (TAGGER, "xner", None, 60, GOLD_ENTS),
    "students": (
        STUDENTS,
        "xner",
        SOFT_SPANS,
        80,
        [[(*ent[:2], "ENT") for ent in ents] for ents in GOLD_ENTS],
    ),
    "xner_dlbri": (COMBINATION, "xner_dlbri", SOFT_BOTH, 60, GOLD_ENTS),
    "xner_mcl": (RELATIONS, "xner_mcl", None, 60, GOLD_ENTS),
    "xner_dualner": (ONE_ENCODER, "xner_dualner", None, 60, GOLD_ENTS),
    "dual_teaching": (DUAL, "xner_dualner", SOFT_DUAL, 80, GOLD_ENTS),
    "xner_concner": (ONE_ENCODER, "xner_concner", None, 60, GOLD_ENTS),
}
TEXTS = [text for text, _ in SENTENCES]


def make_trained(kind: str) -> Language:
    config, factory, soft, steps, _ = KINDS[kind]
    nlp = make_nlp(config, factory)
    train(nlp, lambda: make_soft_examples(nlp, soft) if soft else make_examples(nlp), steps, ["LOC", "PER"])
    return nlp
