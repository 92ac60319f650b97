"""The objectives of labelled-sequence translation."""

from typing import Any, Dict, Optional, Tuple

import torch
import torch.nn.functional as F

from .batches import IGNORED, Batch, View


def get_loss(
    model: Any, batch: Batch, *, n_tokens: Optional[int] = None, label_smoothing: float = 0.0
) -> torch.Tensor:
    """L_t of CROP, eq. 4, of plain pairs, and L_lst, eq. 5, of marked ones, per target token:

        L = -1/|y| sum_j log P(y_j | y_<j, x)

    model (Any): a sequence-to-sequence model of transformers.
    batch (Batch): the pairs.
    n_tokens (Optional[int]): what the loss is a mean over: the target tokens of all batches of a step, of whose loss
        this is a summand; None for those of this batch.
    label_smoothing (float): share of the probability that goes to all tokens alike.
    RETURNS (torch.Tensor): the loss, a scalar in nats; 0 without target tokens.
    """
    total, n_own = get_sums(model, batch, label_smoothing=label_smoothing)
    return total / max(n_own if n_tokens is None else n_tokens, 1)


def get_sums(model: Any, batch: Batch, *, label_smoothing: float = 0.0) -> Tuple[torch.Tensor, int]:
    """Sum the loss of a batch, so that the mean over several can be had.

    model (Any): a sequence-to-sequence model of transformers.
    batch (Batch): the pairs, on any device.
    label_smoothing (float): share of the probability that goes to all tokens alike.
    RETURNS (Tuple[torch.Tensor, int]): the loss summed over the target tokens, a scalar in nats, and their number.
    """
    labels = batch.labels.to(model.device)
    logits = model(
        input_ids=batch.input_ids.to(model.device),
        attention_mask=batch.attention_mask.to(model.device),
        decoder_input_ids=shift_right(model, labels),
        use_cache=False,
    ).logits
    total = F.cross_entropy(
        logits.flatten(0, 1).float(),
        labels.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
        label_smoothing=label_smoothing,
    )
    return total, count_tokens(batch)


def count_tokens(batch: Batch) -> int:
    """Count what the loss of a batch is a mean over. batch (Batch): the pairs. RETURNS (int): its target tokens."""
    return int((batch.labels != IGNORED).sum())


def combine(losses: Dict[View, torch.Tensor], alpha: float) -> torch.Tensor:
    """The mixture of CROP, eq. 6, L = a L_t + (1 - a) L_lst.

    losses (Dict[View, torch.Tensor]): scalars in nats, L_t as "plain", L_lst as "marked".
    alpha (float): a, from 0 to 1.
    RETURNS (torch.Tensor): the loss, a scalar in nats.
    """
    return alpha * losses["plain"] + (1 - alpha) * losses["marked"]


def pick_view(step: int, alpha: float) -> View:
    """Alternate between the objectives, so that eq. 6 holds in the mean: of any n steps in a row, a * n are of L_t,
    to within one.

    step (int): the step, from 0.
    alpha (float): a, from 0 to 1.
    RETURNS (View): what the batch of this step holds.
    """
    # Rounded, or a share such as 0.1 would lose steps to the precision of floats.
    return "plain" if int(round((step + 1) * alpha, 9)) > int(round(step * alpha, 9)) else "marked"


def shift_right(model: Any, labels: torch.Tensor) -> torch.Tensor:
    """Make what the decoder reads to predict the labels.

    model (Any): a sequence-to-sequence model of transformers, whose config knows the first token.
    labels (torch.Tensor): (n, t) ids of the targets, filled with -100.
    RETURNS (torch.Tensor): (n, t) ids, each label one place to the right.
    """
    prepare = getattr(model, "prepare_decoder_input_ids_from_labels", None)
    if prepare is not None:
        return prepare(labels)
    shifted = labels.new_full(labels.shape, model.config.decoder_start_token_id)
    shifted[:, 1:] = labels[:, :-1]
    return shifted.masked_fill(shifted == IGNORED, model.config.pad_token_id)
