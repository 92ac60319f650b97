from typing import List, Sequence

from torch import Tensor, nn


class TokenClassifier(nn.Module):
    """Classify each token by a linear layer, z = W h + b (DLBri eq. 7 and 11 before the softmax).

    n_in (int): width d of the token vectors.
    n_classes (int): number of classes C.
    """

    def __init__(self, n_in: int, n_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_classes)

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """Classify each token.

        X (Sequence[Tensor]): one tensor (B, N, d).
        mask (Tensor): (B, N) bool, not read.
        RETURNS (List[Tensor]): logits (B, N, C).
        """
        return [self.linear(X[0])]
