from typing import List, Sequence

import torch
from torch import Tensor, nn


class BoundaryScorer(nn.Module):
    """Score every pair of tokens as start and end of an entity (DLBri eq. 8 and 9).

    S(i, j) = q_i . k_j + w . (h_i + h_j) with q = W_q h + b_q and k = W_k h + b_k.

    n_in (int): width d of the token vectors; W_q and W_k are (d, d), w is (d,).
    """

    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.query = nn.Linear(n_in, n_in)
        self.key = nn.Linear(n_in, n_in)
        self.token = nn.Linear(n_in, 1, bias=False)

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """X (Sequence[Tensor]): one tensor (B, N, d). RETURNS (List[Tensor]): scores (B, N, N), start first."""
        h = X[0]
        pairs = torch.einsum("bid,bjd->bij", self.query(h), self.key(h))
        tokens = self.token(h)
        return [pairs + tokens + tokens.transpose(1, 2)]
