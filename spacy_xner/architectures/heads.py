"""Registered heads: each function describes the inputs and outputs of a torch module of heads/."""

from typing import List, Optional

from ..errors import Errors, XnerError
from ..heads.boundary import BoundaryScorer
from ..heads.interaction import SubtaskInteraction
from ..heads.relation import TokenPairRelation
from ..heads.representation import TokenRepresentation
from ..heads.token_classifier import TokenClassifier
from ..relations import band_width
from ..types import HeadSizes, HeadSpec


def build_token_classifier(encoder: str, scheme: str) -> HeadSpec:
    """Classify each token by a linear layer (DLBri eq. 7 and 11, DualNER's three layers, ConCNER eq. 1 and 2).

    Output: logits (B, N, C) under the head's name.

    encoder (str): the encoder it reads from.
    scheme (str): the tagging scheme, which determines the classes.
    RETURNS (HeadSpec): the head.
    """
    return HeadSpec([encoder], {"": scheme}, lambda sizes: TokenClassifier(sizes.widths[0], sizes.classes[0]))


def build_token_representation(encoder: str, training_only: bool = False) -> HeadSpec:
    """Give the token vectors of an encoder to objectives that compare them. Ours.

    Output: (B, N, d) under the head's name.

    encoder (str): the encoder it reads from.
    training_only (bool): leave the vectors out at prediction, where only a stage without decoder reads them.
    RETURNS (HeadSpec): the head.
    """
    left_out = [""] if training_only else []
    return HeadSpec([encoder], {"": None}, lambda sizes: TokenRepresentation(), training_only=left_out)


def build_boundary_scorer(encoder: str, scaled: bool = False) -> HeadSpec:
    """Score token pairs as boundaries of an entity (DLBri eq. 8).

    Output: (B, N, N) under the head's name, in training only.

    encoder (str): the encoder it reads from.
    scaled (bool): divide the products of eq. 8 by sqrt(d), so that the loss does not grow with the width of the
        encoder. The paper does not divide.
    RETURNS (HeadSpec): the head.
    """

    def build(sizes: HeadSizes) -> BoundaryScorer:
        return BoundaryScorer(sizes.widths[0], scaled)

    return HeadSpec([encoder], {"": None}, build, training_only=[""])


def build_subtask_interaction(encoders: List[str], interaction: bool = True) -> HeadSpec:
    """Combine the span and the type sub-task (DLBri eq. 12 to 15).

    Outputs: "span" (B, N, 3) and "type" (B, N, C + 1) logits.

    encoders (List[str]): the encoders of the span and of the type sub-task.
    interaction (bool): whether the sub-tasks interact. If False, the heads are plain classifiers, an ablation of the
        paper.
    RETURNS (HeadSpec): the head.
    """

    def build(sizes: HeadSizes) -> SubtaskInteraction:
        first, second = sizes.widths
        return SubtaskInteraction((first, second), (sizes.classes[0], sizes.classes[1]), interaction)

    return HeadSpec(encoders, {"span": "span", "type": "type"}, build)


def build_token_pair_relation(
    encoder: str, max_length: Optional[int] = None, hidden: int = 128, projected: int = 128
) -> HeadSpec:
    """Classify the relations of token pairs (MCL-NER eq. 4 and 5).

    Outputs: logits (B, N, D, C) under the head's name. In training there are also outputs with a suffix to that name:
    "_tokens" (B, N, d) and the projections "_biaffine" and "_conditional" (B, N, D, k).

    encoder (str): the encoder it reads from.
    max_length (Optional[int]): most tokens of an entity; D is one more. None: the longest entity of the training data.
        Time and memory per token grow with it, but not with the length of documents.
    hidden (int): width of the biaffine relations.
    projected (int): width k of the projections.
    RETURNS (HeadSpec): the head.
    RAISES: X015 if max_length is under 1.
    """
    if max_length is not None and max_length < 1:
        raise XnerError(Errors.X015.format(value=max_length))

    def build(sizes: HeadSizes) -> TokenPairRelation:
        width = band_width(spec.longest(sizes.longest))
        return TokenPairRelation(sizes.widths[0], sizes.classes[0], width, hidden, projected)

    training_only = ["_tokens", "_biaffine", "_conditional"]
    # Context for the BiLSTM on either side of a long document's segment.
    spec = HeadSpec(
        [encoder],
        {"": "relation", **dict.fromkeys(training_only)},
        build,
        training_only=training_only,
        max_length=max_length,
        context=32,
    )
    return spec
