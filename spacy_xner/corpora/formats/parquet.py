"""Parquet files of texts and of what was found in them. Needs pyarrow."""

import contextlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ...errors import Errors, XnerError
from .records import TextRecord

# Rows of a row group.
BATCH = 10000


def read_parquet(path: Path) -> Iterator[TextRecord]:
    """Read the columns `text` and, where they are, `id` and `language`. Numbers of lines are those of rows.

    path (Path): the file.
    YIELDS (TextRecord): the texts; that of a row without text is empty.
    RAISES: X101, X115 (no such file, not readable), X124 (no column of texts), X125 (pyarrow is missing).
    """
    pyarrow = import_pyarrow(path)

    def choose(schema: Any) -> List[str]:
        names = schema.names
        if "text" not in names or not _is_text(pyarrow, schema.field("text").type):
            kinds = ", ".join(f"{name} ({kind})" for name, kind in zip(names, schema.types, strict=True))
            raise XnerError(Errors.E124.format(path=path, found=kinds))
        return [name for name in ("text", "id", "language") if name in names]

    for number, row in read_rows(path, choose):
        try:
            found = {key: _to_str(value) for key, value in row.items()}
        except UnicodeDecodeError as error:
            raise XnerError(Errors.E115.format(path=path, line=number, reason=error)) from error
        text = found["text"] or ""
        yield TextRecord(line=number, text=text, group=found.get("id"), language=found.get("language"))


def read_rows(path: Path, choose: Callable[[Any], List[str]]) -> Iterator[Tuple[int, Dict[str, Any]]]:
    """Read rows of a Parquet file.

    path (Path): the file.
    choose (Callable): from its schema to the columns that are wanted.
    YIELDS (Tuple[int, Dict[str, Any]]): number of the row, from 1, and its values.
    RAISES: X101, X115 (no such file, not readable), X125 (pyarrow is missing).
    """
    pyarrow = import_pyarrow(path)
    if not path.is_file():
        raise XnerError(Errors.E101.format(path=path))
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, columns=choose(file.schema_arrow)):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (OSError, pyarrow.ArrowException) as error:
        raise XnerError(Errors.E115.format(path=path, line=number + 1, reason=error)) from error


def list_columns(path: Path) -> List[str]:
    """List the columns of a Parquet file.

    path (Path): the file.
    RETURNS (List[str]): their names.
    RAISES: X101, X115 (no such file, not readable), X125 (pyarrow is missing).
    """
    names: List[str] = []

    def choose(schema: Any) -> List[str]:
        names.extend(schema.names)
        return []

    next(read_rows(path, choose), None)
    return names


def write_parquet(path: Path, rows: Iterator[Dict[str, Any]]) -> None:
    """Write texts with their spans.

    path (Path): the file.
    rows (Iterator[Dict[str, Any]]): `{"id", "language", "text", "spans": [{"start", "end", "label", "score"}]}`; score,
        id and language may be missing.
    RAISES: X125 (pyarrow is missing), OSError if it can't be written.
    """
    pyarrow = import_pyarrow(path)
    string, integer = pyarrow.string(), pyarrow.int64()
    span = {"start": integer, "end": integer, "label": string, "score": pyarrow.float64()}
    columns = {"id": string, "language": string, "text": string, "spans": pyarrow.list_(pyarrow.struct(span))}
    schema = pyarrow.schema(columns)
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        batch: List[Dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                writer.write_table(pyarrow.Table.from_pylist(batch, schema))
                batch = []
        writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _is_text(pyarrow: Any, kind: Any) -> bool:
    types = pyarrow.types
    plain = kind.value_type if types.is_dictionary(kind) else kind
    checks = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(check(plain) for check in checks)


def _to_str(value: Any) -> Optional[str]:
    # Older writers have texts as bytes; ids are often numbers.
    return value.decode("utf8") if isinstance(value, bytes) else None if value is None else str(value)


def import_pyarrow(path: Path) -> Any:
    """Import pyarrow with its Parquet part. path (Path): the file that needs it, for the message.
    RETURNS (Any): the module. RAISES: X125 if it is missing.
    """
    with contextlib.suppress(ImportError):
        import pyarrow
        import pyarrow.parquet

        return pyarrow
    raise XnerError(Errors.E125.format(what=f"'{path}'", package="pyarrow", extra="parquet"))
