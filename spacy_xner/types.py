"""The contracts between the floors: what heads give, what objectives read, what decoders return.

Shapes: B sentences of a batch, N tokens of the longest one, C classes, d the encoder's width; where a head relates
tokens, D cells of each token's row (see relations.py), and (B, N, ...) stands for (B, N, D, ...).
"""

from dataclasses import dataclass, field
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy
import torch
from torch import Tensor

from .errors import Errors, XnerError
from .schemes import relates_tokens

# Training: padded, (B, N, ...) for each named output of the heads.
Outputs = Dict[str, Tensor]
# Prediction: one (n, ...) array of each document for each named output.
Predictions = Dict[str, List[numpy.ndarray]]


class Entity(NamedTuple):
    """A decoded entity: tokens [start, end), its label and a score in [0, 1]."""

    start: int
    end: int
    label: str
    score: float


@dataclass
class SoftLabels:
    """A teacher's soft labels for a batch.

    logp (Tensor): (B, N, C) or (B, N, D, C) natural log-probabilities, floored; 0 where nothing is stored.
    mask (Tensor): (B, N) or (B, N, D) bool, True where a distribution is stored.
    """

    logp: Tensor
    mask: Tensor


@dataclass
class Targets:
    """What a batch is trained towards, whatever the method.

    mask (Tensor): (B, N) bool, True on tokens, False on padding.
    labelled (Tensor): (B, N) bool, True where the gold annotation is known.
    gold (Dict[str, Tensor]): for each output with a tagging scheme, (B, N) or (B, N, D) class indices, -1 where
        unknown.
    soft (Dict[str, SoftLabels]): soft labels by name.
    groups (Tensor): (B,) index of the sentence's group; renderings of one sentence share it.
    views (List[str]): the view of each sentence, "" if it has none.
    languages (List[str]): the language of each sentence, "" if unknown.
    entities (Tensor): (B, N) index of the token's aligned entity, 0 for none; equal only within a group.
    """

    mask: Tensor
    labelled: Tensor
    gold: Dict[str, Tensor] = field(default_factory=dict)
    soft: Dict[str, SoftLabels] = field(default_factory=dict)
    groups: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))
    views: List[str] = field(default_factory=list)
    languages: List[str] = field(default_factory=list)
    entities: Tensor = field(default_factory=lambda: torch.zeros(0, 0, dtype=torch.long))


@dataclass(frozen=True)
class Objective:
    """A weighted term of the training loss.

    loss (Callable): reads outputs and targets and gives a scalar, or None if the batch holds nothing for it.
    outputs (Sequence[str]): the names of the outputs it reads.
    weight (float): factor in the sum; 0 switches the term off.
    soft (Dict[str, str]): the soft labels it reads, each with the output that has the same classes.
    schemes (Dict[str, str]): the tagging schemes that outputs must have.
    """

    loss: Callable[[Outputs, Targets], Optional[Tensor]]
    outputs: Sequence[str]
    weight: float = 1.0
    soft: Dict[str, str] = field(default_factory=dict)
    schemes: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decoder:
    """Turns the logits of one document into entities.

    decode (Callable): from {output: (n, C) or (n, D, C) logits} and the labels to entities in order. Of those that
        overlap `doc.ents` gets the best.
    outputs (Sequence[str]): the names of the outputs it reads.
    schemes (Dict[str, str]): the tagging schemes that outputs must have.
    """

    decode: Callable[[Dict[str, numpy.ndarray], Sequence[str]], List[Entity]]
    outputs: Sequence[str]
    schemes: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelSizes:
    """What the heads of a model are built for. The component saves it in its `cfg`; it is not saved with the weights.

    labels (Sequence[str]): the entity labels.
    widths (Dict[str, int]): d of each encoder by name.
    longest (int): the tokens of the longest entity in the training data.
    """

    labels: Sequence[str] = ()
    widths: Dict[str, int] = field(default_factory=dict)
    longest: int = 0


class HeadSizes(NamedTuple):
    """What a head is built for.

    widths (List[int]): d of each of its encoders.
    classes (List[int]): C of each of its outputs, 0 without a scheme.
    longest (int): the tokens of the longest entity in the training data, as far as it was read: for heads that relate
        tokens, all of it.
    """

    widths: List[int]
    classes: List[int]
    longest: int


@dataclass(frozen=True)
class HeadSpec:
    """A head before its sizes are known.

    encoders (Sequence[str]): the encoders it reads from, in the order its module expects them.
    schemes (Dict[str, Optional[str]]): its outputs with their tagging schemes, None for representations. The
        output "" bears the head's own name, to which others that begin with "_" are added.
    build (Callable): gives a torch module; its forward reads a list of (B, N, d) tensors and the (B, N) mask and
        gives a list of (B, N, ...) tensors in the order of `schemes`.
    training_only (Sequence[str]): outputs that serve objectives alone. At prediction the module leaves them out; if
        these are all, it is not run.
    max_length (Optional[int]): for relations, the most tokens of an entity; None: the longest of the training data.
    context (int): tokens on either side that a segment of a long document sees beside its own.
    """

    encoders: Sequence[str]
    schemes: Dict[str, Optional[str]]
    build: Callable[[HeadSizes], torch.nn.Module]
    training_only: Sequence[str] = ()
    max_length: Optional[int] = None
    context: int = 0

    @property
    def relates(self) -> bool:
        """RETURNS (bool): whether it relates tokens: one of its outputs has the classes of token pairs."""
        return any(map(relates_tokens, self.schemes.values()))

    def longest(self, found: int) -> int:
        """Find the longest entity that the head relates.

        found (int): tokens of the longest entity in the training data.
        RETURNS (int): tokens: `max_length` if that is set, else `found`.
        """
        return self.max_length or found


# What the parts of a component are called, and the block of its config that each belongs to.
PARTS = {
    "model": ("a model", "model"),
    "encoder": ("an encoder", "model.encoders"),
    "head": ("a head", "model.heads"),
    "objective": ("an objective", "objectives"),
    "decoder": ("a decoder", "decoder"),
}


def find_kind(part: object) -> str:
    """Find what kind of part an object is.

    part (object): what a block of a config makes.
    RETURNS (str): a key of `PARTS`, "" if it is none of these.
    """
    for name, kind in (("head", HeadSpec), ("objective", Objective), ("decoder", Decoder)):
        if isinstance(part, kind):
            return name
    # Encoders and models are layers of Thinc, which this file does not import: objectives need no Thinc.
    if type(part).__name__ != "Model":
        return ""
    return "model" if "schemes" in getattr(part, "attrs", {}) else "encoder"


def check_slot(part: object, expected: str, slot: str) -> None:
    """Make sure that a part stands in the right block of a config.

    part (object): what the block makes.
    expected (str): the kind of part that belongs there, a key of `PARTS`.
    slot (str): the name of the block, for the message.
    RAISES: X036 if it is a part of another kind, or no part at all.
    """
    kind = find_kind(part)
    if kind == expected:
        return
    found, place = PARTS.get(
        kind, ("nothing" if part is None else f"a value of type '{type(part).__name__}'", "")
    )
    advice = f"{found} belongs to [{place}] of a component" if place else "docs/parts.md lists such functions"
    raise XnerError(Errors.X036.format(slot=slot, found=found, expected=PARTS[expected][0], advice=advice))
