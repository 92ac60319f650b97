from typing import Optional

import torch
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .reduce import masked_mean


def squared_error(logits: Tensor, logp_teacher: Tensor, mask: Tensor) -> Optional[Tensor]:
    """Compute the squared distance to a teacher's soft labels (MCL-NER eq. 10, ConCNER eq. 9).

    The loss is the sum over classes, and the mean over tokens or token pairs.

    logits (Tensor): (B, N, C) or (B, N, D, C) logits of the student.
    logp_teacher (Tensor): natural log-probabilities of the teacher, of the same shape.
    mask (Tensor): (B, N) or (B, N, D) bool, the tokens or pairs that count.
    RETURNS (Optional[Tensor]): a scalar in [0, 2], of squared probabilities; None if the mask is False everywhere.
    """
    differences = torch.softmax(logits, dim=-1) - logp_teacher.exp()
    return masked_mean((differences**2).sum(dim=-1), mask)


def create_squared_error(output: str, teacher: str, *, weight: float = 1.0) -> Objective:
    """Create the squared error against soft labels (MCL-NER eq. 10, ConCNER eq. 9).

    output (str): the student's output.
    teacher (str): name of the soft labels; tokens without them do not count.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(outputs: Outputs, targets: Targets) -> Optional[Tensor]:
        soft = targets.soft[teacher]
        return squared_error(outputs[output], soft.logp, soft.mask)

    return Objective(loss, [output], weight, soft={teacher: output})
