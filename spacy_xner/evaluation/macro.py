"""Scores that weigh all languages equally, by which papers choose checkpoints."""

from collections import defaultdict
from typing import Any, Callable, Dict, Iterable, List

from spacy.training import Example

from ..metadata import get_language
from .scorer import score_examples


def create_macro_scorer() -> Callable:
    """Create a scorer of dev text in several languages, in which each counts the same however much text it has.

    With the labelled dev text of all languages this is the protocol of DualNER, MCL-NER and CROP's code, which reads
    target labels.

    RETURNS (Callable): from examples to the scores of `create_scorer`, each the mean of those of the languages that
        have it, besides "ents_per_type", which is of all text together; and for each language "ents_f_{language}".
        Text of unknown languages counts as one more language.
    """

    def score(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        by_language: Dict[str, List[Example]] = defaultdict(list)
        for eg in examples:
            by_language[get_language(eg.reference)].append(eg)
        found = {language: score_examples(group, **kwargs) for language, group in sorted(by_language.items())}
        scores = score_examples([eg for group in by_language.values() for eg in group], **kwargs)
        for key in scores.keys() - {"ents_per_type"}:
            values = [one[key] for one in found.values() if one[key] is not None]
            scores[key] = sum(values) / len(values) if values else None
        return {
            **scores,
            **{f"ents_f_{language}": one["ents_f"] for language, one in found.items() if language},
        }

    return score
