"""Writing suggested sentences as tasks for labelling tools, with what the model found, its scores, and the reasons."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from spacy.tokens import Doc

from ...corpora.convert import find_target
from ...corpora.export import export_lines
from ...corpora.formats.doccano import format_doccano
from ...corpora.formats.label_studio import format_label_studio, format_tasks
from ...corpora.formats.objects import IDENTITY
from ...corpora.formats.prodigy import format_prodigy
from ...corpora.formats.suggested import PREDICTED, PREFIX
from ...corpora.store import write_docs
from ...errors import Errors, XnerError
from ...metadata import get_fields, set_fields
from ...scores import get_scores
from .choose import Chosen
from .suggest import Suggestion

# Only the digits that are the same on every machine.
DIGITS = 4


def make_reason(rank: int, item: Chosen) -> Dict[str, Any]:
    """Say why a sentence was chosen.

    rank (int): its place among those that are suggested, from 1.
    item (Chosen): the sentence.
    RETURNS (Dict[str, Any]): values of JSON: a sentence under "xner_why", and the numbers that it rests on.
    """
    finding = item.candidate.finding
    kind = f", most of {finding.label}" if finding.label else ""
    stands_for, novelty = item.covered.stands_for, item.covered.novelty
    why = f"unsure of {finding.reading}{kind}; stands for {stands_for:.0f} texts, {novelty:.0%} of that new"
    numbers = {"score": finding.score, "stands_for": stands_for, "novelty": novelty, **finding.measures}
    reason = {
        "rank": rank,
        "why": why,
        "unsure_of": finding.label,
        **{name: round(value, DIGITS) for name, value in numbers.items()},
    }
    return {f"{PREFIX}{name}": value for name, value in reason.items()}


def _make_prodigy(doc: Doc, reason: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a task; of a prediction, one that nobody has answered."""
    task = format_prodigy(doc)
    if PREDICTED in reason:
        task.pop("answer", None)
    for span, score in zip(task.get("spans", ()), _round_scores(doc), strict=True):
        span.update({} if score is None else {"score": score})
    return {**task, "meta": {**get_fields(doc), **task["meta"], **reason}}


def _make_doccano(doc: Doc, reason: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): an example. The user's fields are in "meta": doccano has names of its own beside."""
    own = {name: value for name, value in get_fields(doc).items() if name not in IDENTITY}
    task = {**format_doccano(doc), f"{PREFIX}scores": _round_scores(doc), **reason}
    return {**task, "meta": own} if own else task


def _make_label_studio(doc: Doc, reason: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a task, whose labels are a prediction or an annotation."""
    task = format_label_studio(doc)
    # A field "text" of the user's that is not the text, as --text-key has told.
    own = {"other_text" if name == "text" else name: value for name, value in get_fields(doc).items()}
    task["data"] = {**own, **task["data"], **reason}
    if PREDICTED not in reason:
        return task
    prediction = {"model_version": "spacy_xner", "score": reason[f"{PREFIX}score"], "result": []}
    for annotation in task.pop("annotations", ()):
        prediction["result"] = [
            region if score is None else {**region, "score": score}
            for region, score in zip(annotation["result"], _round_scores(doc), strict=True)
        ]
    return {**task, "predictions": [prediction]}


def _round_scores(doc: Doc) -> List[Optional[float]]:
    return [None if score is None else round(score, DIGITS) for score in get_scores(doc)]


TASKS: Dict[str, Callable[[Doc, Dict[str, Any]], Dict[str, Any]]] = {
    "prodigy": _make_prodigy,
    "doccano": _make_doccano,
    "label-studio": _make_label_studio,
}
TARGETS = ("spacy", *TASKS)


def find_task_format(path: Path, to: str) -> str:
    """Find the format of a file of tasks.

    path (Path): the file.
    to (str): one of `TARGETS`, or "auto": ".spacy" and ".json" (Label Studio) tell it, ".jsonl" is for Prodigy.
    RETURNS (str): one of `TARGETS`.
    RAISES: X132 if it can't be told, or is another one.
    """
    if to == "auto" and path.name.removesuffix(".gz").endswith(".jsonl"):
        to = "prodigy"
    if to not in ("auto", *TARGETS) or (found := find_target(path, to)) not in TARGETS:
        endings = ".spacy, .json, .jsonl"
        raise XnerError(Errors.X132.format(path=path, found=to, endings=endings, expected=list(TARGETS)))
    return found


def write_tasks(path: Path, found: Suggestion, format: str, *, labelled: bool = False) -> None:
    """Write suggested sentences as tasks, atomically.

    Unless they are labelled, what their documents have is a prediction: no reader takes it for a label. In `.spacy` it
    is in the span group of the pipeline, with scores, and the annotation is missing.

    path (Path): the file, gzipped if its name ends in `.gz`.
    found (Suggestion): the sentences.
    format (str): one of `TARGETS`; `.spacy` has the reasons among the other fields of each document.
    labelled (bool): whether the entities of the documents are labels.
    RAISES: X112 if the file can't be written, X131 if a document is labelled in part, which only `.spacy` can hold.
    """
    status = {} if labelled else {PREDICTED: True}
    reasons = [{**make_reason(rank, item), **status} for rank, item in enumerate(found.chosen, start=1)]
    if format == "spacy":
        for doc, reason in zip(found.docs, reasons, strict=True):
            set_fields(doc, {**get_fields(doc), **reason})
            if not labelled:
                doc.set_ents([], default="missing")
        write_docs(path, found.docs)
        return

    def make_lines(docs: Iterable[Doc]) -> Iterator[str]:
        tasks = map(TASKS[format], docs, reasons)
        if format == "label-studio":
            return format_tasks(tasks)
        return (json.dumps(task, ensure_ascii=False) for task in tasks)

    export_lines(path, found.docs, make_lines, format)
