import logging
from typing import List, Optional

import torch
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .reduce import sum_terms

logger = logging.getLogger("spacy_xner")


def boundary_consistency(first: Tensor, second: Tensor, mask: Tensor) -> Tensor:
    """Compute the mean squared difference of two students' boundary scores (DLBri eq. 10).

    The paper prints the plain difference, which has no minimum; we assume that the square is meant. The paper sums over
    the pairs i <= j of a sentence. Here the loss is the mean over the pairs of each sentence, then over sentences,
    since a sum of n^2/2 terms would outweigh the other objectives.

    first, second (Tensor): (B, N, N) scores, start first.
    mask (Tensor): (B, N) bool, True on tokens.
    RETURNS (Tensor): a scalar.
    """
    pairs = torch.triu(mask[:, :, None] & mask[:, None, :])
    counts = pairs.sum(dim=(1, 2))
    squares = ((first - second) ** 2).masked_fill(~pairs, 0.0).sum(dim=(1, 2))
    return (squares / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)


def create_boundary_consistency(outputs: List[str], *, weight: float = 1.0) -> Objective:
    """Create the boundary consistency of two students on labelled and on unlabelled sentences (DLBri eq. 8 to 10).

    As in the paper's algorithm 1, the loss is the sum of the mean over labelled and the mean over unlabelled sentences.

    outputs (List[str]): the two students' boundary scores.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        first, second = (out[name] for name in outputs)
        if logger.isEnabledFor(logging.DEBUG):
            # The loss is also zero if all scores are equal.
            logger.debug("variance of boundary scores: %s", [float(out[name].var()) for name in outputs])
        labelled = targets.labelled.any(dim=1)
        return sum_terms(
            boundary_consistency(first[kind], second[kind], targets.mask[kind])
            for kind in (labelled, ~labelled)
            if kind.any()
        )

    return Objective(loss, outputs, weight)
