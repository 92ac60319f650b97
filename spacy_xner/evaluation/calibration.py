"""Whether scores are what they say, and what a threshold would do."""

from typing import List, NamedTuple, Sequence

import numpy

# A threshold is told from the next by as much.
STEP = 0.01


class Scored(NamedTuple):
    """Found entities.

    scores, right (ndarray): (n,) of those with a score, in [0, 1], and whether they are right.
    n_gold (int): entities of the gold.
    n_unscored, n_unscored_right (int): entities without a score, which no threshold leaves out, and the right ones of
        them.
    """

    scores: numpy.ndarray
    right: numpy.ndarray
    n_gold: int
    n_unscored: int = 0
    n_unscored_right: int = 0


class Bin(NamedTuple):
    """Found entities whose score is in [low, high): how many, their mean score, and the share that is right."""

    low: float
    high: float
    n: int
    score: float
    right: float


class Threshold(NamedTuple):
    """Precision, recall and F1 in [0, 1] if entities with a score below the value are left out."""

    value: float
    precision: float
    recall: float
    f1: float


def bin_scores(scored: Scored, n_bins: int = 10) -> List[Bin]:
    """Compare scores with how often entities are right (reliability, Guo et al. 2017, section 2).

    scored (Scored): found entities.
    n_bins (int): number of bins of the same width.
    RETURNS (List[Bin]): bins that are not empty.
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
    """Measure how far scores are from how often entities are right (Guo et al. 2017, equation 3).

    scored (Scored): found entities; those without a score don't count.
    n_bins (int): number of bins of the same width.
    RETURNS (float): expected calibration error in [0, 1]: the mean difference of score and share of right ones, over
        found entities; 0 if there are none.
    """
    bins = bin_scores(scored, n_bins)
    total = sum(item.n for item in bins)
    return sum(item.n * abs(item.score - item.right) for item in bins) / total if total else 0.0


def try_thresholds(scored: Scored) -> List[Threshold]:
    """Find out what each threshold from 0 to 1 would do, in steps of 0.01.

    scored (Scored): found entities; those without a score are kept by all thresholds.
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
    """Choose a threshold.

    thresholds (Sequence[Threshold]): what `try_thresholds` gives, one at least.
    RETURNS (Threshold): that of the highest F1, the lowest of several: it leaves out least.
    """
    return max(thresholds, key=lambda threshold: (threshold.f1, -threshold.value))
