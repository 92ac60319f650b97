import logging
from typing import List

import torch
from torch import Tensor

from ..types import Objective, Outputs, Targets

logger = logging.getLogger("spacy_xner")


def boundary_consistency(first: Tensor, second: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference of two students' boundary scores (DLBri eq. 10).

    The paper prints the plain difference, which has no minimum; the square is meant. It sums over the pairs
    i <= j of a sentence; here the mean over the pairs of each sentence, then over sentences, since the sum's
    n^2/2 terms would drown the other objectives.

    first, second (Tensor): (B, N, N) scores, start first.
    mask (Tensor): (B, N) bool, True on tokens.
    RETURNS (Tensor): a scalar.
    """
    pairs = torch.triu(mask[:, :, None] & mask[:, None, :])
    counts = pairs.sum(dim=(1, 2))
    squares = ((first - second) ** 2).masked_fill(~pairs, 0.0).sum(dim=(1, 2))
    return (squares / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)


def create_boundary_consistency(outputs: List[str], *, weight: float = 1.0) -> Objective:
    """Boundary consistency of two students on all sentences, labelled or not (DLBri eq. 8 to 10).

    outputs (List[str]): the two students' boundary scores.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(out: Outputs, targets: Targets) -> Tensor:
        if logger.isEnabledFor(logging.DEBUG):
            # All scores equal is a trivial optimum.
            logger.debug("variance of boundary scores: %s", [float(out[name].var()) for name in outputs])
        return boundary_consistency(out[outputs[0]], out[outputs[1]], targets.mask)

    return Objective(loss, outputs, weight)
