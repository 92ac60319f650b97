"""The scores of entities, which lie in `attrs["scores"]` of a span group.

All is read by characters: components that merge or split tokens leave the token indices of span groups as they were.
"""

import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy
import srsly
from spacy.tokens import Doc, Span, SpanGroup


class ScoredSpan(NamedTuple):
    """start, end (int): characters. label (str): its label. score (float): in [0, 1]. key (str): of its span group."""

    start: int
    end: int
    label: str
    score: float
    key: str


def list_scored(doc: Doc, key: Optional[str] = None) -> List[ScoredSpan]:
    """List the spans of a document that have scores.

    doc (Doc): a document labelled by a pipeline.
    key (Optional[str]): only those of this span group; None for all groups.
    RETURNS (List[ScoredSpan]): the spans, group by group. A group with another number of scores than spans was changed
        since, and is left out: nothing tells whose the scores are.
    """
    return [
        ScoredSpan(*span, float(score), name)
        for name, group in doc.spans.items()
        if key in (None, name) and len(group.attrs.get("scores", ())) == len(group)
        for span, score in zip(list_places(doc, group), group.attrs.get("scores", ()), strict=True)
    ]


def list_places(doc: Doc, group: SpanGroup) -> List[Tuple[int, int, str]]:
    """List the spans of a group, also where tokens were merged since and spaCy can't make them anew.

    doc (Doc): the document.
    group (SpanGroup): one of its groups.
    RETURNS (List[Tuple[int, int, str]]): the characters and the label of each span, in the order of the group.
    """
    packed = srsly.msgpack_loads(group.to_bytes())["spans"]
    fields = (struct.unpack(">QQQllll", span) for span in packed)  # as `SpanGroup.from_bytes` reads them
    return [(start, end, doc.vocab.strings[label]) for _, _, label, _, _, start, end in fields]


def set_scored(doc: Doc, key: str, scored: List[Tuple[Span, float]]) -> None:
    """Write spans with their scores, in the order of the text.

    doc (Doc): the document.
    key (str): of the span group, which is replaced if there is one.
    scored (List[Tuple[Span, float]]): spans of the document, each with its score in [0, 1].
    """
    ordered = sorted(scored, key=lambda pair: (pair[0].start, pair[0].end))
    scores = numpy.asarray([score for _, score in ordered], dtype="float32")
    spans = [span for span, _ in ordered]
    doc.spans[key] = SpanGroup(doc, name=key, spans=spans, attrs={"scores": scores})


def get_scores(doc: Doc) -> List[Optional[float]]:
    """Get the scores of a document's entities, from all its groups of spans that have such.

    doc (Doc): a document labelled by a pipeline.
    RETURNS (List[Optional[float]]): the score in [0, 1] of each of `doc.ents`, in order: the lowest of the same span
        and label, or, where its label was changed since, of its span; None if it has none.
    """
    scores: Dict[Tuple[int, int, str], float] = {}
    lowest: Dict[Tuple[int, int], float] = {}
    for span in list_scored(doc):
        place, key = span[:2], span[:3]
        scores[key] = min(span.score, scores.get(key, 1.0))
        lowest[place] = min(span.score, lowest.get(place, 1.0))
    places = [(ent.start_char, ent.end_char) for ent in doc.ents]
    return [
        scores.get((*place, ent.label_), lowest.get(place))
        for ent, place in zip(doc.ents, places, strict=True)
    ]


def copy_scores(source: Doc, target: Doc) -> None:
    """Copy the groups of spans that have scores to another document.

    source (Doc): the document that has them.
    target (Doc): a document with the same text; its groups of the same keys are replaced. Spans that begin or end
        within one of its tokens are left out.
    """
    for key, group in source.spans.items():
        if "scores" in group.attrs:
            set_scored(target, key, list(find_scored(target, list_scored(source, key))))


def find_scored(doc: Doc, scored: List[ScoredSpan]) -> Iterator[Tuple[Span, float]]:
    """Find spans in a document.

    doc (Doc): the document.
    scored (List[ScoredSpan]): spans of its text.
    YIELDS (Tuple[Span, float]): the spans that begin and end with its tokens, with their scores.
    """
    for item in scored:
        span = doc.char_span(item.start, item.end, label=item.label)
        if span is not None:
            yield span, item.score
