import torch
from torch import Tensor

from ..relations import find_cells


def mask_cells(mask: Tensor, width: int) -> Tensor:
    """From a (B, N) mask of tokens to one of pairs. RETURNS (Tensor): (B, N, D) bool, True where both tokens are."""
    partners, exist = (torch.from_numpy(array).to(mask.device) for array in find_cells(mask.shape[1], width))
    return mask[:, :, None] & mask[:, partners] & exist


def mask_like(mask: Tensor, logits: Tensor) -> Tensor:
    """RETURNS (Tensor): the mask of tokens for (B, N, C) logits, of their cells for (B, N, D, C)."""
    return mask if logits.dim() == 3 else mask_cells(mask, logits.shape[2])
