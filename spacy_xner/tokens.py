"""Comparing and copying the tokens of documents."""

from spacy.tokens import Doc
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
    RETURNS (Doc): a document with the same tokens and `user_data`, whose annotation is missing.
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
