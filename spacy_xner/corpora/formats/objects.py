"""JSON objects that stand for sentences: what their readers have in common, with errors that name what is wrong."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, TypedDict

from ...errors import Errors, XnerError
from ..lines import open_lines
from .records import TextRecord, TextSpan

# From an object and the number of its line to a sentence, None if it is none; ValueError with the reason if it is
# wrong.
Parse = Callable[[Dict[str, Any], int], Optional[TextRecord]]


class SpanError(ValueError):
    """A span that the text can't have."""

    def __init__(self, span: TextSpan, reason: str) -> None:
        super().__init__(reason)
        self.span = span


def read_objects(path: Path, parse: Parse, error: str) -> Iterator[TextRecord]:
    """Read one object a line; blank lines are skipped.

    path (Path): the file.
    parse (Callable): makes a sentence of an object.
    error (str): the message for an object that is wrong, with places for path, line and reason.
    YIELDS (TextRecord): the sentences.
    RAISES: X107 (a span is outside the text, empty or overlaps), that message, and those of `open_lines`.
    """
    for line, content in open_lines(path):
        if not content.strip():
            continue
        try:
            record = parse(load_object(content), line)
        except SpanError as wrong:
            found = wrong.span._asdict()
            raise XnerError(Errors.E107.format(path=path, line=line, reason=wrong, **found)) from wrong
        except ValueError as wrong:
            raise XnerError(error.format(path=path, line=line, reason=wrong)) from wrong
        if record is not None:
            yield record


def load_json(content: str) -> Any:
    """Read a JSON text. content (str): the text. RETURNS (Any): its value. RAISES: ValueError with place and reason."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"no valid JSON, {place}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error


def load_object(content: str) -> Dict[str, Any]:
    """Read a JSON text that is an object.

    content (str): the text.
    RETURNS (Dict[str, Any]): the object.
    RAISES: ValueError if it is none.
    """
    return require_object(load_json(content))


def require_object(data: Any) -> Dict[str, Any]:
    """Make sure that a value is an object. data (Any): a value of JSON.
    RETURNS (Dict[str, Any]): the same. RAISES: ValueError if it is none.
    """
    if not isinstance(data, dict):
        raise ValueError(f"found a {type(data).__name__}")
    return data


def require_objects(data: Any, name: str) -> List[Dict[str, Any]]:
    """Make sure that a value is a list of objects.

    data (Any): a value of JSON.
    name (str): the key it stands under, for the message.
    RETURNS (List[Dict[str, Any]]): the same.
    RAISES: ValueError if it is none.
    """
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ValueError(f"'{name}' is not a list of objects")
    return data


def check_spans(found: Iterable[TextSpan], length: int) -> List[TextSpan]:
    """Put the spans of a text in order.

    found (Iterable[TextSpan]): the spans.
    length (int): the characters of the text.
    RETURNS (List[TextSpan]): the spans by their start.
    RAISES: SpanError if one is empty, outside the text or overlaps with another.
    """
    spans = sorted(found)
    last_end = 0
    for span in spans:
        if span.start >= span.end:
            raise SpanError(span, "is empty or ends before it starts")
        if span.start < 0 or span.end > length:
            raise SpanError(span, f"is outside the text of {length} characters")
        if span.start < last_end:
            raise SpanError(span, f"overlaps with the span before it, which ends at {last_end}")
        last_end = span.end
    return spans


def make_span(start: Any, end: Any, label: Any, id: str = "") -> TextSpan:
    """Make a span of what a file says; whether it fits the text is for `check_spans`.

    start, end (Any): characters [start, end), which must be integers.
    label (Any): must be a string that is not empty.
    id (str): id of aligned entities, "" for none.
    RETURNS (TextSpan): the span.
    RAISES: ValueError if a part of it is of another type.
    """
    for key, value in (("start", start), ("end", end)):
        # A bool is an int for Python, but not for the user.
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"'{key}' of a span is {value!r}, not an integer")
    return TextSpan(start, end, check_string(label, "label"), id)


def parse_spans(found: Any, length: int) -> List[TextSpan]:
    """Read spans that are objects.

    found (Any): a list of {"start", "end", "label", "id"}, of which the last may be missing.
    length (int): the characters of the text.
    RETURNS (List[TextSpan]): the spans by their start.
    RAISES: ValueError if it is no such list, SpanError as `check_spans`.
    """
    spans = require_objects(found, "spans")
    return check_spans(
        (
            make_span(span.get("start"), span.get("end"), span.get("label"), get_optional(span, "id") or "")
            for span in spans
        ),
        length,
    )


def get_text(data: Dict[str, Any], blank: bool = False) -> str:
    """Get the text of an object.

    data (Dict[str, Any]): the object, whose key is "text".
    blank (bool): whether the text may be only white space.
    RETURNS (str): the text.
    RAISES: ValueError if it has none, or only white space unless it may.
    """
    text = check_string(data.get("text"), "text")
    if not blank and not text.strip():
        raise ValueError("'text' is empty")
    return text


def check_string(value: Any, key: str) -> str:
    """Make sure that a value is a string with anything in it that can be stored.

    value (Any): a value of JSON.
    key (str): the key it stands under, for the message.
    RETURNS (str): the same.
    RAISES: ValueError if it is none, empty, or has one half of a surrogate pair.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{key}' is {value!r}, not a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"'{key}' holds one half of a surrogate pair")
    return value


def get_optional(data: Dict[str, Any], key: str) -> Optional[str]:
    """Get a string that an object may have, or a number, as ids often are.

    data (Dict[str, Any]): the object.
    key (str): the key.
    RETURNS (Optional[str]): the string, None if the key is missing or its value null or "".
    RAISES: ValueError if it is of another type.
    """
    value = data.get(key)
    if value is None or value == "":
        return None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else check_string(value, key)


class Identity(TypedDict):
    """The metadata of a sentence, as its record has them; None where missing."""

    group: Optional[str]
    language: Optional[str]
    view: Optional[str]


def read_identity(data: Dict[str, Any]) -> Identity:
    """Read the metadata of an object.

    data (Dict[str, Any]): the object, with "id", "language" and "view" or without.
    RETURNS (Identity): group (of "id"), language and view.
    RAISES: ValueError if one is of another type.
    """
    return Identity(
        group=get_optional(data, "id"),
        language=get_optional(data, "language"),
        view=get_optional(data, "view"),
    )
