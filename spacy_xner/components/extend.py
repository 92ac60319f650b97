"""Extending a trained component: its heads get classes for new labels, and keep those that they have."""

from typing import Any, Dict, Sequence

import torch
from thinc.api import Model
from torch import Tensor

from ..pipeline import get_heads
from ..types import ModelSizes

# A new class begins as the class "outside", which it was trained as, this much below in its logits.
MARGIN = 5.0


def extend_heads(model: Model, sizes: ModelSizes) -> None:
    """Build the heads anew with more labels, or for longer entities.

    Classes that there were keep their weights; those of the new labels follow them in every tagging scheme. A new class
    has the weights of the first one, "outside", and a lower bias: before any training it is nowhere the most probable.

    model (Model): an initialized model.
    sizes (ModelSizes): its sizes, with labels added at the end, or another length, on which no weight depends.
    """
    before = {name: _copy_state(head) for name, head in get_heads(model).items()}
    model.attrs["sizes"] = sizes
    model.initialize()
    for name, head in get_heads(model).items():
        wanted = head.state_dict()
        head.load_state_dict({key: add_rows(before[name][key], wanted[key].shape[:1]) for key in wanted})


def add_rows(weights: Tensor, shape: Sequence[int]) -> Tensor:
    """Add the rows of new classes to a tensor.

    weights (Tensor): (C, ...) weights or (C,) biases of classes, or any other tensor.
    shape (Sequence[int]): how many rows there are to be, at least as many as there are; empty for a number.
    RETURNS (Tensor): (n, ...), the new rows equal to the first, in biases less `MARGIN`; the tensor itself if it has as
        many rows already.
    """
    if tuple(weights.shape[:1]) == tuple(shape):
        return weights
    first = weights[:1] - (MARGIN if weights.ndim == 1 else 0)
    return torch.cat([weights, first.expand(shape[0] - len(weights), *weights.shape[1:])])


def _copy_state(head: Any) -> Dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in head.state_dict().items()}
