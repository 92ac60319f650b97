from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from spacy.scorer import PRFScore, get_ner_prf
from spacy.training import Example

from ..metadata import get_tags
from ..schemes import find_spans, get_scheme, relates_tokens
from ..tokens import same_tokens
from .missing import find_unasked


def create_scorer() -> Callable:
    """Create the scorer of the component.

    RETURNS (Callable): from examples to "ents_p", "ents_r", "ents_f", "ents_per_type" by spaCy's `get_ner_prf` and, for
        each output with a scheme for single tokens, "{name}_{output}": the F of spans (scheme "span"), of typed
        entities ("bio"), of typed starts or ends ("start", "end"), or the accuracy at the last token of gold entities
        ("type"). Predictions on tokens without annotation do not count.
    """
    return score_examples


def score_examples(
    examples: Iterable[Example],
    *,
    name: str,
    schemes: Dict[str, Optional[str]],
    labels: Sequence[str],
    **kwargs: Any,
) -> Dict[str, Any]:
    """Score entities and sub-tasks.

    examples (Iterable[Example]): the examples.
    name (str): the component's name.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    labels (Sequence[str]): the component's labels.
    RETURNS (Dict[str, Any]): the scores, see `create_scorer`.
    """
    examples = [eg for eg in examples if eg.reference.has_annotation("ENT_IOB")]
    scores: Dict[str, Any] = get_ner_prf(examples)
    if scores["ents_per_type"]:  # spaCy gives them in arbitrary order
        scores["ents_per_type"] = dict(sorted(scores["ents_per_type"].items()))
    for output, scheme in schemes.items():
        if scheme is not None and not relates_tokens(scheme):
            classes = get_scheme(scheme).classes(labels)
            scores[f"{name}_{output}"] = score_output(examples, output, scheme, classes)
    return scores


def score_output(
    examples: Sequence[Example], output: str, scheme: str, classes: List[str]
) -> Optional[float]:
    """Score the most probable classes of one output.

    examples (Sequence[Example]): the examples, with tags set by the component. Documents whose tokens were changed by a
        later component are left out, since their tags do not fit.
    output (str): the output's name.
    scheme (str): its tagging scheme.
    classes (List[str]): its class names.
    RETURNS (Optional[float]): the score in [0, 1]; None if there is nothing to score.
    """
    prf = PRFScore()
    right, total = 0, 0
    for eg in examples:
        tags = get_tags(eg.predicted).get(output)
        if tags is None or len(tags) != len(eg.predicted):
            continue
        gold = _gold_spans(eg)
        unasked = find_unasked(eg)
        if scheme == "type":
            total += len(gold)
            right += sum(classes[tags[end - 1]] == label for _, end, label in gold)
            continue
        names = [classes[tag] for tag in tags]
        if scheme in ("start", "end"):
            at = {(start if scheme == "start" else end - 1, label) for start, end, label in gold}
            found = {(i, label) for i, label in enumerate(names) if label != classes[0] and i not in unasked}
            prf.score_set(found, at)
        else:
            typed = scheme == "bio"
            expected = {(start, end, label if typed else "") for start, end, label in gold}
            spans = {span for span in find_spans(names) if unasked.isdisjoint(range(*span[:2]))}
            prf.score_set(spans, expected)
    if scheme == "type":
        return right / total if total else None
    return prf.fscore if len(prf) else None


def _gold_spans(eg: Example) -> List[Tuple[int, int, str]]:
    if same_tokens(eg.predicted, eg.reference):
        return [(ent.start, ent.end, ent.label_) for ent in eg.reference.ents]
    return [(ent.start, ent.end, ent.label_) for ent in eg.get_aligned_spans_y2x(eg.reference.ents)]
