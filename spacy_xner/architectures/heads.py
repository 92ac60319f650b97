"""Registered heads: each function names what a torch module of heads/ reads and gives."""

from typing import List

from ..heads.boundary import BoundaryScorer
from ..heads.interaction import SubtaskInteraction
from ..heads.representation import TokenRepresentation
from ..heads.token_classifier import TokenClassifier
from ..types import HeadSpec


def build_token_classifier(encoder: str, scheme: str) -> HeadSpec:
    """A linear classifier of each token. Output: logits (B, N, C) under the head's name.

    encoder (str): the encoder it reads from.
    scheme (str): the tagging scheme, which gives the classes.
    RETURNS (HeadSpec): the head.
    """
    return HeadSpec([encoder], {"": scheme}, lambda widths, sizes: TokenClassifier(widths[0], sizes[0]))


def build_token_representation(encoder: str) -> HeadSpec:
    """The token vectors of an encoder. Output: (B, N, d) under the head's name.

    encoder (str): the encoder.
    RETURNS (HeadSpec): the head.
    """
    return HeadSpec([encoder], {"": None}, lambda widths, sizes: TokenRepresentation())


def build_boundary_scorer(encoder: str) -> HeadSpec:
    """Boundary scores of token pairs (DLBri eq. 8). Output: (B, N, N) under the head's name, in training only.

    encoder (str): the encoder it reads from.
    RETURNS (HeadSpec): the head.
    """
    return HeadSpec(
        [encoder], {"": None}, lambda widths, sizes: BoundaryScorer(widths[0]), training_only=True
    )


def build_subtask_interaction(encoders: List[str], interaction: bool = True) -> HeadSpec:
    """Sub-task combination (DLBri eq. 12 to 15). Outputs: "span" (B, N, 3) and "type" (B, N, C + 1) logits.

    encoders (List[str]): the encoders of the span and of the type sub-task.
    interaction (bool): without it, plain classifiers (the paper's ablation).
    RETURNS (HeadSpec): the head.
    """

    def build(widths: List[int], sizes: List[int]) -> SubtaskInteraction:
        return SubtaskInteraction((widths[0], widths[1]), (sizes[0], sizes[1]), interaction)

    return HeadSpec(encoders, {"span": "span", "type": "type"}, build)
