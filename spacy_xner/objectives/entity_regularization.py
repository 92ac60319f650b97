from typing import List, Literal, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..schemes import match_boundaries
from ..types import Objective, Outputs, Targets
from .reduce import EPSILON

Normalize = Literal["none", "cosine", "layer_norm"]
Reduction = Literal["mean", "sum"]


def entity_regularization(
    vectors: Tensor,
    types: Tensor,
    n_types: int,
    languages: Optional[Tensor] = None,
    *,
    normalize: Normalize = "none",
    reduction: Reduction = "mean",
) -> Optional[Tensor]:
    """Pull the entities of one type together (DualNER eq. 9; with the printed sign they are pushed apart).

    J = (1 / C) sum_c J_c, where R_c holds the M_c entities of type c, and J_c is 0 for a type without pairs:

        mean:  J_c = 1 / (M_c (M_c - 1)) sum_{m != q} ||r_m - r_q||^2 / k
        sum:   J_c = 1 / M_c             sum_{m != q} ||r_m - r_q||^2       as printed, larger by k (M_c - 1)

    vectors (Tensor): (M, k) vectors r of entities.
    types (Tensor): (M,) their types.
    n_types (int): C.
    languages (Optional[Tensor]): (M,) their languages, if only pairs of different languages count.
    normalize (str): "none" keeps the vectors, so that the loss grows with the square of their length. "cosine" divides
        each by the root mean square of its components, so that ||r_m - r_q||^2 / k is 2 - 2 cos(r_m, r_q). "layer_norm"
        also subtracts the mean of its components first.
    reduction (str): "mean" or "sum", as above. With `languages` the mean is over the pairs that count.
    RETURNS (Optional[Tensor]): a scalar of squared differences, None if there is no pair.
    """
    vectors = _normalize(vectors, normalize)
    terms = []
    for kind in types.unique().tolist():
        chosen = types == kind
        total, count = _sum_pairs(vectors[chosen])
        if languages is not None:
            for language in languages[chosen].unique().tolist():
                within, n_within = _sum_pairs(vectors[chosen & (languages == language)])
                total, count = total - within, count - n_within
        if count:
            terms.append(total / (count * vectors.shape[1] if reduction == "mean" else int(chosen.sum())))
    return torch.stack(terms).sum() / n_types if terms else None


def create_entity_regularization(
    tokens: str,
    start: str,
    end: str,
    *,
    different_languages: bool = False,
    normalize: Normalize = "none",
    reduction: Reduction = "mean",
    weight: float = 1.0,
) -> Objective:
    """Create the entity-aware regularization (DualNER eq. 9) of the entities that the model currently finds.

    The vector of an entity is r = [h_start; h_end].

    tokens (str): the output with the token vectors.
    start, end (str): the outputs with the schemes "start" and "end"; entities come from their most probable classes.
    different_languages (bool): only pairs of entities of different languages count.
    normalize (str): how vectors are scaled: "none", "cosine" or "layer_norm", see `entity_regularization`. With "none"
        the loss grows with the square of the vectors' length.
    reduction (str): "mean" over pairs and components, or "sum", eq. 9 as printed.
    weight (float): factor in the sum, 0.5 in the paper.
    RETURNS (Objective): the objective.
    """

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        best = [out[name].argmax(dim=-1).masked_fill(~targets.mask, 0).tolist() for name in (start, end)]
        spans = [
            (i, first, last - 1, kind)
            for i, (starts, ends) in enumerate(zip(*best, strict=True))
            for first, last, kind in match_boundaries(starts, ends)
        ]
        if not spans:
            return None
        h = out[tokens]
        sentence, first, last, types = torch.tensor(spans, device=h.device).T
        vectors = torch.cat([h[sentence, first], h[sentence, last]], dim=-1)
        n_types = out[start].shape[-1] - 1
        languages = _number(targets.languages, h.device)[sentence] if different_languages else None
        return entity_regularization(
            vectors, types, n_types, languages, normalize=normalize, reduction=reduction
        )

    return Objective(loss, [tokens, start, end], weight, schemes={start: "start", end: "end"})


def _normalize(vectors: Tensor, normalize: Normalize) -> Tensor:
    """RETURNS (Tensor): (M, k) vectors of length sqrt(k), or unchanged."""
    width = vectors.shape[1]
    if normalize == "cosine":
        return width**0.5 * F.normalize(vectors, dim=-1, eps=EPSILON)
    return F.layer_norm(vectors, (width,)) if normalize == "layer_norm" else vectors


def _number(names: List[str], device: torch.device) -> Tensor:
    """RETURNS (Tensor): (B,) a number for each name, the same for the same name."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return torch.tensor([numbers[name] for name in names], device=device)


def _sum_pairs(vectors: Tensor) -> Tuple[Tensor, int]:
    """Sum ||r_m - r_q||^2 over m != q, which is 2 M times the sum of squared distances to the mean.

    RETURNS (Tuple[Tensor, int]): the sum, and the number of these pairs.
    """
    n = len(vectors)
    return 2 * n * ((vectors - vectors.mean(dim=0)) ** 2).sum(), n * (n - 1)
