"""Predictions on tokens without annotation, which count as neither right nor wrong."""

from typing import Set

from spacy.training import Example


def find_unasked(example: Example) -> Set[int]:
    """Find the predicted tokens that can't be scored.

    example (Example): a prediction with its gold. Both have the same text, but may have different tokens.
    RETURNS (Set[int]): the predicted tokens that are aligned with a gold token without annotation.
    """
    gold = example.reference
    if gold.has_annotation("ENT_IOB", require_complete=True):
        return set()
    missing = [not iob for iob in gold.to_array(["ENT_IOB"]).reshape(-1).tolist()]
    aligned = example.alignment.x2y
    return {i for i in range(len(example.predicted)) if any(missing[k] for k in aligned[i])}


def drop_unasked(example: Example) -> None:
    """Remove the predicted entities on tokens without annotation, as spaCy's `get_ner_prf` does.

    example (Example): a prediction with its gold; the prediction is changed.
    """
    unasked = find_unasked(example)
    if unasked:
        doc = example.predicted
        asked = [ent for ent in doc.ents if unasked.isdisjoint(range(ent.start, ent.end))]
        doc.set_ents(asked, default="outside")
