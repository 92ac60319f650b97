"""The torch modules of a model."""

from typing import Iterator

from thinc.api import Model

from ..training.adamw import TorchPart


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
