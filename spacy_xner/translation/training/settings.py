"""Settings for training labelled-sequence translation."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Settings:
    """Settings of a training. The defaults are those of CROP, section 4.3, if it gives them.

    alpha (float): weight a of plain translation in eq. 6.
    how (Literal["alternate", "sum"]): whether to alternate between the objectives, or to add both for each batch.
    batch_tokens (int): most tokens of a batch on either side.
    accumulate_gradient (int): batches per step; the paper uses 32 GPUs with one batch each.
    lr (float): highest learning rate.
    warmup (int): steps until the highest rate; after that it falls with the inverse square root of the step.
    label_smoothing (float): share of the probability that is distributed over all tokens.
    max_grad_norm (float): largest norm of the gradient.
    max_spans (int): most spans to mark in a sentence.
    precision (Literal["float32", "bfloat16"]): the precision of the forward pass.
    seed (int): random seed.
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
