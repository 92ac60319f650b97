"""Predictions on tokens without annotation, which are neither right nor wrong: nobody was asked."""

from typing import Set

from spacy.training import Example


def find_unasked(example: Example) -> Set[int]:
    """Find the predicted tokens that nothing can be said of.

    example (Example): a prediction with its gold. They have the same text, their tokens may differ.
    RETURNS (Set[int]): the predicted tokens with a gold token that has no annotation.
    """
    gold = example.reference
    if gold.has_annotation("ENT_IOB", require_complete=True):
        return set()
    missing = [not iob for iob in gold.to_array(["ENT_IOB"]).reshape(-1).tolist()]
    aligned = example.alignment.x2y
    return {i for i in range(len(example.predicted)) if any(missing[k] for k in aligned[i])}


def drop_unasked(example: Example) -> None:
    """Leave out the predicted entities on tokens without annotation, as spaCy's `get_ner_prf` does.

    example (Example): a prediction with its gold; the prediction is changed.
    """
    unasked = find_unasked(example)
    if unasked:
        doc = example.predicted
        asked = [ent for ent in doc.ents if unasked.isdisjoint(range(ent.start, ent.end))]
        doc.set_ents(asked, default="outside")
