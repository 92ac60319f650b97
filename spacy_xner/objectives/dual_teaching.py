from typing import Callable, Dict, List, Literal, Optional

import numpy
import torch
from torch import Tensor

from ..types import Objective, Outputs, SoftLabels, Targets
from .cross_entropy import cross_entropy
from .transformations import Transformation, extract_span, sequential

On = Literal["labelled", "unlabelled", "all"]

_WHERE: Dict[str, Callable[[Targets], Tensor]] = {
    "labelled": lambda targets: targets.labelled,
    "unlabelled": lambda targets: targets.mask & ~targets.labelled,
    "all": lambda targets: targets.mask,
}


def create_dual_teaching(
    labels: str,
    start: str,
    end: str,
    *,
    teachers: Optional[List[str]] = None,
    to_labels: Optional[Transformation] = None,
    to_boundaries: Optional[Transformation] = None,
    on: On = "all",
    weight: float = 1.0,
) -> Objective:
    """Cross-entropy of each paradigm against what a teacher predicted in the other (DualNER eq. 5 to 8).

    The sum of the cross-entropies of the three outputs, each a mean over tokens.

    labels (str): the output with the scheme "bio".
    start, end (str): the outputs with the schemes "start" and "end".
    teachers (Optional[List[str]]): names of the stored distributions of these three; None: those of the outputs.
    to_labels (Optional[Transformation]): from start and end classes to labels; None: `sequential`.
    to_boundaries (Optional[Transformation]): from labels to start and end classes; None: `extract_span`.
    on (str): the tokens it falls on: "labelled", "unlabelled" or "all".
    weight (float): factor in the sum; eq. 7 gives labelled tokens 0.5, as it gives their gold labels.
    RETURNS (Objective): the objective.
    """
    outputs = [labels, start, end]
    names = outputs if teachers is None else teachers

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        where = _WHERE[on](targets)
        taught = [targets.soft[name] for name in names]
        made = [
            *transform(taught[1:], to_labels or sequential, where),
            *transform(taught[:1], to_boundaries or extract_span, where),
        ]
        terms = [cross_entropy(out[name], gold) for name, gold in zip(outputs, made, strict=True)]
        found = [term for term in terms if term is not None]
        return torch.stack(found).sum() if found else None

    return Objective(loss, outputs, weight, soft=dict(zip(names, outputs, strict=True)))


def transform(taught: List[SoftLabels], transformation: Transformation, where: Tensor) -> List[Tensor]:
    """Pseudo-labels from the most probable classes of stored distributions.

    taught (List[SoftLabels]): what the transformation reads.
    transformation (Transformation): from arrays of classes to others.
    where (Tensor): (B, N) bool, the tokens that are to have a label.
    RETURNS (List[Tensor]): (B, N) classes, -1 elsewhere and where a distribution is missing.
    """
    known = torch.stack([soft.mask for soft in taught]).all(dim=0)
    best = [soft.logp.argmax(dim=-1).cpu().numpy() for soft in taught]
    lengths = known.sum(dim=-1).tolist()
    made: List[numpy.ndarray] = []
    for i, n in enumerate(lengths):
        for k, classes in enumerate(transformation([tags[i, :n] for tags in best])):
            if k == len(made):
                made.append(numpy.full(known.shape, -1))
            made[k][i, :n] = classes
    return [torch.from_numpy(classes).to(where.device).masked_fill(~(known & where), -1) for classes in made]
