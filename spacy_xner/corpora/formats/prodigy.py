"""Prodigy's JSON lines, as in `db-out` and `ner.manual`: https://prodi.gy/docs/api-interfaces#ner"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

from spacy.tokens import Doc
from spacy.util import get_words_and_spaces

from ...errors import Errors
from .documents import list_entities, list_identity
from .objects import check_string, get_text, read_identity, refuse_unknown, require_object, require_objects
from .read import describe_span, read_objects
from .records import Found, Note, ReadOptions, TextRecord, TextSpan
from .spans import SpanError, check_spans, parse_spans
from .suggested import UNANSWERED, is_predicted

# Lists of other things than spans.
OTHERS = ("tokens", "relations", "options", "sents")
# Keys of tasks that do not ask for spans.
OTHER_TASKS = ("accept", "options", "label")
LEFT_OUT = "tasks that were rejected or ignored are left out"


def read_prodigy(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read tasks of Prodigy.

    Tasks that were rejected or ignored are left out; tasks without `answer` and `spans` are unlabelled, and so are
    those without `answer` whose spans are predictions: with a `score`, or written by `suggest`. The tokens of a task
    are kept if it has any. Id, language and view are read from `meta`.

    If a task asked whether a span is correct (`_is_binary`), only the tokens of that span are annotated; if the answer
    was no, the span is a rejected one. All such tasks about a text are merged.

    path (Path): the file, with one object per line or one array.
    options (ReadOptions): how to read it.
    YIELDS (Found): the sentences; for an invalid one X107 (a span) or X116 (an object).
    RAISES: those of `open_lines`.
    """
    asked: Dict[str, TextRecord] = {}
    for found in read_objects(path, partial(_parse, options=options), Errors.X116):
        if not isinstance(found, TextRecord) or not found.partial:
            yield found
            continue
        try:
            asked[found.text] = _join(asked.get(found.text), found)
        except SpanError as error:
            yield describe_span(path, found.place, error)
    yield from asked.values()


def format_prodigy(doc: Doc) -> Dict[str, Any]:
    """Convert a document to a task of Prodigy.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): the task with its tokens; if the document is labelled, also with spans and the answer
        "accept".
    RAISES: ValueError if it is only partly labelled.
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
    spans = list_entities(doc)
    if spans is None:
        return task
    ends = [(ent.start, ent.end - 1) for ent in doc.ents]
    task["spans"] = [
        {"start": span.start, "end": span.end, "label": span.label, "token_start": first, "token_end": last}
        | ({"id": span.id} if span.id else {})
        for span, (first, last) in zip(spans, ends, strict=True)
    ]
    return {**task, "answer": "accept"}


def _parse(data: Dict[str, Any], options: ReadOptions) -> Union[TextRecord, Note]:
    if isinstance(data.get("ents"), list):  # spaCy's `Doc.to_json`, whose "spans" are groups
        data = {**data, "spans": data["ents"]}
    answer, binary = data.get("answer", "accept"), bool(data.get("_is_binary"))
    if answer != "accept" and not (binary and answer == "reject"):
        return Note(LEFT_OUT, "")
    text, meta = get_text(data, options.text_key), require_object(data.get("meta") or {})
    mended: Optional[List[Note]] = [] if options.repair else None
    spans: Optional[List[TextSpan]] = None
    notes: Tuple[Note, ...] = ()
    if "answer" not in data and (is_predicted(meta) or _has_scores(data)):
        notes = (UNANSWERED,)
    elif data.get("spans") is not None or "answer" in data:
        spans = parse_spans(_require_spans(data), text, mended=mended)
    else:
        refuse_unknown(data, OTHERS)
    words = _read_words(data["tokens"], text) if data.get("tokens") else None
    record = TextRecord(
        text=text,
        words=words,
        spans=spans,
        partial=binary and spans is not None,
        notes=(*notes, *(mended or ())),
        **read_identity(meta),
    )
    return record if answer == "accept" else replace(record, spans=[], rejected=spans or [])


def _has_scores(data: Dict[str, Any]) -> bool:
    """RETURNS (bool): whether a model has scored one of the spans."""
    spans = data.get("spans")
    return isinstance(spans, list) and any(isinstance(span, dict) and "score" in span for span in spans)


def _require_spans(data: Dict[str, Any]) -> Any:
    """RETURNS (Any): the spans of an answered task. RAISES: ValueError if the task did not ask for spans."""
    other = next((key for key in OTHER_TASKS if key in data), None)
    if data.get("spans") is None and other is not None:
        raise ValueError(f"a task with '{other}' and without 'spans' asks for no entities")
    return data.get("spans") or []


def _join(one: Optional[TextRecord], other: TextRecord) -> TextRecord:
    """RETURNS (TextRecord): two answers about one text, merged. RAISES: SpanError if their spans overlap."""
    if one is None:
        return other
    spans = check_spans({*(one.spans or []), *(other.spans or [])}, one.text)
    return replace(one, spans=spans, rejected=sorted({*one.rejected, *other.rejected}))


def _read_words(tokens: Any, text: str) -> List[str]:
    """RETURNS (List[str]): the texts of tokens. RAISES: ValueError if they do not match the text."""
    words = [check_string(_get_word(token, text), "text") for token in require_objects(tokens, "tokens")]
    try:
        get_words_and_spaces(words, text)
    except ValueError as error:
        raise ValueError("the tokens are not those of the text") from error
    return words


def _get_word(token: Dict[str, Any], text: str) -> Any:
    """RETURNS (Any): the text of a token, which may be given by offsets only."""
    start, end = token.get("start"), token.get("end")
    if "text" not in token and isinstance(start, int) and isinstance(end, int):
        return text[max(0, start) : max(0, end)]
    return token.get("text")
