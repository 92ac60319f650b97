"""Files of raw texts, and of texts with predicted entities: JSON, tables, plain text and Parquet, by file name."""

import json
import unicodedata
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator

from ..errors import Errors, XnerError
from ..files import replace_file
from .formats.csv_table import read_text_rows
from .formats.parquet import import_pyarrow, read_parquet, write_parquet
from .formats.raw import read_plain, read_text
from .formats.records import ReadOptions, TextRecord
from .lines import count_lines, write_lines

Rows = Iterator[Dict[str, Any]]

TEXT_READERS: Dict[str, Callable[[Path, ReadOptions], Iterator[TextRecord]]] = {
    ".jsonl": read_plain,
    ".jsonl.gz": read_plain,
    ".json": read_plain,
    ".json.gz": read_plain,
    ".csv": read_text_rows,
    ".csv.gz": read_text_rows,
    ".tsv": read_text_rows,
    ".tsv.gz": read_text_rows,
    ".txt": read_text,
    ".txt.gz": read_text,
    ".parquet": read_parquet,
}


def read_texts(path: Path, options: ReadOptions = ReadOptions()) -> Iterator[TextRecord]:  # noqa: B008
    """Read texts without their entities. The other fields of a row are kept in `fields`.

    A row without text has an `error`.

    path (Path): JSON, a table or `.txt`, each also as `.gz`, or `.parquet`.
    options (ReadOptions): how to read it: the key of the text.
    YIELDS (TextRecord): the texts.
    RAISES: X127 for a file with another ending, and those of the readers.
    """
    yield from TEXT_READERS[check_name(path, TEXT_READERS)](path, options)


def count_texts(path: Path) -> int:
    """Count the texts of a file as far as that takes no time.

    path (Path): a file as in `read_texts`.
    RETURNS (int): the rows of a Parquet file; the lines of another, less the header of a table; 0 for a JSON array.
    RAISES: OSError if it can't be read, X125 if pyarrow is missing.
    """
    ending = check_name(path, TEXT_READERS).removesuffix(".gz")
    if ending == ".parquet":
        return int(import_pyarrow(path).parquet.read_metadata(path).num_rows)
    return 0 if ending == ".json" else count_lines(path) - (ending in (".csv", ".tsv"))


def write_rows(path: Path, rows: Callable[[], Rows]) -> None:
    """Write texts with their spans, atomically.

    path (Path): `.jsonl`, `.jsonl.gz` or `.parquet`.
    rows (Callable): as in `write_parquet`.
    RAISES: X112 if it can't be written, X125 if pyarrow is missing, X127 for a file with another ending.
    """
    write = TEXT_WRITERS[check_name(path, TEXT_WRITERS)]
    with replace_file(path) as temporary:
        write(temporary, rows)


def _write_jsonl(path: Path, rows: Callable[[], Rows], packed: bool = False) -> None:
    write_lines(path, (json.dumps(row, ensure_ascii=False) for row in rows()), packed)


TEXT_WRITERS: Dict[str, Callable[[Path, Callable[[], Rows]], None]] = {
    ".jsonl": _write_jsonl,
    ".jsonl.gz": partial(_write_jsonl, packed=True),
    ".parquet": write_parquet,
}


def check_output(path: Path, known: Iterable[str]) -> str:
    """Check the name of an output file before any work is done.

    path (Path): the file; a Parquet file needs pyarrow.
    known (Iterable[str]): the allowed endings, such as ".jsonl.gz".
    RETURNS (str): the ending of its name.
    RAISES: X125 if pyarrow is missing, X127 for a file with another ending.
    """
    ending = check_name(path, known)
    if ending == ".parquet":
        import_pyarrow(path)
    return ending


def check_name(path: Path, known: Iterable[str]) -> str:
    """Check the ending of a file's name.

    path (Path): the file, which need not exist.
    known (Iterable[str]): the allowed endings, such as ".jsonl.gz".
    RETURNS (str): the ending of its name.
    RAISES: X127 for a file with another ending.
    """
    for ending in known:
        if path.name.endswith(ending):
            return ending
    raise XnerError(Errors.X127.format(path=path, expected=", ".join(known)))


def make_text_key(text: str) -> int:
    """Make a key that near-duplicates share: case, white space, signs and the digits of numbers do not count.

    text (str): the text.
    RETURNS (int): the key, of 64 bits.
    """
    chars = ("0" if char.isdigit() else char for char in unicodedata.normalize("NFKC", text).casefold())
    # Marks are the vowels of many scripts.
    counted = (
        "".join(char for char in chars if char.isalnum() or unicodedata.category(char)[0] == "M") or text
    )
    return int.from_bytes(blake2b(counted.encode("utf8", "replace"), digest_size=8).digest(), "big")
