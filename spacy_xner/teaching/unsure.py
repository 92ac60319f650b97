"""Removing pseudo-labels from tokens of which a model is not sure that they are outside of entities."""

from typing import Dict, Iterable, Optional

import numpy
from spacy.tokens import Doc, Span

from ..errors import Errors, XnerError
from ..metadata import get_soft_labels
from ..schemes import get_scheme


def unlabel_unsure(docs: Iterable[Doc], schemes: Dict[str, Optional[str]], threshold: float) -> int:
    """Remove the annotation of tokens without an entity if the model is not sure that they are outside.

    A model that misses entities of another language would otherwise teach its student to miss them, too.

    docs (Iterable[Doc]): labelled documents with the model's soft labels, which are changed.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each of the model's outputs, None without one. The first
        output is read whose scheme tells which tokens are outside and whose soft labels are stored.
    threshold (float): lowest probability of being outside for which the annotation is kept.
    RETURNS (int): the number of tokens whose annotation was removed.
    RAISES: X309 if a document has no such soft labels.
    """
    n_unsure = 0
    for doc in docs:
        if not len(doc):
            continue
        indices = numpy.flatnonzero(read_outside(doc, schemes) < threshold).tolist()
        unsure = [Span(doc, i, i + 1) for i in indices if not doc[i].ent_type]
        if unsure:
            doc.set_ents([], missing=unsure, default="unmodified")
            n_unsure += len(unsure)
    return n_unsure


def read_outside(doc: Doc, schemes: Dict[str, Optional[str]]) -> numpy.ndarray:
    """Read the probability that a token is in no entity from soft labels.

    doc (Doc): a document with soft labels.
    schemes (Dict[str, Optional[str]]): as in `unlabel_unsure`.
    RETURNS (ndarray): (n,) probabilities.
    RAISES: X309 if no soft labels tell which tokens are outside.
    """
    telling = []
    for name, scheme in schemes.items():
        outside = None if scheme is None else get_scheme(scheme).outside
        if outside is not None:
            soft = get_soft_labels(doc, name)
            if soft is not None:
                return numpy.exp(outside(soft.logp))
            telling.append(name)
    raise XnerError(Errors.X309.format(text=doc.text[:60], expected=telling or "tags"))
