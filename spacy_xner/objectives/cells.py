import torch
from torch import Tensor

from ..relations import find_cells


def mask_cells(mask: Tensor, width: int) -> Tensor:
    """Make the mask of the band's token pairs from a mask of tokens.

    mask (Tensor): (B, N) bool, True on tokens that count.
    width (int): cells D of a row, see relations.py.
    RETURNS (Tensor): (B, N, D) bool, True where both tokens count.
    """
    partners, exist = (torch.from_numpy(array).to(mask.device) for array in find_cells(mask.shape[1], width))
    return mask[:, :, None] & mask[:, partners] & exist


def mask_like(mask: Tensor, logits: Tensor) -> Tensor:
    """Make the mask of an output's classifications from a mask of tokens.

    mask (Tensor): (B, N) bool, True on tokens that count.
    logits (Tensor): (B, N, C) of tokens, or (B, N, D, C) of pairs.
    RETURNS (Tensor): the mask itself, (B, N), or the mask of the cells, (B, N, D).
    """
    return mask if logits.dim() == 3 else mask_cells(mask, logits.shape[2])
