"""The scores of entities, which lie in `attrs["scores"]` of a span group."""

from typing import Dict, List, Optional, Tuple

from spacy.tokens import Doc, Span, SpanGroup


def get_scores(doc: Doc) -> List[Optional[float]]:
    """Get the scores of a document's entities, from all its groups of spans that have such.

    doc (Doc): a document labelled by a pipeline.
    RETURNS (List[Optional[float]]): the score in [0, 1] of each of `doc.ents`, in order: the lowest of the same span
        and label, or, where its label was changed since, of its span; None if it has none.
    """
    scores: Dict[Tuple[int, int, str], float] = {}
    lowest: Dict[Tuple[int, int], float] = {}
    for group in doc.spans.values():
        for span, score in zip(group, group.attrs.get("scores", ()), strict=False):
            place = span.start, span.end
            key = (span.start, span.end, span.label_)
            scores[key] = min(float(score), scores.get(key, 1.0))
            lowest[place] = min(float(score), lowest.get(place, 1.0))
    return [
        scores.get((ent.start, ent.end, ent.label_), lowest.get((ent.start, ent.end))) for ent in doc.ents
    ]


def copy_scores(source: Doc, target: Doc) -> None:
    """Copy the groups of spans that have scores to another document.

    source (Doc): the document that has them.
    target (Doc): a document with the same tokens; its groups of the same keys are replaced.
    """
    for key, group in source.spans.items():
        if "scores" in group.attrs:
            spans = [Span(target, span.start, span.end, label=span.label_) for span in group]
            target.spans[key] = SpanGroup(target, name=key, spans=spans, attrs=group.attrs)
