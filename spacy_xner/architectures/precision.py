"""The precision that a processor computes in: bfloat16 where it does so natively, float32 elsewhere."""

import logging
import platform
from functools import cache
from typing import Literal

import torch

from ..errors import Errors, XnerError

Precision = Literal["auto", "float32", "bfloat16"]
LOGGER = logging.getLogger("spacy")


def use_bfloat16(wanted: Precision, device: torch.device) -> bool:
    """Tell whether to compute in bfloat16.

    wanted (Literal["auto", "float32", "bfloat16"]): the setting; "auto" asks the processor, and logs once what it said.
    device (torch.device): where the encoder is.
    RETURNS (bool): True for bfloat16, False for float32.
    RAISES: X033 if bfloat16 is wanted where it would only be emulated.
    """
    if wanted == "float32":
        return False
    found = has_bfloat16(device.type)
    if wanted == "auto":
        _log_choice(device.type, found)
    elif not found:
        raise XnerError(Errors.E033.format(device=name_device(device.type)))
    return found


@cache
def has_bfloat16(device: str) -> bool:
    """Tell whether a kind of device computes bfloat16 natively.

    device (str): "cpu", "cuda" or another of torch's.
    RETURNS (bool): of x86, whether it has AMX or AVX-512 BF16.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Of oneDNN, which computes products of matrices on the CPU: where it says no, torch is slower in bfloat16.
    return device == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and _has_instructions()


def _has_instructions() -> bool:
    """RETURNS (bool): whether the processor multiplies bfloat16; oneDNN also says yes where it only converts."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True  # what oneDNN says holds on ARM
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)


def name_device(device: str) -> str:
    """RETURNS (str): the processor, for messages. device (str): its kind."""
    return torch.cuda.get_device_name() if device == "cuda" else f"this {device.upper()}"


@cache
def _log_choice(device: str, found: bool) -> None:
    precision = "bfloat16" if found else "float32"
    LOGGER.info(
        "Encoders compute in %s: %s %s bfloat16.", precision, name_device(device), "has" if found else "lacks"
    )
