"""What writers need to know of a document, whatever they make of it."""

from typing import Any, Dict, List, Optional

from spacy.tokens import Doc

from ...metadata import get_group, get_language, get_view
from .records import TextSpan


def list_spans(doc: Doc) -> Optional[List[TextSpan]]:
    """RETURNS (Optional[List[TextSpan]]): the entities, None if the document is unlabelled. RAISES: ValueError if it is
    labelled in part, which no format but `.spacy` can say."""
    if not len(doc) or doc.has_annotation("ENT_IOB", require_complete=True):
        return [TextSpan(ent.start_char, ent.end_char, ent.label_, ent.id_) for ent in doc.ents]
    if doc.has_annotation("ENT_IOB"):
        raise ValueError("only a part of its tokens is labelled")
    return None


def list_identity(doc: Doc) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): id, language and view, as far as the document has them."""
    known = {"id": get_group(doc), "language": get_language(doc), "view": get_view(doc)}
    return {key: value for key, value in known.items() if value}
