from typing import List, Literal, Optional

import torch
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .cells import mask_like
from .reduce import On, choose_tokens, masked_mean, sum_terms

Divergence = Literal["student-teacher", "teacher-student"]


def kl_divergence(
    logits: Tensor, logp_teacher: Tensor, mask: Tensor, direction: Divergence
) -> Optional[Tensor]:
    """Compute the Kullback-Leibler divergence from a teacher's soft labels, as a mean over tokens (DLBri eq. 2 and 15).

    "student-teacher" is KL(p || p_teacher), as printed; the teacher's probabilities must have a lower bound, or the
    divergence may be infinite. "teacher-student" is KL(p_teacher || p), the usual direction of distillation.

    logits (Tensor): (B, N, C) logits of the student.
    logp_teacher (Tensor): (B, N, C) natural log-probabilities of the teacher.
    mask (Tensor): (B, N) bool, the tokens that count.
    direction (str): which distribution comes first.
    RETURNS (Optional[Tensor]): a scalar in nats, None if no token counts.
    """
    logp = torch.log_softmax(logits, dim=-1)
    first, second = (logp, logp_teacher) if direction == "student-teacher" else (logp_teacher, logp)
    return masked_mean((first.exp() * (first - second)).sum(dim=-1), mask)


def create_distillation(
    output: str,
    teachers: List[str],
    *,
    direction: Divergence = "student-teacher",
    on: On = "all",
    weight: float = 1.0,
) -> Objective:
    """Create the distillation from soft labels (DLBri eq. 2 and 15), summed over the teachers.

    output (str): the student's output.
    teachers (List[str]): names of the soft labels.
    direction (str): "student-teacher" as DLBri prints it, or "teacher-student".
    on (str): the tokens it applies to: "labelled", "unlabelled" or "all". Tokens without soft labels do not count.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(outputs: Outputs, targets: Targets) -> Optional[Tensor]:
        chosen = mask_like(choose_tokens(targets, on), outputs[output])
        return sum_terms(
            kl_divergence(
                outputs[output], targets.soft[name].logp, targets.soft[name].mask & chosen, direction
            )
            for name in teachers
        )

    return Objective(loss, [output], weight, soft=dict.fromkeys(teachers, output))
