"""The data of a report on one pipeline: predictions, scores and mistakes by language."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..evaluation.calibration import Scored
from ..evaluation.mistakes import Pair, pair_entities
from ..scores import get_scores
from .card import list_encoders
from .evaluate import get_name, list_labels, predict_corpora, predict_raw, score_languages
from .raw import read_raw, spread

# Entities with lower scores are called unsure.
UNSURE = 0.5


@dataclass(frozen=True)
class Analysis:
    """A pipeline's predictions on corpora, labelled ones and others.

    name (str): the name of the pipeline.
    about (str): what it is, in one line.
    labels (List[str]): types of gold and predictions.
    examples (Dict[str, List[Example]]): predictions and gold of each language.
    scores (Dict[str, Dict[str, Any]]): the scores of each language, see `evaluate`.
    pairs (Dict[str, List[List[Pair]]]): the pairs of entities of each sentence, by language.
    unseen (List[str]): labelled languages that no training has read.
    unlabelled (Dict[str, List[Doc]]): predictions on text without labels, by language.
    """

    name: str
    about: str
    labels: List[str]
    examples: Dict[str, List[Example]]
    scores: Dict[str, Dict[str, Any]]
    pairs: Dict[str, List[List[Pair]]]
    unseen: List[str]
    unlabelled: Dict[str, List[Doc]]

    @property
    def seen(self) -> List[str]:
        """RETURNS (List[str]): the labelled languages that a training has read, or all if that is not known."""
        return [language for language in self.examples if language not in self.unseen]

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
    raw: Optional[Path] = None,
    most_raw: int = 200,
) -> Analysis:
    """Predict corpora, and find the mistakes in those that are labelled.

    nlp (Language): the pipeline.
    paths (Sequence[Path]): folders of `.spacy` files, or files in any format that `convert` reads.
    name (str): name of the pipeline, by default its own.
    labels (Optional[Sequence[str]]): types that count; None for all.
    known (Iterable[str]): types that `labels` may name besides those of gold and pipeline.
    language (Optional[str]): the language of sentences that do not tell theirs, by default the name of their file.
    batch_size (Optional[int]): sentences per batch, by default the pipeline's own setting.
    bootstrap (int): samples for the intervals.
    raw (Optional[Path]): text without labels, see `read_raw`, of which some sentences are predicted in each language
        that the corpora don't have.
    most_raw (int): most sentences of `raw` in each language, at equal distances.
    RETURNS (Analysis): predictions, scores and mistakes.
    RAISES: as `evaluate` and `read_raw`.
    """
    predictions = predict_corpora(
        nlp,
        paths,
        batch_size=batch_size,
        labels=labels,
        known=known,
        language=language,
        unlabelled=True,
    )
    if raw is not None:
        for found, docs in read_raw(raw, nlp.vocab, language or "").items():
            if found not in predictions.examples and found not in predictions.unlabelled:
                predictions.unlabelled[found] = predict_raw(
                    nlp, spread(docs, most_raw), batch_size=batch_size, labels=labels
                )
    pairs = {
        language: [pair_entities(example) for example in examples]
        for language, examples in predictions.examples.items()
    }
    spans = (span for found in pairs.values() for some in found for pair in some for span in pair[:2])
    types = {span.label_ for span in spans if span is not None}
    types.update(ent.label_ for docs in predictions.unlabelled.values() for doc in docs for ent in doc.ents)
    return Analysis(
        name=name or get_name(nlp),
        about=describe(nlp),
        labels=sorted(types),
        examples=predictions.examples,
        scores=score_languages(predictions, bootstrap),
        pairs=pairs,
        unseen=predictions.unseen,
        unlabelled=predictions.unlabelled,
    )


def describe(nlp: Language) -> str:
    """Say in one line what a pipeline is.

    nlp (Language): the pipeline.
    RETURNS (str): its description, if its meta has one, its components, types and encoders.
    """
    told = [nlp.meta.get("description", "").rstrip(".")]
    told.append(f"components {', '.join(nlp.pipe_names) or 'none'}")
    told.append(f"types {', '.join(list_labels(nlp)) or 'none'}")
    encoders = list_encoders(nlp)
    if encoders:
        told.append(f"encoder {', '.join(encoders)}")
    return "; ".join(filter(None, told))


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
