"""What a document carries beside its annotation: group, view, language, provenance and soft labels.

This metadata is stored in `doc.user_data["xner"]`, so a DocBin with `store_user_data=True` keeps it. Predicted tags are
only needed for scoring: they are stored outside of the document and not saved with it.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence
from weakref import WeakKeyDictionary

import numpy
from spacy.tokens import Doc

KEY = "xner"
_IDENTITY = ("group", "view", "language", "entity_language")
# Not in `user_data`: arrays are not JSON, and `Doc.from_docs` would warn. The tags are freed with their document.
_TAGS: "WeakKeyDictionary[Doc, Dict[str, numpy.ndarray]]" = WeakKeyDictionary()


class StoredSoftLabels(NamedTuple):
    """The soft labels of one teacher output, as they are stored with a document.

    classes (List[str]): the C class names.
    logp (ndarray): float32 natural log-probabilities, (n, C) for tokens or (n, D, C) for the pairs in each token's row.
    version (int): which teacher of a training they are from: 0 for the one that labelled the corpus, k for the k-th
        that replaced it.
    """

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
    """Set the given fields; those that are None stay as they are.

    doc (Doc): the document.
    group (Optional[str]): id shared by all renderings of one sentence; "" for no group.
    view (Optional[str]): which rendering this is: s, si, ti, t, or any name that a corpus step gives.
    language (Optional[str]): code of the document's language.
    entity_language (Optional[str]): code of the language of its entities, if it differs.
    """
    new = {"group": group, "view": view, "language": language, "entity_language": entity_language}
    doc.user_data[KEY] = {**_data(doc), **{key: value for key, value in new.items() if value is not None}}


def get_group(doc: Doc) -> str:
    """Get a document's group, which all renderings of one sentence share.

    doc (Doc): the document.
    RETURNS (str): the group, "" if it has none.
    """
    return _data(doc).get("group", "")


def get_group_key(doc: Doc, index: int) -> str:
    """Get the key to group a document by. A document without a group is a group of its own.

    doc (Doc): the document.
    index (int): its position among the documents that are grouped.
    RETURNS (str): its group, else a key that no group has.
    """
    return get_group(doc) or f" {index}"


def get_view(doc: Doc) -> str:
    """Get a document's view: which rendering of its sentence it is.

    doc (Doc): the document.
    RETURNS (str): the view, such as "s", "" if it has none.
    """
    return _data(doc).get("view", "")


def get_language(doc: Doc) -> str:
    """Get a document's language.

    doc (Doc): the document.
    RETURNS (str): the code, "" if it is not known.
    """
    return _data(doc).get("language", "")


def get_entity_language(doc: Doc) -> str:
    """Get the language of a document's entities.

    doc (Doc): the document.
    RETURNS (str): the code, by default the document's own language, "" if none is known.
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
    """Store where a translated or projected document comes from.

    doc (Doc): the document.
    engines (Dict[str, str]): the engines that translated it, or that it was projected through, with their licences.
    found (Sequence[str]): how each of its entities was found: "mark", "alignment", "lexicon", "text", ...
    labels (Sequence[str]): the types of the entities of its source, in order. A name that occurs several times in the
        document gives its type as often.
    dropped (str): why projection left it without labels, "" if it did not.
    relabel (bool): whether a document that was left without labels may get those of a model.
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
    """Get where a document comes from.

    doc (Doc): the document.
    RETURNS (Dict[str, Any]): what `set_provenance` stored, {} if nothing.
    """
    return dict(_data(doc).get("provenance", {}))


def set_fields(doc: Doc, fields: Dict[str, Any], error: str = "") -> None:
    """Store the other fields of the row that a text was read from.

    doc (Doc): the document.
    fields (Dict[str, Any]): the row's fields besides the text, as JSON values.
    error (str): why there is no text, "" if there is one.
    """
    doc.user_data[KEY] = {**_data(doc), "fields": fields, **({"error": error} if error else {})}


def get_fields(doc: Doc) -> Dict[str, Any]:
    """Get the other fields of the row that a text was read from.

    doc (Doc): the document.
    RETURNS (Dict[str, Any]): what `set_fields` stored, with the "error" if there is one; {} if nothing.
    """
    data = _data(doc)
    return {**data.get("fields", {}), **({"error": data["error"]} if "error" in data else {})}


def set_soft_labels(
    doc: Doc, name: str, classes: Sequence[str], logp: numpy.ndarray, *, version: int = 0
) -> None:
    """Store soft labels with a document; those of the same name are replaced.

    doc (Doc): the document, of n tokens.
    name (str): the name that objectives refer to.
    classes (Sequence[str]): the C class names.
    logp (ndarray): (n, C) or (n, D, C) natural log-probabilities, stored as float32.
    version (int): which teacher they are from, see `StoredSoftLabels`.
    """
    data = _data(doc)
    stored: Dict[str, Any] = {"classes": list(classes), "logp": logp.astype("float32")}
    if version:
        stored["version"] = version
    doc.user_data[KEY] = {**data, "soft": {**data.get("soft", {}), name: stored}}


def get_soft_labels(doc: Doc, name: str) -> Optional[StoredSoftLabels]:
    """Get the soft labels of a document.

    doc (Doc): the document.
    name (str): the name that they were stored under by `set_soft_labels`.
    RETURNS (Optional[StoredSoftLabels]): the soft labels, None if there are none of that name.
    """
    stored = _data(doc).get("soft", {}).get(name)
    return (
        None
        if stored is None
        else StoredSoftLabels(list(stored["classes"]), stored["logp"], stored.get("version", 0))
    )


def drop_soft_labels(doc: Doc) -> None:
    """Remove all soft labels from a document.

    doc (Doc): the document; its other metadata stays.
    """
    doc.user_data[KEY] = {key: value for key, value in _data(doc).items() if key != "soft"}


def set_tags(doc: Doc, tags: Dict[str, numpy.ndarray]) -> None:
    """Set the most probable class of each token for each output, so that sub-tasks can be scored.

    doc (Doc): the predicted document, of n tokens. Copies of it, and documents read from its bytes, have no tags.
    tags (Dict[str, ndarray]): for each output, (n,) class indices.
    """
    _TAGS[doc] = tags


def get_tags(doc: Doc) -> Dict[str, numpy.ndarray]:
    """Get the most probable class of each token for each output.

    doc (Doc): the predicted document, of n tokens.
    RETURNS (Dict[str, ndarray]): for each output, the (n,) class indices that `set_tags` set; {} if it set none.
    """
    return _TAGS.get(doc, {})


def copy_identity(source: Doc, target: Doc) -> None:
    """Copy group, view and languages from one document to another, but no soft labels.

    source (Doc): the document to copy from.
    target (Doc): the document to copy to; its other metadata is dropped.
    """
    data = _data(source)
    target.user_data[KEY] = {key: data[key] for key in _IDENTITY if key in data}


def copy_soft_labels(source: Doc, target: Doc, start: int, end: int) -> None:
    """Copy the soft labels of some tokens to a document that consists of these tokens.

    source (Doc): the document to copy from.
    target (Doc): the document of these tokens.
    start, end (int): tokens [start, end) of the source.
    """
    for name in _data(source).get("soft", {}):
        soft = get_soft_labels(source, name)
        if soft is not None:
            set_soft_labels(target, name, soft.classes, soft.logp[start:end], version=soft.version)
