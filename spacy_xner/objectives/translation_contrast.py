from typing import List, Optional

import torch
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .contrast import two_sided_contrast
from .groups import check_pair, pair_views
from .reduce import mean_tokens


def translation_contrast(
    left: Tensor, right: Tensor, groups: Tensor, *, temperature: float = 0.1
) -> Optional[Tensor]:
    """Pull a sentence towards its translation, away from other sentences and translations (ConCNER eq. 6 and 7).

    L_i = -log softmax_{k != i}(cos(r_i, r_k) / temperature)_{i+}, and the loss is the mean over all 2N sentences.

    left, right (Tensor): (N, d) vectors of sentences and of their translations.
    groups (Tensor): (N,) groups; sentences of the same group are no negatives.
    temperature (float): t.
    RETURNS (Optional[Tensor]): a scalar in nats, None if there are no negatives.
    """
    same = groups[:, None] == groups[None, :]
    if bool(same.all()):
        return None
    own = torch.eye(len(left), dtype=torch.bool, device=left.device)
    exist = own.any(dim=0)[None]
    others = (same & ~own).repeat(2, 2)[None]
    return two_sided_contrast(
        left[None], right[None], own[None], (exist, exist), ignored=others, temperature=temperature
    )


def create_translation_contrast(
    tokens: str, views: List[str], *, temperature: float = 0.1, weight: float = 1.0
) -> Objective:
    """Create the translation contrast between sentences and their translations (ConCNER eq. 6 and 7).

    The vector of a sentence is the mean of its token vectors. Sentences without translation or without tokens are left
    out.

    tokens (str): the output with the token vectors.
    views (List[str]): the view of a sentence and the view of its translation. Train with one target language at a time:
        the same sentence with a translation into another language would be a negative.
    temperature (float): t.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    RAISES: X020 if there are not two views.
    """
    pair = check_pair(views)

    def loss(outputs: Outputs, targets: Targets) -> Optional[Tensor]:
        has_tokens = targets.mask.any(dim=1).tolist()
        pairs = zip(*pair_views(targets, *pair), strict=True)
        chosen = [(one, other) for one, other in pairs if has_tokens[one] and has_tokens[other]]
        left, right = [one for one, _ in chosen], [other for _, other in chosen]
        vectors = mean_tokens(outputs[tokens], targets.mask)
        return translation_contrast(
            vectors[left], vectors[right], targets.groups[left], temperature=temperature
        )

    return Objective(loss, [tokens], weight)
