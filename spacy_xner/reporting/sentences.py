"""The sentences with mistakes of a pipeline, or of one of two pipelines."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

from ..evaluation.mistakes import KINDS
from .analysis import Analysis
from .render import find_writing_direction, render_doc


class MarkedLine(NamedTuple):
    """A sentence with the entities of a pipeline or of the gold.

    title (str): the name of the pipeline, or "gold".
    markup (str): safe HTML.
    """

    title: str
    markup: str


class Mistake(NamedTuple):
    """A sentence with a wrong prediction.

    language (str): its language.
    direction (str): "rtl" or "ltr".
    kinds (Dict[str, List[str]]): the kinds of mistakes of each pipeline.
    lines (List[MarkedLine]): gold and predictions.
    """

    language: str
    direction: str
    kinds: Dict[str, List[str]]
    lines: List[MarkedLine]


def collect_mistakes(
    analyses: Sequence[Analysis], labels: Sequence[str], most: int
) -> Tuple[List[Mistake], Dict[str, int]]:
    """Find the sentences with mistakes.

    analyses (Sequence[Analysis]): one pipeline or more, on the same sentences.
    labels (Sequence[str]): all types, in the order of their colours.
    most (int): most sentences of each language; if there are more, they are sampled at equal distances.
    RETURNS (Tuple[List[Mistake], Dict[str, int]]): the sentences to show, and the number of all for each language.
    """
    found: List[Mistake] = []
    totals: Dict[str, int] = {}
    for language in analyses[0].pairs:
        wrong = [
            i
            for i in range(len(analyses[0].pairs[language]))
            if any(pair.kind != "right" for analysis in analyses for pair in analysis.pairs[language][i])
        ]
        totals[language] = len(wrong)
        step = max(1.0, len(wrong) / most)
        chosen = [wrong[int(k * step)] for k in range(min(len(wrong), most))]
        found += [_make_mistake(analyses, labels, language, i) for i in chosen]
    return found, totals


def _make_mistake(analyses: Sequence[Analysis], labels: Sequence[str], language: str, i: int) -> Mistake:
    gold = analyses[0].examples[language][i].reference
    lines = [MarkedLine("gold", render_doc(gold, labels))]
    kinds: Dict[str, List[str]] = {}
    for analysis in analyses:
        lines.append(MarkedLine(analysis.name, render_doc(analysis.examples[language][i].predicted, labels)))
        wrong = {pair.kind for pair in analysis.pairs[language][i]} - {"right"}
        kinds[analysis.name] = [kind for kind in KINDS if kind in wrong]
    return Mistake(language, find_writing_direction(gold.text), kinds, lines)
