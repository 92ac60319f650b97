"""Parquet files of texts and of what was found in them. Needs pyarrow."""

import contextlib
from pathlib import Path
from typing import Any, Dict, Iterator, List

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
    pyarrow = _import_pyarrow(path)
    if not path.is_file():
        raise XnerError(Errors.E101.format(path=path))
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if "text" not in names:
                raise XnerError(Errors.E124.format(path=path, found=names))
            wanted = [name for name in ("text", "id", "language") if name in names]
            for batch in file.iter_batches(BATCH, columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    group = row.get("id")
                    yield TextRecord(
                        line=number,
                        text=str(row["text"] or ""),
                        group=None if group is None else str(group),
                        language=row.get("language"),
                    )
    except (OSError, pyarrow.ArrowException) as error:
        raise XnerError(Errors.E115.format(path=path, line=number + 1, reason=error)) from error


def write_parquet(path: Path, rows: Iterator[Dict[str, Any]]) -> None:
    """Write texts with their spans.

    path (Path): the file.
    rows (Iterator[Dict[str, Any]]): `{"id", "language", "text", "spans": [{"start", "end", "label", "score"}]}`; score,
        id and language may be missing.
    RAISES: X125 (pyarrow is missing), OSError if it can't be written.
    """
    pyarrow = _import_pyarrow(path)
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


def _import_pyarrow(path: Path) -> Any:
    with contextlib.suppress(ImportError):
        import pyarrow
        import pyarrow.parquet

        return pyarrow
    raise XnerError(Errors.E125.format(what=f"'{path}'", package="pyarrow", extra="parquet"))
