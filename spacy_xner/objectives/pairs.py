"""Which sentences of a batch belong together, and which cells of a band exist."""

from typing import Dict, List, Tuple

import torch
from torch import Tensor

from ..relations import band_partners
from ..types import Targets


def pair_views(targets: Targets, left: str, right: str) -> Tuple[List[int], List[int]]:
    """Find the pairs of sentences of one group that are the given views of it.

    left, right (str): the views. A group may have several of the right view: each makes a pair.
    RETURNS (Tuple[List[int], List[int]]): the positions of the left and of the right sentences in the batch.
    """
    by_group: Dict[int, List[int]] = {}
    groups = targets.groups.tolist()
    for index, (group, view) in enumerate(zip(groups, targets.views, strict=True)):
        if view == right:
            by_group.setdefault(group, []).append(index)
    pairs = [
        (index, other)
        for index, (group, view) in enumerate(zip(groups, targets.views, strict=True))
        if view == left
        for other in by_group.get(group, ())
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def mask_cells(mask: Tensor, width: int) -> Tensor:
    """RETURNS (Tensor): (B, N, D) bool, True where both tokens of the cell exist. mask (Tensor): (B, N) bool."""
    n = mask.shape[1]
    partners = torch.from_numpy(band_partners(n, width)).to(mask.device)
    inside = (partners >= 0) & (partners < n)
    return mask[:, :, None] & inside & mask[:, partners.clamp(0, max(n - 1, 0))]
