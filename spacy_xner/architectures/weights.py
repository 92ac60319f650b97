"""Serialization of the weights of a torch module, in a format that contains no code."""

import io
from typing import Any

import torch
from safetensors.torch import load, save
from torch import nn


def dump_weights(module: nn.Module) -> bytes:
    """Serialize the weights of a module.

    module (nn.Module): the module.
    RETURNS (bytes): the content of a .safetensors file; equal weights give equal bytes.
    """
    return save(
        {name: tensor.detach().cpu().clone().contiguous() for name, tensor in module.state_dict().items()}
    )


def load_weights(module: nn.Module, data: bytes, device: Any) -> nn.Module:
    """Load the weights of a module, and move it to a device.

    module (nn.Module): a module of the same shape.
    data (bytes): the weights, from `dump_weights`.
    device (torch.device): the device.
    RETURNS (nn.Module): the module.
    """
    # The format of old pipelines is a zip file of pickles; `weights_only` reads nothing but tensors from it.
    is_old = data[:2] == b"PK"
    weights = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True) if is_old else load(data)
    module.load_state_dict(weights)
    return module.to(device)
