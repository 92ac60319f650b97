"""Formats of raw text: JSON lines with spans of characters, and plain sentences."""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ...errors import Errors, XnerError
from ..lines import open_lines
from .records import Reader, TextRecord, TextSpan


def read_text(path: Path) -> Iterator[TextRecord]:
    """Read one unlabelled sentence a line; blank lines are skipped.

    path (Path): the file.
    YIELDS (TextRecord): the sentences, without white space around them.
    """
    for line, content in open_lines(path):
        if content.strip():
            yield TextRecord(line=line, text=content.strip())


def read_jsonl(path: Path, labelled: bool = True) -> Iterator[TextRecord]:
    """Read one JSON object a line: `{"text", "spans": [{"start", "end", "label", "id"}], "id", "language",
    "view"}`, where both ids, language and view may be left out, and spans are null for unlabelled text.

    path (Path): the file.
    labelled (bool): whether there are spans. If not, such as there are count for nothing, and texts may be empty.
    YIELDS (TextRecord): the sentences.
    RAISES: X106 (not such an object), X107 (a span is outside the text, empty or overlaps), and those of
        `open_lines`.
    """
    for line, content in open_lines(path):
        if not content.strip():
            continue
        try:
            yield _parse_object(_load(content), line, labelled)
        except _SpanError as error:
            found = error.span._asdict()
            raise XnerError(Errors.E107.format(path=path, line=line, reason=error, **found)) from error
        except ValueError as error:
            raise XnerError(Errors.E106.format(path=path, line=line, reason=error)) from error


class _SpanError(ValueError):
    def __init__(self, span: TextSpan, reason: str) -> None:
        super().__init__(reason)
        self.span = span


def _load(content: str) -> Dict[str, Any]:
    try:
        data = json.loads(content)
    except json.JSONDecodeError as error:
        raise ValueError(f"no valid JSON, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError(f"found a {type(data).__name__}")
    return data


def _parse_object(data: Dict[str, Any], line: int, labelled: bool) -> TextRecord:
    text = "" if not labelled and data.get("text") == "" else _get_string(data, "text")
    if labelled and not text.strip():
        raise ValueError("'text' is empty")
    return TextRecord(
        line=line,
        text=text,
        spans=_parse_spans(data, len(text)) if labelled else None,
        group=_get_optional(data, "id"),
        view=_get_optional(data, "view"),
        language=_get_optional(data, "language"),
    )


def _parse_spans(data: Dict[str, Any], length: int) -> Optional[List[TextSpan]]:
    if "spans" not in data:
        raise ValueError("'spans' is missing (null if the text is unlabelled)")
    if data["spans"] is None:
        return None
    if not isinstance(data["spans"], list) or not all(isinstance(span, dict) for span in data["spans"]):
        raise ValueError("'spans' is not a list of objects")
    spans = sorted(_parse_span(span) for span in data["spans"])
    last_end = 0
    for span in spans:
        if span.start >= span.end:
            raise _SpanError(span, "is empty or ends before it starts")
        if span.start < 0 or span.end > length:
            raise _SpanError(span, f"is outside the text of {length} characters")
        if span.start < last_end:
            raise _SpanError(span, f"overlaps with the span before it, which ends at {last_end}")
        last_end = span.end
    return spans


def _parse_span(span: Dict[str, Any]) -> TextSpan:
    for key in ("start", "end"):
        # A bool is an int for Python, but not for the user.
        if not isinstance(span.get(key), int) or isinstance(span[key], bool):
            raise ValueError(f"'{key}' of a span is {span.get(key)!r}, not an integer")
    return TextSpan(span["start"], span["end"], _get_string(span, "label"), _get_optional(span, "id") or "")


def _get_string(data: Dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{key}' is {value!r}, not a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"'{key}' holds one half of a surrogate pair")
    return value


def _get_optional(data: Dict[str, Any], key: str) -> Optional[str]:
    value = data.get(key)
    if value is None or value == "":
        return None
    # Ids are often numbers.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _get_string(data, key)


RAW_READERS: Dict[str, Reader] = {"jsonl": read_jsonl, "text": read_text}
