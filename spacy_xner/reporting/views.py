"""What the encoders of a pipeline make of entities and tokens."""

from itertools import islice
from typing import Any, Callable, Dict, List, Literal, NamedTuple, Optional, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors, XnerError, explain
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
from .pairs import check_relations, compare_pairs, embed_pairs, encode_cells, find_copy, map_pairs
from .render import find_writing_direction

# Fewer entities make no picture in the plane, and one language has none to lie beside.
ENOUGH_ENTITIES, ENOUGH_LANGUAGES = 50, 2
Vectors = Literal["tokens", "ends", "pairs"]
# What stands for an entity, and how it is found.
KINDS: Dict[Vectors, str] = {
    "tokens": "the mean of their tokens' vectors",
    "ends": "the vectors of their first and last tokens side by side",
    "pairs": "the relation of their last and first tokens in both views",
}
EMBED: Dict[Vectors, Callable[[Encoders, Sequence[Doc]], numpy.ndarray]] = {
    "tokens": embed_entities,
    "ends": lambda encoders, docs: embed_entities(encoders, docs, "ends"),
    "pairs": embed_pairs,
}


class EncoderViews(NamedTuple):
    """What encoders make of entities and tokens.

    pictures (List[Picture]): figures of entities.
    maps (List[Dict[str, Any]]): similarities of tokens, or of pairs of them.
    note (str): an explanation of the figures.
    double (bool): whether each picture has two planes side by side.
    """

    pictures: List[Picture]
    maps: List[Dict[str, Any]]
    note: str
    double: bool = False


class Points(NamedTuple):
    """Entities as vectors.

    vectors (Dict[str, ndarray]): (n, d) by the title of each state of the encoders.
    languages (List[str]): of the n entities.
    types (List[str]): of the n entities.
    """

    vectors: Dict[str, numpy.ndarray]
    languages: List[str]
    types: List[str]

    def choose(self, kept: numpy.ndarray) -> "Points":
        """RETURNS (Points): some of the entities. kept (ndarray): (n,) bool."""
        some = {title: found[kept] for title, found in self.vectors.items()}
        languages, types = (
            [name for name, is_kept in zip(names, kept, strict=True) if is_kept] for names in self[1:]
        )
        return Points(some, languages, types)


def are_enough(golds: Dict[str, List[Doc]]) -> bool:
    """Tell whether entities make a picture of what an encoder sees.

    golds (Dict[str, List[Doc]]): gold sentences by language.
    RETURNS (bool): whether there are 50 entities, in two languages at least.
    """
    counts = [sum(len(doc.ents) for doc in docs) for docs in golds.values()]
    return sum(counts) >= ENOUGH_ENTITIES and sum(map(bool, counts)) >= ENOUGH_LANGUAGES


def view_encoders(
    nlp: Language,
    golds: Dict[str, List[Doc]],
    before: Optional[Language],
    most: int,
    vectors: Vectors = "tokens",
    pair_with: Optional[str] = None,
) -> EncoderViews:
    """Show how the encoders of a pipeline represent gold entities, and the tokens of a sentence.

    nlp (Language): the pipeline.
    golds (Dict[str, List[Doc]]): gold sentences by language.
    before (Optional[Language]): a pipeline to compare with, such as the one that training started from; None for the
        same encoders before any training.
    most (int): number of entities of each language.
    vectors (Literal["tokens", "ends", "pairs"]): what stands for an entity: the mean of its tokens (DLBri, figure 2),
        its first and last token (DualNER, figure 2), or their relation (MCL-NER, figures 4 and 5).
    pair_with (Optional[str]): a language, to draw one plane for each other language with it, both pipelines side by
        side (DLBri, figure 2); None to draw all languages in one plane.
    RETURNS (EncoderViews): pictures, maps and a note, as far as they can be made.
    RAISES: X011 if the pipeline has no component of this package, X306 for pairs if a pipeline has no relations, and if
        there is no text of the language `pair_with`.
    """
    if pair_with is not None and pair_with not in golds:
        expected = f"a language of the labelled text, which has {', '.join(golds)}"
        raise XnerError(Errors.X306.format(found=pair_with, expected=expected, option="--pair-with"))
    if vectors == "pairs":
        for pipeline in filter(None, (nlp, before)):
            check_relations(pipeline)
    chosen = {language: _take(docs, most) for language, docs in golds.items()}
    every = [doc for docs in chosen.values() for doc in docs]
    states: Dict[str, Encoders] = {}
    trained = find_encoders(nlp)
    note = f"Gold entities, {KINDS[vectors]}, by t-SNE: distances count only among neighbours."
    if before is not None:
        states["before"] = find_encoders(before)
    else:
        try:
            states["untrained"] = make_untrained(nlp, every)
        except XnerError as error:  # the package has the trained weights, the pretrained ones lie elsewhere
            note += f" What the encoder was before training can't be shown: {explain(error)}."
    states["trained"] = trained
    pictures: List[Picture] = []
    if any(doc.ents for doc in every):
        languages = [language for language, docs in chosen.items() for doc in docs for _ in doc.ents]
        types = [ent.label_ for doc in every for ent in doc.ents]
        found = Points(
            {title: EMBED[vectors](state, every) for title, state in states.items()}, languages, types
        )
        known = [~numpy.isnan(values).any(axis=1) for values in found.vectors.values()]
        pictures = _draw_points(found.choose(numpy.all(known, axis=0)), pair_with)
    else:
        note = "The gold has no entities, so none are shown in a plane."
    make_map = _map_pairs if vectors == "pairs" else _map_tokens
    maps = [make_map(language, docs, states, golds) for language, docs in chosen.items() if docs]
    return EncoderViews(pictures, [shown for shown in maps if shown["rows"]], note, pair_with is not None)


def _draw_points(points: Points, pair_with: Optional[str]) -> List[Picture]:
    """RETURNS (List[Picture]): one for each state of the encoders; or for each language beside `pair_with`."""
    labels = sorted(set(points.types))
    if pair_with is None:
        return [
            take_picture(
                f"Entities, {title}",
                f"entities-{title}",
                draw_embeddings({title: project_points(found)}, points.languages, points.types, labels),
            )
            for title, found in points.vectors.items()
        ]
    pictures = []
    for language in dict.fromkeys(points.languages):
        if language != pair_with:
            pair = points.choose(numpy.isin(points.languages, [pair_with, language]))
            planes = {title: project_points(found) for title, found in pair.vectors.items()}
            figure = draw_embeddings(planes, pair.languages, pair.types, labels, "language")
            name = f"{pair_with}-{language}"
            pictures.append(take_picture(f"Entities, {name}", f"entities-{name}", figure))
    return pictures


def _take(docs: Sequence[Doc], most: int) -> List[Doc]:
    """RETURNS (List[Doc]): the first sentences, which have this number of entities.

    Without entities it is the first sentence with a token.
    """
    ends = numpy.cumsum([len(doc.ents) for doc in docs])
    n_docs = int(numpy.searchsorted(ends, most)) + 1
    return [doc for doc in islice(docs, n_docs) if doc.ents] or [doc for doc in docs if len(doc)][:1]


def _map_tokens(
    language: str, docs: Sequence[Doc], states: Dict[str, Encoders], golds: Dict[str, List[Doc]]
) -> Dict[str, Any]:
    doc = docs[choose_sentence(docs)]
    tokens = [token.text for token in doc]
    panels = {title: compare_tokens(encoders, doc) for title, encoders in states.items()}
    return _make_map(f"Similar tokens of a sentence: {language}", doc, tokens, tokens, panels)


def _map_pairs(
    language: str, docs: Sequence[Doc], states: Dict[str, Encoders], golds: Dict[str, List[Doc]]
) -> Dict[str, Any]:
    every = [doc for found in golds.values() for doc in found]
    copied = [doc for doc in docs if find_copy(doc, every) is not None] or docs
    doc = copied[choose_sentence(copied)]
    other = find_copy(doc, every)
    width = min(encode_cells(encoders, [doc])[0].shape[1] for encoders in states.values())
    shown = map_pairs(doc, other, width)
    rows, columns = ([pair.name for pair in pairs] for pairs in shown.pairs)
    panels = {title: compare_pairs(encoders, shown) for title, encoders in states.items() if rows and columns}
    what = "both views of a sentence" if other is None else "a sentence and another rendering of it"
    return _make_map(f"Similar pairs of tokens, {what}: {language}", doc, rows, columns, panels)


def _make_map(
    title: str, doc: Doc, rows: List[str], columns: List[str], panels: Dict[str, numpy.ndarray]
) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a map of similarities, as the page shows it; without rows where it has no values."""
    return {
        "title": title,
        "direction": find_writing_direction(doc.text),
        "columns": columns,
        "rows": rows if panels else [],
        "panels": [{"title": name, "rows": values.tolist()} for name, values in panels.items()],
    }
