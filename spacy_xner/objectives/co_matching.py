"""Each student learns the other's confident labels and is pushed off its own unsure ones."""

from typing import List, Optional

import torch
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .cells import mask_like
from .reduce import choose_tokens, mean_where


def adaptive_threshold(confidence: Tensor, mask: Tensor, factor: float) -> Tensor:
    """Compute the mean minus `factor` standard deviations of the confidences in the batch.

    DLBri only states that its threshold depends on mean and standard deviation. A factor of 2 is used in FixBi (Na et
    al. 2021), which DLBri cites. The standard deviation is that of the population.

    confidence (Tensor): (B, N) or (B, N, D) highest probability of each token or token pair.
    mask (Tensor): (B, N) or (B, N, D) bool, the tokens or pairs that count; at least one.
    factor (float): number of standard deviations.
    RETURNS (Tensor): of shape (), the threshold for probabilities; it may be negative.
    """
    values = confidence[mask]
    return values.mean() - factor * values.std(correction=0)


def high_confidence(
    logits: Tensor, peer: Tensor, mask: Tensor, threshold: Optional[float], factor: float
) -> Tensor:
    """Compute the cross-entropy against the other student's confident labels (DLBri eq. 3).

    The loss is -mean 1[max p_peer > delta] log p(argmax p_peer), without a gradient to the other student.

    logits (Tensor): (B, N, C) or (B, N, D, C) logits of the student.
    peer (Tensor): logits of the other student, of the same shape.
    mask (Tensor): (B, N) or (B, N, D) bool, the tokens that count; at least one. Tokens below the threshold add 0 to
        the mean.
    threshold (Optional[float]): fixed delta; 0 accepts every label. None: the adaptive threshold.
    factor (float): standard deviations below the mean, for the adaptive threshold.
    RETURNS (Tensor): a scalar in nats.
    """
    confidence, labels = torch.softmax(peer.detach(), dim=-1).max(dim=-1)
    delta = adaptive_threshold(confidence, mask, factor) if threshold is None else threshold
    logp = torch.log_softmax(logits, dim=-1).gather(-1, labels[..., None])[..., 0]
    return mean_where(-logp * (confidence > delta), mask)


def low_confidence(logits: Tensor, mask: Tensor, threshold: Optional[float], factor: float) -> Tensor:
    """Push a student off its own unsure labels (DLBri eq. 4).

    The loss is -mean 1[max p < delta] log(1 - p(argmax p)).

    logits (Tensor): (B, N, C) or (B, N, D, C) logits of the student.
    mask (Tensor): (B, N) or (B, N, D) bool, the tokens that count; at least one. Tokens above the threshold add 0 to
        the mean.
    threshold (Optional[float]): fixed delta in [0, 1]; with 0 no label is unsure. None: the adaptive threshold.
    factor (float): standard deviations below the mean, for the adaptive threshold.
    RETURNS (Tensor): a scalar in nats.
    """
    logp = torch.log_softmax(logits, dim=-1)
    best, labels = logp.max(dim=-1)
    confidence = best.detach().exp()
    delta = adaptive_threshold(confidence, mask, factor) if threshold is None else threshold
    # log(1 - p) as the log of the sum of the other classes, which is exact if p is close to 1.
    others = logp.scatter(-1, labels[..., None], -torch.inf).logsumexp(dim=-1)
    return mean_where(-others * (confidence < delta), mask)


def create_high_confidence(
    outputs: List[str], *, threshold: Optional[float] = None, factor: float = 2.0, weight: float = 1.0
) -> Objective:
    """Let each student learn the other's confident labels on unlabelled text (DLBri eq. 3), summed over both.

    outputs (List[str]): the two students' outputs.
    threshold (Optional[float]): fixed threshold; 0 is an ablation of the paper. None: adaptive.
    factor (float): standard deviations below the mean, for the adaptive threshold.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        first, second = (out[name] for name in outputs)
        mask = mask_like(choose_tokens(targets, "unlabelled"), first)
        if not mask.any():
            return None
        return high_confidence(first, second, mask, threshold, factor) + high_confidence(
            second, first, mask, threshold, factor
        )

    return Objective(loss, outputs, weight)


def create_low_confidence(
    outputs: List[str], *, threshold: Optional[float] = None, factor: float = 2.0, weight: float = 1.0
) -> Objective:
    """Push each student off its own unsure labels on unlabelled text (DLBri eq. 4), summed over the students.

    outputs (List[str]): the students' outputs.
    threshold (Optional[float]): fixed threshold. None: adaptive.
    factor (float): standard deviations below the mean, for the adaptive threshold.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        mask = mask_like(choose_tokens(targets, "unlabelled"), out[outputs[0]])
        if not mask.any():
            return None
        return torch.stack([low_confidence(out[name], mask, threshold, factor) for name in outputs]).sum()

    return Objective(loss, outputs, weight)
