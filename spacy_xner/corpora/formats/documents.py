"""What writers of all formats read from a document."""

from typing import Any, Dict, List, Optional

from spacy.tokens import Doc

from ...metadata import get_group, get_language, get_view
from .records import TextSpan


def list_entities(doc: Doc) -> Optional[List[TextSpan]]:
    """List the entities of a document by their characters.

    doc (Doc): a document; an empty one counts as labelled.
    RETURNS (Optional[List[TextSpan]]): the entities in order, None if the document is unlabelled.
    RAISES: ValueError if it is only partly labelled, which only `.spacy` can represent.
    """
    if not len(doc) or doc.has_annotation("ENT_IOB", require_complete=True):
        return [TextSpan(ent.start_char, ent.end_char, ent.label_, ent.id_) for ent in doc.ents]
    if doc.has_annotation("ENT_IOB"):
        raise ValueError("only a part of its tokens is labelled")
    return None


def list_identity(doc: Doc) -> Dict[str, Any]:
    """List the metadata that identifies a document.

    doc (Doc): a document with or without metadata.
    RETURNS (Dict[str, Any]): its group as "id", its "language" and its "view", if it has them.
    """
    known = {"id": get_group(doc), "language": get_language(doc), "view": get_view(doc)}
    return {key: value for key, value in known.items() if value}
