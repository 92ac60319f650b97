from typing import Dict, Iterable, Optional

import torch.nn.functional as F
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .reduce import masked_mean


def cross_entropy(logits: Tensor, gold: Tensor) -> Optional[Tensor]:
    """Compute the cross-entropy, -mean log p(gold), over tokens or token pairs whose class is known.

    These are DLBri eq. 1, DualNER eq. 1 to 3 and ConCNER eq. 3 for tokens, and MCL-NER eq. 7 for token pairs.

    logits (Tensor): (B, N, C) or (B, N, D, C).
    gold (Tensor): (B, N) or (B, N, D) class indices, -1 where unknown.
    RETURNS (Optional[Tensor]): a scalar in nats, None if no class is known.
    """
    losses = F.cross_entropy(logits.movedim(-1, 1), gold, ignore_index=-1, reduction="none")
    return masked_mean(losses, gold >= 0)


def create_cross_entropy(output: str, *, weight: float = 1.0) -> Objective:
    """Create the cross-entropy on gold labels (DLBri eq. 1, MCL-NER eq. 7, DualNER eq. 1 to 3, ConCNER eq. 3).

    output (str): the output with a tagging scheme.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(outputs: Outputs, targets: Targets) -> Optional[Tensor]:
        return cross_entropy(outputs[output], targets.gold[output])

    return Objective(loss, [output], weight)


def create_cross_entropies(outputs: Iterable[str]) -> Dict[str, Objective]:
    """Create the cross-entropy (DLBri eq. 1) of several outputs, which a component has if no objective is named.

    outputs (Iterable[str]): outputs with a tagging scheme.
    RETURNS (Dict[str, Objective]): the objectives, by the names of their outputs.
    """
    return {output: create_cross_entropy(output) for output in outputs}
