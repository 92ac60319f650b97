"""The folder of an encoder: what may be replaced, and one for the encoder that has no weights."""

from pathlib import Path

from ..errors import Errors, XnerError
from ..files import replace_folder, write_json
from ..hub import ENCODER_CARD, HASH


def check_replaceable(output: Path) -> None:
    """Make sure that nothing is lost when a folder is replaced.

    output (Path): the folder.
    RAISES: X187 if something is there that `make_encoder` did not make.
    """
    if output.exists() and not (output / ENCODER_CARD).is_file():
        if output.is_dir() and not any(output.iterdir()):
            return
        raise XnerError(Errors.E187.format(path=output, file=ENCODER_CARD))


def name_hash(output: Path) -> None:
    """Make a folder that stands for the encoder 'hash', so that a workflow may name one folder for all encoders.

    output (Path): the folder; one that this or `make_encoder` made before is replaced.
    RAISES: X112 if it can't be written, X187 if the folder holds something else.
    """
    check_replaceable(output)
    with replace_folder(output) as folder:
        write_json(folder / ENCODER_CARD, {"source": HASH})
