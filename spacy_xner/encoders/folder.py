"""Encoder folders: checking what may be replaced, and the folder of the encoder 'hash', which has no weights."""

from pathlib import Path

from ..errors import Errors, XnerError
from ..files import replace_folder, write_json
from ..hub import ENCODER_CARD, HASH


def check_replaceable(output: Path) -> None:
    """Check that a folder may be replaced.

    output (Path): the folder.
    RAISES: X187 if it has content that `make_encoder` did not create.
    """
    if output.exists() and not (output / ENCODER_CARD).is_file():
        if output.is_dir() and not any(output.iterdir()):
            return
        raise XnerError(Errors.X187.format(path=output, file=ENCODER_CARD))


def name_hash(output: Path) -> None:
    """Make a folder that stands for the encoder 'hash', so that a workflow can use one folder for any encoder.

    output (Path): the folder; a folder made by this function or `make_encoder` is replaced.
    RAISES: X112 if it can't be written, X187 if the folder has other content.
    """
    check_replaceable(output)
    with replace_folder(output) as folder:
        write_json(folder / ENCODER_CARD, {"source": HASH})
