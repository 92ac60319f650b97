"""Formats of raw text: JSON lines with spans of characters, and plain sentences."""

from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ...errors import Errors
from ..lines import open_lines
from .objects import get_text, parse_spans, read_identity, read_objects
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
    RAISES: X106 (not such an object), and those of `read_objects`.
    """
    return read_objects(path, partial(_parse_object, labelled=labelled), Errors.E106)


def _parse_object(data: Dict[str, Any], line: int, labelled: bool) -> TextRecord:
    text = "" if not labelled and data.get("text") == "" else get_text(data, blank=not labelled)
    return TextRecord(
        line=line,
        text=text,
        spans=_parse_spans(data, len(text)) if labelled else None,
        **read_identity(data),
    )


def _parse_spans(data: Dict[str, Any], length: int) -> Optional[List[TextSpan]]:
    if "spans" not in data:
        raise ValueError("'spans' is missing (null if the text is unlabelled)")
    if data["spans"] is None:
        return None
    return parse_spans(data["spans"], length)


RAW_READERS: Dict[str, Reader] = {"jsonl": read_jsonl, "text": read_text}
