from typing import List, Sequence

from torch import Tensor, nn


class TokenRepresentation(nn.Module):
    """The token vectors themselves, for objectives that compare representations. It has no weights."""

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """X (Sequence[Tensor]): one tensor (B, N, d). RETURNS (List[Tensor]): the same."""
        return [X[0]]
