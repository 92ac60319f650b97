"""The part of a report on text without labels: how much is found, how surely, and where two pipelines differ."""

from statistics import median
from typing import Any, Dict, List, Sequence

from ..evaluation.mistakes import KINDS, count_kinds
from ..scores import get_scores
from .analysis import UNSURE, Analysis
from .figures import draw_histogram
from .page import Picture, take_picture
from .sentences import DIFFERENCES, pair_docs
from .tables import count_types


def show_unlabelled(
    analyses: Sequence[Analysis], labels: Sequence[str], numbers: Dict[str, Any], pictures: List[Picture]
) -> Dict[str, Any]:
    """Show what a pipeline, or two, find in text without labels.

    analyses (Sequence[Analysis]): one pipeline or two, on the same sentences.
    labels (Sequence[str]): all types.
    numbers (Dict[str, Any]): the numbers of each pipeline, to which those of the figures are added as "unlabelled".
    pictures (List[Picture]): the figures of the page, to which those here are added.
    RETURNS (Dict[str, Any]): what `templates/unlabelled.html` reads, but for the sentences.
    RAISES: X125 without matplotlib.
    """
    languages = list(analyses[0].unlabelled)
    rows, histograms = [], []
    for analysis in analyses:
        numbers[analysis.name]["unlabelled"] = {}
    for language in languages:
        for analysis in analyses:
            counts = count_unlabelled(analysis, language)
            numbers[analysis.name]["unlabelled"][language] = counts
            rows.append({"language": language, "name": analysis.name, **counts})
    for k, analysis in enumerate(analyses):
        scores: Dict[str, List[float]] = {}
        for doc in (doc for docs in analysis.unlabelled.values() for doc in docs):
            for ent, score in zip(doc.ents, get_scores(doc), strict=True):
                if score is not None:
                    scores.setdefault(ent.label_, []).append(score)
        if scores:
            found = {label: scores[label] for label in sorted(scores)}
            title = f"Scores of what is found: {analysis.name}"
            histograms.append(take_picture(title, f"found-scores-{k}", draw_histogram(found)))
    pictures += histograms
    return {
        "rows": rows,
        "labels": labels,
        "languages": languages,
        "histograms": histograms,
        "differences": DIFFERENCES,
        "agreement": _compare_unlabelled(analyses),
    }


def count_unlabelled(analysis: Analysis, language: str) -> Dict[str, Any]:
    """Count what a pipeline finds in text without labels.

    analysis (Analysis): of one pipeline.
    language (str): one of the languages without labels.
    RETURNS (Dict[str, Any]): the number of sentences, of those with an entity, of tokens, of entities and of those of
        each type, the median score of the entities and the number of unsure ones (None if there are no scores).
    """
    docs = analysis.unlabelled[language]
    scores = [score for doc in docs for score in get_scores(doc) if score is not None]
    return {
        "sentences": len(docs),
        "with_entity": sum(bool(doc.ents) for doc in docs),
        "tokens": sum(map(len, docs)),
        "entities": sum(len(doc.ents) for doc in docs),
        "types": dict(sorted(count_types(docs).items())),
        "median_score": median(scores) if scores else None,
        "unsure": sum(score < UNSURE for score in scores) if scores else None,
    }


def _compare_unlabelled(analyses: Sequence[Analysis]) -> str:
    """RETURNS (str): how often two pipelines find the same; "" for one."""
    if len(analyses) < 2:
        return ""
    counts: Dict[str, int] = dict.fromkeys(KINDS, 0)
    for language in analyses[0].unlabelled:
        for docs in zip(*(analysis.unlabelled[language] for analysis in analyses), strict=True):
            for kind, n in count_kinds(pair_docs(docs)).items():
                counts[kind] += n
    told = ", ".join(f"{n:,} {DIFFERENCES[kind]}" for kind, n in counts.items() if n)
    first, second = (analysis.name for analysis in analyses)
    return f"What {first} finds (the first) and what {second} says of it (the second): {told or 'nothing'}."
