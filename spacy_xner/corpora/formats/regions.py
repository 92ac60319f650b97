"""Finding the spans in the results of Label Studio."""

import html
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .objects import require_object
from .records import TextSpan
from .spans import make_span
from .units import list_readings

# The ending of types that mark spans: labels, hypertextlabels, paragraphlabels. The key of their labels is the type.
LABELS = "labels"
# The address of a text in a separate file.
ADDRESS = re.compile(r"(/data/|[a-z][a-z0-9-]*://)\S+")


class Text(NamedTuple):
    """The text of a task.

    content (str): the text.
    starts (List[int]): where its paragraphs begin.
    is_dialogue (bool): whether it is a dialogue of paragraphs.
    """

    content: str
    starts: List[int]
    is_dialogue: bool


class Mismatch(ValueError):
    """The text that is given with a span differs from the text at its offsets."""


def is_region(value: Any) -> bool:
    """Check whether a value of JSON-MIN marks a span.

    value (Any): the value.
    RETURNS (bool): whether it has labels.
    """
    return isinstance(value, dict) and _find_type(value) is not None


def find_regions(results: List[Dict[str, Any]], text: Text) -> List[TextSpan]:
    """Find the spans of an annotation.

    results (List[Dict[str, Any]]): its results, of any type.
    text (Text): the text.
    RETURNS (List[TextSpan]): the spans, in any order; empty only if there are no results.
    RAISES: ValueError for a result that marks a span in an unknown way, or if no result marks one; Mismatch if a span's
        offsets and text do not agree.
    """
    spans, labelled = [], {result.get("id") for result in results if _is_labelled(result)}
    for result in results:
        value = require_object(result.get("value", result))
        if _is_labelled(result):
            spans.append(_parse(result, value, text))
        elif "start" in value and result.get("id") not in labelled:
            raise ValueError(f"a span of the type '{result.get('type')}' has no labels")
    if results and not spans:
        types = sorted({str(result.get("type")) for result in results})
        raise ValueError(f"its results are of the types {types}, none of which marks a span with a label")
    return spans


def _is_labelled(result: Dict[str, Any]) -> bool:
    return str(result.get("type", LABELS)).endswith(LABELS)


def _find_type(value: Dict[str, Any]) -> Optional[str]:
    return next((key for key in value if key.endswith(LABELS) and isinstance(value[key], list)), None)


def _parse(result: Dict[str, Any], value: Dict[str, Any], text: Text) -> TextSpan:
    kind = str(result.get("type") or _find_type(value) or LABELS)
    labels = value.get(kind, value.get(LABELS))
    if not isinstance(labels, list) or len(labels) != 1:
        raise ValueError(f"a span of the type '{kind}' has the labels {labels!r}, not one")
    start, end = _find_offsets(value, kind, text)
    note = require_object(result.get("meta") or {}).get("text")
    name = note[0] if isinstance(note, list) and len(note) == 1 and isinstance(note[0], str) else ""
    return _check(make_span(start, end, labels[0], name), value.get("text"), text.content)


def _find_offsets(value: Dict[str, Any], kind: str, text: Text) -> Tuple[Any, Any]:
    """RETURNS (Tuple[Any, Any]): start and end in the whole text, whose types are not checked yet."""
    if "start" not in value and "globalOffsets" not in value:
        raise ValueError(f"a result of the type '{kind}' has no offsets in a text")
    if text.is_dialogue and "startOffset" in value:
        return tuple(  # type: ignore[return-value]
            _find_place(value.get(key), value.get(f"{key}Offset"), text) for key in ("start", "end")
        )
    whole = value.get("globalOffsets")
    if isinstance(whole, dict):
        return whole.get("start"), whole.get("end")
    if isinstance(value.get("start"), str):
        raise ValueError(f"a span of the type '{kind}' has places in a page, and no 'globalOffsets'")
    return value.get("start"), value.get("end")


def _find_place(paragraph: Any, offset: Any, text: Text) -> Any:
    number = int(paragraph) if str(paragraph).isdecimal() else -1
    if not 0 <= number < len(text.starts) or not isinstance(offset, int):
        raise ValueError(
            f"a span has the place {offset!r} in paragraph {paragraph!r}, which is none of the text"
        )
    return text.starts[number] + offset


def _check(span: TextSpan, shown: Any, text: str) -> TextSpan:
    """RETURNS (TextSpan): the span in characters, counted so that it agrees with the text given with it.

    RAISES: Mismatch if they agree in no way of counting.
    """
    if not isinstance(shown, str):
        if ADDRESS.fullmatch(text):
            raise ValueError("the text is an address, and the spans are those of what is there")
        return span
    if _same(text[span.start : span.end], shown):
        # Label Studio itself sometimes writes ends after the end of the text.
        return span._replace(end=min(span.end, len(text))) if shown else span
    for place in list_readings(text):
        moved = place(span)
        if moved is not None and _same(text[moved.start : moved.end], shown):
            return moved
    raise Mismatch(
        f"span {span.start}-{span.end} ('{span.label}') is '{text[span.start : span.end]}' in the text and "
        f"'{shown}' in the annotation"
    )


def _same(found: str, shown: str) -> bool:
    """RETURNS (bool): whether texts are the same except for white space and escapes."""
    return _plain(found) == _plain(shown)


def _plain(text: str) -> str:
    return "".join(html.unescape(text).replace("\\n", " ").replace("\\t", " ").split())
