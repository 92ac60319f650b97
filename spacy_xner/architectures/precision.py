"""The precision that encoders compute in: bfloat16 where the processor supports it natively, else float32."""

import logging
import platform
from functools import cache
from typing import Literal

import torch

from ..errors import Errors, XnerError

Precision = Literal["auto", "float32", "bfloat16"]
LOGGER = logging.getLogger("spacy")


def use_bfloat16(wanted: Precision, device: torch.device) -> bool:
    """Decide whether to compute in bfloat16.

    wanted (Literal["auto", "float32", "bfloat16"]): the setting; "auto" follows the processor, and logs the choice
        once.
    device (torch.device): the encoder's device.
    RETURNS (bool): True for bfloat16, False for float32.
    RAISES: X033 if bfloat16 is wanted on a device that would only emulate it.
    """
    if wanted == "float32":
        return False
    found = has_bfloat16(device.type)
    if wanted == "auto":
        _log_choice(device.type, found)
    elif not found:
        raise XnerError(Errors.X033.format(device=name_device(device.type)))
    return found


@cache
def has_bfloat16(device: str) -> bool:
    """Check whether a device computes bfloat16 natively.

    device (str): the type of the device: "cpu", "cuda" or another type of torch.
    RETURNS (bool): whether it does; on x86, whether it has AMX or AVX-512 BF16.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # oneDNN computes matrix products on the CPU: without its support, bfloat16 is slower in torch.
    return device == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and _has_instructions()


def _has_instructions() -> bool:
    """RETURNS (bool): whether the processor multiplies in bfloat16; oneDNN's own check includes mere conversion."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True  # on ARM oneDNN's own check is enough
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)


def name_device(device: str) -> str:
    """Name a processor in messages.

    device (str): the type of the device.
    RETURNS (str): its name.
    """
    return torch.cuda.get_device_name() if device == "cuda" else f"this {device.upper()}"


@cache
def _log_choice(device: str, found: bool) -> None:
    precision = "bfloat16" if found else "float32"
    LOGGER.info(
        "Encoders compute in %s: %s %s bfloat16.", precision, name_device(device), "has" if found else "lacks"
    )
