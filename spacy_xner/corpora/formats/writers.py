"""What writes documents in each format."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator

from spacy.tokens import Doc

from .columns import format_columns
from .doccano import format_doccano
from .documents import list_entities, list_identity
from .huggingface import write_huggingface
from .label_studio import format_label_studio, format_tasks
from .prodigy import format_prodigy


def format_object(doc: Doc) -> Dict[str, Any]:
    """Write a document as an object of our own JSON lines.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): what `read_jsonl` reads; "spans" is None if the document is unlabelled.
    RAISES: ValueError if it is labelled in part.
    """
    spans = list_entities(doc)
    found = None
    if spans is not None:
        found = [{key: value for key, value in span._asdict().items() if value != ""} for span in spans]
    return {**list_identity(doc), "text": doc.text, "spans": found}


def _format_objects(docs: Iterable[Doc], *, format: Callable[[Doc], Dict[str, Any]]) -> Iterator[str]:
    return (json.dumps(format(doc), ensure_ascii=False) for doc in docs)


def _format_tasks(docs: Iterable[Doc]) -> Iterator[str]:
    return format_tasks(map(format_label_studio, docs))


def _format_sentences(docs: Iterable[Doc], *, scheme: str, languages: bool = False) -> Iterator[str]:
    return (format_columns(doc, scheme=scheme, languages=languages) for doc in docs)


# From documents to lines; ValueError with the reason for a document that the format can't hold.
LINES: Dict[str, Callable[[Iterable[Doc]], Iterator[str]]] = {
    "bilou": partial(_format_sentences, scheme="bilou"),
    "doccano": partial(_format_objects, format=format_doccano),
    "iob1": partial(_format_sentences, scheme="iob1"),
    "iob2": partial(_format_sentences, scheme="iob2"),
    "jsonl": partial(_format_objects, format=format_object),
    "label-studio": _format_tasks,
    "prodigy": partial(_format_objects, format=format_prodigy),
    "wikiann": partial(_format_sentences, scheme="iob2", languages=True),
}
# From documents to a file of another kind.
FILES: Dict[str, Callable[[Path, Iterable[Doc]], None]] = {"huggingface": write_huggingface}
WRITERS = sorted([*LINES, *FILES])
