"""Writing files: whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any, Iterator

import srsly

from .errors import Errors, XnerError, explain


@contextlib.contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Write a file through a temporary file beside it and a rename: it is whole, or what it was.

    path (Path): the file; missing folders are made.
    YIELDS (Path): the temporary file.
    RAISES: X112 if the file can't be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        yield Path(temporary)
        with open(
            temporary, "rb+"
        ) as written:  # on the disk before the rename is: a power cut must not leave it empty
            os.fsync(written.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise XnerError(Errors.E112.format(path=path, reason=explain(error))) from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as `replace_file` does.

    path (Path): the file; missing folders are made.
    data (bytes): its content.
    RAISES: X112 if the file can't be written.
    """
    with replace_file(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, data: Any) -> None:
    """Write data as JSON for people to read, as `replace_file` does.

    path (Path): the file; missing folders are made.
    data (Any): what JSON can hold.
    RAISES: X112 if the file can't be written.
    """
    write_bytes(path, (srsly.json_dumps(data, indent=2) + "\n").encode("utf8"))
