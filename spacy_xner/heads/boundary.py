from typing import List, Sequence

import torch
from torch import Tensor, nn


class BoundaryScorer(nn.Module):
    """Score every pair of tokens as start and end of an entity (DLBri eq. 8 and 9).

    S(i, j) = q_i . k_j + w . (h_i + h_j), where q = W_q h + b_q and k = W_k h + b_k. If scaled, the first term is
    q_i . k_j / sqrt(d), as in the attention of transformers (ours).

    Weights are initialized as in BERT's layers (normal, standard deviation 0.02, zero bias). With larger weights, the
    squared differences of the scores would outweigh every other objective for hundreds of steps.

    n_in (int): width d of the token vectors; W_q and W_k are (d, d), w is (d,).
    scaled (bool): divide the products by sqrt(d). The paper does not.
    """

    def __init__(self, n_in: int, scaled: bool = False) -> None:
        super().__init__()
        self.scale = n_in**-0.5 if scaled else 1.0
        self.query = nn.Linear(n_in, n_in)
        self.key = nn.Linear(n_in, n_in)
        self.token = nn.Linear(n_in, 1, bias=False)
        for layer in (self.query, self.key, self.token):
            nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(self.query.bias)
        nn.init.zeros_(self.key.bias)

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """Score all pairs of tokens.

        X (Sequence[Tensor]): one tensor (B, N, d).
        mask (Tensor): (B, N) bool, not read; no objective reads the scores of pairs with padding.
        RETURNS (List[Tensor]): scores (B, N, N), start first.
        """
        h = X[0]
        pairs = self.scale * torch.einsum("bid,bjd->bij", self.query(h), self.key(h))
        tokens = self.token(h)
        return [pairs + tokens + tokens.transpose(1, 2)]
