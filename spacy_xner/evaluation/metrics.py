"""Entity scores of one language: by spaCy's scorer, by strict seqeval, of spans alone and of types alone.

All scores are in [0, 1]. They are 0 if there are no predicted or no gold entities.
"""

from typing import Any, Dict, Iterable, List, Optional, Sequence, TypedDict

from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors, XnerError
from ..metadata import get_tags
from ..tokens import copy_tokens, same_tokens
from .predict import TaskOutput
from .scorer import score_output

TOLERANCE = 1e-6


class PRF(TypedDict):
    """Precision, recall and F1 of one kind of entities, in [0, 1]."""

    precision: float
    recall: float
    f1: float


class Scores(PRF):
    """The scores of one language.

    `span` scores the entities without their types. `span_output` is the F1 of the model's output for spans, before
    types are added (DLBri, table 7), None if it has no such output. `seqeval` is None, and not compared with spaCy's
    scores, if predicted and gold tokens differ. `unaligned` counts the predicted entities that begin or end within a
    gold token; spaCy's scorer extends them to whole tokens.
    """

    per_type: Dict[str, PRF]
    span: PRF
    seqeval: Optional[PRF]
    seqeval_checked: bool
    span_output: Optional[float]
    type_accuracy: float
    type_accuracy_on: str
    sentences: int
    tokens: int
    entities: int
    unaligned: int


def score_language(
    examples: Sequence[Example],
    type_output: Optional[TaskOutput],
    source: str,
    span_output: Optional[TaskOutput] = None,
) -> Scores:
    """Score the predictions of one language.

    examples (Sequence[Example]): predictions and gold, without predictions on tokens that have no annotation.
    type_output (Optional[TaskOutput]): the component's output for types, if it has one.
    source (str): the files of the gold, for messages.
    span_output (Optional[TaskOutput]): the component's output for spans, if it has one.
    RETURNS (Scores): the scores and counts.
    RAISES: X303 if spaCy's scorer and strict seqeval differ.
    """
    scores = get_ner_prf(examples)
    total = _to_prf(scores, "ents")
    seqeval = score_seqeval(examples)
    if seqeval is not None and not _agree(total, seqeval):
        raise XnerError(Errors.X303.format(path=source, spacy=total["f1"], seqeval=seqeval["f1"]))
    golds = [example.reference for example in examples]
    return Scores(
        precision=total["precision"],
        recall=total["recall"],
        f1=total["f1"],
        per_type=_list_types(scores),
        span=_to_prf(get_ner_prf(map(_drop_types, examples)), "ents"),
        seqeval=seqeval,
        seqeval_checked=seqeval is not None,
        span_output=_score_spans(examples, span_output),
        type_accuracy=score_types(examples, type_output),
        type_accuracy_on="found spans" if type_output is None else "gold spans",
        sentences=len(golds),
        tokens=sum(len(gold) for gold in golds),
        entities=sum(len(gold.ents) for gold in golds),
        unaligned=sum(_count_unaligned(example) for example in examples),
    )


def score_micro(examples: Iterable[Example]) -> PRF:
    """Score all entities together, by spaCy's scorer.

    examples (Iterable[Example]): predictions and gold, of any languages.
    RETURNS (PRF): the scores.
    """
    return _to_prf(get_ner_prf(examples), "ents")


def score_per_type(examples: Iterable[Example]) -> Dict[str, PRF]:
    """Score the entities of each type, by spaCy's scorer.

    examples (Iterable[Example]): predictions and gold, of any languages.
    RETURNS (Dict[str, PRF]): the scores of each type, in alphabetical order.
    """
    return _list_types(get_ner_prf(examples))


def score_seqeval(examples: Sequence[Example]) -> Optional[PRF]:
    """Score by seqeval, in strict mode with IOB2.

    examples (Sequence[Example]): predictions and gold.
    RETURNS (Optional[PRF]): the scores; None if predicted and gold tokens differ in any example.
    """
    from seqeval.metrics import classification_report  # takes a second to import, as it brings scikit-learn
    from seqeval.scheme import IOB2

    if not all(same_tokens(example.predicted, example.reference) for example in examples):
        return None
    if not any(doc.ents for example in examples for doc in (example.reference, example.predicted)):
        return PRF(precision=0.0, recall=0.0, f1=0.0)  # seqeval fails without any entity
    codes: Dict[str, str] = {}
    report = classification_report(
        [_get_tags(example.reference, codes) for example in examples],
        [_get_tags(example.predicted, codes) for example in examples],
        mode="strict",
        scheme=IOB2,
        zero_division=0,
        output_dict=True,
    )["micro avg"]
    p, r, f = (float(report[key]) for key in ("precision", "recall", "f1-score"))
    return PRF(precision=p, recall=r, f1=f)


def score_types(examples: Iterable[Example], type_output: Optional[TaskOutput]) -> float:
    """Compute how often the label is correct if the span is.

    With an output for types, the spans are all gold spans, and the label is the class of a span's last token. Without
    one, the spans are the gold spans that were predicted with the same boundaries.

    examples (Iterable[Example]): predictions and gold.
    type_output (Optional[TaskOutput]): the output for types, if there is one.
    RETURNS (float): the accuracy.
    """
    right = n = 0
    for example in examples:
        predicted = example.predicted
        found = {(span.start_char, span.end_char): span.label_ for span in predicted.ents}
        for span in example.reference.ents:
            if type_output is not None:
                label: Optional[str] = _get_type(span, predicted, type_output)
            elif (span.start_char, span.end_char) in found:
                label = found[span.start_char, span.end_char]
            else:
                continue
            right += label == span.label_
            n += 1
    return right / n if n else 0.0


def _drop_types(example: Example) -> Example:
    """RETURNS (Example): a copy in which all entities have the same type."""
    docs = []
    for doc in (example.predicted, example.reference):
        copy = copy_tokens(doc, doc.vocab)
        missing = [Span(copy, token.i, token.i + 1) for token in doc if not token.ent_iob]
        spans = [Span(copy, ent.start, ent.end, label="ENT") for ent in doc.ents]
        copy.set_ents(spans, missing=missing, default="outside")
        docs.append(copy)
    return Example(*docs)


def _score_spans(examples: Sequence[Example], span_output: Optional[TaskOutput]) -> Optional[float]:
    """RETURNS (Optional[float]): F1 of the spans read from the output."""
    if span_output is None:
        return None
    return score_output(examples, span_output.name, "span", span_output.classes) or 0.0


def _get_type(span: Span, predicted: Doc, type_output: TaskOutput) -> Optional[str]:
    # By characters, since the prediction may have other tokens.
    last = predicted.char_span(span.end_char - 1, span.end_char, alignment_mode="expand")
    if last is None or not len(last):
        return None
    return type_output.classes[int(get_tags(predicted)[type_output.name][last.end - 1])]


def _get_tags(doc: Doc, codes: Dict[str, str]) -> List[str]:
    # seqeval splits labels at hyphens, so each label gets a code.
    tags = ["O"] * len(doc)
    for span in doc.ents:
        code = codes.setdefault(span.label_, f"T{len(codes)}")
        tags[span.start : span.end] = [f"B-{code}"] + [f"I-{code}"] * (len(span) - 1)
    return tags


def _count_unaligned(example: Example) -> int:
    return len(example.predicted.ents) - len(example.get_aligned_spans_x2y(example.predicted.ents))


def _list_types(scores: Dict[str, Any]) -> Dict[str, PRF]:
    per_type = scores["ents_per_type"] or {}
    return {label: _to_prf(per_type[label]) for label in sorted(per_type)}


def _to_prf(scores: Dict[str, Any], attr: str = "") -> PRF:
    # The scorer gives None if there is neither gold nor prediction.
    p, r, f = (float(scores[f"{attr}_{key}" if attr else key] or 0.0) for key in "prf")
    return PRF(precision=p, recall=r, f1=f)


def _agree(a: PRF, b: PRF) -> bool:
    differences = (a["precision"] - b["precision"], a["recall"] - b["recall"], a["f1"] - b["f1"])
    return max(map(abs, differences)) <= TOLERANCE
