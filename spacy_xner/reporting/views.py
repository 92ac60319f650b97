"""What the encoders of a pipeline make of entities and tokens."""

from itertools import islice
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import XnerError, explain
from .embedding import (
    Encoders,
    choose_sentence,
    compare_tokens,
    embed_entities,
    find_encoders,
    make_untrained,
    project_points,
)
from .figures import draw_embeddings
from .page import Picture, take_picture
from .render import find_writing_direction

# Fewer entities make no picture in the plane, and one language has none to lie beside.
ENOUGH_ENTITIES, ENOUGH_LANGUAGES = 50, 2


class EncoderViews(NamedTuple):
    """What encoders make of entities and tokens.

    pictures (List[Picture]): figures of entities.
    maps (List[Dict[str, Any]]): similarities of tokens.
    note (str): an explanation of the figures.
    """

    pictures: List[Picture]
    maps: List[Dict[str, Any]]
    note: str


def are_enough(golds: Dict[str, List[Doc]]) -> bool:
    """Tell whether entities make a picture of what an encoder sees.

    golds (Dict[str, List[Doc]]): gold sentences by language.
    RETURNS (bool): whether there are 50 entities, in two languages at least.
    """
    counts = [sum(len(doc.ents) for doc in docs) for docs in golds.values()]
    return sum(counts) >= ENOUGH_ENTITIES and sum(map(bool, counts)) >= ENOUGH_LANGUAGES


def view_encoders(
    nlp: Language, golds: Dict[str, List[Doc]], before: Optional[Language], most: int
) -> EncoderViews:
    """Show how the encoders of a pipeline represent gold entities, and the tokens of a sentence.

    nlp (Language): the pipeline.
    golds (Dict[str, List[Doc]]): gold sentences by language.
    before (Optional[Language]): a pipeline to compare with, such as the one that training started from; None for the
        same encoders before any training.
    most (int): number of entities of each language.
    RETURNS (EncoderViews): pictures, maps and a note, as far as they can be made.
    RAISES: X011 if the pipeline has no component of this package.
    """
    chosen = {language: _take(docs, most) for language, docs in golds.items()}
    every = [doc for docs in chosen.values() for doc in docs]
    states: Dict[str, Encoders] = {}
    trained = find_encoders(nlp)
    note = (
        "Gold entities, the mean of their tokens' vectors, by t-SNE: distances count only among neighbours."
    )
    if before is not None:
        states["before"] = find_encoders(before)
    else:
        try:
            states["untrained"] = make_untrained(nlp, every)
        except XnerError as error:  # the package has the trained weights, the pretrained ones lie elsewhere
            note += f" What the encoder was before training can't be shown: {explain(error)}."
    states["trained"] = trained
    languages = [language for language, docs in chosen.items() for doc in docs for _ in doc.ents]
    if not languages:
        note = "The gold has no entities, so none are shown in a plane."
    types = [ent.label_ for doc in every for ent in doc.ents]
    pictures: List[Picture] = []
    for title, found in states.items() if types else ():
        points = project_points(embed_entities(found, every))
        figure = draw_embeddings(points, languages, types, sorted(set(types)))
        pictures.append(take_picture(f"Entities, {title}", f"entities-{title}", figure))
    maps = [_make_map(language, docs, states) for language, docs in chosen.items() if docs]
    return EncoderViews(pictures, maps, note)


def _take(docs: Sequence[Doc], most: int) -> List[Doc]:
    """RETURNS (List[Doc]): the first sentences, which have this number of entities.

    Without entities it is the first sentence with a token.
    """
    ends = numpy.cumsum([len(doc.ents) for doc in docs])
    n_docs = int(numpy.searchsorted(ends, most)) + 1
    return [doc for doc in islice(docs, n_docs) if doc.ents] or [doc for doc in docs if len(doc)][:1]


def _make_map(language: str, docs: Sequence[Doc], states: Dict[str, Encoders]) -> Dict[str, Any]:
    doc = docs[choose_sentence(docs)]
    panels = [
        {"title": title, "rows": compare_tokens(encoders, doc).tolist()} for title, encoders in states.items()
    ]
    tokens = [token.text for token in doc]
    return {
        "language": language,
        "direction": find_writing_direction(doc.text),
        "tokens": tokens,
        "panels": panels,
    }
