"""Replacing tokens of documents by other tokens."""

from typing import Iterator, List, NamedTuple, Sequence, Tuple, Union

from spacy.tokens import Doc, Span

from ..schemes import MISSING


class Replacement(NamedTuple):
    """A replacement of some tokens of a document.

    start, end (int): the tokens [start, end) that are replaced.
    tokens (Union[Doc, Span]): the new tokens.
    """

    start: int
    end: int
    tokens: Union[Doc, Span]


def replace_mentions(doc: Doc, mentions: Sequence[Union[Doc, Span]]) -> Doc:
    """Copy a document, and replace the tokens of each entity.

    doc (Doc): the document.
    mentions (Sequence[Union[Doc, Span]]): the new tokens of each entity, in order.
    RETURNS (Doc): the copy, see `replace_tokens`.
    """
    pairs = zip(doc.ents, mentions, strict=True)
    return replace_tokens(doc, [Replacement(ent.start, ent.end, mention) for ent, mention in pairs])


def replace_tokens(doc: Doc, replacements: Sequence[Replacement]) -> Doc:
    """Copy a document, and replace some tokens.

    doc (Doc): the document.
    replacements (Sequence[Replacement]): the replacements in order, without overlap; none may cover a part of an
        entity.
    RETURNS (Doc): the copy, without metadata. Its entities have the labels and ids of the document's entities. Tokens
        that replace tokens with missing annotation have missing annotation.
    """
    words: List[str] = []
    spaces: List[bool] = []
    missing: List[int] = []
    # The positions of the document's tokens, and of its end, in the copy.
    places = [0] * (len(doc) + 1)
    for start, end, tokens in _cover(doc, replacements):
        places[start:end] = [len(words)] * (end - start)
        unknown = any(token.ent_iob == MISSING for token in doc[start:end])
        missing.extend(range(len(words), len(words) + len(tokens)) if unknown else ())
        words.extend(token.text for token in tokens)
        spaces.extend(bool(token.whitespace_) for token in tokens)
        spaces[-1] = bool(doc[end - 1].whitespace_)
    places[-1] = len(words)
    copy = Doc(doc.vocab, words=words, spaces=spaces)
    ents = [
        Span(copy, places[ent.start], places[ent.end], label=ent.label, span_id=ent.id) for ent in doc.ents
    ]
    copy.set_ents(ents, missing=[copy[i : i + 1] for i in missing], default="outside")
    return copy


def _cover(doc: Doc, replacements: Sequence[Replacement]) -> Iterator[Tuple[int, int, Union[Doc, Span]]]:
    """YIELDS (Tuple[int, int, Union[Doc, Span]]): the replacements, and each of the other tokens."""
    at = 0
    for start, end, tokens in replacements:
        yield from ((i, i + 1, doc[i : i + 1]) for i in range(at, start))
        yield start, end, tokens
        at = end
    yield from ((i, i + 1, doc[i : i + 1]) for i in range(at, len(doc)))
