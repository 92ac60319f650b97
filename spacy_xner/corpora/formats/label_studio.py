"""Label Studio's JSON, one list of tasks: https://labelstud.io/guide/task_format"""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ..lines import open_lines
from .documents import list_identity, list_spans
from .objects import (
    SpanError,
    check_spans,
    get_text,
    load_json,
    make_span,
    read_identity,
    require_object,
    require_objects,
)
from .records import TextRecord, TextSpan


def read_label_studio(path: Path) -> Iterator[TextRecord]:
    """Read tasks with a text in `data.text`, and of each the first annotation that was not cancelled. Tasks without one
    are unlabelled; the smaller form JSON-MIN (`{"text", "label": [...]}`) is read too. Id, language and view are read
    from `data`.

    path (Path): the file.
    YIELDS (TextRecord): the sentences; numbers of lines are those of tasks.
    RAISES: X129 (no list of such tasks), and those of `open_lines`.
    """
    content = "\n".join(line for _, line in open_lines(path))
    number = 0
    try:
        for number, task in enumerate(require_objects(load_json(content), "the file"), start=1):
            yield _parse(task, number)
    except ValueError as error:
        reason = f"span {error.span[:3]} {error}" if isinstance(error, SpanError) else error
        raise XnerError(Errors.E129.format(path=path, number=number, reason=reason)) from error


def format_tasks(docs: Iterable[Dict[str, Any]]) -> Iterator[str]:
    """Write tasks as one list, for a labelling setup with `<Labels name="label" toName="text">`.

    docs (Iterable[Dict[str, Any]]): the tasks, as `format_label_studio` makes them.
    YIELDS (str): the lines of a JSON list, a task each; the last closes it.
    """
    separator = "["
    for task in docs:
        yield separator + json.dumps(task, ensure_ascii=False)
        separator = ","
    yield "]" if separator == "," else "[]"


def format_label_studio(doc: Doc) -> Dict[str, Any]:
    """Write a document as a task of Label Studio; the id of an entity goes into the note of its region.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): the task, without "annotations" if the document is unlabelled.
    RAISES: ValueError if it is labelled in part.
    """
    task: Dict[str, Any] = {"data": {"text": doc.text, **list_identity(doc)}}
    spans = list_spans(doc)
    if spans is not None:
        result = [_format_span(span, doc.text, f"{number}") for number, span in enumerate(spans)]
        task["annotations"] = [{"result": result}]
    return task


def _format_span(span: TextSpan, text: str, number: str) -> Dict[str, Any]:
    value = {
        "start": span.start,
        "end": span.end,
        "text": text[span.start : span.end],
        "labels": [span.label],
    }
    return {"id": number, "from_name": "label", "to_name": "text", "type": "labels", "value": value} | (
        {"meta": {"text": [span.id]}} if span.id else {}
    )


def _parse(task: Dict[str, Any], number: int) -> TextRecord:
    data = require_object(task["data"]) if "data" in task else task
    text, found = get_text(data), _find_results(task)
    spans = None
    if found is not None:
        spans = check_spans((_parse_result(result, text) for result in found), len(text))
    return TextRecord(line=number, text=text, spans=spans, **read_identity(data))


def _find_results(task: Dict[str, Any]) -> Optional[List[Dict[str, Any]]]:
    if "data" not in task:
        return None if task.get("label") is None else require_objects(task["label"], "label")
    for annotation in require_objects(task.get("annotations") or [], "annotations"):
        if not annotation.get("was_cancelled"):
            results = require_objects(annotation.get("result") or [], "result")
            return [result for result in results if result.get("type", "labels") == "labels"]
    return None


def _parse_result(result: Dict[str, Any], text: str) -> TextSpan:
    value = require_object(result.get("value", result))
    labels = value.get("labels")
    if not isinstance(labels, list) or len(labels) != 1:
        raise ValueError(f"a span has the labels {labels!r}, not one")
    note = require_object(result.get("meta") or {}).get("text")
    name = note[0] if isinstance(note, list) and len(note) == 1 and isinstance(note[0], str) else ""
    span = make_span(value.get("start"), value.get("end"), labels[0], name)
    shown = value.get("text")
    if isinstance(shown, str) and text[span.start : span.end] != shown:
        # Counted as JavaScript counts, where characters such as emoji are two.
        units = text.encode("utf-16-le")
        start, end = (len(units[: 2 * place].decode("utf-16-le", "replace")) for place in span[:2])
        if text[start:end] != shown:
            raise SpanError(
                span, f"is '{text[span.start : span.end]}' in the text and '{shown}' in the annotation"
            )
        span = span._replace(start=start, end=end)
    return span
