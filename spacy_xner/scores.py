"""The scores of entities, which are stored in `attrs["scores"]` of a span group.

Spans are read by characters, since components that merge or split tokens do not update the token indices of span
groups.
"""

import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import srsly
from spacy.tokens import Doc, Span, SpanGroup

# Decimals of a score: those that models compute in float32 have.
DIGITS = 6


class ScoredSpan(NamedTuple):
    """A span with its score.

    start, end (int): its characters, [start, end).
    label (str): its label.
    score (float): its score in [0, 1].
    key (str): the key of its span group.
    """

    start: int
    end: int
    label: str
    score: float
    key: str


class FoundSpan(NamedTuple):
    """What was recognised, with a score or without.

    start, end (int): its characters, [start, end).
    label (str): its label.
    score (Optional[float]): its score in [0, 1]; None if it has none.
    """

    start: int
    end: int
    label: str
    score: Optional[float]


def list_found(doc: Doc) -> List[FoundSpan]:
    """List what was recognised in a document: its entities, and the spans of its groups, such as nested ones.

    doc (Doc): a document labelled by a pipeline.
    RETURNS (List[FoundSpan]): each once, in the order of the text.
    """
    found: Dict[Tuple[int, int, str], Optional[float]] = {}
    for group in doc.spans.values():
        found.update(dict.fromkeys(list_places(doc, group)))
    found.update({(ent.start_char, ent.end_char, ent.label_): None for ent in doc.ents})
    found.update({item[:3]: item.score for item in list_scored(doc)})
    for ent, score in zip(doc.ents, get_scores(doc), strict=True):
        if score is not None:
            found[ent.start_char, ent.end_char, ent.label_] = score
    return [FoundSpan(*place, found[place]) for place in sorted(found)]


def list_scored(doc: Doc, key: Optional[str] = None) -> List[ScoredSpan]:
    """List the spans of a document that have scores.

    doc (Doc): a document labelled by a pipeline.
    key (Optional[str]): only those of this span group; None for all groups.
    RETURNS (List[ScoredSpan]): the spans, group by group. A group whose numbers of scores and spans differ was changed
        afterwards; it is left out, since its scores can't be assigned.
    """
    return [
        ScoredSpan(*span, float(score), name)
        for name, group in doc.spans.items()
        if key in (None, name) and len(group.attrs.get("scores", ())) == len(group)
        for span, score in zip(list_places(doc, group), group.attrs.get("scores", ()), strict=True)
    ]


def list_places(doc: Doc, group: SpanGroup) -> List[Tuple[int, int, str]]:
    """List the spans of a group, even if tokens were merged afterwards, so that spaCy can't create the spans.

    doc (Doc): the document.
    group (SpanGroup): one of its groups.
    RETURNS (List[Tuple[int, int, str]]): the characters and the label of each span, in the order of the group.
    """
    try:
        # Spans have the characters that they had when they were made.
        return [(span.start_char, span.end_char, span.label_) for span in group]
    except IndexError:  # there are fewer tokens now
        pass
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
    # A list of Python's floats, which print as numbers and can be written as JSON.
    scores = [round(float(score), DIGITS) for _, score in ordered]
    spans = [span for span, _ in ordered]
    doc.spans[key] = SpanGroup(doc, name=key, spans=spans, attrs={"scores": scores})


def get_scores(doc: Doc) -> List[Optional[float]]:
    """Get the scores of a document's entities, from all its span groups with scores.

    doc (Doc): a document labelled by a pipeline.
    RETURNS (List[Optional[float]]): the score in [0, 1] of each of `doc.ents`, in order: the lowest score of the same
        span and label or, if the label was changed afterwards, of the same span; None if it has no score.
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
    """Copy the span groups with scores to another document.

    source (Doc): the document to copy from.
    target (Doc): a document with the same text; its groups with the same keys are replaced. Spans that begin or end
        within one of its tokens are left out.
    """
    for key, group in source.spans.items():
        if "scores" in group.attrs:
            set_scored(target, key, list(find_scored(target, list_scored(source, key))))


def find_scored(doc: Doc, scored: List[ScoredSpan]) -> Iterator[Tuple[Span, float]]:
    """Find the spans of a document that match spans given by characters.

    doc (Doc): the document.
    scored (List[ScoredSpan]): spans of its text.
    YIELDS (Tuple[Span, float]): the spans whose boundaries are token boundaries, with their scores.
    """
    for item in scored:
        span = doc.char_span(item.start, item.end, label=item.label)
        if span is not None:
            yield span, item.score
