"""The entities that a trained pipeline finds, as annotation for training others."""

from typing import Iterator, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..corpora.reader import make_example
from ..pipeline import find_component
from ..scores import copy_scores
from ..tokens import copy_unlabelled


def label_docs(
    nlp: Language,
    docs: Sequence[Doc],
    *,
    threshold: float = 0.0,
    drop_empty: bool = False,
    batch_size: Optional[int] = None,
) -> Iterator[Doc]:
    """Label documents with a trained pipeline.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents. They are left as they are; the labels that they have are not shown to it.
    threshold (float): leave out documents with an entity whose score is lower: where a model is unsure of one,
        "outside" is no safe label for the others either.
    drop_empty (bool): leave out documents without entities.
    batch_size (Optional[int]): documents at once, by default the pipeline's own number.
    YIELDS (Doc): copies with the entities that were found, their scores and the metadata of the documents.
    RAISES: X011 if there is a threshold and no component that gives scores.
    """
    key = find_component(nlp).spans_key if threshold else ""
    inputs = (make_example(doc, nlp.vocab).predicted for doc in docs)
    for doc, found in zip(docs, nlp.pipe(inputs, batch_size=batch_size), strict=True):
        unsure = threshold and any(score < threshold for score in found.spans[key].attrs["scores"])
        if unsure or (drop_empty and not found.ents):
            continue
        labelled = copy_unlabelled(doc, doc.vocab)
        spans = [Span(labelled, ent.start, ent.end, label=ent.label_) for ent in found.ents]
        labelled.set_ents(spans, default="outside")
        copy_scores(found, labelled)
        yield labelled
