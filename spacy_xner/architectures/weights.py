"""The weights of a torch module as bytes, in a format that holds no code."""

from typing import Any

from safetensors.torch import load, save
from torch import nn


def dump_weights(module: nn.Module) -> bytes:
    """Make bytes of the weights.

    module (nn.Module): the module.
    RETURNS (bytes): what a .safetensors file holds; equal weights give equal bytes.
    """
    return save(
        {name: tensor.detach().cpu().clone().contiguous() for name, tensor in module.state_dict().items()}
    )


def load_weights(module: nn.Module, data: bytes, device: Any) -> nn.Module:
    """Set the weights.

    module (nn.Module): a module of the same shape.
    data (bytes): what `dump_weights` gave.
    device (torch.device): where the module goes.
    RETURNS (nn.Module): the module.
    """
    module.load_state_dict(load(data))
    return module.to(device)
