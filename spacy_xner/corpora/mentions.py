"""Documents with other tokens in the place of their entities."""

from typing import List, Sequence, Tuple, Union

from spacy.tokens import Doc, Span

from ..schemes import MISSING


def replace_mentions(doc: Doc, mentions: Sequence[Union[Doc, Span]]) -> Doc:
    """Copy a document with each entity's tokens replaced.

    doc (Doc): the document.
    mentions (Sequence[Union[Doc, Span]]): the new tokens of each entity, in order.
    RETURNS (Doc): the copy, without metadata. Entities have the labels and ids of those they replace; tokens
        between them whose annotation is missing remain so.
    """
    words: List[str] = []
    spaces: List[bool] = []
    missing: List[int] = []
    bounds: List[Tuple[int, int]] = []

    def add(tokens: Union[Doc, Span]) -> None:
        words.extend(token.text for token in tokens)
        spaces.extend(bool(token.whitespace_) for token in tokens)

    def add_context(tokens: Span) -> None:
        missing.extend(i for i, token in enumerate(tokens, start=len(words)) if token.ent_iob == MISSING)
        add(tokens)

    at = 0
    for ent, mention in zip(doc.ents, mentions, strict=True):
        add_context(doc[at : ent.start])
        bounds.append((len(words), len(words) + len(mention)))
        add(mention)
        spaces[-1] = bool(ent[-1].whitespace_)
        at = ent.end
    add_context(doc[at:])
    copy = Doc(doc.vocab, words=words, spaces=spaces)
    pairs = zip(doc.ents, bounds, strict=True)
    ents = [Span(copy, start, end, label=ent.label, span_id=ent.id) for ent, (start, end) in pairs]
    copy.set_ents(ents, missing=[copy[i : i + 1] for i in missing], default="outside")
    return copy
