from typing import List, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .groups import check_pair, pair_views
from .reduce import EPSILON, mean_terms, mean_tokens


def semantic_contrast(
    left: Tensor, right: Tensor, groups: Tensor, *, temperature: float = 0.1
) -> Optional[Tensor]:
    """Pull a sentence towards its code-switched copy, away from the copies of other sentences (MCL-NER eq. 3).

    L_b = -log softmax_c(cos(u_b, u'_c) / temperature)_b, and the loss is the mean over b. The candidates are
    code-switched sentences; the denominator that the paper prints has source sentences.

    left (Tensor): (P, d) vectors of sentences.
    right (Tensor): (P, d) vectors of their counterparts.
    groups (Tensor): (P,) groups; other copies of the same sentence are no negatives.
    temperature (float): tau.
    RETURNS (Optional[Tensor]): a scalar in nats, None if there are no negatives.
    """
    own = torch.eye(len(left), dtype=torch.bool, device=left.device)
    same = (groups[:, None] == groups[None, :]) & ~own
    if bool((same | own).all()):
        return None
    similarity = (
        F.normalize(left, dim=-1, eps=EPSILON) @ F.normalize(right, dim=-1, eps=EPSILON).T / temperature
    )
    similarity = similarity.masked_fill(same, torch.finfo(similarity.dtype).min)
    return F.cross_entropy(similarity, torch.arange(len(left), device=left.device))


def create_semantic_contrast(
    output: str,
    views: List[str],
    *,
    temperature: float = 0.1,
    symmetric: bool = False,
    weight: float = 1.0,
) -> Objective:
    """Create the semantic contrast between a sentence and its code-switched copies (MCL-NER eq. 3).

    The vector of a sentence is the mean of its token vectors.

    output (str): the output with the token vectors.
    views (List[str]): the names of the two views.
    temperature (float): tau.
    symmetric (bool): whether to average both directions; the paper prints that from the first view to the second.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    RAISES: X020 if there are not two views.
    """
    pair = check_pair(views)

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        left, right = pair_views(targets, *pair)
        if not left:
            return None
        vectors = mean_tokens(out[output], targets.mask)
        groups = targets.groups[left]
        directions = [(left, right), (right, left)] if symmetric else [(left, right)]
        return mean_terms(
            semantic_contrast(vectors[one], vectors[other], groups, temperature=temperature)
            for one, other in directions
        )

    return Objective(loss, [output], weight)
