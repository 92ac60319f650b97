"""Sentences with their entities as HTML, by displaCy."""

import html
import unicodedata
from typing import Any, Dict, List, Mapping, Optional, Tuple

from spacy import displacy
from spacy.tokens import Doc

from ..scores import get_scores

# displaCy's own templates are for the left-to-right alone, its colours for labels of spaCy's pipelines.
ENTITY = (
    '<mark class="entity tint-{index} {kind}">{text} <span class="label">{label}{score}{told}</span></mark>'
)
# The characters of an entity, and its type.
Place = Tuple[int, int, str]


def render_doc(doc: Doc, colours: Mapping[str, int], kinds: Optional[Mapping[Place, str]] = None) -> str:
    """Draw a sentence with its entities and, where there are such, their scores.

    doc (Doc): the sentence.
    colours (Mapping[str, int]): the colour of each type, see `choose_colours`.
    kinds (Optional[Mapping[Place, str]]): what each entity is, by its start, end and type: "right", or a kind of
        mistake; None to tell nothing of it.
    RETURNS (str): HTML in which text and labels are escaped.
    """
    ents = []
    for ent, score in zip(doc.ents, get_scores(doc), strict=True):
        kind = (kinds or {}).get((ent.start_char, ent.end_char, ent.label_), "")
        params = {
            "index": colours[ent.label_],
            "kind": kind,
            "score": "" if score is None else f" {score:.2f}",
            "told": " ✓" if kind == "right" else kind and f" · {kind}",
        }
        label = html.escape(ent.label_)
        ents.append({"start": ent.start_char, "end": ent.end_char, "label": label, "params": params})
    parsed: Dict[str, Any] = {"text": doc.text, "ents": ents, "title": None}
    parsed["settings"] = {"direction": find_writing_direction(doc.text)}
    options = {"template": ENTITY}
    return displacy.render([parsed], style="ent", manual=True, options=options, jupyter=False)


def find_writing_direction(text: str) -> str:
    """Find out in which direction a text is written.

    text (str): a sentence.
    RETURNS (str): "rtl" if most characters that have a direction are written from right to left, else "ltr".
    """
    kinds: List[str] = [unicodedata.bidirectional(character) for character in text]
    right = sum(kind in ("R", "AL") for kind in kinds)
    return "rtl" if right > kinds.count("L") else "ltr"
