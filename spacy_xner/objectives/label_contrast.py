from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..errors import Errors, XnerError
from ..types import Objective, Outputs, Targets
from .reduce import EPSILON


def label_contrast(
    vectors: Tensor, classes: Tensor, *, temperature: float = 0.1, chunk: int = 4096
) -> Optional[Tensor]:
    """Pull tokens of one class together, away from the others (ConCNER eq. 4 and 5).

    L_i = -(1 / |P_i|) sum_{p in P_i} log softmax_{k != i}(cos(h_i, h_k) / temperature)_p, where P_i are the other
    tokens of i's class. The loss is the mean over the tokens with at least one other token of their class.

    vectors (Tensor): (M, d) token vectors.
    classes (Tensor): (M,) their classes.
    temperature (float): t.
    chunk (int): tokens i to process at once. If there are more, similarities are computed again in the backward pass,
        so that memory grows with chunk * M instead of M * M; the result is the same.
    RETURNS (Optional[Tensor]): a scalar in nats, None if no token has another of its class.
    """
    vectors = F.normalize(vectors, dim=-1, eps=EPSILON)
    total, count = vectors.new_zeros(()), 0
    for start in range(0, len(vectors), chunk):
        rows = torch.arange(start, min(start + chunk, len(vectors)), device=vectors.device)
        if len(vectors) > chunk:
            part, found = checkpoint(_sum_rows, vectors, classes, rows, temperature, use_reentrant=False)
        else:
            part, found = _sum_rows(vectors, classes, rows, temperature)
        total, count = total + part, count + int(found)
    return total / count if count else None


def _sum_rows(vectors: Tensor, classes: Tensor, rows: Tensor, temperature: float) -> Tuple[Tensor, Tensor]:
    """RETURNS (Tuple[Tensor, Tensor]): the sum of L_i over the rows with positives, and the number of these rows."""
    similarity = vectors[rows] @ vectors.T / temperature
    own = rows[:, None] == torch.arange(len(vectors), device=rows.device)
    positives = (classes[rows][:, None] == classes) & ~own
    n_positive = positives.sum(dim=-1)
    logp = torch.log_softmax(similarity.masked_fill(own, torch.finfo(similarity.dtype).min), dim=-1)
    losses = -logp.masked_fill(~positives, 0.0).sum(dim=-1) / n_positive.clamp(min=1)
    return losses.sum(), (n_positive > 0).sum()


def create_label_contrast(
    output: str, tokens: str, *, temperature: float = 0.1, chunk: int = 4096, weight: float = 1.0
) -> Objective:
    """Create the label contrast over all labelled tokens of the batch, O included (ConCNER eq. 4 and 5).

    output (str): the output whose scheme gives the classes; with "bio", B-PER and I-PER are different classes.
    tokens (str): the output with the token vectors.
    temperature (float): t.
    chunk (int): tokens to process at once, see `label_contrast`.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    RAISES: X019 if chunk is under 1.
    """
    if chunk < 1:
        raise XnerError(Errors.X019.format(value=chunk))

    def loss(outputs: Outputs, targets: Targets) -> Optional[Tensor]:
        gold = targets.gold[output]
        known = gold >= 0
        return label_contrast(outputs[tokens][known], gold[known], temperature=temperature, chunk=chunk)

    return Objective(loss, [tokens, output], weight)
