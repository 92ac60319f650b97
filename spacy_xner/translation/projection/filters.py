"""Which translated sentences are not fit to learn from (CROP, Yang et al. 2022)."""

from typing import Callable, Dict, NamedTuple, Optional

from spacy.tokens import Doc

from ..identify import IDENTIFIED_WORDS
from .entities import Projection

OTHER_LANGUAGE = "in another language"


class Filter(NamedTuple):
    """A reason to drop a sentence.

    drops (Callable[[Doc, Doc, Projection], bool]): from the labelled sentence, its rendering and the projection to
        whether the sentence is dropped.
    relabel (bool): whether the sentence may get the labels of a model instead (see `combine_labels`). False where
        something is wrong with the sentence itself, not with the projection.
    """

    drops: Callable[[Doc, Doc, Projection], bool]
    relabel: bool


def make_filters(
    *,
    max_words: int = 0,
    max_entities: int = 0,
    drop_empty: bool = False,
    keep_partial: bool = False,
    identify: Optional[Callable[[str], str]] = None,
    language: str = "",
) -> Dict[str, Filter]:
    """Choose the filters of a projection.

    max_words (int): most tokens of either sentence, 0 for any.
    max_entities (int): most entities of the labelled sentence, 0 for any.
    drop_empty (bool): drop sentences without entities.
    keep_partial (bool): keep sentences one of whose entities was not found.
    identify (Optional[Callable[[str], str]]): gives the language of a text; sentences of under six words pass.
    language (str): the language that the labelled sentence must be in.
    RETURNS (Dict[str, Filter]): filters by the reason that is counted, in the order in which they are asked.
    """
    # A sentence that nobody labelled is not one without entities.
    filters = {"not labelled": Filter(lambda doc, target, found: not is_labelled(doc), False)}
    if identify is not None:
        filters[OTHER_LANGUAGE] = Filter(
            lambda doc, target, found: is_in_another(doc, identify, language), False
        )
    if max_words:
        filters[f"over {max_words} words"] = Filter(
            lambda doc, target, found: max(len(doc), len(target)) > max_words, False
        )
    if drop_empty:
        filters["without entities"] = Filter(
            lambda doc, target, found: len(doc.ents) == len(found.no_names), True
        )
    if max_entities:
        filters[f"over {max_entities} entities"] = Filter(
            lambda doc, target, found: len(doc.ents) > max_entities, False
        )
    if not keep_partial:
        filters["with an entity that was not found"] = Filter(
            lambda doc, target, found: bool(found.missing), True
        )
    return filters


def is_labelled(doc: Doc) -> bool:
    """Tell whether a document is labelled throughout.

    doc (Doc): a document, with or without entities.
    RETURNS (bool): whether the annotation of no token is missing.
    """
    return doc.has_annotation("ENT_IOB", require_complete=True)


def is_in_another(doc: Doc, identify: Callable[[str], str], language: str) -> bool:
    """Tell whether a text is in another language.

    doc (Doc): the text. With fewer than six words of letters it passes as right.
    identify (Callable[[str], str]): gives the code of a text's language.
    language (str): the code of the language that it should be in.
    RETURNS (bool): whether it is identified as one of another.
    """
    n_words = sum(token.is_alpha for token in doc)
    return n_words >= IDENTIFIED_WORDS and identify(doc.text) != language
