from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .reduce import EPSILON


def two_sided_contrast(
    first: Tensor,
    second: Tensor,
    positives: Tensor,
    masks: Tuple[Tensor, Tensor],
    *,
    ignored: Optional[Tensor] = None,
    temperature: float = 0.1,
) -> Optional[Tensor]:
    """Pull a vector towards its counterpart in the other row, away from all other vectors of both rows.

    For a vector i of either row whose counterpart in the other row is j,
    L_i = -log softmax_k(cos(z_i, z_k) / temperature)_j over the vectors k of both rows except i itself. The loss is the
    mean over all such i, so both directions have the same weight (NT-Xent).

    first, second (Tensor): (R, D, k) vectors of R pairs of rows.
    positives (Tensor): (R, D, D) bool, True where a vector of the first row corresponds to one of the second.
    masks (Tuple[Tensor, Tensor]): (R, D) bool each, the vectors that exist.
    ignored (Optional[Tensor]): (R, 2 D, 2 D) bool, for the vectors of both rows: True where the second is no negative
        of the first.
    temperature (float): tau.
    RETURNS (Optional[Tensor]): a scalar in nats, None if nothing corresponds.
    """
    width = first.shape[1]
    if not bool(positives.any()):
        return None
    vectors = F.normalize(torch.cat([first, second], dim=1), dim=-1, eps=EPSILON)
    similarity = vectors @ vectors.transpose(1, 2) / temperature
    own = torch.eye(2 * width, dtype=torch.bool, device=first.device)
    excluded = ~torch.cat(masks, dim=1)[:, None, :] | own
    if ignored is not None:
        excluded = excluded | ignored
    logp = torch.log_softmax(similarity.masked_fill(excluded, torch.finfo(similarity.dtype).min), dim=-1)
    row, i, j = positives.nonzero(as_tuple=True)
    return -(logp[row, i, width + j] + logp[row, width + j, i]).mean() / 2
