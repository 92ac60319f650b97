"""doccano's JSON for sequence labelling: https://doccano.github.io/doccano/tutorial/#import-a-dataset

The training data of spaCy v2 and the output of many tools have the same structure with other keys.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from spacy.tokens import Doc

from ...errors import Errors
from .documents import list_entities, list_identity
from .objects import get_text, read_identity, refuse_unknown
from .read import read_objects
from .records import Found, Note, ReadOptions, TextRecord
from .spans import check_spans, list_spans
from .suggested import UNANSWERED, is_predicted
from .units import choose_reading

# The key of the list of spans in different versions and tools; "ents" is the key in spaCy's `Doc.to_json`.
LABELS = ("label", "labels", "entities", "annotations", "ents")
COUNTED = "texts have spans that a browser counted: an emoji is two characters, the end of a line is one"
# Lists of other things than spans.
OTHERS = ("relations", "Comments", "comments", "cats", "tokens", "sents")
# What doccano writes with each example of an export, of this version and of earlier ones.
EXPORTED = ("Comments", "comments", "annotation_approver")


def read_doccano(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read examples `{"text", "label": [[start, end, label]]}`.

    The key "text" may also be "data", and "label" any of `LABELS`. Spans may also be objects with start (or
    start_offset), end and label. Without a key for spans, an example is unlabelled. Other fields are doccano's meta
    data, of which language and view are read. What `suggest` has written is unlabelled until doccano has exported it.

    path (Path): the file, with one object per line or one array.
    options (ReadOptions): how to read it.
    YIELDS (Found): the sentences; for an invalid one X107 (a span) or X116 (an object).
    RAISES: those of `open_lines`.
    """
    return read_objects(path, partial(_parse, options=options), Errors.X116)


def format_doccano(doc: Doc) -> Dict[str, Any]:
    """Convert a document to an example of doccano. The ids of entities are lost.

    doc (Doc): a document, labelled or not.
    RETURNS (Dict[str, Any]): the example, without "label" if the document is unlabelled.
    RAISES: ValueError if it is only partly labelled.
    """
    spans = list_entities(doc)
    labels = {} if spans is None else {"label": [[span.start, span.end, span.label] for span in spans]}
    return {**list_identity(doc), "text": doc.text, **labels}


def _parse(data: Dict[str, Any], options: ReadOptions) -> TextRecord:
    text, key = get_text(data, options.text_key), _find_labels(data)
    if is_predicted(data) and not any(name in data for name in EXPORTED):
        return TextRecord(text=text, notes=(UNANSWERED,), **read_identity(data))
    if key is None:
        refuse_unknown(data, OTHERS)
        return TextRecord(text=text, **read_identity(data))
    mended: Optional[List[Note]] = [] if options.repair else None
    found, moved = choose_reading(list_spans(data[key], key), text)
    spans = check_spans(found, text, mended)
    notes = [Note(COUNTED, f"{len(spans)} spans")] if moved else []
    return TextRecord(text=text, spans=spans, notes=(*notes, *(mended or ())), **read_identity(data))


def _find_labels(data: Dict[str, Any]) -> Optional[str]:
    """RETURNS (Optional[str]): the key of the spans, None without one. RAISES: ValueError if two keys have spans."""
    found = [key for key in LABELS if data.get(key) is not None]
    filled = [key for key in found if data[key] != []]
    if len(filled) > 1:
        raise ValueError(f"there are labels under {filled}, which can't both count: remove one")
    return next(iter(filled or found), None)
