"""AdamW for the rows of an embedding table that a batch touched, written in torch."""

from typing import Any, Dict, NamedTuple, Optional, cast

import torch
from torch import Tensor, nn

State = Dict[str, Tensor]


class TouchedRows(NamedTuple):
    """The rows of a table that a batch touched.

    table (Tensor): (V, d) the table.
    ids (Tensor): (K,) int64, the touched rows, each once.
    weights (Tensor): (K, d) a copy of these rows, with their gradient in `grad`.
    """

    table: Tensor
    ids: Tensor
    weights: Tensor


def find_table(module: nn.Module) -> Optional[nn.Embedding]:
    """Find the table of word piece embeddings. A batch touches only a few of its rows.

    module (nn.Module): the module.
    RETURNS (Optional[nn.Embedding]): the input embeddings of a transformer; None for any other module.
    """
    find: Any = getattr(module, "get_input_embeddings", None)
    table = None if find is None else find()
    return table if isinstance(table, nn.Embedding) else None


def set_sparse(module: nn.Module, sparse: bool) -> None:
    """Choose whether the gradient of the table is sparse, with touched rows only, or dense.

    module (nn.Module): the module, with or without a table.
    sparse (bool): whether the gradient is sparse.
    """
    table = find_table(module)
    if table is not None:
        table.sparse = sparse


def make_dense(module: nn.Module) -> None:
    """Convert sparse gradients to dense ones, for optimizers that need these.

    module (nn.Module): the module.
    """
    set_sparse(module, False)
    for param in module.parameters():
        if param.grad is not None and param.grad.is_sparse:
            param.grad = param.grad.to_dense()


def take_rows(table: Tensor) -> TouchedRows:
    """Take the gradient of a table. Rows without a gradient, such as the padding's, are not touched.

    table (Tensor): (V, d) the table, with a sparse or dense gradient, which is removed.
    RETURNS (TouchedRows): the touched rows.
    """
    gradient = cast(Tensor, table.grad)
    table.grad = None
    if gradient.is_sparse:
        gradient = gradient.coalesce()
        touched = gradient.values().any(dim=1)
        ids, values = gradient.indices()[0][touched], gradient.values()[touched]
    else:
        ids = gradient.any(dim=1).nonzero()[:, 0]
        values = gradient[ids]
    weights = table.detach()[ids]
    weights.grad = values
    return TouchedRows(table, ids, weights)


def make_state(param: Tensor, per_row: bool) -> State:
    """Create the state of a parameter that was never updated, under torch's names.

    param (Tensor): (V, ...) the parameter.
    per_row (bool): whether each row counts its own updates.
    RETURNS (State): zeros: "step" (), or (V,) if counted per row; "exp_avg" and "exp_avg_sq" (V, ...).
    """
    return {
        "step": torch.zeros(param.shape[:1] if per_row else (), dtype=torch.float32, device=param.device),
        "exp_avg": torch.zeros_like(param, memory_format=torch.preserve_format),
        "exp_avg_sq": torch.zeros_like(param, memory_format=torch.preserve_format),
    }


def update_rows(
    rows: TouchedRows, state: State, *, beta1: float, beta2: float, lr: float, weight_decay: float, eps: float
) -> None:
    """Update the touched rows of a table, each like a separate parameter.

    The other rows get no decay and no momentum of earlier batches. The bias of a row's running means is corrected by
    the number of its own updates, so that a rare row moves by the learning rate when it first occurs.

    rows (TouchedRows): the rows with their gradient.
    state (State): the table's state.
    beta1, beta2 (float): decay of the running means of gradients and of their squares.
    lr (float): the learning rate.
    weight_decay (float): the decay.
    eps (float): added to the denominator.
    """
    gradient, weights = cast(Tensor, rows.weights.grad), rows.weights
    step = state["step"][rows.ids] + 1
    mean = state["exp_avg"][rows.ids].lerp_(gradient, 1 - beta1)
    square = state["exp_avg_sq"][rows.ids].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    # (K, 1); in 64 bits, as 1 - 0.999 has few digits in 32.
    share1, share2 = ((1 - beta ** step.double())[:, None].to(weights.dtype) for beta in (beta1, beta2))
    weights.mul_(1 - lr * weight_decay)
    weights.addcdiv_(mean / share1, (square / share2).sqrt_().add_(eps), value=-lr)
    for whole, values in (
        (state["step"], step),
        (state["exp_avg"], mean),
        (state["exp_avg_sq"], square),
        (rows.table.data, weights),
    ):
        whole[rows.ids] = values
