"""The sentences on the page: with mistakes and without, or without labels, with what pipelines find in them."""

from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc, Span
from spacy.training import Example

from ..evaluation.mistakes import KINDS, Pair, pair_entities
from ..scores import get_scores
from .analysis import UNSURE, Analysis
from .raw import spread
from .render import find_writing_direction, render_doc

# How two pipelines differ where there are no labels, in the words of `pair_entities`, the second in place of the gold.
DIFFERENCES = {
    "right": "same",
    "type": "other type",
    "span": "other span",
    "both": "other span and type",
    "missed": "only the second",
    "spurious": "only the first",
}


class ShownLine(NamedTuple):
    """A sentence with the entities of a pipeline or of the gold.

    title (str): the name of the pipeline, or "gold".
    markup (str): safe HTML.
    missed (List[Tuple[str, str, int]]): text, type and colour of gold entities without a partner.
    """

    title: str
    markup: str
    missed: List[Tuple[str, str, int]]


class ShownSentence(NamedTuple):
    """A sentence of the page.

    language (str): its language.
    direction (str): "rtl" or "ltr".
    kinds (List[List[str]]): for each pipeline what its entities are: kinds of mistakes, or "right" alone.
    lines (List[ShownLine]): gold and predictions.
    """

    language: str
    direction: str
    kinds: List[List[str]]
    lines: List[ShownLine]


class Sample(NamedTuple):
    """Sentences of the page, and those that they were taken from.

    sentences (List[ShownSentence]): the sentences to show.
    notes (Dict[str, str]): for each language of which not all are shown, how many are.
    """

    sentences: List[ShownSentence]
    notes: Dict[str, str]


def collect_sentences(
    analyses: Sequence[Analysis], colours: Mapping[str, int], most: int, most_right: int
) -> Sample:
    """Choose sentences with mistakes and without, at equal distances where there are too many.

    analyses (Sequence[Analysis]): one pipeline or more, on the same labelled sentences.
    colours (Mapping[str, int]): the colour of each type.
    most, most_right (int): most sentences of each language with a mistake of some pipeline, and without.
    RETURNS (Sample): the sentences, those with mistakes first in each language.
    """
    shown, notes = [], {}
    for language, pairs in analyses[0].pairs.items():
        wrong = [
            i
            for i in range(len(pairs))
            if any(pair.kind != "right" for analysis in analyses for pair in analysis.pairs[language][i])
        ]
        right = [i for i in sorted(set(range(len(pairs))).difference(wrong)) if pairs[i]]
        chosen = [*spread(wrong, most), *spread(right, most_right)]
        shown += [_show_labelled(analyses, colours, language, i) for i in chosen]
        told = [
            f"{limit} of {len(found)} {what}"
            for found, limit, what in ((wrong, most, "with a mistake"), (right, most_right, "without"))
            if len(found) > limit
        ]
        if told:
            notes[language] = f"{language}: {', '.join(told)} are shown."
    return Sample(shown, notes)


def collect_unlabelled(analyses: Sequence[Analysis], colours: Mapping[str, int], most: int) -> Sample:
    """Choose sentences without labels in which something is found, at equal distances where there are too many.

    analyses (Sequence[Analysis]): one pipeline or two, on the same sentences.
    colours (Mapping[str, int]): the colour of each type.
    most (int): most sentences of each language; those on which two pipelines differ, or with an unsure entity, come
        first.
    RETURNS (Sample): the sentences.
    """
    shown, notes = [], {}
    for language in analyses[0].unlabelled:
        found = [
            i
            for i in range(len(analyses[0].unlabelled[language]))
            if any(analysis.unlabelled[language][i].ents for analysis in analyses)
        ]
        every = [_show_unlabelled(analyses, colours, language, i) for i in found]
        first = [sentence for sentence in every if sentence.kinds[0] not in (["right"], ["sure"])]
        rest = [sentence for sentence in every if sentence.kinds[0] in (["right"], ["sure"])]
        # Half of the room at least is for the others, if there are so many.
        n_first = max(most - len(rest), most // 2)
        chosen = spread(first, n_first)
        chosen += spread(rest, most - len(chosen))
        shown += chosen
        if len(chosen) < len(every):
            notes[language] = f"{language}: {len(chosen)} of {len(every)} sentences with an entity are shown."
    return Sample(shown, notes)


def _show_labelled(
    analyses: Sequence[Analysis], colours: Mapping[str, int], language: str, i: int
) -> ShownSentence:
    gold = analyses[0].examples[language][i].reference
    lines = [ShownLine("gold", render_doc(gold, colours), [])]
    kinds = []
    for analysis in analyses:
        pairs = analysis.pairs[language][i]
        found = analysis.examples[language][i].predicted
        missed = [_tell(pair.gold, colours) for pair in pairs if pair.found is None and pair.gold is not None]
        lines.append(ShownLine(analysis.name, render_doc(found, colours, _list_kinds(pairs)), missed))
        wrong = {pair.kind for pair in pairs} - {"right"}
        kinds.append([kind for kind in KINDS if kind in wrong] or ["right"])
    return ShownSentence(language, find_writing_direction(gold.text), kinds, lines)


def _show_unlabelled(
    analyses: Sequence[Analysis], colours: Mapping[str, int], language: str, i: int
) -> ShownSentence:
    docs = [analysis.unlabelled[language][i] for analysis in analyses]
    lines = [
        ShownLine(analysis.name, render_doc(doc, colours), [])
        for analysis, doc in zip(analyses, docs, strict=True)
    ]
    if len(docs) > 1:
        differ = {pair.kind for pair in pair_docs(docs)} - {"right"}
        kinds = [kind for kind in KINDS if kind in differ] or ["right"]
    else:
        scores = get_scores(docs[0])
        kinds = ["unsure" if any(score is not None and score < UNSURE for score in scores) else "sure"]
    return ShownSentence(language, find_writing_direction(docs[0].text), [kinds], lines)


def pair_docs(docs: Sequence[Doc]) -> List[Pair]:
    """Pair the entities that two pipelines find in a sentence.

    docs (Sequence[Doc]): the sentence with the entities of the first, and of the second.
    RETURNS (List[Pair]): the entities of the second in place of the gold, see `pair_entities`.
    """
    return pair_entities(Example(*docs))


def _list_kinds(pairs: Sequence[Pair]) -> Dict[Tuple[int, int, str], str]:
    """RETURNS (Dict[Tuple[int, int, str], str]): the kind of each entity that was found."""
    return {
        (pair.found.start_char, pair.found.end_char, pair.found.label_): pair.kind
        for pair in pairs
        if pair.found is not None
    }


def _tell(span: Span, colours: Mapping[str, int]) -> Tuple[str, str, int]:
    return span.text, span.label_, colours[span.label_]
