"""An optimizer with a separate learning rate for the heads."""

import contextlib
from typing import Any, Iterator

from thinc.api import Optimizer
from thinc.optimizers import FloatOrSeq


class HeadsOptimizer(Optimizer):
    """Thinc's optimizer with a second learning rate, for the heads.

    A pipeline has one optimizer for all parameters, and scaling the gradients has no effect with Adam.

    heads_learn_rate (float): the learning rate of the heads at this step.
    """

    heads_learn_rate: float

    __slots__ = ["heads_learn_rate"]

    def __init__(self, learn_rate: FloatOrSeq, *, heads_learn_rate: FloatOrSeq, **kwargs: Any) -> None:
        super().__init__(learn_rate, **kwargs)
        self._set_attr_or_schedule("heads_learn_rate", heads_learn_rate)


@contextlib.contextmanager
def use_heads_rate(optimizer: Any) -> Iterator[None]:
    """Make the optimizer use the learning rate of the heads, if it has one.

    optimizer (Any): the optimizer, or any callable in its place.
    YIELDS (None): while the rate is used; then the optimizer's own rate is restored.
    """
    rate = getattr(optimizer, "heads_learn_rate", None)
    if rate is None:
        yield
        return
    before = optimizer.learn_rate
    optimizer.learn_rate = rate
    try:
        yield
    finally:
        optimizer.learn_rate = before


def create_heads_adam(
    learn_rate: FloatOrSeq,
    heads_learn_rate: FloatOrSeq,
    L2: FloatOrSeq = 1e-6,
    beta1: FloatOrSeq = 0.9,
    beta2: FloatOrSeq = 0.999,
    eps: FloatOrSeq = 1e-08,
    grad_clip: FloatOrSeq = 1.0,
    L2_is_weight_decay: bool = True,
    use_averages: bool = True,
) -> HeadsOptimizer:
    """Create Adam with separate learning rates for heads and for everything else (MCL-NER: 1e-3 and 1e-5).

    Each number may also be a schedule. All arguments except the rates are those of Thinc's `Adam.v1`.

    learn_rate (FloatOrSeq): the rate of encoders and other components.
    heads_learn_rate (FloatOrSeq): the rate of heads.
    L2 (FloatOrSeq): strength of the regularization.
    beta1, beta2 (FloatOrSeq): decay of the running means of gradients and of their squares.
    eps (FloatOrSeq): added to the denominator of a step.
    grad_clip (FloatOrSeq): largest norm of a parameter's gradient; 0 for no clipping.
    L2_is_weight_decay (bool): whether the regularization is weight decay, as in AdamW, instead of a part of the
        gradient.
    use_averages (bool): whether to keep running averages of the parameters, which spaCy evaluates and saves.
    RETURNS (HeadsOptimizer): the optimizer.
    """
    return HeadsOptimizer(
        learn_rate,
        heads_learn_rate=heads_learn_rate,
        L2=L2,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        grad_clip=grad_clip,
        L2_is_weight_decay=L2_is_weight_decay,
        use_averages=use_averages,
    )
