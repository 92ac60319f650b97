"""The tables of a report: headline, scores by language and type."""

from collections import Counter
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence

from spacy.tokens import Doc

from ..evaluation.metrics import score_per_type
from ..evaluation.significance import compare_counts, count_entities, find_mean_interval
from .analysis import Analysis


class Tile(NamedTuple):
    """A number of the headline.

    title (str): the pipeline.
    value (str): the number.
    interval (str): its 95 % interval, "" without one.
    what (str): what it is.
    """

    title: str
    value: str
    interval: str
    what: str


def make_tiles(analyses: Sequence[Analysis], bootstrap: int) -> List[Tile]:
    """Make the headline: the mean F1 of each pipeline, apart for languages that no training has read.

    analyses (Sequence[Analysis]): one pipeline or more, on the same sentences.
    bootstrap (int): samples for the intervals.
    RETURNS (List[Tile]): the numbers; without labels, the share of sentences in which something is found.
    """
    first = analyses[0]
    tiles = []
    for languages, note in ((first.seen, ""), (first.unseen, ", never seen in training")):
        for analysis in analyses if languages else ():
            f1 = [analysis.scores[language]["f1"] for language in languages]
            counts = [count_entities(analysis.examples[language]) for language in languages]
            interval = show_interval(find_mean_interval(counts, resamples=bootstrap))
            what = f"mean F1 of {', '.join(languages)}" if len(languages) > 1 else f"F1, {languages[0]}"
            tiles.append(Tile(analysis.name, percent(sum(f1) / len(f1)), interval, what + note))
    for analysis in analyses if first.unlabelled else ():
        docs = [doc for found in analysis.unlabelled.values() for doc in found]
        share = sum(bool(doc.ents) for doc in docs) / len(docs)
        what = f"of {len(docs):,} sentences without labels have an entity"
        tiles.append(Tile(analysis.name, f"{percent(share)} %", "", what))
    return tiles


def make_rows(analyses: Sequence[Analysis], languages: Iterable[str]) -> List[List[str]]:
    """Make the rows of scores by language, and in each by pipeline.

    analyses (Sequence[Analysis]): one pipeline or more, on the same sentences.
    languages (Iterable[str]): the languages.
    RETURNS (List[List[str]]): language, pipeline if there are several, F1 with its interval, precision, recall, F1 of
        spans, accuracy of types, number of entities, and p if there are several.
    """
    rows = []
    for language in languages:
        counts = [count_entities(analysis.examples[language]) for analysis in analyses]
        for k, analysis in enumerate(analyses):
            scores = analysis.scores[language]
            row = [language] + ([analysis.name] if len(analyses) > 1 else [])
            row += [percent(scores["f1"]), show_interval(scores.get("interval", ()))]
            row += [percent(scores[key]) for key in ("precision", "recall")]
            row += [percent(scores["span"]["f1"]), percent(scores["type_accuracy"])]
            row.append(f"{scores['entities']:,}")
            if len(analyses) > 1:
                p = compare_counts(counts[0], counts[k]) if k else None
                row.append("" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}")
            rows.append(row)
    return rows


class TypeScores(NamedTuple):
    """The scores of a type.

    label (str): the type.
    scores (List[Dict[str, float]]): precision, recall and F1 of each pipeline.
    gold (int): number of gold entities.
    found (List[int]): number of entities that each pipeline finds.
    """

    label: str
    scores: List[Dict[str, float]]
    gold: int
    found: List[int]


def score_types_of(analyses: Sequence[Analysis], languages: Iterable[str]) -> List[TypeScores]:
    """Score each type over several languages together.

    analyses (Sequence[Analysis]): one pipeline or more, on the same sentences.
    languages (Iterable[str]): the languages.
    RETURNS (List[TypeScores]): the types in alphabetical order.
    """
    chosen = list(languages)
    every = [
        [example for language in chosen for example in analysis.examples[language]] for analysis in analyses
    ]
    gold = count_types(example.reference for example in every[0])
    found = [count_types(example.predicted for example in examples) for examples in every]
    scored: List[Dict[str, Any]] = [{**score_per_type(examples)} for examples in every]
    none = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    return [
        TypeScores(
            label,
            [scores.get(label, none) for scores in scored],
            gold[label],
            [counts[label] for counts in found],
        )
        for label in sorted({*gold, *(label for counts in found for label in counts)})
    ]


def percent(share: float) -> str:
    """Write a share.

    share (float): in [0, 1].
    RETURNS (str): in per cent, with one decimal.
    """
    return f"{100 * share:.1f}"


def show_interval(ends: Sequence[float]) -> str:
    """Write an interval.

    ends (Sequence[float]): its ends in [0, 1], or nothing.
    RETURNS (str): in per cent; "" for nothing.
    """
    return " to ".join(map(percent, ends))


def count_types(docs: Iterable[Doc]) -> Counter[str]:
    """Count entities by type.

    docs (Iterable[Doc]): documents with entities.
    RETURNS (Counter[str]): the number of each type.
    """
    return Counter(ent.label_ for doc in docs for ent in doc.ents)
