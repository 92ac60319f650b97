"""Formats of raw text: our own JSON with spans of characters, and plain sentences."""

from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ...errors import Errors, XnerError
from ..lines import open_lines
from .objects import IDENTITY, check_string, find_text_key, get_text, read_identity
from .read import read_objects
from .records import Found, Note, Reader, ReadOptions, TextRecord
from .spans import parse_spans


def read_text(path: Path, options: ReadOptions = ReadOptions()) -> Iterator[TextRecord]:  # noqa: B008
    """Read one unlabelled sentence per line; blank lines are skipped.

    path (Path): the file.
    options (ReadOptions): not used.
    YIELDS (TextRecord): the sentences, without surrounding white space.
    """
    for line, content in open_lines(path):
        if content.strip():
            yield TextRecord(line=line, text=content.strip())


def read_jsonl(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read objects `{"text", "spans": [{"start", "end", "label", "id"}], "id", "language", "view"}`.

    Both ids, language and view are optional; spans are null for unlabelled text.

    path (Path): the file, with one object per line or one array.
    options (ReadOptions): how to read it; spans may be missing if the annotation is dropped.
    YIELDS (Found): the sentences; for an invalid one X106 (an object) or X107 (a span).
    RAISES: those of `open_lines`.
    """
    return read_objects(path, partial(_parse, options=options), Errors.X106)


def _parse(data: Dict[str, Any], options: ReadOptions) -> TextRecord:
    text = get_text(data, options.text_key)
    if "spans" not in data and not options.unlabelled:
        raise ValueError(
            f"'spans' is missing (null, or --unlabelled, if the text is unlabelled); the keys are {sorted(data)}"
        )
    mended: Optional[List[Note]] = [] if options.repair else None
    found = data.get("spans")
    spans = None if found is None else parse_spans(found, text, mended=mended)
    return TextRecord(text=text, spans=spans, notes=tuple(mended or ()), **read_identity(data))


def read_plain(path: Path, options: ReadOptions = ReadOptions()) -> Iterator[TextRecord]:  # noqa: B008
    """Read the texts of objects, which may be empty, with their other fields. Spans are ignored.

    path (Path): the file, with one object per line or one array.
    options (ReadOptions): how to read it: the key of the text.
    YIELDS (TextRecord): the texts; for a text that is null, a record with an error.
    RAISES: X106 (an invalid object), and those of `open_lines`.
    """
    for found in read_objects(path, partial(_parse_plain, key=options.text_key), Errors.X106):
        if isinstance(found, XnerError):
            raise found
        if isinstance(found, TextRecord):
            yield found


def _parse_plain(data: Dict[str, Any], key: Optional[str]) -> TextRecord:
    return make_plain(data, find_text_key(data, key, advice="rename the one of the text, or set --text-key"))


def make_plain(row: Dict[str, Any], key: str) -> TextRecord:
    """Make a record from the text of a row, which may be empty, with its other fields. Spans are ignored.

    row (Dict[str, Any]): the row.
    key (str): the key of its text.
    RETURNS (TextRecord): the text; if it is null, a record with an error.
    RAISES: ValueError if it is no string, or if id, language or view are invalid.
    """
    text = row[key]
    fields = {name: value for name, value in row.items() if name not in (key, "spans", "error")}
    fields = {
        name: value for name, value in fields.items() if name not in IDENTITY or value not in (None, "")
    }
    if text:
        check_string(text, key)
    elif text is not None and text != "":
        raise ValueError(f"'{key}' is {text!r}, not a string")
    error = f"'{key}' is null" if text is None else ""
    return TextRecord(text=text or "", fields=fields, error=error, **read_identity(row))


RAW_READERS: Dict[str, Reader] = {"jsonl": read_jsonl, "text": read_text}
