"""Settings of the training of labelled-sequence translation.

The command line shows their defaults, so this file imports nothing that takes long to load.
"""

from dataclasses import dataclass
from typing import Literal, Optional

# A model from scratch, instead of the name of one.
NEW = "new"


@dataclass(frozen=True)
class TranslatorSettings:
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


@dataclass(frozen=True)
class Schedule:
    """Which pairs a training reads, and when it is evaluated and ends.

    directions (Literal["both", "forward", "backward"]): what to translate: both ways, left to right, right to left.
    steps (int): number of steps, those before a resumption included.
    minutes (Optional[float]): stop after that time, those before a resumption included; None for all steps.
    eval_every (int): evaluate and save after so many steps.
    eval_size (int): most pairs to evaluate on.
    held_out (float): share of the pairs that is not trained on.
    max_tokens (int): longer sentences are left out.
    """

    directions: Literal["both", "forward", "backward"] = "both"
    steps: int = 100_000
    minutes: Optional[float] = None
    eval_every: int = 500
    eval_size: int = 200
    held_out: float = 0.02
    max_tokens: int = 128


@dataclass(frozen=True)
class Size:
    """Size of a new model.

    width (int): of all vectors; the feed-forward layers are four times as wide.
    layers (int): of the encoder, and as many of the decoder.
    heads (int): of the attention.
    vocab (int): number of tokens, at most.
    dropout (float): dropout in training.
    """

    width: int = 256
    layers: int = 3
    heads: int = 4
    vocab: int = 8000
    dropout: float = 0.1
