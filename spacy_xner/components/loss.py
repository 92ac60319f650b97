"""Compute the terms of the loss of a batch."""

import warnings
from typing import Dict, Iterable, List, Optional, Sequence

import torch
from spacy.training import Example
from torch.nn.utils.rnn import pad_sequence

from ..errors import Errors, NotFiniteError, Warnings
from ..schemes import relates_tokens
from ..types import Objective, Outputs, Predictions, Targets
from .targets import find_untaught, make_targets


def compute_terms(
    examples: Sequence[Example],
    outputs: Outputs,
    objectives: Dict[str, Objective],
    labels: Sequence[str],
    schemes: Dict[str, Optional[str]],
) -> Dict[str, torch.Tensor]:
    """Compute the weighted terms of the loss. Objectives whose outputs are missing are left out.

    examples (Sequence[Example]): B examples.
    outputs (Outputs): (B, N, ...) tensors by name.
    objectives (Dict[str, Objective]): the objectives by name; those of weight 0 are left out.
    labels (Sequence[str]): the entity labels.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output, None for representations.
    RETURNS (Dict[str, Tensor]): a scalar for each objective by name, but none if the batch has no data for it.
    RAISES: X001, X005 (data that do not fit), X008 (not a number, or infinite).
    """
    active = {
        name: objective
        for name, objective in objectives.items()
        if objective.weight != 0 and outputs.keys() >= set(objective.outputs)
    }
    targets = find_targets(examples, outputs, active.values(), labels, schemes)
    terms = {}
    for name, objective in active.items():
        value = objective.loss(outputs, targets)
        if value is not None:
            if not torch.isfinite(value):
                raise NotFiniteError(Errors.X008.format(objective=name, value=float(value.detach())))
            terms[name] = value * objective.weight
    return terms


def find_targets(
    examples: Sequence[Example],
    outputs: Outputs,
    objectives: Iterable[Objective],
    labels: Sequence[str],
    schemes: Dict[str, Optional[str]],
) -> Targets:
    """Build the targets of a batch for the given outputs.

    examples (Sequence[Example]): B examples.
    outputs (Outputs): (B, N, ...) tensors by name.
    objectives (Iterable[Objective]): the objectives, which read the targets.
    labels (Sequence[str]): the entity labels.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output, None for representations.
    RETURNS (Targets): the targets, on the device of the outputs. Warns if sentences lack both labels and soft labels.
    RAISES: X001, X005 (data that do not fit).
    """
    device = next(iter(outputs.values())).device
    given = {name: scheme for name, scheme in schemes.items() if name in outputs}
    widths = {name: outputs[name].shape[2] for name in list_relations(given)}
    soft = list_soft(objectives, schemes)
    targets = make_targets(examples, labels, given, soft, widths, device)
    if soft and bool(find_untaught(targets).any()):
        warnings.warn(Warnings.XW006.format(soft=list(soft)), stacklevel=2)
    return targets


def pad_predictions(predictions: Predictions) -> Outputs:
    """Pad the predictions of a model to the tensors that objectives read.

    predictions (Predictions): (n, ...) arrays of each document, for each output.
    RETURNS (Outputs): (B, N, ...) tensors by name.
    """
    return {
        name: pad_sequence([torch.from_numpy(array) for array in arrays], batch_first=True)
        for name, arrays in predictions.items()
    }


def list_relations(schemes: Dict[str, Optional[str]]) -> List[str]:
    """List the outputs that relate tokens.

    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    RETURNS (List[str]): their names.
    """
    return [name for name, scheme in schemes.items() if relates_tokens(scheme)]


def list_soft(objectives: Iterable[Objective], schemes: Dict[str, Optional[str]]) -> Dict[str, str]:
    """List the soft labels that objectives read.

    objectives (Iterable[Objective]): the objectives.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    RETURNS (Dict[str, str]): the names of the distributions, with the outputs of the same classes.
    """
    pairs = [pair for objective in objectives for pair in objective.soft.items()]
    return {name: output for name, output in pairs if schemes[output] is not None}


def list_teachers(objectives: Iterable[Objective], outputs: Sequence[str]) -> List[Dict[str, str]]:
    """List the teachers whose soft labels objectives read for all outputs that a decoder reads.

    objectives (Iterable[Objective]): the objectives; those of weight 0 are left out.
    outputs (Sequence[str]): the outputs.
    RETURNS (List[Dict[str, str]]): for each teacher the outputs, with the names of their soft labels.
    """
    names: Dict[str, List[str]] = {output: [] for output in outputs}
    pairs = [pair for objective in objectives if objective.weight != 0 for pair in objective.soft.items()]
    for name, output in dict.fromkeys(pairs):
        if output in names:
            names[output].append(name)
    return [dict(zip(names, found, strict=True)) for found in zip(*names.values(), strict=False)]
