"""The four views of a sentence in DLBri (Zhang et al. 2023): s, si, ti and t."""

from typing import Dict, List, Sequence, Tuple

from spacy.tokens import Doc

from ..corpora.mentions import replace_mentions
from ..metadata import get_group, get_view, set_metadata

VIEWS = ("s", "si", "ti", "t")


def number_groups(docs: Sequence[Doc]) -> None:
    """Use the index as group where there is none.

    Call this before a corpus is divided by languages or into shards, since the indices would start again in each part.

    docs (Sequence[Doc]): the whole corpus; the documents are changed.
    """
    for index, doc in enumerate(docs):
        if not get_group(doc):
            set_metadata(doc, group=str(index))


def make_group(doc: Doc, language: str) -> str:
    """Make the name of the group of a document and its rendering in a language.

    doc (Doc): the document, in a group.
    language (str): code of the rendering's language.
    RETURNS (str): the document's own group with the language as prefix, since there may be renderings in several.
    """
    return f"{language}-{get_group(doc)}"


def split_group(group: str, language: str) -> str:
    """Get the document's own group from a group made by `make_group`.

    group (str): the group from `make_group`.
    language (str): code of the rendering's language.
    RETURNS (str): the group without the language.
    """
    return group.removeprefix(f"{language}-")


def pair_translations(docs: Sequence[Doc]) -> Dict[str, Tuple[Doc, Doc]]:
    """Find the pairs of a sentence and its full translation.

    docs (Sequence[Doc]): views in groups; views other than s and t are ignored.
    RETURNS (Dict[str, Tuple[Doc, Doc]]): for each group with both, the sentence (view s) and its full translation (view
        t).
    """
    groups: Dict[str, Dict[str, Doc]] = {}
    for doc in docs:
        if get_view(doc) in ("s", "t") and get_group(doc):
            groups.setdefault(get_group(doc), {})[get_view(doc)] = doc
    return {name: (found["s"], found["t"]) for name, found in groups.items() if len(found) == 2}


def make_views(
    source: Doc, target: Doc, group: str, languages: Tuple[str, str], views: Sequence[str] = VIEWS
) -> List[Doc]:
    """Make the views of a sentence and its translation.

    s is the source and t the translation. si has the source's context with the translation's entities, and ti the
    translation's context with the source's entities. Entities are matched by their ids.

    source, target (Doc): the sentence and its translation, with ids of entities.
    group (str): the group.
    languages (Tuple[str, str]): codes of the two languages.
    views (Sequence[str]): the views to make.
    RETURNS (List[Doc]): the views in the order s, si, ti, t; only s and t if the sentence has no entities.
    """
    made = {"s": replace_mentions(source, source.ents), "t": replace_mentions(target, target.ents)}
    if source.ents and {"si", "ti"} & set(views):
        ours = {ent.id_: ent for ent in source.ents}
        theirs = {ent.id_: ent for ent in target.ents}
        made["si"] = replace_mentions(source, [theirs[ent.id_] for ent in source.ents])
        made["ti"] = replace_mentions(target, [ours[ent.id_] for ent in target.ents])
    for view, doc in made.items():
        context, entities = {"s": (0, 0), "si": (0, 1), "ti": (1, 0), "t": (1, 1)}[view]
        set_metadata(
            doc, group=group, view=view, language=languages[context], entity_language=languages[entities]
        )
    return [made[view] for view in VIEWS if view in made and view in views]
