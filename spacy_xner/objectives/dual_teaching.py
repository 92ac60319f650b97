from typing import List, Optional, Tuple

import numpy
import torch
from torch import Tensor

from ..errors import Errors, XnerError, check_probability
from ..types import Objective, Outputs, SoftLabels, Targets
from .cross_entropy import cross_entropy
from .reduce import On, choose_tokens, sum_terms
from .transformations import Transformation, extract_span, find_disputed, sequential


def create_dual_teaching(
    labels: str,
    start: str,
    end: str,
    *,
    teachers: Optional[List[str]] = None,
    to_labels: Optional[Transformation] = None,
    to_boundaries: Optional[Transformation] = None,
    on: On = "all",
    threshold: float = 0.0,
    outside: float = 0.0,
    agreed: bool = False,
    weight: float = 1.0,
) -> Objective:
    """Train each paradigm on what a teacher predicts in the other one (DualNER eq. 5 to 8).

    The loss is the sum of the cross-entropies of the three outputs, each a mean over tokens.

    labels (str): the output with the scheme "bio".
    start, end (str): the outputs with the schemes "start" and "end".
    teachers (Optional[List[str]]): names of the soft labels for these three outputs; None: the outputs' own names.
    to_labels (Optional[Transformation]): from start and end classes to labels; None: `sequential`.
    to_boundaries (Optional[Transformation]): from labels to start and end classes; None: `extract_span`.
    on (str): the tokens it applies to: "labelled", "unlabelled" or "all".
    threshold (float): lowest probability, in [0, 1], of a class other than O that gives a pseudo-label; 0 accepts all,
        as in the paper.
    outside (float): lowest probability, in [0, 1], of the class O that gives a pseudo-label.
    agreed (bool): whether to accept only entities that the teacher finds in both paradigms, with the same start, end
        and type. The tokens of all other entities, and tokens with a pseudo-label in one paradigm only, then have none
        in either. If False, as in the paper, each paradigm learns all that the other predicts.
    weight (float): factor in the sum; eq. 7 has 0.5 for labelled tokens, as for their gold labels.
    RETURNS (Objective): the objective.
    RAISES: X017 if there are not three teachers, X027 if a threshold is no probability.
    """
    for setting, value in (("threshold", threshold), ("outside", outside)):
        check_probability(setting, value)
    outputs = [labels, start, end]
    names = outputs if teachers is None else teachers
    if len(names) != len(outputs):
        raise XnerError(Errors.X017.format(found=len(names), expected=len(outputs), outputs=outputs))

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        where = choose_tokens(targets, on)
        soft = [targets.soft[name] for name in names]
        made = [
            *transform(soft[1:], to_labels or sequential, where, (threshold, outside), 1),
            *transform(soft[:1], to_boundaries or extract_span, where, (threshold, outside), 2),
        ]
        if agreed:
            disputed = find_disputes(soft[0], made[0])
            made = [gold.masked_fill(disputed, -1) for gold in made]
        return sum_terms(cross_entropy(out[name], gold) for name, gold in zip(outputs, made, strict=True))

    schemes = {labels: "bio", start: "start", end: "end"}
    return Objective(loss, outputs, weight, soft=dict(zip(names, outputs, strict=True)), schemes=schemes)


def transform(
    teachers: List[SoftLabels],
    transformation: Transformation,
    where: Tensor,
    thresholds: Tuple[float, float],
    n_made: int,
) -> List[Tensor]:
    """Make pseudo-labels from the most probable classes of soft labels.

    teachers (List[SoftLabels]): the soft labels that the transformation reads.
    transformation (Transformation): from arrays of classes to other arrays of classes.
    where (Tensor): (B, N) bool, the tokens that may get a pseudo-label.
    thresholds (Tuple[float, float]): the lowest probability of a class other than O, and of O.
    n_made (int): the number of arrays that the transformation must give.
    RETURNS (List[Tensor]): (B, N) classes; -1 on other tokens, on tokens without soft labels and on those with a lower
        probability.
    RAISES: X018 if the transformation gives another number of arrays.
    """
    chosen = torch.stack([where, *(soft.mask & are_sure(soft.logp, *thresholds) for soft in teachers)]).all(
        dim=0
    )
    lengths = torch.stack([soft.mask for soft in teachers]).all(dim=0).sum(dim=-1).tolist()
    best = [soft.logp.argmax(dim=-1).cpu().numpy() for soft in teachers]
    made = [numpy.full(chosen.shape, -1) for _ in range(n_made)]
    for i, n in enumerate(lengths):
        found = transformation([tags[i, :n] for tags in best])
        if len(found) != n_made:
            raise XnerError(Errors.X018.format(found=len(found), expected=n_made))
        for tags, classes in zip(made, found, strict=True):
            tags[i, :n] = classes
    return [torch.from_numpy(classes).to(where.device).masked_fill(~chosen, -1) for classes in made]


def find_disputes(teacher: SoftLabels, made: Tensor) -> Tensor:
    """Find the tokens of entities on which a teacher's tags and boundaries disagree.

    teacher (SoftLabels): the soft labels over tags.
    made (Tensor): (B, N) tags made from the soft labels over boundaries, -1 where there is none.
    RETURNS (Tensor): (B, N) bool, see `find_disputed`.
    """
    tags = teacher.logp.argmax(dim=-1).masked_fill(~teacher.mask, -1).cpu().numpy()
    pairs = zip(tags, made.cpu().numpy(), strict=True)
    disputed = numpy.stack([find_disputed(labels, other) for labels, other in pairs])
    return torch.from_numpy(disputed).to(made.device)


def are_sure(logp: Tensor, threshold: float, outside: float) -> Tensor:
    """Find the tokens on which a teacher is sure of its most probable class.

    logp (Tensor): (B, N, C) natural log-probabilities; the first class is O.
    threshold (float): lowest probability, in [0, 1], of a class other than O.
    outside (float): lowest probability, in [0, 1], of the class O.
    RETURNS (Tensor): (B, N) bool, True where the most probable class reaches its threshold.
    """
    best, classes = logp.max(dim=-1)
    return best.exp() >= torch.where(classes == 0, outside, threshold)
