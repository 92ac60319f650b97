"""Sentences with their entities as HTML, by displaCy."""

import html
import unicodedata
from typing import Any, Dict, List, Optional, Sequence

from spacy import displacy
from spacy.tokens import Doc

from ..scores import get_scores

# Light enough for dark text on it.
COLOURS = ("#9ecae9", "#ffcf9f", "#a8dcb5", "#f2b6d2", "#d5c6ec", "#f1e08f", "#c9c9c9", "#b5e2e2")

# displaCy's own templates are for the left-to-right alone, its colours for labels of spaCy's pipelines.
ENTITY = (
    '<mark class="entity" style="background: {bg}">{text} <span class="label">{label}{score}</span></mark>'
)


def render_doc(doc: Doc, labels: Sequence[str]) -> str:
    """Draw a sentence with its entities and, where there are such, their scores.

    doc (Doc): the sentence.
    labels (Sequence[str]): all types, in the order of their colours.
    RETURNS (str): HTML in which text and labels are escaped.
    """
    ents = []
    for ent, score in zip(doc.ents, get_scores(doc), strict=True):
        ents.append(
            {
                "start": ent.start_char,
                "end": ent.end_char,
                "label": html.escape(ent.label_),
                "params": _style(labels.index(ent.label_), score),
            }
        )
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


def _style(index: int, score: Optional[float]) -> Dict[str, str]:
    shown = "" if score is None else f" {score:.2f}"
    return {"bg": COLOURS[index % len(COLOURS)], "score": shown}
