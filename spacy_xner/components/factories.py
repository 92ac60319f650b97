"""The factories: `xner` for any combination of parts, and one preset for each method."""

from typing import Any, Callable, Dict, Optional

from spacy.language import Language
from spacy.util import registry
from thinc.api import Config, Model

from ..types import Decoder, check_slot
from .cross_lingual_ner import CrossLingualNER

_COMMON = {
    "spans_key": "xner",
    "overwrite": False,
    "threshold": None,
    "accumulate_gradient": 1,
    "scorer": {"@scorers": "spacy-xner.scorer.v1"},
}

# Plain token classification on one encoder, the usual baseline. Its architecture has a name of its own, since
# spaCy merges defaults into a config's block of the same name, and a user's heads must not gain another.
_TAGGER = """
[model]
@architectures = "spacy-xner.TaggerModel.v1"
scheme = "bio"

[model.encoder]
@architectures = "spacy-xner.Encoder.v1"
name = "hash"

[decoder]
@misc = "spacy-xner.TagDecoder.v1"
outputs = ["tag"]

[objectives]
"""

# The last stage of DLBri: two encoders, sub-task interaction, distilled from the students of both sub-tasks.
_DLBRI = """
[model]
@architectures = "spacy-xner.CrossLingualModel.v1"

[model.encoders]

[model.encoders.span]
@architectures = "spacy-xner.Encoder.v1"
name = "hash"

[model.encoders.type]
@architectures = "spacy-xner.Encoder.v1"
name = "hash"

[model.heads]

[model.heads.combination]
@architectures = "spacy-xner.SubtaskInteraction.v1"
encoders = ["span", "type"]

[objectives]

[objectives.span]
@misc = "spacy-xner.Distillation.v1"
output = "span"
teachers = ["span_a", "span_b"]

[objectives.type]
@misc = "spacy-xner.Distillation.v1"
output = "type"
teachers = ["type_a", "type_b"]

[decoder]
@misc = "spacy-xner.SubtaskDecoder.v1"
span = ["span"]
type = ["type"]
"""

# One encoder "a"; what follows are its heads.
_ONE_ENCODER = """
[model]
@architectures = "spacy-xner.CrossLingualModel.v1"
batch_tokens = {batch_tokens}

[model.encoders]

[model.encoders.a]
@architectures = "spacy-xner.Encoder.v1"
name = "hash"

[model.heads]
"""

# MCL-NER: relations of token pairs, with contrasts between and within a sentence and its code-switched copy.
# A token takes hidden * hidden numbers in the biaffine view, so batches at prediction are small.
_MCL = (
    _ONE_ENCODER.format(batch_tokens=2048)
    + """
[model.heads.relation]
@architectures = "spacy-xner.TokenPairRelation.v1"
encoder = "a"

[objectives]

[objectives.cross_entropy]
@misc = "spacy-xner.CrossEntropy.v1"
output = "relation"

[objectives.semantic]
@misc = "spacy-xner.SemanticContrast.v1"
output = "relation_tokens"
views = ["s", "cs"]
weight = 0.01

[objectives.relation]
@misc = "spacy-xner.RelationContrast.v1"
outputs = ["relation_biaffine", "relation_conditional"]
relation = "relation"
views = ["s", "cs"]
weight = 0.01

[decoder]
@misc = "spacy-xner.RelationDecoder.v1"
output = "relation"
"""
)

# DualNER: two paradigms on one encoder. Its objectives are those of stage 1; what follows needs stored predictions.
_DUALNER = (
    _ONE_ENCODER.format(batch_tokens=8192)
    + """
[model.heads.labels]
@architectures = "spacy-xner.TokenClassifier.v1"
encoder = "a"
scheme = "bio"

[model.heads.start]
@architectures = "spacy-xner.TokenClassifier.v1"
encoder = "a"
scheme = "start"

[model.heads.end]
@architectures = "spacy-xner.TokenClassifier.v1"
encoder = "a"
scheme = "end"

[objectives]

[decoder]
@misc = "spacy-xner.BoundaryDecoder.v1"
start = "start"
end = "end"
labels = "labels"
"""
)

# ConCNER: token classification with contrasts between tokens and between a sentence and its translation.
_CONCNER = (
    _ONE_ENCODER.format(batch_tokens=8192)
    + """
[model.heads.tag]
@architectures = "spacy-xner.TokenClassifier.v1"
encoder = "a"
scheme = "bio"

[model.heads.tokens]
@architectures = "spacy-xner.TokenRepresentation.v1"
encoder = "a"
training_only = true

[objectives]

[objectives.cross_entropy]
@misc = "spacy-xner.CrossEntropy.v1"
output = "tag"
weight = 0.5

[objectives.label_contrast]
@misc = "spacy-xner.LabelContrast.v1"
output = "tag"
tokens = "tokens"
weight = 0.25

[objectives.translation_contrast]
@misc = "spacy-xner.TranslationContrast.v1"
tokens = "tokens"
views = ["s", "t"]
weight = 0.25

[decoder]
@misc = "spacy-xner.TagDecoder.v1"
outputs = ["tag"]
"""
)


def make_xner(
    nlp: Language,
    name: str,
    model: Model,
    objectives: Dict[str, Any],
    decoder: Optional[Decoder],
    spans_key: str,
    overwrite: bool,
    threshold: Optional[float],
    accumulate_gradient: int,
    scorer: Optional[Callable],
) -> CrossLingualNER:
    """Create the component; see `CrossLingualNER`.

    nlp (Language): the pipeline.
    name (str): the component's name.
    model (Model): encoders and heads.
    objectives (Dict[str, Objective]): the terms of the loss. None: cross-entropy on each output with a scheme.
    decoder (Optional[Decoder]): from logits to entities.
    spans_key (str): key of the span group with scores.
    overwrite (bool): replace earlier entities.
    threshold (Optional[float]): lowest score of an entity; None: the one saved with the component, or 0.
    accumulate_gradient (int): parts in which a batch is learned from.
    scorer (Optional[Callable]): the scoring method.
    RETURNS (CrossLingualNER): the component.
    RAISES: those of `CrossLingualNER`, X036 (a part in the place of another) among them.
    """
    check_slot(model, "model", f"components.{name}.model")
    if not objectives:
        create = registry.get("misc", "spacy-xner.CrossEntropy.v1")
        objectives = {output: create(output) for output, scheme in model.attrs["schemes"].items() if scheme}
    return CrossLingualNER(
        nlp.vocab,
        model,
        name,
        objectives=objectives,
        decoder=decoder,
        spans_key=spans_key,
        overwrite=overwrite,
        threshold=threshold,
        accumulate_gradient=accumulate_gradient,
        scorer=scorer,
    )


# CROP is plain token classification, too: what is new lies in its corpora.
for _name, _config in {
    "xner": _TAGGER,
    "xner_concner": _CONCNER,
    "xner_crop": _TAGGER,
    "xner_dlbri": _DLBRI,
    "xner_dualner": _DUALNER,
    "xner_mcl": _MCL,
}.items():
    Language.factory(
        _name,
        assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"],
        default_config={**_COMMON, **Config().from_str(_config)},
        default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
        func=make_xner,
    )
