"""The content of a report, from predictions, figures and encoders."""

from itertools import islice
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set

import numpy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import XnerError, explain
from ..evaluation.calibration import measure_calibration_error, suggest_threshold, try_thresholds
from ..evaluation.mistakes import KINDS, count_kinds, count_lengths, count_unseen
from ..evaluation.significance import compare_counts, count_entities
from .analysis import Analysis, collect_scores
from .embedding import (
    Encoders,
    choose_sentence,
    compare_tokens,
    embed_entities,
    find_encoders,
    make_untrained,
    project_points,
)
from .figures import draw_calibration, draw_confusions, draw_embeddings, draw_found, draw_kinds, draw_scores
from .mistakes import collect_mistakes
from .page import Picture, render_page, take_picture
from .render import find_writing_direction


class PipelineReport(NamedTuple):
    """A report on one pipeline or two.

    page (str): HTML.
    pictures (List[Picture]): the figures on the page.
    numbers (Dict[str, Any]): the numbers in the figures.
    """

    page: str
    pictures: List[Picture]
    numbers: Dict[str, Any]


class EncoderViews(NamedTuple):
    """What encoders make of entities and tokens.

    pictures (List[Picture]): figures of entities.
    maps (List[Dict[str, Any]]): similarities of tokens.
    note (str): an explanation of the figures.
    """

    pictures: List[Picture]
    maps: List[Dict[str, Any]]
    note: str


def make_report(
    analyses: Sequence[Analysis],
    *,
    views: Optional[EncoderViews] = None,
    seen: Optional[Set[str]] = None,
    most: int = 200,
) -> PipelineReport:
    """Make a report.

    analyses (Sequence[Analysis]): one pipeline, or two, on the same sentences.
    views (Optional[EncoderViews]): the views of the first pipeline's encoders; None to leave them out.
    seen (Optional[Set[str]]): the names of the training data in lower case; None if unknown.
    most (int): most sentences with mistakes of each language on the page.
    RETURNS (PipelineReport): the page, its figures and its numbers.
    RAISES: X125 without matplotlib.
    """
    labels = sorted({label for analysis in analyses for label in analysis.labels})
    languages = list(analyses[0].scores)
    mistakes, totals = collect_mistakes(analyses, labels, most)
    overview = [take_picture("F1 with 95 % intervals", "scores", draw_scores(analyses))]
    for k, analysis in enumerate(analyses):
        name = f": {analysis.name}" if len(analyses) > 1 else ""
        overview.append(
            take_picture(f"What became of the entities{name}", f"kinds-{k}", draw_kinds(analysis))
        )
    blocks = [
        {**_make_block(analysis, language, seen, f"{i}-{k}"), "title": f"{language}: {analysis.name}"}
        for i, language in enumerate(languages)
        for k, analysis in enumerate(analyses)
    ]
    examples = analyses[0].examples.values()
    page = render_page(
        names=[analysis.name for analysis in analyses],
        summary=f"{sum(map(len, examples)):,} labelled sentences in {', '.join(languages)}",
        scores=_make_rows(analyses),
        overview=overview,
        points=views.pictures if views else [],
        points_note=views.note if views else "",
        maps=views.maps if views else [],
        languages=languages,
        blocks=blocks,
        kinds=KINDS[1:],
        mistakes=mistakes,
        totals=totals,
        most=most,
    )
    pictures = [
        *overview,
        *(views.pictures if views else []),
        *(p for block in blocks for p in block["figures"]),
    ]
    numbers = {
        analysis.name: {
            language: {
                **analysis.scores[language],
                "kinds": count_kinds(analysis.list_pairs(language)),
                **block["numbers"],
            }
            for language, block in zip(languages, blocks[k :: len(analyses)], strict=True)
        }
        for k, analysis in enumerate(analyses)
    }
    return PipelineReport(page, pictures, numbers)


def _make_rows(analyses: Sequence[Analysis]) -> List[List[str]]:
    rows = []
    for language in analyses[0].scores:
        counts = [count_entities(analysis.examples[language]) for analysis in analyses]
        for k, analysis in enumerate(analyses):
            scores = analysis.scores[language]
            row = [language] + ([analysis.name] if len(analyses) > 1 else [])
            row += [f"{100 * scores[key]:.1f}" for key in ("precision", "recall", "f1")]
            row.append(" to ".join(f"{100 * end:.1f}" for end in scores.get("interval", ())))
            row += [f"{100 * scores['span']['f1']:.1f}", f"{100 * scores['type_accuracy']:.1f}"]
            row.append(f"{scores['entities']:,}")
            if len(analyses) > 1:
                p = compare_counts(counts[0], counts[k]) if k else None
                row.append("" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}")
            rows.append(row)
    return rows


def _make_block(analysis: Analysis, language: str, seen: Optional[Set[str]], place: str) -> Dict[str, Any]:
    pairs, scored = analysis.list_pairs(language), collect_scores(analysis.examples[language])
    groups = [count_lengths(pairs)] + ([count_unseen(pairs, seen)] if seen is not None else [])
    name = f"{language}-{place}"
    figures = [take_picture("Gold and found types", f"types-{name}", draw_confusions(analysis, language))]
    if any(groups):
        title = "Found, by number of tokens" + (
            " and by whether the name was in training" if seen is not None else ""
        )
        figures.append(take_picture(title, f"found-{name}", draw_found(groups)))
    numbers: Dict[str, Any] = {"lengths": groups[0]}
    if seen is not None:
        numbers["names"] = groups[1]
    note = "Without scores: the pipeline gives none, or found nothing."
    if scored is not None:
        figures.append(take_picture("Scores and thresholds", f"calibration-{name}", draw_calibration(scored)))
        best, error = suggest_threshold(try_thresholds(scored)), measure_calibration_error(scored)
        numbers.update(calibration_error=error, threshold=best._asdict())
        note = (
            f"Scores differ from the share that is right by {100 * error:.1f} points on average (expected calibration "
            f"error). Suggested threshold: {best.value:.2f}, with P {100 * best.precision:.1f}, R "
            f"{100 * best.recall:.1f}, F1 {100 * best.f1:.1f} on these sentences."
        )
        if scored.n_unscored:
            note += f" {scored.n_unscored} entities have no score: no threshold leaves them out."
    return {"language": language, "figures": figures, "note": note, "numbers": numbers}


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
    """RETURNS (List[Doc]): the first sentences with entities, enough for this number of entities; without entities, the
    first sentence with a token."""
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
