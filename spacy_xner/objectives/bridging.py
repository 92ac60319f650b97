from typing import List, Literal, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..types import Objective, Outputs, Targets
from .groups import check_pair, pair_views
from .reduce import masked_mean, mean_terms

Normalizer = Literal["sentence", "entity"]


def bridging_contrast(
    left: Tensor,
    right: Tensor,
    positives: Tensor,
    right_mask: Tensor,
    *,
    temperature: float = 0.1,
    normalizer: Normalizer = "sentence",
) -> Optional[Tensor]:
    """Pull the tokens of an entity towards those of its counterpart in another view (DLBri eq. 6).

    For each token i of an entity whose counterpart is e~ in a sentence of m tokens,
    L_i = -(1/m) sum_{j in e~} log softmax_k(cos(h_i, h~_k) / temperature)_j. The loss is the mean of L_i. Negatives
    come from the other sentence only, so this is InfoNCE over the tokens of one sentence.

    left (Tensor): (P, N, d) token vectors of the first sentence of each pair.
    right (Tensor): (P, M, d) token vectors of the second.
    positives (Tensor): (P, N, M) bool, True where both tokens belong to the same aligned entity.
    right_mask (Tensor): (P, M) bool, True on tokens.
    temperature (float): tau.
    normalizer (str): "sentence" divides by m, as printed; "entity" divides by the length of e~, which is probably
        meant.
    RETURNS (Optional[Tensor]): a scalar in nats, None if no entity is aligned.
    """
    left, positives = _keep_aligned(left, positives)
    similarity = F.normalize(left, dim=-1) @ F.normalize(right, dim=-1).transpose(1, 2) / temperature
    similarity = similarity.masked_fill(~right_mask[:, None, :], torch.finfo(similarity.dtype).min)
    logp = torch.log_softmax(similarity, dim=-1)
    total = -(logp.masked_fill(~positives, 0.0)).sum(dim=-1)
    n_positive = positives.sum(dim=-1)
    length = n_positive if normalizer == "entity" else right_mask.sum(dim=-1)[:, None]
    return masked_mean(total / length.clamp(min=1), n_positive > 0)


def _keep_aligned(left: Tensor, positives: Tensor) -> Tuple[Tensor, Tensor]:
    """Leave out tokens that are in no aligned entity, which would be compared with all tokens of the other sentence.

    RETURNS (Tuple[Tensor, Tensor]): (P, K, d) and (P, K, M), where K is the most aligned tokens of a pair.
    """
    aligned = positives.any(dim=-1)
    n_kept = int(aligned.sum(dim=1).max())
    kept = aligned.sort(dim=1, descending=True, stable=True).indices[:, :n_kept, None]
    first, second = (values.gather(1, kept.expand(-1, -1, values.shape[-1])) for values in (left, positives))
    return first, second


def create_bridging_contrast(
    outputs: List[str],
    views: List[str],
    *,
    temperature: float = 0.1,
    normalizer: Normalizer = "sentence",
    symmetric: bool = False,
    weight: float = 1.0,
) -> Objective:
    """Create the bridging loss between two views of a sentence, each with its own encoder (DLBri eq. 5 and 6).

    outputs (List[str]): the representations of the first and of the second view.
    views (List[str]): the names of the two views.
    temperature (float): tau, 0.1 in the paper.
    normalizer (str): "sentence" as printed, or "entity".
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
        ids = targets.entities
        same = (ids[left][:, :, None] == ids[right][:, None, :]) & (ids[left] > 0)[:, :, None]
        vectors = out[outputs[0]][left], out[outputs[1]][right]
        masks = targets.mask[left], targets.mask[right]
        directions = [(*vectors, same, masks[1])]
        if symmetric:
            directions.append((*vectors[::-1], same.transpose(1, 2), masks[0]))
        return mean_terms(
            bridging_contrast(*direction, temperature=temperature, normalizer=normalizer)
            for direction in directions
        )

    return Objective(loss, outputs, weight)
