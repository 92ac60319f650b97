"""Labelling documents with a trained pipeline, to train other pipelines on them."""

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
    n_process: int = 1,
) -> Iterator[Doc]:
    """Label documents with a trained pipeline.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents. They are not changed, and the pipeline does not see their labels.
    threshold (float): leave out documents with an entity whose score is lower: if a model is unsure of an entity, the
        label "outside" of the other tokens is not reliable either.
    drop_empty (bool): leave out documents without entities.
    batch_size (Optional[int]): documents per batch, by default the pipeline's own setting.
    n_process (int): processes at once, on the CPU.
    YIELDS (Doc): copies with the predicted entities, their scores and the documents' metadata.
    RAISES: X011 if there is a threshold and no component that gives scores.
    """
    for doc, found in find_entities(
        nlp, docs, threshold=threshold, drop_empty=drop_empty, batch_size=batch_size, n_process=n_process
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
    n_process: int = 1,
) -> Iterator[Tuple[Doc, Doc]]:
    """Run a trained pipeline on documents, without showing it their labels.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents, which are not changed.
    threshold (float): leave out documents with an entity whose score is lower.
    drop_empty (bool): leave out documents without entities.
    batch_size (Optional[int]): documents per batch, by default the pipeline's own setting.
    n_process (int): processes at once, on the CPU.
    YIELDS (Tuple[Doc, Doc]): each document with the pipeline's output for its text, which may have other tokens.
    RAISES: X011 if there is a threshold and no component that gives scores.
    """
    if threshold:
        find_component(nlp)
    keys = [pipe.spans_key for pipe in list_components(nlp)]
    inputs = (make_example(doc, nlp.vocab).predicted for doc in docs)
    outputs = nlp.pipe(inputs, batch_size=batch_size, n_process=n_process)
    for doc, found in zip(docs, outputs, strict=True):
        unsure = threshold and any(span.score < threshold for key in keys for span in list_scored(found, key))
        if not (unsure or (drop_empty and not found.ents)):
            yield doc, found
