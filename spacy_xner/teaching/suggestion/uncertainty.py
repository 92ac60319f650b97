"""How unsure a model is of each token of a sentence, from its distributions over classes."""

from itertools import groupby
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy

from ...relations import find_cells
from ...schemes import get_scheme

# Distributions of a sentence: for each output (n, C) or, of token pairs, (n, D, C) probabilities.
Distributions = Dict[str, numpy.ndarray]
# What a model can be unsure of, each in [0, 1]: which type a token has, if any (normalized entropy); whether an entity
# begins, goes on or ends there (normalized entropy); how close the two best classes are (1 - difference); and how far
# outputs of the same kind, such as two students, are apart (normalized Jensen-Shannon divergence).
MEASURES = ("entities", "boundaries", "margin", "disagreement")


class Uncertainty(NamedTuple):
    """How unsure a model is of a sentence.

    measures (Dict[str, ndarray]): (n,) of each of `MEASURES` that the outputs tell, in [0, 1].
    types (ndarray): (n, L + 1) probability of each token to be outside, and of each label; (n, 0) if no output tells.
    """

    measures: Dict[str, numpy.ndarray]
    types: numpy.ndarray

    @property
    def tokens(self) -> numpy.ndarray:
        """RETURNS (ndarray): (n,) the mean of all measures for each token, in [0, 1]."""
        found: numpy.ndarray = numpy.mean(list(self.measures.values()), axis=0)
        return found


def measure(found: Distributions, schemes: Dict[str, str], labels: Sequence[str]) -> Uncertainty:
    """Measure how unsure a model is of each token.

    Of token pairs, a token has the value of the most unsure pair in its row.

    found (Distributions): the distributions of a sentence of one token or more.
    schemes (Dict[str, str]): the tagging scheme of each output.
    labels (Sequence[str]): the model's labels.
    RETURNS (Uncertainty): the measures.
    """
    values: Dict[str, List[numpy.ndarray]] = {name: [] for name in MEASURES}
    types: List[numpy.ndarray] = []
    for name, p in found.items():
        classes = [split_class(item, labels) for item in get_scheme(schemes[name]).classes(labels)]
        prefixes, kinds = zip(*classes, strict=True)
        if any(kinds):
            typed = sum_classes(p, kinds, ["", *labels])
            values["entities"].append(reduce_pairs(compute_entropy(typed)))
            types.append(typed if p.ndim == 2 else _find_strongest(typed))
        values["boundaries"].append(reduce_pairs(compute_entropy(sum_classes(p, prefixes))))
        best = numpy.sort(p, axis=-1)
        values["margin"].append(reduce_pairs(1 - (best[..., -1] - best[..., -2])))
    for _, names in groupby(sorted(found, key=schemes.__getitem__), key=schemes.__getitem__):
        same = [found[name] for name in names]
        if len(same) > 1:
            values["disagreement"].append(reduce_pairs(compute_divergence(same)))
    n = len(next(iter(found.values())))
    return Uncertainty(
        {name: numpy.mean(arrays, axis=0) for name, arrays in values.items() if arrays},
        numpy.mean(types, axis=0) if types else numpy.zeros((n, 0)),
    )


def split_class(name: str, labels: Sequence[str]) -> Tuple[str, str]:
    """Split the name of a class into what it says of boundaries and the label.

    name (str): the name, such as "B-PER", "PER", "O" or "neighbour".
    labels (Sequence[str]): the labels.
    RETURNS (Tuple[str, str]): ("B", "PER"), ("", "PER"), ("O", "") and ("neighbour", "").
    """
    for label in labels:
        if name in (label, f"B-{label}", f"I-{label}"):
            return name.removesuffix(label).removesuffix("-"), label
    return name, ""


def sum_classes(p: numpy.ndarray, names: Sequence[str], order: Sequence[str] = ()) -> numpy.ndarray:
    """Add up the probabilities of the classes with the same name.

    p (ndarray): probabilities of shape (..., C).
    names (Sequence[str]): C names.
    order (Sequence[str]): the G different names in the order of the result; by default that of `names`.
    RETURNS (ndarray): probabilities of shape (..., G).
    """
    order = list(order) or list(dict.fromkeys(names))
    member = numpy.zeros((len(names), len(order)), dtype=p.dtype)
    for k, name in enumerate(names):
        member[k, order.index(name)] = 1
    summed: numpy.ndarray = p @ member
    return summed


def compute_entropy(p: numpy.ndarray) -> numpy.ndarray:
    """Compute the entropy of distributions, as a share of the largest there is.

    p (ndarray): probabilities of shape (..., G).
    RETURNS (ndarray): values of shape (...), in [0, 1]; 0 for a single class.
    """
    n_classes = p.shape[-1]
    entropy = -(p * numpy.log(numpy.maximum(p, 1e-12))).sum(axis=-1)
    share: numpy.ndarray = (entropy / numpy.log(max(n_classes, 2))).clip(0, 1)
    return share


def compute_divergence(outputs: Sequence[numpy.ndarray]) -> numpy.ndarray:
    """Compute how far several distributions are apart: their Jensen-Shannon divergence, as a share of the largest.

    outputs (Sequence[ndarray]): two or more arrays of probabilities, of shape (..., C).
    RETURNS (ndarray): values of shape (...), in [0, 1]: 0 if all are equal, 1 if no two have a class in common.
    """
    largest = numpy.log(outputs[0].shape[-1])
    between = compute_entropy(numpy.mean(outputs, axis=0)) - numpy.mean(
        [compute_entropy(p) for p in outputs], axis=0
    )
    share: numpy.ndarray = (between * largest / numpy.log(len(outputs))).clip(0, 1)
    return share


def reduce_pairs(values: numpy.ndarray) -> numpy.ndarray:
    """Give a token the largest value of the pairs in its row.

    values (ndarray): (n,) of tokens, or (n, D) of token pairs; cells outside the sentence are left out.
    RETURNS (ndarray): (n,) values.
    """
    if values.ndim == 1:
        return values
    exists = find_cells(*values.shape)[1]
    largest: numpy.ndarray = numpy.where(exists, values, 0).max(axis=1)
    return largest


def _find_strongest(typed: numpy.ndarray) -> numpy.ndarray:
    """RETURNS (ndarray): (n, L + 1) of pairs: each label's largest probability in a token's row, scaled to 1."""
    exists = find_cells(*typed.shape[:2])[1]
    inside = numpy.where(exists[..., None], typed[..., 1:], 0).max(axis=1)
    found = numpy.concatenate([(1 - inside.sum(axis=1, keepdims=True)).clip(0), inside], axis=1)
    scaled: numpy.ndarray = found / found.sum(axis=1, keepdims=True)
    return scaled
