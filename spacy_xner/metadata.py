"""What a document carries beside its annotation: group, view, language, provenance, soft labels, predicted tags.

It lies in `doc.user_data["xner"]`, so that a DocBin with `store_user_data=True` keeps it.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy
from spacy.tokens import Doc

KEY = "xner"
_IDENTITY = ("group", "view", "language", "entity_language")


class Soft(NamedTuple):
    """A stored distribution: class names, and float32 natural log-probabilities, (n, C) of tokens or (n, D, C) of
    the pairs in each token's row. Its version counts the teachers of a training: 0 for the one whose distributions the
    corpus holds, k for the one that took the k-th's place."""

    classes: List[str]
    logp: numpy.ndarray
    version: int = 0


def _data(doc: Doc) -> Dict[str, Any]:
    return doc.user_data.get(KEY, {})


def set_metadata(
    doc: Doc,
    *,
    group: Optional[str] = None,
    view: Optional[str] = None,
    language: Optional[str] = None,
    entity_language: Optional[str] = None,
) -> None:
    """Set the given fields, leave those of None as they are.

    doc (Doc): the document.
    group (Optional[str]): id shared by all renderings of one sentence; "" for no group.
    view (Optional[str]): which rendering this is: s, si, ti, t, or any name a corpus step gives.
    language (Optional[str]): code of the document's language.
    entity_language (Optional[str]): code of the language of its entities, where that is another.
    """
    new = {"group": group, "view": view, "language": language, "entity_language": entity_language}
    doc.user_data[KEY] = {**_data(doc), **{key: value for key, value in new.items() if value is not None}}


def get_group(doc: Doc) -> str:
    """Get what renderings of a sentence share. doc (Doc): the document. RETURNS (str): its group, "" if it has none."""
    return _data(doc).get("group", "")


def get_view(doc: Doc) -> str:
    """Get which rendering a document is, as "s". doc (Doc): the document. RETURNS (str): its view, "" for none."""
    return _data(doc).get("view", "")


def get_language(doc: Doc) -> str:
    """Get a document's language. doc (Doc): the document. RETURNS (str): the code, "" if it is not known."""
    return _data(doc).get("language", "")


def get_entity_language(doc: Doc) -> str:
    """Get the language of a document's entities.

    doc (Doc): the document.
    RETURNS (str): the code, that of the document if no other is set, "" if none is known.
    """
    return _data(doc).get("entity_language") or get_language(doc)


def set_provenance(
    doc: Doc,
    *,
    engines: Dict[str, str],
    found: Sequence[str],
    labels: Sequence[str] = (),
    dropped: str = "",
    relabel: bool = True,
) -> None:
    """Note where a translated or projected document comes from.

    doc (Doc): the document.
    engines (Dict[str, str]): what translated it, or what it was projected through, with the licence of each.
    found (Sequence[str]): how each of its entities was found: "mark", "alignment", "lexicon", "text", ...
    labels (Sequence[str]): the types of the entities of its source, in order; that of a name once for each place where
        the document has it.
    dropped (str): why projection left it without labels, "" if it did not.
    relabel (bool): whether a document that was left without labels may get those of a model. Corpora of before do not
        tell it.
    """
    provenance = {
        "engines": dict(engines),
        "found": list(found),
        "labels": list(labels),
        "dropped": dropped,
        **({"relabel": relabel} if dropped else {}),
    }
    doc.user_data[KEY] = {**_data(doc), "provenance": provenance}


def get_provenance(doc: Doc) -> Dict[str, Any]:
    """Get where a document comes from. doc (Doc): the document.
    RETURNS (Dict[str, Any]): what `set_provenance` noted, {} if nothing.
    """
    return dict(_data(doc).get("provenance", {}))


def set_fields(doc: Doc, fields: Dict[str, Any], error: str = "") -> None:
    """Keep what else the row of a file says of a text.

    doc (Doc): the document.
    fields (Dict[str, Any]): what the row has beside the text, as JSON can hold it.
    error (str): why there is no text, "" if there is one.
    """
    doc.user_data[KEY] = {**_data(doc), "fields": fields, **({"error": error} if error else {})}


def get_fields(doc: Doc) -> Dict[str, Any]:
    """Get what else was said of a text. doc (Doc): the document.
    RETURNS (Dict[str, Any]): what `set_fields` kept, with the "error" if there is one; {} if nothing.
    """
    data = _data(doc)
    return {**data.get("fields", {}), **({"error": data["error"]} if "error" in data else {})}


def set_soft(doc: Doc, name: str, classes: Sequence[str], logp: numpy.ndarray, *, version: int = 0) -> None:
    """Store a teacher's distribution with the document; one of the same name is replaced.

    doc (Doc): the document, of n tokens.
    name (str): the name that objectives refer to.
    classes (Sequence[str]): the C class names.
    logp (ndarray): (n, C) or (n, D, C) natural log-probabilities, kept as float32.
    version (int): that of the teacher, see `Soft`.
    """
    data = _data(doc)
    stored: Dict[str, Any] = {"classes": list(classes), "logp": logp.astype("float32")}
    if version:
        stored["version"] = version
    doc.user_data[KEY] = {**data, "soft": {**data.get("soft", {}), name: stored}}


def get_soft(doc: Doc, name: str) -> Optional[Soft]:
    """Get a stored distribution.

    doc (Doc): the document.
    name (str): the name it was stored under by `set_soft`.
    RETURNS (Optional[Soft]): the distribution, None if there is none of that name.
    """
    stored = _data(doc).get("soft", {}).get(name)
    return None if stored is None else Soft(list(stored["classes"]), stored["logp"], stored.get("version", 0))


def set_tags(doc: Doc, tags: Dict[str, numpy.ndarray]) -> None:
    """Keep the most probable class of each token for each output, for scoring of sub-tasks.

    doc (Doc): the predicted document, of n tokens.
    tags (Dict[str, ndarray]): for each output, (n,) class indices.
    """
    doc.user_data[KEY] = {**_data(doc), "tags": tags}


def get_tags(doc: Doc) -> Dict[str, numpy.ndarray]:
    """Get what `set_tags` kept. doc (Doc): the predicted document, of n tokens.
    RETURNS (Dict[str, ndarray]): for each output, the (n,) most probable class indices; {} if nothing was kept.
    """
    return _data(doc).get("tags", {})


def copy_identity(source: Doc, target: Doc) -> None:
    """Copy group, view and languages (not soft labels or tags) from one document to another.

    source (Doc): the document that has them.
    target (Doc): the document that gets them; all other metadata of it are dropped.
    """
    data = _data(source)
    target.user_data[KEY] = {key: data[key] for key in _IDENTITY if key in data}


def copy_soft(source: Doc, target: Doc, start: int, end: int) -> None:
    """Copy the stored distributions of some tokens to a document made of them.

    source (Doc): the document that has them.
    target (Doc): the document of these tokens.
    start, end (int): tokens [start, end) of the source.
    """
    for name in _data(source).get("soft", {}):
        soft = get_soft(source, name)
        if soft is not None:
            set_soft(target, name, soft.classes, soft.logp[start:end], version=soft.version)
