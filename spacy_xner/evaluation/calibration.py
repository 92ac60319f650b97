"""Calibration of scores, and the effect of thresholds."""

from typing import List, NamedTuple, Sequence

import numpy

# The difference between neighbouring thresholds.
STEP = 0.01


class Scored(NamedTuple):
    """Predicted entities.

    scores, right (ndarray): (n,) scores in [0, 1] of the entities with a score, and whether each is correct.
    n_gold (int): number of gold entities.
    n_unscored, n_unscored_right (int): number of predicted entities without a score, which no threshold leaves out, and
        how many of them are correct.
    """

    scores: numpy.ndarray
    right: numpy.ndarray
    n_gold: int
    n_unscored: int = 0
    n_unscored_right: int = 0


class Bin(NamedTuple):
    """Predicted entities with scores in [low, high): their number, their mean score and the share that is correct."""

    low: float
    high: float
    n: int
    score: float
    right: float


class Threshold(NamedTuple):
    """A threshold with the precision, recall and F1 that result if entities with lower scores are left out."""

    value: float
    precision: float
    recall: float
    f1: float


def bin_scores(scored: Scored, n_bins: int = 10) -> List[Bin]:
    """Compare scores with the share of correct entities (reliability diagram, Guo et al. 2017, section 2).

    scored (Scored): predicted entities.
    n_bins (int): number of bins of equal width.
    RETURNS (List[Bin]): the bins that are not empty.
    """
    places = numpy.minimum((scored.scores * n_bins).astype("int64"), n_bins - 1)
    found = []
    for k in range(n_bins):
        chosen = places == k
        if chosen.any():
            score, right = float(scored.scores[chosen].mean()), float(scored.right[chosen].mean())
            found.append(Bin(k / n_bins, (k + 1) / n_bins, int(chosen.sum()), score, right))
    return found


def measure_calibration_error(scored: Scored, n_bins: int = 10) -> float:
    """Compute the expected calibration error (Guo et al. 2017, equation 3).

    scored (Scored): predicted entities; entities without a score don't count.
    n_bins (int): number of bins of equal width.
    RETURNS (float): the mean difference, in [0, 1], between the mean score and the share of correct entities in a bin,
        weighted by the entities of the bins; 0 if there are none.
    """
    bins = bin_scores(scored, n_bins)
    total = sum(item.n for item in bins)
    return sum(item.n * abs(item.score - item.right) for item in bins) / total if total else 0.0


def try_thresholds(scored: Scored) -> List[Threshold]:
    """Compute the scores that result from each threshold from 0 to 1, in steps of 0.01.

    scored (Scored): predicted entities; entities without a score are kept by all thresholds.
    RETURNS (List[Threshold]): the 101 thresholds, ascending.
    """
    found = []
    for value in numpy.round(numpy.arange(0, 1 + STEP / 2, STEP), 2):
        kept = scored.scores >= value
        right = int(scored.right[kept].sum()) + scored.n_unscored_right
        n = int(kept.sum()) + scored.n_unscored
        total = n + scored.n_gold
        found.append(
            Threshold(
                float(value),
                right / n if n else 0.0,
                right / scored.n_gold if scored.n_gold else 0.0,
                2 * right / total if total else 0.0,
            )
        )
    return found


def suggest_threshold(thresholds: Sequence[Threshold]) -> Threshold:
    """Choose the best threshold.

    thresholds (Sequence[Threshold]): the thresholds from `try_thresholds`, at least one.
    RETURNS (Threshold): the threshold with the highest F1; the lowest of several, since it leaves out least.
    """
    return max(thresholds, key=lambda threshold: (threshold.f1, -threshold.value))
