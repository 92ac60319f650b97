"""Making documents from records."""

from typing import Callable, Dict, Iterable, List, Optional, Tuple

from spacy.tokens import Doc, Span, Token
from spacy.util import get_words_and_spaces
from spacy.vocab import Vocab

from ..metadata import set_metadata
from ..schemes import BEGIN, INSIDE, OUTSIDE
from .formats import Record, TextRecord, TextSpan, TokenRecord

# spaCy's name for the span group with rejected entities.
REJECTED = "incorrect_spans"


def make_doc(
    record: Record, vocab: Vocab, tokenizer: Callable[[str], Doc], unlabelled: bool, cut: bool
) -> Tuple[Doc, List[str]]:
    """Make a document from a record.

    record (Record): a sentence.
    vocab (Vocab): the vocabulary for column formats; texts have the tokenizer's vocabulary.
    tokenizer (Callable[[str], Doc]): tokenizes raw text.
    unlabelled (bool): drop the annotation.
    cut (bool): split tokens at the boundaries of entities, so that all entities are kept. Not for training data.
    RETURNS (Tuple[Doc, List[str]]): the document, and the entities that don't match token boundaries, each with the
        reason.
    """
    dropped: List[str] = []
    if isinstance(record, TokenRecord):
        spaces = [True] * (len(record.words) - 1) + [False]
        ents = None if unlabelled else _get_iob2(record)
        doc = Doc(vocab, words=record.words, spaces=spaces, ents=ents)
    else:
        doc = tokenizer(record.text) if record.words is None else _make_words(record, vocab)
        if record.spans is not None and not unlabelled:
            doc = _cut_tokens(doc, [*record.spans, *record.rejected]) if cut else doc
            dropped = _set_spans(doc, record)
    set_metadata(doc, group=record.group, view=record.view, language=record.language)
    return doc, dropped


def _make_words(record: TextRecord, vocab: Vocab) -> Doc:
    words, spaces = get_words_and_spaces(record.words or [], record.text)
    return Doc(vocab, words=words, spaces=spaces)


def _cut_tokens(doc: Doc, spans: Iterable[TextSpan]) -> Doc:
    """RETURNS (Doc): the same text, with tokens split at the boundaries of spans."""
    places = {place for span in spans for place in span[:2]}
    words: List[str] = []
    spaces: List[bool] = []
    for token in doc:
        inner = sorted(place - token.idx for place in places if token.idx < place < token.idx + len(token))
        bounds = [0, *inner, len(token)]
        words += [token.text[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]
        spaces += [False] * len(inner) + [bool(token.whitespace_)]
    return Doc(doc.vocab, words=words, spaces=spaces)


def _get_iob2(record: TokenRecord) -> List[str]:
    prefixes = {BEGIN: "B", INSIDE: "I"}
    pairs = zip(record.iob, record.types, strict=True)
    return ["O" if iob == OUTSIDE else f"{prefixes[iob]}-{label}" for iob, label in pairs]


def _set_spans(doc: Doc, record: TextRecord) -> List[str]:
    """Set the entities of a text. Tokens of an entity that does not match token boundaries get missing annotation.

    doc (Doc): the tokenized text.
    record (TextRecord): the text with its entities.
    RETURNS (List[str]): the entities that don't match token boundaries, each with the reason.
    """
    ents: List[Span] = []
    missing: Dict[int, Span] = {}
    dropped: List[str] = []
    for span in record.spans or []:
        ent = _find(doc, span)
        if ent is not None:
            ents.append(ent)
        else:
            touched = [t for t in doc if t.idx < span.end and t.idx + len(t) > span.start]
            missing.update({t.i: doc[t.i : t.i + 1] for t in touched})
            dropped.append(_explain(span, record.text, touched))
    default = "missing" if record.partial else "outside"
    doc.set_ents(ents, missing=None if record.partial else list(missing.values()), default=default)
    rejected = [ent for span in record.rejected if (ent := _find(doc, span)) is not None]
    if rejected:
        doc.spans[REJECTED] = rejected
    return dropped


def _find(doc: Doc, span: TextSpan) -> Optional[Span]:
    return doc.char_span(span.start, span.end, label=span.label, span_id=span.id, alignment_mode="strict")


def _explain(span: TextSpan, text: str, touched: List[Token]) -> str:
    """RETURNS (str): an entity, with the tokens within which it begins or ends."""
    first, last = touched[0], touched[-1]
    reasons = [f"begins inside the token '{first.text}'"] if first.idx < span.start else []
    reasons += [f"ends inside the token '{last.text}'"] if last.idx + len(last) > span.end else []
    return f"'{text[span.start : span.end]}' ({span.label}) {' and '.join(reasons)}"
