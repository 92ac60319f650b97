from typing import Optional

from torch import Tensor

# Shorter vectors count as zero in a cosine, so that its gradient stays bounded.
EPSILON = 1e-4


def masked_mean(values: Tensor, mask: Tensor) -> Optional[Tensor]:
    """Average the values where the mask is set.

    values (Tensor): any shape.
    mask (Tensor): bool, of the same shape.
    RETURNS (Optional[Tensor]): a scalar, None if the mask is nowhere set.
    """
    count = mask.sum()
    if count == 0:
        return None
    return values.masked_fill(~mask, 0.0).sum() / count
