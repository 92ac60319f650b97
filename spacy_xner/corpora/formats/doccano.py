"""doccano's JSON lines for sequence labelling: https://doccano.github.io/doccano/tutorial/#import-a-dataset"""

from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional

from spacy.tokens import Doc

from ...errors import Errors
from .documents import list_identity, list_spans
from .objects import check_spans, get_text, make_span, read_identity, read_objects, require_objects
from .records import TextRecord, TextSpan

# What different versions call the list of [start, end, label].
LABELS = ("label", "labels")


def read_doccano(path: Path) -> Iterator[TextRecord]:
    """Read one example a line: `{"text", "label": [[start, end, label]]}`, or with relations `{"text", "entities":
    [{"start_offset", "end_offset", "label"}]}`. Without either it is unlabelled. Other fields are what doccano calls
    meta data, of which language and view are read.

    path (Path): the file.
    YIELDS (TextRecord): the sentences.
    RAISES: X116 (not such an object), and those of `read_objects`.
    """
    return read_objects(path, _parse, Errors.E116)


def format_doccano(doc: Doc) -> Dict[str, Any]:
    """Write a document as an example of doccano; ids of entities are lost.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): the example, without "label" if the document is unlabelled.
    RAISES: ValueError if it is labelled in part.
    """
    spans = list_spans(doc)
    labels = {} if spans is None else {"label": [[span.start, span.end, span.label] for span in spans]}
    return {**list_identity(doc), "text": doc.text, **labels}


def _parse(data: Dict[str, Any], line: int) -> TextRecord:
    text, found = get_text(data), _find_spans(data)
    spans = None if found is None else check_spans(found, len(text))
    return TextRecord(line=line, text=text, spans=spans, **read_identity(data))


def _find_spans(data: Dict[str, Any]) -> Optional[Iterable[TextSpan]]:
    if data.get("entities") is not None:
        return [
            make_span(span.get("start_offset"), span.get("end_offset"), span.get("label"))
            for span in require_objects(data["entities"], "entities")
        ]
    for key in LABELS:
        if data.get(key) is not None:
            found = data[key]
            if not isinstance(found, list) or not all(
                isinstance(span, list) and len(span) == 3 for span in found
            ):
                raise ValueError(f"'{key}' is not a list of [start, end, label]")
            return [make_span(*span) for span in found]
    return None
