"""The torch modules of a model."""

from typing import Iterator

from thinc.api import Model
from torch import nn

from ..training.adamw import TorchPart


def get_heads(model: Model) -> nn.ModuleDict:
    """Get the modules of the heads.

    model (Model): the initialized model.
    RETURNS (ModuleDict): the modules by "head:NAME".
    """
    return model.get_ref("heads").shims[0]._model.heads


def find_modules(model: Model) -> Iterator[TorchPart]:
    """Find the modules that an optimizer updates.

    model (Model): the initialized model.
    YIELDS (TorchPart): the modules of encoders and heads.
    """
    heads = model.get_ref("heads")
    for layer in model.layers:
        width = 0 if layer is heads else layer.get_dim("nO")
        for shim in (shim for node in layer.walk() for shim in node.shims):
            yield TorchPart(shim._model, width)
