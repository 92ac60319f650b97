"""Files of raw texts and of the entities found in them: JSON lines, plain text and Parquet, told by their names."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator

from ..errors import Errors, XnerError
from ..files import replace_file
from .formats.parquet import import_pyarrow, read_parquet, write_parquet
from .formats.raw import read_jsonl, read_text
from .formats.records import TextRecord
from .lines import write_lines

Rows = Iterator[Dict[str, Any]]

_read_unlabelled = partial(read_jsonl, labelled=False)
READERS: Dict[str, Callable[[Path], Iterator[TextRecord]]] = {
    ".jsonl": _read_unlabelled,
    ".jsonl.gz": _read_unlabelled,
    ".txt": read_text,
    ".txt.gz": read_text,
    ".parquet": read_parquet,
}


def read_texts(path: Path) -> Iterator[TextRecord]:
    """Read texts, whatever was found in them.

    path (Path): `.jsonl` or `.txt`, also as `.gz`, or `.parquet`.
    YIELDS (TextRecord): the texts.
    RAISES: X127 for a file of another name, and those of the readers.
    """
    yield from READERS[check_name(path, READERS)](path)


def write_rows(path: Path, rows: Rows) -> None:
    """Write texts with their spans. The file appears under its name only when it is complete.

    path (Path): `.jsonl`, `.jsonl.gz` or `.parquet`.
    rows (Iterator[Dict[str, Any]]): as in `write_parquet`.
    RAISES: X112 if it can't be written, X125, X127 for a file of another name.
    """
    write = WRITERS[check_name(path, WRITERS)]
    with replace_file(path) as temporary:
        write(temporary, rows)


def _write_jsonl(path: Path, rows: Rows, packed: bool = False) -> None:
    write_lines(path, (json.dumps(row, ensure_ascii=False) for row in rows), packed)


WRITERS: Dict[str, Callable[[Path, Rows], None]] = {
    ".jsonl": _write_jsonl,
    ".jsonl.gz": partial(_write_jsonl, packed=True),
    ".parquet": write_parquet,
}


def check_output(path: Path, known: Iterable[str]) -> str:
    """Check before the work that a file can be written by its name.

    path (Path): the file; a Parquet file needs pyarrow.
    known (Iterable[str]): the endings that it may have, as ".jsonl.gz".
    RETURNS (str): how its name ends, one of these.
    RAISES: X125 if pyarrow is missing, X127 for a file of another name.
    """
    ending = check_name(path, known)
    if ending == ".parquet":
        import_pyarrow(path)
    return ending


def check_name(path: Path, known: Iterable[str]) -> str:
    """Find out what a file holds by its name.

    path (Path): the file, which need not exist.
    known (Iterable[str]): the endings that it may have, as ".jsonl.gz".
    RETURNS (str): how its name ends, one of these.
    RAISES: X127 for a file of another name.
    """
    for ending in known:
        if path.name.endswith(ending):
            return ending
    raise XnerError(Errors.E127.format(path=path, expected=", ".join(known)))
