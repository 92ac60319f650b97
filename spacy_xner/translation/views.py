"""The four views of a sentence that DLBri bridges (SYSTEMS.md section 1): s, si, ti, t."""

from typing import List, Tuple

from spacy.tokens import Doc

from ..corpora.mentions import replace_mentions
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
    ours = {ent.id_: ent for ent in source.ents}
    theirs = {ent.id_: ent for ent in target.ents}
    views = {"s": replace_mentions(source, source.ents), "t": replace_mentions(target, target.ents)}
    if ours:
        views["si"] = replace_mentions(source, [theirs[ent.id_] for ent in source.ents])
        views["ti"] = replace_mentions(target, [ours[ent.id_] for ent in target.ents])
    for view, doc in views.items():
        context, entities = {"s": (0, 0), "si": (0, 1), "ti": (1, 0), "t": (1, 1)}[view]
        set_metadata(
            doc, group=group, view=view, language=languages[context], entity_language=languages[entities]
        )
    return [views[view] for view in VIEWS if view in views]
