"""Comparing and copying the tokens of documents."""

from spacy.tokens import Doc
from spacy.vocab import Vocab


def same_tokens(first: Doc, second: Doc) -> bool:
    """RETURNS (bool): whether two documents, of one vocabulary or of two, have the same tokens."""
    if len(first) != len(second):
        return False
    return bool((first.to_array(["ORTH"]) == second.to_array(["ORTH"])).all())


def copy_unlabelled(doc: Doc, vocab: Vocab) -> Doc:
    """RETURNS (Doc): a document with the same tokens and metadata, whose annotation is missing."""
    copy = copy_tokens(doc, vocab)
    copy.user_data.update(doc.user_data)
    return copy


def copy_tokens(doc: Doc, vocab: Vocab) -> Doc:
    """RETURNS (Doc): a document with the same text and tokens and nothing else, with the given vocabulary."""
    return Doc(vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc])
