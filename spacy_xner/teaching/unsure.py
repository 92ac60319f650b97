"""Pseudo-labels that are no labels where a model is not sure that nothing is there."""

from typing import Dict, Iterable, Optional

import numpy
from spacy.tokens import Doc, Span

from ..errors import Errors, XnerError
from ..metadata import get_soft
from ..schemes import get_scheme


def unlabel_unsure(docs: Iterable[Doc], schemes: Dict[str, Optional[str]], threshold: float) -> int:
    """Take the annotation from tokens without entity of which a model is not sure that they have none.

    A model that misses entities of another language would otherwise teach its student to miss them too.

    docs (Iterable[Doc]): labelled documents with the model's stored distributions, which are changed.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each of the model's outputs, None without one; the first
        whose classes tell what is outside, and that is stored, is read.
    threshold (float): lowest probability that a token is outside.
    RETURNS (int): the number of tokens whose annotation is now missing.
    RAISES: X309 if a document has no such distribution.
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
    """How probable it is that a token is in no entity.

    doc (Doc): a document with stored distributions.
    schemes (Dict[str, Optional[str]]): as in `unlabel_unsure`.
    RETURNS (ndarray): (n,) probabilities.
    RAISES: X309 if nothing stored tells.
    """
    telling = []
    for name, scheme in schemes.items():
        outside = None if scheme is None else get_scheme(scheme).outside
        if outside is not None:
            soft = get_soft(doc, name)
            if soft is not None:
                return numpy.exp(outside(soft.logp))
            telling.append(name)
    raise XnerError(Errors.E309.format(text=doc.text[:60], expected=telling or "tags"))
