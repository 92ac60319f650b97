"""Hard pseudo-labels: a trained pipeline's entities as the annotation of a corpus."""

from typing import Iterator, Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..corpora.reader import make_example
from ..tokens import copy_unlabelled


def label_docs(nlp: Language, docs: Sequence[Doc], *, batch_size: int = 256) -> Iterator[Doc]:
    """Label documents with what a pipeline finds in them.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents; their tokens and metadata are kept, their annotation is not read.
    batch_size (int): documents in a batch.
    YIELDS (Doc): copies of the documents, completely annotated.
    """
    inputs = (make_example(doc, nlp.vocab).predicted for doc in docs)
    for doc, found in zip(docs, nlp.pipe(inputs, batch_size=batch_size), strict=True):
        labelled = copy_unlabelled(doc, doc.vocab)
        spans = [Span(labelled, ent.start, ent.end, label=ent.label_) for ent in found.ents]
        labelled.set_ents(spans, default="outside")
        yield labelled
