"""The entities that a trained pipeline finds, as annotation for training others."""

from typing import Iterator, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from ..corpora.reader import make_example
from ..pipeline import find_component, list_components
from ..scores import copy_scores, list_scored
from ..tokens import copy_entities, copy_unlabelled


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
    for doc, found in find_entities(
        nlp, docs, threshold=threshold, drop_empty=drop_empty, batch_size=batch_size
    ):
        labelled = copy_unlabelled(doc, doc.vocab)
        copy_entities(found, labelled)
        copy_scores(found, labelled)
        yield labelled


def find_entities(
    nlp: Language,
    docs: Sequence[Doc],
    *,
    threshold: float = 0.0,
    drop_empty: bool = False,
    batch_size: Optional[int] = None,
) -> Iterator[Tuple[Doc, Doc]]:
    """Run a trained pipeline on documents, without showing it the labels that they have.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents, which are left as they are.
    threshold (float): leave out documents with an entity whose score is lower.
    drop_empty (bool): leave out documents without entities.
    batch_size (Optional[int]): documents at once, by default the pipeline's own number.
    YIELDS (Tuple[Doc, Doc]): a document, and what the pipeline makes of it, whose tokens may be others.
    RAISES: X011 if there is a threshold and no component that gives scores.
    """
    if threshold:
        find_component(nlp)
    keys = [pipe.spans_key for pipe in list_components(nlp)]
    inputs = (make_example(doc, nlp.vocab).predicted for doc in docs)
    for doc, found in zip(docs, nlp.pipe(inputs, batch_size=batch_size), strict=True):
        unsure = threshold and any(span.score < threshold for key in keys for span in list_scored(found, key))
        if not (unsure or (drop_empty and not found.ents)):
            yield doc, found
