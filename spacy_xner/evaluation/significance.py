"""Confidence intervals of scores by the bootstrap over sentences, and significance tests of two models."""

from typing import Any, NamedTuple, Sequence, Tuple

import numpy
from spacy.training import Example

from ..errors import Errors, XnerError

# Resamples to compute at once: about 30 MB for a corpus of 10,000 sentences.
BATCH = 100


class EntityCounts(NamedTuple):
    """Entity counts of n sentences, as (n,) arrays of integers.

    right (ndarray): predicted entities that are in the gold with the same boundaries and type.
    found (ndarray): predicted entities.
    gold (ndarray): gold entities.
    """

    right: numpy.ndarray
    found: numpy.ndarray
    gold: numpy.ndarray


def count_entities(examples: Sequence[Example]) -> EntityCounts:
    """Count the entities of each sentence by characters, since predicted and gold tokens may differ.

    examples (Sequence[Example]): predictions and gold.
    RETURNS (EntityCounts): the counts of each example. As in spaCy's scorer, predicted entities that begin or end
        within a gold token are left out.
    """
    rows = []
    for example in examples:
        gold = {(ent.start_char, ent.end_char, ent.label_) for ent in example.reference.ents}
        aligned = example.get_aligned_spans_x2y(example.predicted.ents)
        found = {(ent.start_char, ent.end_char, ent.label_) for ent in aligned}
        rows.append((len(gold & found), len(found), len(gold)))
    right, found_, gold_ = numpy.array(rows, dtype="int64").reshape(-1, 3).T
    return EntityCounts(right, found_, gold_)


def compute_f1(right: Any, found: Any, gold: Any, axis: int = -1) -> Any:
    """Compute the micro F1 from entity counts, for one or more samples of sentences.

    right, found, gold (Any): the counts of `EntityCounts` in arrays of the same shape.
    axis (int): the axis of the sentences.
    RETURNS (Any): the F1 in [0, 1] of each sample, without that axis; 0 if there is neither gold nor prediction.
    """
    total = numpy.sum(found, axis=axis) + numpy.sum(gold, axis=axis)
    return 2 * numpy.sum(right, axis=axis) / numpy.maximum(total, 1)


def find_interval(
    counts: EntityCounts, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Tuple[float, float]:
    """Compute a confidence interval of F1 by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

    counts (EntityCounts): the entity counts of the sentences.
    level (float): confidence level in (0, 1).
    resamples (int): number of samples to draw.
    seed (int): random seed.
    RETURNS (Tuple[float, float]): lower and upper end in [0, 1]; for fewer than two sentences both are the F1 itself.
    """
    from scipy.stats import bootstrap  # takes a second to import

    if len(counts.right) < 2:
        f1 = float(compute_f1(*counts))
        return f1, f1
    found = bootstrap(
        counts,
        compute_f1,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=BATCH,
        confidence_level=level,
        method="percentile",
        rng=numpy.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def find_mean_interval(
    counts: Sequence[EntityCounts], *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Tuple[float, float]:
    """Compute a confidence interval of the mean F1 of several languages.

    It is made as in `find_interval`: the sentences of each language are drawn apart.

    counts (Sequence[EntityCounts]): the entity counts of each language, of one at least.
    level (float): confidence level in (0, 1).
    resamples (int): number of samples to draw.
    seed (int): random seed.
    RETURNS (Tuple[float, float]): lower and upper end in [0, 1].
    """
    rng = numpy.random.default_rng(seed)
    means = numpy.zeros(resamples)
    for found in counts:
        n = len(found.right)
        for start in range(0, resamples, BATCH):
            drawn = rng.integers(n, size=(min(BATCH, resamples - start), n))
            f1 = compute_f1(found.right[drawn], found.found[drawn], found.gold[drawn])
            means[start : start + BATCH] += f1 / len(counts)
    low, high = numpy.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def compare_counts(one: EntityCounts, other: EntityCounts, *, resamples: int = 2000, seed: int = 0) -> float:
    """Test whether two models differ in F1 on the same sentences, by approximate randomization (Yeh 2000).

    The p-value is the share of random swaps of the two models' outputs that give a difference at least as large.

    one (EntityCounts): the entity counts of the first model.
    other (EntityCounts): the entity counts of the second model, with the sentences in the same order.
    resamples (int): number of random swaps.
    seed (int): random seed.
    RETURNS (float): the two-sided p-value in (0, 1]; 1 for fewer than two sentences.
    RAISES: X313 if the sentences are not the same.
    """
    from scipy.stats import permutation_test

    n = len(one.right)
    if n != len(other.right) or (one.gold != other.gold).any():
        raise XnerError(Errors.X313.format(one=n, other=len(other.right)))
    if n < 2 or ((one.right == other.right).all() and (one.found == other.found).all()):
        return 1.0
    both = EntityCounts(*(numpy.concatenate(pair) for pair in zip(one, other, strict=True)))

    def differ(left: numpy.ndarray, right: numpy.ndarray, axis: int = -1) -> Any:
        # The indices of sentences are swapped, so that the three counts of a sentence stay together.
        ours, theirs = (
            EntityCounts(*(array[side.astype("int64")] for array in both)) for side in (left, right)
        )
        return compute_f1(*ours, axis=axis) - compute_f1(*theirs, axis=axis)

    places = numpy.arange(n, dtype="float64")
    return float(
        permutation_test(
            (places, places + n),
            differ,
            permutation_type="samples",
            vectorized=True,
            n_resamples=resamples,
            batch=BATCH,
            rng=numpy.random.default_rng(seed),
        ).pvalue
    )
