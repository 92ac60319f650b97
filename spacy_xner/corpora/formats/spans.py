"""Spans of characters as the formats write them, checked and put in order."""

from typing import Any, Dict, Iterable, List, Optional

from .objects import check_string, get_optional
from .records import Note, TextSpan

# What the tools call the parts of a span.
STARTS, ENDS = ("start", "start_offset", "start_char"), ("end", "end_offset", "end_char")
LABELS = ("label", "labels", "entity_group", "type")
DUPLICATES = "spans that were there twice are kept once"


class SpanError(ValueError):
    """A span that the text can't have."""

    def __init__(self, span: TextSpan, reason: str) -> None:
        super().__init__(reason)
        self.span = span


def list_spans(found: Any, key: str = "spans") -> List[TextSpan]:
    """Read spans without regard to their text.

    found (Any): a list of [start, end, label], or of objects with these under the keys that the tools use, and an id.
    key (str): the key they stand under, for the message.
    RETURNS (List[TextSpan]): the spans, as they are written.
    RAISES: ValueError if it is no such list.
    """
    if not isinstance(found, list):
        raise ValueError(f"'{key}' is not a list of objects or of [start, end, label]")
    return [_parse_span(span, key) for span in found]


def parse_spans(
    found: Any, text: str, key: str = "spans", mended: Optional[List[Note]] = None
) -> List[TextSpan]:
    """Read the spans of a text.

    found (Any): see `list_spans`.
    text (str): the text.
    key (str): the key they stand under, for the message.
    mended (Optional[List[Note]]): see `check_spans`.
    RETURNS (List[TextSpan]): the spans by their start, without white space at their edges.
    RAISES: ValueError if it is no such list, SpanError as `check_spans`.
    """
    return check_spans(list_spans(found, key), text, mended)


def _parse_span(span: Any, key: str) -> TextSpan:
    if isinstance(span, list) and len(span) == 3:
        return make_span(*span)
    if not isinstance(span, dict):
        raise ValueError(f"'{key}' is not a list of objects or of [start, end, label]")
    return make_span(_get(span, STARTS), _get(span, ENDS), _get(span, LABELS), get_optional(span, "id") or "")


def _get(span: Dict[str, Any], keys: Iterable[str]) -> Any:
    return next((span[key] for key in keys if span.get(key) is not None), None)


def make_span(start: Any, end: Any, label: Any, id: str = "") -> TextSpan:
    """Make a span of what a file says; whether it fits the text is for `check_spans`.

    start, end (Any): characters [start, end), which must be integers.
    label (Any): must be a string that is not empty, or a list of one.
    id (str): id of aligned entities, "" for none.
    RETURNS (TextSpan): the span.
    RAISES: ValueError if a part of it is of another type.
    """
    for key, value in (("start", start), ("end", end)):
        # A bool is an int for Python, but not for the user.
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"'{key}' of a span is {value!r}, not an integer")
    if isinstance(label, list):
        if len(label) != 1:
            raise ValueError(f"a span has the labels {label!r}, not one")
        label = label[0]
    return TextSpan(start, end, check_string(label, "label"), id)


def check_spans(found: Iterable[TextSpan], text: str, mended: Optional[List[Note]] = None) -> List[TextSpan]:
    """Put the spans of a text in order, and cut white space off their edges.

    found (Iterable[TextSpan]): the spans.
    text (str): the text.
    mended (Optional[List[Note]]): gets a note for each span that is there again and left out; None if that is an error.
    RETURNS (List[TextSpan]): the spans by their start.
    RAISES: SpanError if one is empty, outside the text, holds nothing but white space or overlaps with another.
    """
    spans: List[TextSpan] = []
    for span in sorted(_trim(span, text) for span in found):
        last = spans[-1] if spans else None
        if last is not None and span[:3] == last[:3]:
            if mended is None:
                raise SpanError(span, "is there twice (--repair keeps one)")
            mended.append(Note(DUPLICATES, f"{span.start}-{span.end} ('{span.label}')"))
            continue
        if last is not None and span.start < last.end:
            raise SpanError(span, f"overlaps with the span before it, which ends at {last.end}")
        spans.append(span)
    return spans


def _trim(span: TextSpan, text: str) -> TextSpan:
    """RETURNS (TextSpan): the span without white space at its edges."""
    if span.start >= span.end:
        raise SpanError(span, "is empty or ends before it starts")
    if span.start < 0 or span.end > len(text):
        raise SpanError(span, f"is outside the text of {len(text)} characters")
    covered = text[span.start : span.end]
    if not covered.strip():
        raise SpanError(span, "holds nothing but white space")
    start = span.start + len(covered) - len(covered.lstrip())
    return span._replace(start=start, end=start + len(covered.strip()))
