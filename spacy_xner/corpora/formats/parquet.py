"""Parquet files of texts and of what was found in them. Needs pyarrow."""

import contextlib
import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple

from ...errors import Errors, XnerError, tell_install
from .objects import IDENTITY
from .raw import make_plain
from .records import ReadOptions, TextRecord

# Rows of a row group.
BATCH = 10000


def read_parquet(path: Path, options: ReadOptions = ReadOptions()) -> Iterator[TextRecord]:  # noqa: B008
    """Read the column of the text, and keep the others. Numbers of lines are those of rows.

    path (Path): the file.
    options (ReadOptions): how to read it: the column of the text, by default "text".
    YIELDS (TextRecord): the texts; that of a row without text is empty and has an error.
    RAISES: X101, X115 (no such file, not readable), X124 (no column of texts), X125 (pyarrow is missing).
    """
    pyarrow = import_pyarrow(path)
    text = options.text_key or "text"

    def choose(schema: Any) -> List[str]:
        names = schema.names
        if text not in names or not _is_text(pyarrow, schema.field(text).type):
            kinds = ", ".join(f"{name} ({kind})" for name, kind in zip(names, schema.types, strict=True))
            raise XnerError(Errors.X124.format(path=path, key=text, found=kinds))
        return list(names)

    for number, row in read_rows(path, choose):
        try:
            found = {key: _to_json(value) for key, value in row.items()}
            # A column of another type than text tells ids and languages all the same.
            known = {key: str(found[key]) for key in IDENTITY if found.get(key) is not None}
            record = make_plain({**found, **known}, text)
        except ValueError as error:
            raise XnerError(Errors.X115.format(path=path, line=number, reason=error)) from error
        fields = {key: value for key, value in record.fields.items() if value is not None}
        if "id" in fields:
            fields["id"] = found["id"]  # as it is there
        yield replace(record, line=number, unit="row", fields=fields)


def read_rows(path: Path, choose: Callable[[Any], List[str]]) -> Iterator[Tuple[int, Dict[str, Any]]]:
    """Read rows of a Parquet file.

    path (Path): the file.
    choose (Callable): from its schema to the columns that are wanted.
    YIELDS (Tuple[int, Dict[str, Any]]): number of the row, from 1, and its values.
    RAISES: X101, X115 (no such file, not readable), X125 (pyarrow is missing).
    """
    pyarrow = import_pyarrow(path)
    if not path.is_file():
        raise XnerError(Errors.X101.format(path=path))
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, columns=choose(file.schema_arrow)):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (OSError, pyarrow.ArrowException) as error:
        raise XnerError(Errors.X115.format(path=path, line=number + 1, reason=error)) from error


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


def write_parquet(path: Path, rows: Callable[[], Iterator[Dict[str, Any]]]) -> None:
    """Write texts with their spans.

    path (Path): the file.
    rows (Callable): gives, each time from the first, `{"id", "language", "text", "spans": [{"start", "end", "label",
        "score"}]}`, of which all but the text may be missing, and whatever else there is of a text: strings, truth
        values and numbers have columns of their type, all else is written as JSON.
    RAISES: X125 (pyarrow is missing), OSError if it can't be written.
    """
    pyarrow = import_pyarrow(path)
    string, integer = pyarrow.string(), pyarrow.int64()
    span = {"start": integer, "end": integer, "label": string, "score": pyarrow.float64()}
    columns = {"id": string, "language": string, "text": string, "spans": pyarrow.list_(pyarrow.struct(span))}
    kinds: Dict[str, Set[type]] = {}
    for row in rows():
        for key, value in row.items():
            if key == "id" or key not in columns:
                kinds.setdefault(key, set()).update({type(value)} - {type(None)})
    types = {str: string, bool: pyarrow.bool_(), int: integer, float: pyarrow.float64()}
    own = {
        key: types[next(iter(found))]
        for key, found in kinds.items()
        if len(found) == 1 and found <= set(types)
    }
    schema = pyarrow.schema({**columns, **dict.fromkeys(kinds, string), **own})
    others = set(kinds) - set(own)

    def as_written(row: Dict[str, Any]) -> Dict[str, Any]:
        return {k: _as_text(v) if k in others and v is not None else v for k, v in row.items()}

    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        found = map(as_written, rows())
        while batch := list(islice(found, BATCH)):
            writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_text(pyarrow: Any, kind: Any) -> bool:
    types = pyarrow.types
    plain = kind.value_type if types.is_dictionary(kind) else kind
    checks = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(check(plain) for check in checks)


def _to_json(value: Any) -> Any:
    """RETURNS (Any): a value converted for JSON: bytes, which older writers use for text, and dates become text."""
    if isinstance(value, bytes):
        return value.decode("utf8")
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def import_pyarrow(path: Path) -> Any:
    """Import pyarrow with its Parquet module.

    path (Path): the file that needs it, for the message.
    RETURNS (Any): the module.
    RAISES: X125 if it is missing.
    """
    with contextlib.suppress(ImportError):
        import pyarrow
        import pyarrow.parquet

        return pyarrow
    raise XnerError(Errors.X125.format(what=f"'{path}'", package="pyarrow", command=tell_install("parquet")))
