"""Comparing and copying the tokens of documents."""

from spacy.tokens import Doc
from spacy.util import filter_spans
from spacy.vocab import Vocab


def same_tokens(first: Doc, second: Doc) -> bool:
    """Compare the tokens of two documents; the white space between them is not compared.

    first, second (Doc): the documents, of one vocabulary or of two.
    RETURNS (bool): whether they have the same tokens in the same order.
    """
    if len(first) != len(second):
        return False
    return bool((first.to_array(["ORTH"]) == second.to_array(["ORTH"])).all())


def copy_unlabelled(doc: Doc, vocab: Vocab) -> Doc:
    """Copy a document without its annotation.

    doc (Doc): the document.
    vocab (Vocab): the vocabulary of the copy.
    RETURNS (Doc): a document with the same tokens and `user_data`, and with missing annotation.
    """
    copy = copy_tokens(doc, vocab)
    copy.user_data.update(doc.user_data)
    return copy


def copy_tokens(doc: Doc, vocab: Vocab) -> Doc:
    """Copy the tokens of a document.

    doc (Doc): the document.
    vocab (Vocab): the vocabulary of the copy.
    RETURNS (Doc): a document with the same text and tokens and nothing else.
    """
    return Doc(vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc])


def copy_entities(source: Doc, target: Doc) -> None:
    """Copy entities from one document to another, by characters, since their tokens may differ.

    source (Doc): the document to copy from.
    target (Doc): a document with the same text. Tokens without an entity become outside. An entity that begins or ends
        within a token is extended to the whole token; if several share a token, the longest is kept.
    """
    spans = [
        target.char_span(ent.start_char, ent.end_char, label=ent.label_, alignment_mode="expand")
        for ent in source.ents
    ]
    target.set_ents(filter_spans(span for span in spans if span is not None), default="outside")
