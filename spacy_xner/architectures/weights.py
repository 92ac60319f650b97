"""The weights of a torch module as bytes, in a format that holds no code."""

import io
from typing import Any

import torch
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
    # Pipelines that were saved before heads had this format; only tensors are read from theirs.
    is_old = data[:2] == b"PK"
    weights = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True) if is_old else load(data)
    module.load_state_dict(weights)
    return module.to(device)
