"""How sure a score is: intervals by the bootstrap over sentences, and tests of two models on the same sentences."""

from typing import Any, NamedTuple, Sequence, Tuple

import numpy
from spacy.training import Example

from ..errors import Errors, XnerError

# Resamples at once: a corpus of 10,000 sentences takes some 30 MB.
BATCH = 100


class Counts(NamedTuple):
    """Entities of each sentence, (n,) integers each.

    right: found, and in the gold with the same boundaries and type.
    found: found.
    gold: in the gold.
    """

    right: numpy.ndarray
    found: numpy.ndarray
    gold: numpy.ndarray


def count_entities(examples: Sequence[Example]) -> Counts:
    """Count the entities of each sentence by characters, since the tokens of prediction and gold may differ.

    examples (Sequence[Example]): predictions and gold.
    RETURNS (Counts): for each example; as spaCy's scorer does, found entities with a boundary within a gold token are
        left out.
    """
    rows = []
    for example in examples:
        gold = {(ent.start_char, ent.end_char, ent.label_) for ent in example.reference.ents}
        aligned = example.get_aligned_spans_x2y(example.predicted.ents)
        found = {(ent.start_char, ent.end_char, ent.label_) for ent in aligned}
        rows.append((len(gold & found), len(found), len(gold)))
    right, found_, gold_ = numpy.array(rows, dtype="int64").reshape(-1, 3).T
    return Counts(right, found_, gold_)


def compute_f1(right: Any, found: Any, gold: Any, axis: int = -1) -> Any:
    """Compute the micro F1 from counts as those of `Counts`, for one sample of sentences or for many.

    right, found, gold (Any): arrays of the same shape, entities of each sentence.
    axis (int): the axis of the sentences.
    RETURNS (Any): the F1 in [0, 1] of each sample, without that axis; 0 where there is neither gold nor prediction.
    """
    total = numpy.sum(found, axis=axis) + numpy.sum(gold, axis=axis)
    return 2 * numpy.sum(right, axis=axis) / numpy.maximum(total, 1)


def find_interval(
    counts: Counts, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Tuple[float, float]:
    """Bootstrap the F1 over sentences, by percentiles (Efron and Tibshirani 1993, chapter 13).

    counts (Counts): the entities of at least two sentences.
    level (float): confidence in (0, 1).
    resamples (int): number of samples drawn.
    seed (int): of the draws.
    RETURNS (Tuple[float, float]): lower and upper end in [0, 1]; the score itself where there is one sentence.
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


def compare_counts(one: Counts, other: Counts, *, resamples: int = 2000, seed: int = 0) -> float:
    """Test whether two models differ on the same sentences, by approximate randomization (Yeh 2000): how often a
    difference as large comes of swapping their outputs at random.

    one (Counts): the entities of the first model.
    other (Counts): those of the second, the sentences in the same order.
    resamples (int): number of random swappings.
    seed (int): of the swappings.
    RETURNS (float): the two-sided p-value in (0, 1]; 1 for fewer than two sentences.
    RAISES: X313 if the sentences are not the same.
    """
    from scipy.stats import permutation_test

    n = len(one.right)
    if n != len(other.right) or (one.gold != other.gold).any():
        raise XnerError(Errors.E313.format(one=n, other=len(other.right)))
    if n < 2 or ((one.right == other.right).all() and (one.found == other.found).all()):
        return 1.0
    both = Counts(*(numpy.concatenate(pair) for pair in zip(one, other, strict=True)))

    def differ(left: numpy.ndarray, right: numpy.ndarray, axis: int = -1) -> Any:
        # What is swapped are places of sentences: a sentence's three counts go together.
        ours, theirs = (Counts(*(array[side.astype("int64")] for array in both)) for side in (left, right))
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
