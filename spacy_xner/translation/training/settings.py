"""Settings of the training of labelled-sequence translation."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Settings:
    """Settings of a training; the defaults are those of CROP, section 4.3, where it gives any.

    alpha (float): weight a of plain translation in eq. 6.
    how (Literal["alternate", "sum"]): batches of the one objective or the other in turn, or both of each batch.
    batch_tokens (int): most tokens of a batch on either side.
    accumulate_gradient (int): batches of a step; the paper has 32 GPUs with a batch each.
    lr (float): highest learning rate.
    warmup (int): steps until it is reached; then it falls with the inverse square root of the step.
    label_smoothing (float): share of the probability that goes to all tokens alike.
    max_grad_norm (float): the gradient is scaled down to this norm.
    max_spans (int): most spans to mark in a sentence.
    precision (Literal["float32", "bfloat16"]): of the forward pass.
    seed (int): seed of everything that is drawn.
    """

    alpha: float = 0.5
    how: Literal["alternate", "sum"] = "alternate"
    batch_tokens: int = 1536
    accumulate_gradient: int = 1
    lr: float = 1e-4
    warmup: int = 4000
    label_smoothing: float = 0.0
    max_grad_norm: float = 1.0
    max_spans: int = 10
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0
