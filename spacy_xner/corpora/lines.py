"""Reading and writing text files line by line, plain or gzipped, and tables, with errors that name file and line."""

import gzip
import zlib
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Tuple, Union

from ..errors import Errors, XnerError

BOM = "\ufeff"


def open_lines(path: Union[str, Path]) -> Iterator[Tuple[int, str]]:
    """Read a UTF-8 text file, gzipped if its name ends in `.gz`. A byte order mark and CRLF are accepted.

    path (Union[str, Path]): the file.
    YIELDS (Tuple[int, str]): the line number, from 1, and the line without its line break.
    RAISES: X101 (no such file), X102 (only white space), X103 (not UTF-8), X115 (damaged gzip file, or not readable).
        Errors of the content are raised when the line is read.
    """
    path = Path(path)
    if not path.is_file():
        raise XnerError(Errors.X101.format(path=path))
    number, is_empty = 0, True
    try:
        # Lines are split as bytes, at "\n" only: text mode would also split at a single "\r".
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                line = _decode(raw, path, number)
                is_empty = is_empty and not line.strip()
                yield number, line
    except (EOFError, OSError, zlib.error) as error:
        raise XnerError(Errors.X115.format(path=path, line=number + 1, reason=error)) from error
    if is_empty:
        raise XnerError(Errors.X102.format(path=path))


def read_table(path: Union[str, Path]) -> Iterator[Tuple[int, Dict[str, str]]]:
    """Read tab-separated values with a header line. Blank lines are skipped.

    path (Union[str, Path]): the file, see `open_lines`.
    YIELDS (Tuple[int, Dict[str, str]]): the line number, and the cells by column, without surrounding white space; a
        cell may be empty.
    RAISES: X117 (unnamed or duplicate columns, a line with another number of cells, no line after the header) and those
        of `open_lines`.
    """
    header: List[str] = []
    number, is_empty = 0, True
    for number, line in open_lines(path):
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells):
            continue
        if not header:
            header = cells
            if "" in header or len(set(header)) < len(header):
                reason = f"the columns {header} need one name each"
                raise XnerError(Errors.X117.format(path=path, line=number, reason=reason))
            continue
        if len(cells) != len(header):
            reason = f"{len(cells)} columns, the header has {len(header)}"
            raise XnerError(Errors.X117.format(path=path, line=number, reason=reason))
        is_empty = False
        yield number, dict(zip(header, cells, strict=True))
    if is_empty:
        raise XnerError(Errors.X117.format(path=path, line=number, reason="nothing below the header"))


def write_lines(path: Path, lines: Iterable[str], packed: bool = False) -> None:
    """Write a UTF-8 text file.

    path (Path): the file.
    lines (Iterable[str]): its lines, without line breaks.
    packed (bool): whether to gzip it, without name and time, so that the same lines give the same bytes.
    RAISES: OSError if it can't be written, UnicodeEncodeError for half of a surrogate pair.
    """
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) if packed else file as target,
    ):
        target.writelines(f"{line}\n".encode() for line in lines)


def count_lines(path: Path) -> int:
    """Count the lines of a file.

    path (Path): the file, gzipped if its name ends in `.gz`.
    RETURNS (int): the number of lines.
    RAISES: EOFError, OSError, zlib.error if it can't be read.
    """
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        return sum(1 for _ in file)


def _decode(raw: bytes, path: Path, number: int) -> str:
    try:
        line = raw.decode("utf8")
    except UnicodeDecodeError as error:
        reason = f"{error.reason} at byte {error.start + 1}"
        raise XnerError(Errors.X103.format(path=path, line=number, reason=reason)) from error
    if number == 1:
        line = line.removeprefix(BOM)
    return line.removesuffix("\n").removesuffix("\r")
