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
    """Cross-entropy of each paradigm against what a teacher predicted in the other (DualNER eq. 5 to 8).

    The sum of the cross-entropies of the three outputs, each a mean over tokens.

    labels (str): the output with the scheme "bio".
    start, end (str): the outputs with the schemes "start" and "end".
    teachers (Optional[List[str]]): names of the stored distributions of these three; None: those of the outputs.
    to_labels (Optional[Transformation]): from start and end classes to labels; None: `sequential`.
    to_boundaries (Optional[Transformation]): from labels to start and end classes; None: `extract_span`.
    on (str): the tokens it falls on: "labelled", "unlabelled" or "all".
    threshold (float): least probability, in [0, 1], of a teacher's class other than O for the token to have a
        pseudo-label; 0 takes all, as the paper does.
    outside (float): the same of the class O.
    agreed (bool): take only entities that the teacher finds in both paradigms, with the same start, end and type. The
        tokens of any other entity have no pseudo-label in either, and neither have those that it has labelled in one
        paradigm alone. False, as in the paper: each paradigm learns all that the other predicts.
    weight (float): factor in the sum; eq. 7 gives labelled tokens 0.5, as it gives their gold labels.
    RETURNS (Objective): the objective.
    RAISES: X017 if there are not three teachers, X027 if a probability is none.
    """
    for setting, value in (("threshold", threshold), ("outside", outside)):
        check_probability(setting, value)
    outputs = [labels, start, end]
    names = outputs if teachers is None else teachers
    if len(names) != len(outputs):
        raise XnerError(Errors.E017.format(found=len(names), expected=len(outputs), outputs=outputs))

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        where = choose_tokens(targets, on)
        taught = [targets.soft[name] for name in names]
        made = [
            *transform(taught[1:], to_labels or sequential, where, (threshold, outside), 1),
            *transform(taught[:1], to_boundaries or extract_span, where, (threshold, outside), 2),
        ]
        if agreed:
            disputed = find_disputes(taught[0], made[0])
            made = [gold.masked_fill(disputed, -1) for gold in made]
        return sum_terms(cross_entropy(out[name], gold) for name, gold in zip(outputs, made, strict=True))

    schemes = {labels: "bio", start: "start", end: "end"}
    return Objective(loss, outputs, weight, soft=dict(zip(names, outputs, strict=True)), schemes=schemes)


def transform(
    taught: List[SoftLabels],
    transformation: Transformation,
    where: Tensor,
    thresholds: Tuple[float, float],
    n_made: int,
) -> List[Tensor]:
    """Pseudo-labels from the most probable classes of stored distributions.

    taught (List[SoftLabels]): what the transformation reads.
    transformation (Transformation): from arrays of classes to others.
    where (Tensor): (B, N) bool, the tokens that are to have a label.
    thresholds (Tuple[float, float]): the least probability of a class other than O, and of O.
    n_made (int): the arrays that it makes.
    RETURNS (List[Tensor]): (B, N) classes, -1 elsewhere, where a distribution is missing and where one is not sure.
    RAISES: X018 if it makes another number of them.
    """
    chosen = torch.stack([where, *(soft.mask & are_sure(soft.logp, *thresholds) for soft in taught)]).all(
        dim=0
    )
    lengths = torch.stack([soft.mask for soft in taught]).all(dim=0).sum(dim=-1).tolist()
    best = [soft.logp.argmax(dim=-1).cpu().numpy() for soft in taught]
    made = [numpy.full(chosen.shape, -1) for _ in range(n_made)]
    for i, n in enumerate(lengths):
        found = transformation([tags[i, :n] for tags in best])
        if len(found) != n_made:
            raise XnerError(Errors.E018.format(found=len(found), expected=n_made))
        for tags, classes in zip(made, found, strict=True):
            tags[i, :n] = classes
    return [torch.from_numpy(classes).to(where.device).masked_fill(~chosen, -1) for classes in made]


def find_disputes(taught: SoftLabels, made: Tensor) -> Tensor:
    """Find the tokens on whose entities a teacher's tags and its boundaries disagree.

    taught (SoftLabels): the stored distributions over tags.
    made (Tensor): (B, N) tags made of the stored distributions over boundaries, -1 where there is none.
    RETURNS (Tensor): (B, N) bool, see `find_disputed`.
    """
    tags = taught.logp.argmax(dim=-1).masked_fill(~taught.mask, -1).cpu().numpy()
    pairs = zip(tags, made.cpu().numpy(), strict=True)
    disputed = numpy.stack([find_disputed(labels, other) for labels, other in pairs])
    return torch.from_numpy(disputed).to(made.device)


def are_sure(logp: Tensor, threshold: float, outside: float) -> Tensor:
    """Tell where a teacher is sure enough of its most probable class.

    logp (Tensor): (B, N, C) natural log-probabilities, the first class O.
    threshold (float): least probability, in [0, 1], of a class other than O.
    outside (float): least probability, in [0, 1], of the class O.
    RETURNS (Tensor): (B, N) bool, where the best class has its least probability.
    """
    best, classes = logp.max(dim=-1)
    return best.exp() >= torch.where(classes == 0, outside, threshold)
