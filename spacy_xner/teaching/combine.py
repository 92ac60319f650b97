"""The labels of two models for the same sentences, made into one (CROP's second round, Yang et al. 2022).

The paper leaves open how. "agreement" and "count" are what the authors' released scripts do.
"""

from collections import Counter
from typing import Callable, Dict, List, Sequence, Tuple
from typing import Counter as CounterT

from spacy.tokens import Doc

from ..errors import Errors, XnerError
from ..metadata import get_group, get_provenance

# From the types that the source model found in the translation and those that the target model found in the sentence.
Agree = Callable[[List[str], List[str]], bool]

RULES: Dict[str, Agree] = {
    # As many entities, each of the same type, in order.
    "agreement": lambda source, target: source == target,
    # The same types in any order: languages order names differently.
    "types": lambda source, target: sorted(source) == sorted(target),
    "count": lambda source, target: len(source) == len(target),
    "all": lambda source, target: True,
}


def combine_labels(
    projected: Sequence[Doc],
    predicted: Sequence[Doc],
    *,
    relabel: str = "count",
    agree: str = "agreement",
    max_entities: int = 6,
    drop_empty: bool = False,
) -> Tuple[List[Doc], CounterT[str]]:
    """Choose between projected labels and those of a model trained on them.

    projected (Sequence[Doc]): sentences with projected labels.
    predicted (Sequence[Doc]): these and the sentences that projection dropped, with the labels of the model that was
        trained on the projected ones. What the source model found in their translations, and why they were dropped,
        is in their metadata: those that were too long or in another language stay out.
    relabel (str): when a sentence whose projection failed gets the model's labels, a key of `RULES`; "none" for never.
    agree (str): when a sentence is kept, a key of `RULES`: source model and target model must agree.
    max_entities (int): most entities of a sentence, 0 for any.
    drop_empty (bool): whether to leave out sentences in which neither model finds an entity.
    RETURNS (Tuple[List[Doc], Counter[str]]): the sentences that are kept, with projected labels where there are such,
        else with predicted ones, and how many met which fate.
    RAISES: X306 if there is no such rule, X111 if nothing is left.
    """
    rules = {"none": lambda *_: False, **RULES}
    for name, option in ((relabel, "--relabel"), (agree, "--agree")):
        if name not in rules or (option == "--agree" and name == "none"):
            raise XnerError(Errors.X306.format(found=name, expected=f"one of {sorted(rules)}", option=option))
    by_group = {get_group(doc): doc for doc in projected if get_group(doc)}
    kept: List[Doc] = []
    fates: CounterT[str] = Counter()
    for doc in predicted:
        own = by_group.pop(get_group(doc), None)
        chosen = doc if own is None else own
        provenance = get_provenance(doc)
        types = provenance.get("labels")
        found = [ent.label_ for ent in doc.ents]
        if types is None:
            fate = "without translation"
        elif own is None and not provenance.get("relabel", True):
            fate = provenance["dropped"]
        elif own is None and not rules[relabel](types, found):
            fate = "not projected, not relabelled"
        elif not rules[agree](types, found):
            fate = "models disagree"
        elif max_entities and len(chosen.ents) > max_entities:
            fate = f"over {max_entities} entities"
        elif drop_empty and not chosen.ents:
            fate = "without entities"
        else:
            fate = "projected" if own is not None else "relabelled"
            kept.append(chosen)
        fates[fate] += 1
    if by_group:
        fates["projected, but without prediction"] = len(by_group)
    if not kept:
        counts = ", ".join(f"{n} {fate}" for fate, n in fates.most_common())
        raise XnerError(Errors.X111.format(path="the combined corpus", detail=f" ({counts})"))
    return kept, fates
