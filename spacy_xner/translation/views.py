"""The four views of a sentence that DLBri bridges (SYSTEMS.md section 1): s, si, ti, t."""

from typing import Dict, List, Tuple

from spacy.tokens import Doc, Span

from ..metadata import set_metadata

VIEWS = ("s", "si", "ti", "t")


def make_views(source: Doc, target: Doc, group: str, languages: Tuple[str, str]) -> List[Doc]:
    """Make the views of a sentence and its translation.

    s is the source, t the translation; si has the source's context with the translation's entities, ti the
    translation's context with the source's entities. Entities correspond by their ids.

    source, target (Doc): the labelled sentence and its translation, entities with ids.
    group (str): id of the group.
    languages (Tuple[str, str]): codes of the two languages.
    RETURNS (List[Doc]): s, si, ti, t; only s and t if the sentence has no entities.
    """
    theirs = {ent.id_: ent for ent in target.ents}
    ours = {ent.id_: ent for ent in source.ents}
    views = {"s": _replace(source, ours), "t": _replace(target, theirs)}
    if ours:
        views = {**views, "si": _replace(source, theirs), "ti": _replace(target, ours)}
    for view, doc in views.items():
        context, entities = {"s": (0, 0), "si": (0, 1), "ti": (1, 0), "t": (1, 1)}[view]
        set_metadata(
            doc, group=group, view=view, language=languages[context], entity_language=languages[entities]
        )
    return [views[view] for view in VIEWS if view in views]


def _replace(doc: Doc, entities: Dict[str, Span]) -> Doc:
    """Copy a document with each entity's tokens replaced by those of the entity of the same id."""
    words: List[str] = []
    spaces: List[bool] = []
    marks: List[Tuple[int, int, str, str]] = []
    at = 0
    for ent in doc.ents:
        new = entities[ent.id_]
        words += [token.text for token in doc[at : ent.start]]
        spaces += [bool(token.whitespace_) for token in doc[at : ent.start]]
        marks.append((len(words), len(words) + len(new), ent.label_, ent.id_))
        words += [token.text for token in new]
        spaces += [bool(token.whitespace_) for token in new[:-1]] + [bool(ent[-1].whitespace_)]
        at = ent.end
    words += [token.text for token in doc[at:]]
    spaces += [bool(token.whitespace_) for token in doc[at:]]
    copy = Doc(doc.vocab, words=words, spaces=spaces)
    copy.set_ents([Span(copy, start, end, label=label, span_id=id_) for start, end, label, id_ in marks], default="outside")
    return copy
