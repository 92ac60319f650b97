"""Label Studio's JSON, one list of tasks: https://labelstud.io/guide/task_format"""

import json
from dataclasses import replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from .documents import list_entities, list_identity
from .objects import (
    check_string,
    find_text_key,
    read_identity,
    refuse_unknown,
    require_object,
    require_objects,
)
from .read import read_objects
from .records import Found, Note, ReadOptions, TextRecord, TextSpan
from .regions import Mismatch, Text, find_regions, is_region
from .spans import check_spans
from .suggested import UNANSWERED

CHOSEN = "tasks have several annotations that count, of which the first is taken"
MISMATCH = "tasks stay unlabelled, since the offsets of a span and its text do not agree"


def read_label_studio(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read tasks of Label Studio.

    A task has a text, or the paragraphs of a dialogue, in `data`. The annotation that is the ground truth is read, else
    the first one that was not cancelled; a task without such an annotation is unlabelled, whatever predictions it has.
    The compact form JSON-MIN, where spans have the name of the control as key (`{"text", "label": [...]}`), is read,
    too. Id, language and view are read from `data`.

    If the text given with a span differs from the text at its offsets (except for white space and escapes), the task
    stays unlabelled, with a note; if this is so for all annotated tasks, it is an error.

    path (Path): the file.
    options (ReadOptions): how to read it.
    YIELDS (Found): the sentences; X107 or X129 for an invalid task.
    RAISES: X129 (no span of any task agrees with its text), and those of `open_lines`.
    """
    first, n_labelled = None, 0
    for found in read_objects(path, partial(_parse, options=options), Errors.X129, unit="task"):
        if isinstance(found, TextRecord):
            first = first or next(((n, found.place) for n in found.notes if n.kind == MISMATCH), None)
            n_labelled += found.spans is not None
        yield found
    if first is not None and not n_labelled:
        raise XnerError(Errors.X129.format(path=path, place=first[1], reason=first[0].detail))


def format_tasks(docs: Iterable[Dict[str, Any]]) -> Iterator[str]:
    """Format tasks as one list, for a labelling setup with `<Labels name="label" toName="text">`.

    docs (Iterable[Dict[str, Any]]): the tasks, from `format_label_studio`.
    YIELDS (str): the lines of a JSON list, one task per line; the last line closes the list.
    """
    separator = "["
    for task in docs:
        yield separator + json.dumps(task, ensure_ascii=False)
        separator = ","
    yield "]" if separator == "," else "[]"


def format_label_studio(doc: Doc) -> Dict[str, Any]:
    """Convert a document to a task of Label Studio. The id of an entity becomes the note of its region.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): the task, without "annotations" if the document is unlabelled.
    RAISES: ValueError if it is only partly labelled.
    """
    task: Dict[str, Any] = {"data": {"text": doc.text, **list_identity(doc)}}
    spans = list_entities(doc)
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


def _parse(task: Dict[str, Any], options: ReadOptions) -> TextRecord:
    if "completions" in task and "annotations" not in task:
        raise ValueError("'completions' is what Label Studio before version 1 wrote: name it 'annotations'")
    whole = isinstance(task.get("data"), dict)
    data = require_object(task["data"]) if whole else task
    text = _get_text(data, options)
    results, notes = _choose_results(task) if whole else (_find_controls(task), ())
    record = TextRecord(text=text.content, notes=notes, **read_identity(data))
    if results is None:
        return record
    mended: Optional[List[Note]] = [] if options.repair else None
    try:
        spans = check_spans(find_regions(results, text), text.content, mended)
    except Mismatch as error:
        return replace(record, notes=(Note(MISMATCH, str(error), loses=True),))
    return replace(record, spans=spans, notes=(*notes, *(mended or ())))


def _get_text(data: Dict[str, Any], options: ReadOptions) -> Text:
    """RETURNS (Text): the text, with one paragraph per line."""
    dialogues = [key for key, value in data.items() if _is_dialogue(value)]
    key = dialogues[0] if options.text_key is None and len(dialogues) == 1 else None
    key = key or find_text_key(data, options.text_key)
    paragraphs = [data[key]]
    if _is_dialogue(data[key]):
        paragraphs = [paragraph["text"] for paragraph in data[key]]
    content = check_string("\n".join(paragraphs) if _is_dialogue(data[key]) else data[key], key)
    if not content.strip():
        raise ValueError(f"'{key}' is empty")
    lengths = [len(paragraph) + 1 for paragraph in paragraphs]
    return Text(content, list(accumulate(lengths[:-1], initial=0)), _is_dialogue(data[key]))


def _is_dialogue(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(item, dict) and isinstance(item.get("text"), str) for item in value)
        and not any(map(is_region, value))
    )


def _choose_results(task: Dict[str, Any]) -> Tuple[Optional[List[Dict[str, Any]]], Tuple[Note, ...]]:
    """Choose the annotation to read.

    RETURNS (Tuple[Optional[List], Tuple[Note, ...]]): its results, None if there is none, and a note if there were
        several, or predictions alone.
    """
    annotations = require_objects(task.get("annotations") or [], "annotations")
    live = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    best = [annotation for annotation in live if annotation.get("ground_truth")] or live
    if not best:
        return None, (UNANSWERED,) if task.get("predictions") else ()
    results = require_objects(best[0].get("result") or [], "result")
    note = Note(CHOSEN, f"that with id {best[0].get('id')} of {len(best)}")
    return results, (note,) if len(best) > 1 else ()


def _find_controls(task: Dict[str, Any]) -> Optional[List[Dict[str, Any]]]:
    """RETURNS (Optional[List]): the results of JSON-MIN, whose keys are the names of the controls."""
    keys = [
        key for key, value in task.items() if isinstance(value, list) and value and all(map(is_region, value))
    ]
    if not keys and task.get("label") is not None:
        keys = ["label"]
    if not keys:
        refuse_unknown(task, [key for key, value in task.items() if _is_dialogue(value)])
        return None
    return [result for key in keys for result in require_objects(task[key], key)]
