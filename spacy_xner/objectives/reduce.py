from typing import Iterable, Literal, Optional

import torch
from torch import Tensor

from ..types import Targets

# The tokens that an objective applies to.
On = Literal["labelled", "unlabelled", "all"]

# Smallest length of a vector in a cosine, which bounds the gradient.
EPSILON = 1e-4


def masked_mean(values: Tensor, mask: Tensor) -> Optional[Tensor]:
    """Average the values where the mask is True.

    values (Tensor): any shape; losses in nats, or squared differences.
    mask (Tensor): bool, of the same shape.
    RETURNS (Optional[Tensor]): a scalar in the unit of the values, None if the mask is False everywhere.
    """
    return mean_where(values, mask) if mask.any() else None


def mean_where(values: Tensor, mask: Tensor) -> Tensor:
    """Average the values where the mask is True, which it must be at least once.

    values (Tensor): any shape; losses in nats, or squared differences.
    mask (Tensor): bool, of the same shape, with at least one True.
    RETURNS (Tensor): a scalar in the unit of the values.
    """
    return values.masked_fill(~mask, 0.0).sum() / mask.sum()


def mean_terms(terms: Iterable[Optional[Tensor]]) -> Optional[Tensor]:
    """Average the terms of a batch that are not None.

    terms (Iterable[Optional[Tensor]]): scalars in nats, or None.
    RETURNS (Optional[Tensor]): a scalar in nats, None if all terms are None.
    """
    found = [term for term in terms if term is not None]
    return torch.stack(found).mean() if found else None


def sum_terms(terms: Iterable[Optional[Tensor]]) -> Optional[Tensor]:
    """Add the terms of a batch that are not None.

    terms (Iterable[Optional[Tensor]]): scalars in nats, or None.
    RETURNS (Optional[Tensor]): a scalar in nats, None if all terms are None.
    """
    found = [term for term in terms if term is not None]
    return torch.stack(found).sum() if found else None


def choose_tokens(targets: Targets, on: On) -> Tensor:
    """Choose the tokens that an objective applies to.

    targets (Targets): the targets of the batch.
    on (str): "labelled" for tokens whose gold annotation is known, "unlabelled" for the others, or "all".
    RETURNS (Tensor): (B, N) bool, False on padding.
    """
    if on == "all":
        return targets.mask
    return targets.mask & (targets.labelled if on == "labelled" else ~targets.labelled)


def mean_tokens(vectors: Tensor, mask: Tensor) -> Tensor:
    """Average the token vectors of each sentence.

    vectors (Tensor): (B, N, d).
    mask (Tensor): (B, N) bool, True on tokens.
    RETURNS (Tensor): (B, d), zeros for a sentence without tokens.
    """
    tokens = mask[..., None]
    return vectors.masked_fill(~tokens, 0.0).sum(dim=1) / tokens.sum(dim=1).clamp(min=1)
