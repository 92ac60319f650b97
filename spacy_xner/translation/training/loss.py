"""The objectives of labelled-sequence translation."""

from typing import Any, Dict, Optional, Tuple

import torch
import torch.nn.functional as F

from .batches import IGNORED, PairBatch, View


def get_loss(
    model: Any, batch: PairBatch, *, n_tokens: Optional[int] = None, label_smoothing: float = 0.0
) -> torch.Tensor:
    """Compute the loss of a batch per target token, L_t of plain pairs (CROP, eq. 4) or L_lst of marked pairs (eq. 5).

        L = -1/|y| sum_j log P(y_j | y_<j, x)

    model (Any): a sequence-to-sequence model of transformers.
    batch (PairBatch): the pairs.
    n_tokens (Optional[int]): the number of target tokens to divide by, for a step of several batches; None: those of
        this batch.
    label_smoothing (float): share of the probability that is distributed over all tokens.
    RETURNS (torch.Tensor): the loss, a scalar in nats; 0 without target tokens.
    """
    total, n_own = get_sums(model, batch, label_smoothing=label_smoothing)
    return total / max(n_own if n_tokens is None else n_tokens, 1)


def get_sums(model: Any, batch: PairBatch, *, label_smoothing: float = 0.0) -> Tuple[torch.Tensor, int]:
    """Compute the sum of the loss over the target tokens of a batch.

    model (Any): a sequence-to-sequence model of transformers.
    batch (PairBatch): the pairs, on any device.
    label_smoothing (float): share of the probability that is distributed over all tokens.
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


def count_tokens(batch: PairBatch) -> int:
    """Count the target tokens of a batch.

    batch (PairBatch): the pairs.
    RETURNS (int): the number of target tokens.
    """
    return int((batch.labels != IGNORED).sum())


def combine(losses: Dict[View, torch.Tensor], alpha: float) -> torch.Tensor:
    """Combine the losses of plain and marked pairs, L = a L_t + (1 - a) L_lst (CROP, eq. 6).

    losses (Dict[View, torch.Tensor]): scalars in nats, L_t as "plain", L_lst as "marked".
    alpha (float): a, from 0 to 1.
    RETURNS (torch.Tensor): the loss, a scalar in nats.
    """
    return alpha * losses["plain"] + (1 - alpha) * losses["marked"]


def pick_view(step: int, alpha: float) -> View:
    """Choose the objective of a step, so that the steps follow eq. 6 on average.

    Of any n consecutive steps, a * n use L_t, to within one.

    step (int): the step, from 0.
    alpha (float): a, from 0 to 1.
    RETURNS (View): the view of the pairs in this step.
    """
    # Rounded, since a share such as 0.1 would lose steps to the precision of floats.
    return "plain" if int(round((step + 1) * alpha, 9)) > int(round(step * alpha, 9)) else "marked"


def shift_right(model: Any, labels: torch.Tensor) -> torch.Tensor:
    """Make the decoder's input for predicting the labels.

    model (Any): a sequence-to-sequence model of transformers, whose config has the decoder's start token.
    labels (torch.Tensor): (n, t) ids of the targets, padded with -100.
    RETURNS (torch.Tensor): (n, t) ids, the labels shifted by one position to the right.
    """
    prepare = getattr(model, "prepare_decoder_input_ids_from_labels", None)
    if prepare is not None:
        return prepare(labels)
    shifted = labels.new_full(labels.shape, model.config.decoder_start_token_id)
    shifted[:, 1:] = labels[:, :-1]
    return shifted.masked_fill(shifted == IGNORED, model.config.pad_token_id)
