from typing import List, Sequence

from torch import Tensor, nn


class TokenRepresentation(nn.Module):
    """Give the token vectors to objectives that compare representations. It has no weights."""

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """Pass the token vectors on.

        X (Sequence[Tensor]): one tensor (B, N, d).
        mask (Tensor): (B, N) bool, not read.
        RETURNS (List[Tensor]): the same tensor, (B, N, d).
        """
        return [X[0]]
