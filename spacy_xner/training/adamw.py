"""An optimizer that updates torch modules in torch."""

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import torch
from thinc.optimizers import FloatOrSeq, KeyT
from thinc.types import FloatsXd
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.adamw import adamw

from ..errors import Errors, XnerError
from .optimizers import HeadsOptimizer, use_heads_rate
from .rows import State, TouchedRows, find_table, make_state, set_sparse, take_rows, update_rows

# Devices for which torch has one kernel for the whole update.
FUSED = ("cpu", "cuda")


class TorchPart(NamedTuple):
    """A torch module of a model.

    module (nn.Module): the module.
    width (int): the width of a pretrained encoder; 0 for a module that is trained from scratch.
    """

    module: nn.Module
    width: int


class AdamW(HeadsOptimizer):
    """An optimizer that updates torch modules by torch's AdamW and all other parameters by Thinc, see `create_adamw`.

    width (Optional[int]): the encoder width for which the learning rate of encoders is meant.
    moments (Dict[Tensor, State]): the state of torch parameters under torch's names: "step", "exp_avg", "exp_avg_sq".
    """

    __slots__ = ["width", "moments"]

    def __init__(self, learn_rate: FloatOrSeq, *, width: Optional[int], **kwargs: Any) -> None:
        super().__init__(learn_rate, use_averages=False, **kwargs)
        self.width = width
        self.moments: Dict[Tensor, State] = {}

    def __call__(
        self, key: KeyT, weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> Tuple[FloatsXd, FloatsXd]:
        """Update an array as Thinc does.

        Arrays of Thinc's layers are trained from scratch and get the rate of heads. Torch modules of other components
        are mostly pretrained and get the rate of encoders; their parameters have dots in their names.

        key (Tuple[int, str]): id of the layer and name of the parameter.
        weights (FloatsXd): the parameter.
        gradient (FloatsXd): its gradient.
        lr_scale (float): multiplies the learning rate.
        RETURNS (Tuple[FloatsXd, FloatsXd]): the new weights, and zeros.
        """
        decay = self.L2
        self.L2 = decay if weights.ndim > 1 else 0.0
        try:
            with use_heads_rate(None if "." in key[1] else self):
                return super().__call__(key, weights, gradient, lr_scale=lr_scale)
        finally:
            self.L2 = decay

    def update_modules(self, parts: Sequence[TorchPart]) -> None:
        """Update the parameters that have a gradient, and remove the gradient.

        parts (Sequence[TorchPart]): all torch modules of a model; their gradients are clipped together.
        """
        tables = list(self._take_tables(parts))
        dense = list(self._group(parts))
        params = [param for group, _, _ in dense for param in group]
        if self.grad_clip:
            clip_grad_norm_([*params, *(rows.weights for rows, _ in tables)], self.grad_clip)
        for group, rate, decay in dense:
            self._update(group, rate, decay)
        for rows, rate in tables:
            state = self._get_state(rows.table, per_row=True)
            update_rows(
                rows, state, beta1=self.b1, beta2=self.b2, lr=rate, weight_decay=self.L2, eps=self.eps
            )
        for param in params:
            param.grad = None

    def _find_rate(self, width: int) -> float:
        """RETURNS (float): the learning rate of a module at this step, see `TorchPart.width`."""
        if not width:
            return self.heads_learn_rate
        return self.learn_rate * (min(1.0, self.width / width) ** 2 if self.width else 1.0)

    def _take_tables(self, parts: Sequence[TorchPart]) -> Iterator[Tuple[TouchedRows, float]]:
        """YIELDS (Tuple[TouchedRows, float]): touched rows of each encoder's embeddings, and their learning rate."""
        for module, width in parts:
            set_sparse(module, True)
            table = find_table(module)
            if table is not None and table.weight.grad is not None:
                yield take_rows(table.weight), self._find_rate(width)

    def _group(self, parts: Sequence[TorchPart]) -> Iterator[Tuple[List[nn.Parameter], float, float]]:
        """Group the parameters with a gradient; biases and norms, which have one dimension, have no decay.

        YIELDS (Tuple[List[nn.Parameter], float, float]): parameters, their learning rate and their decay.
        """
        for module, width in parts:
            found = [param for param in module.parameters() if param.grad is not None]
            yield [p for p in found if p.ndim > 1], self._find_rate(width), self.L2
            yield [p for p in found if p.ndim <= 1], self._find_rate(width), 0.0

    def _update(self, params: List[nn.Parameter], rate: float, decay: float) -> None:
        states = [self._get_state(param) for param in params]
        with torch.no_grad():
            adamw(
                list(params),
                [param.grad for param in params if param.grad is not None],
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                [state["step"] for state in states],
                fused=True if all(param.device.type in FUSED for param in params) else None,
                amsgrad=False,
                maximize=False,
                beta1=self.b1,
                beta2=self.b2,
                lr=rate,
                weight_decay=decay,
                eps=self.eps,
            )

    def _get_state(self, param: Tensor, *, per_row: bool = False) -> State:
        if param not in self.moments:
            self.moments[param] = make_state(param, per_row)
        return self.moments[param]


def create_adamw(
    learn_rate: FloatOrSeq = 1e-4,
    heads_learn_rate: FloatOrSeq = 1e-3,
    L2: FloatOrSeq = 0.01,
    beta1: FloatOrSeq = 0.9,
    beta2: FloatOrSeq = 0.999,
    eps: FloatOrSeq = 1e-08,
    grad_clip: FloatOrSeq = 1.0,
    width: Optional[int] = 384,
) -> AdamW:
    """Create torch's AdamW for transformers, with separate learning rates for pretrained encoders and new parameters.

    In a table of word piece embeddings, only the rows that a batch touched are updated; the others get neither decay
    nor momentum. Other components and Thinc's layers are updated as by Thinc's `Adam.v1`. Each number except `width`
    may also be a schedule. There are no running averages of the parameters.

    learn_rate (FloatOrSeq): the rate of transformers with pretrained weights.
    heads_learn_rate (FloatOrSeq): the rate of parameters trained from scratch: the heads, and the encoder 'hash'.
    L2 (FloatOrSeq): weight decay. Biases and norms have none.
    beta1, beta2 (FloatOrSeq): decay of the running means of gradients and of their squares.
    eps (FloatOrSeq): added to the denominator of a step.
    grad_clip (FloatOrSeq): largest norm of the gradient, of all torch parameters of a component together and of each
        parameter of Thinc's layers; 0 for no clipping.
    width (Optional[int]): the encoder width for which `learn_rate` is meant. A wider encoder has the rate `learn_rate *
        (width / its width) ** 2`: 1e-4 for 384 becomes 2.5e-5 for 768. None: the rate does not depend on the width.
    RETURNS (AdamW): the optimizer.
    RAISES: X306 if the width is not positive.
    """
    if width is not None and width < 1:
        option = "'width' of the optimizer"
        raise XnerError(Errors.X306.format(found=width, expected="a positive number", option=option))
    return AdamW(
        learn_rate,
        heads_learn_rate=heads_learn_rate,
        width=width,
        L2=L2,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        grad_clip=grad_clip,
    )
