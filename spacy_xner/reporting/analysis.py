"""The data of a report on one pipeline: predictions, scores and mistakes by language."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence

import numpy
from spacy.language import Language
from spacy.training import Example

from ..evaluation.calibration import Scored
from ..evaluation.mistakes import Pair, pair_entities
from ..scores import get_scores
from .evaluate import get_name, predict_corpora, score_languages


@dataclass(frozen=True)
class Analysis:
    """A pipeline's predictions on labelled corpora.

    name (str): the name of the pipeline.
    labels (List[str]): types of gold and predictions.
    examples (Dict[str, List[Example]]): predictions and gold of each language.
    scores (Dict[str, Dict[str, Any]]): the scores of each language, see `evaluate`.
    pairs (Dict[str, List[List[Pair]]]): the pairs of entities of each sentence, by language.
    """

    name: str
    labels: List[str]
    examples: Dict[str, List[Example]]
    scores: Dict[str, Dict[str, Any]]
    pairs: Dict[str, List[List[Pair]]]

    def list_pairs(self, language: str) -> List[Pair]:
        """List the entities of a language from all its sentences.

        language (str): a key of `pairs`.
        RETURNS (List[Pair]): pairs of gold and predicted entities.
        """
        return [pair for pairs in self.pairs[language] for pair in pairs]


def analyse(
    nlp: Language,
    paths: Sequence[Path],
    *,
    name: str = "",
    labels: Optional[Sequence[str]] = None,
    known: Iterable[str] = (),
    language: Optional[str] = None,
    batch_size: Optional[int] = None,
    bootstrap: int = 1000,
) -> Analysis:
    """Predict labelled corpora and find the mistakes.

    nlp (Language): the pipeline.
    paths (Sequence[Path]): folders of `.spacy` files, or files in any format that `convert` reads.
    name (str): name of the pipeline, by default its own.
    labels (Optional[Sequence[str]]): types that count; None for all.
    known (Iterable[str]): types that `labels` may name besides those of gold and pipeline.
    language (Optional[str]): the language of sentences that do not tell theirs, by default the name of their file.
    batch_size (Optional[int]): sentences per batch, by default the pipeline's own setting.
    bootstrap (int): samples for the intervals.
    RETURNS (Analysis): predictions, scores and mistakes.
    RAISES: as `evaluate`.
    """
    predictions = predict_corpora(
        nlp, paths, batch_size=batch_size, labels=labels, known=known, language=language
    )
    pairs = {
        language: [pair_entities(example) for example in examples]
        for language, examples in predictions.examples.items()
    }
    spans = (span for found in pairs.values() for some in found for pair in some for span in pair[:2])
    return Analysis(
        name=name or get_name(nlp),
        labels=sorted({span.label_ for span in spans if span is not None}),
        examples=predictions.examples,
        scores=score_languages(predictions, bootstrap),
        pairs=pairs,
    )


def collect_scores(examples: Sequence[Example]) -> Optional[Scored]:
    """Collect the predicted entities with their scores.

    examples (Sequence[Example]): predictions, with scores, and gold.
    RETURNS (Optional[Scored]): the predicted entities; None if none has a score.
    """
    scores: List[float] = []
    right: List[bool] = []
    unscored: List[bool] = []
    for example in examples:
        gold = {(ent.start_char, ent.end_char, ent.label_) for ent in example.reference.ents}
        for ent, score in zip(example.predicted.ents, get_scores(example.predicted), strict=True):
            is_right = (ent.start_char, ent.end_char, ent.label_) in gold
            if score is None:
                unscored.append(is_right)
            else:
                scores.append(score)
                right.append(is_right)
    if not scores:
        return None
    n_gold = sum(len(example.reference.ents) for example in examples)
    return Scored(numpy.asarray(scores), numpy.asarray(right), n_gold, len(unscored), sum(unscored))
