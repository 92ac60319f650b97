"""Prodigy's JSON lines, as `db-out` and `ner.manual` have them: https://prodi.gy/docs/api-interfaces#ner"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from spacy.tokens import Doc
from spacy.util import get_words_and_spaces

from ...errors import Errors
from .documents import list_identity, list_spans
from .objects import (
    check_string,
    get_text,
    parse_spans,
    read_identity,
    read_objects,
    require_object,
    require_objects,
)
from .records import TextRecord


def read_prodigy(path: Path) -> Iterator[TextRecord]:
    """Read one task a line. Those that were rejected or ignored are left out; those without `answer` and `spans` are
    unlabelled. Its tokens are kept, where it has some. Id, language and view are read from `meta`.

    path (Path): the file.
    YIELDS (TextRecord): the sentences.
    RAISES: X116 (not such an object), and those of `read_objects`.
    """
    return read_objects(path, _parse, Errors.E116)


def format_prodigy(doc: Doc) -> Dict[str, Any]:
    """Write a document as a task of Prodigy.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): the task with its tokens; spans and an accepting answer only if the document is labelled.
    RAISES: ValueError if it is labelled in part.
    """
    tokens = [
        {
            "text": token.text,
            "start": token.idx,
            "end": token.idx + len(token),
            "id": token.i,
            "ws": bool(token.whitespace_),
        }
        for token in doc
    ]
    task: Dict[str, Any] = {"text": doc.text, "meta": list_identity(doc), "tokens": tokens}
    spans = list_spans(doc)
    if spans is None:
        return task
    ends = [(ent.start, ent.end - 1) for ent in doc.ents]
    task["spans"] = [
        {"start": span.start, "end": span.end, "label": span.label, "token_start": first, "token_end": last}
        | ({"id": span.id} if span.id else {})
        for span, (first, last) in zip(spans, ends, strict=True)
    ]
    return {**task, "answer": "accept"}


def _parse(data: Dict[str, Any], line: int) -> Optional[TextRecord]:
    if data.get("answer", "accept") != "accept":
        return None
    text, meta = get_text(data), require_object(data.get("meta") or {})
    spans = None
    if "spans" in data or "answer" in data:
        spans = parse_spans(data.get("spans") or [], len(text))
    words = _read_words(data["tokens"], text) if data.get("tokens") else None
    return TextRecord(line=line, text=text, words=words, spans=spans, **read_identity(meta))


def _read_words(tokens: Any, text: str) -> List[str]:
    """RETURNS (List[str]): the texts of tokens. RAISES: ValueError if they are not those of the text."""
    words = [check_string(token.get("text"), "text") for token in require_objects(tokens, "tokens")]
    try:
        get_words_and_spaces(words, text)
    except ValueError as error:
        raise ValueError("the tokens are not those of the text") from error
    return words
