"""Choosing sentences to label from candidates: unsure ones that stand for other unsure ones, and for different ones."""

from typing import Dict, List, NamedTuple

import numpy

from .pool import Candidate, Group


class Covered(NamedTuple):
    """An item that was chosen to stand for others.

    number (int): the item.
    stands_for (float): how many items are like it, itself among them: the sum of the similarities.
    novelty (float): the share of these, by their scores, for which no item chosen before stands, in [0, 1].
    gain (float): what it was chosen by: its score times the scores of what is newly covered.
    """

    number: int
    stands_for: float
    novelty: float
    gain: float


class Chosen(NamedTuple):
    """A sentence that was chosen.

    candidate (Candidate): the sentence.
    covered (Covered): what it stands for.
    """

    candidate: Candidate
    covered: Covered


def cover(scores: numpy.ndarray, vectors: numpy.ndarray, n: int) -> List[Covered]:
    """Choose items that stand for as many others as possible, one by one (greedy facility location).

    An item j stands for an item i by their similarity s_ij, the square of the cosine, or 0 if that is negative. The
    next item is the one with the largest score_j * sum_i score_i * max(s_ij - b_i, 0), where b_i is the largest
    similarity of i to an item chosen before. To take what is farthest from all before instead would choose outliers.

    scores (ndarray): (m,) scores, 0 or more.
    vectors (ndarray): (m, d) vectors; what they have in common is taken away before they are compared.
    n (int): how many to choose, at most m.
    RETURNS (List[Covered]): the items; a shorter list is the beginning of a longer one.
    """
    weights = scores.astype("float32") + 1e-6
    centred = (vectors - vectors.mean(axis=0)).astype("float32")
    unit = centred / numpy.maximum(numpy.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    similar = (unit @ unit.T).clip(0, 1) ** 2
    numpy.fill_diagonal(similar, 1)
    most = weights @ similar
    best, free = numpy.zeros_like(weights), numpy.ones(len(weights), dtype=bool)
    found: List[Covered] = []
    for _ in range(n):
        new = weights @ numpy.maximum(similar - best[:, None], 0)
        gains = numpy.where(free, weights * new, -1)
        j = int(gains.argmax())
        found.append(Covered(j, float(similar[j].sum()), float(new[j] / most[j]), float(gains[j])))
        free[j] = False
        best = numpy.maximum(best, similar[j])
    return found


def choose_candidates(
    groups: Dict[Group, List[Candidate]], sizes: Dict[Group, int], vectors: Dict[Group, numpy.ndarray]
) -> List[Chosen]:
    """Choose sentences from each group.

    groups (Dict[Group, List[Candidate]]): the candidates.
    sizes (Dict[Group, int]): how many of each group.
    vectors (Dict[Group, ndarray]): (m, d) vectors of the candidates of each group.
    RETURNS (List[Chosen]): the sentences, those first that teach the most.
    """
    found = []
    for name, candidates in groups.items():
        scores = numpy.asarray([item.finding.score for item in candidates])
        for item in cover(scores, vectors[name], sizes[name]) if sizes[name] else ():
            found.append(Chosen(candidates[item.number], item))
    return sorted(found, key=lambda item: (item.covered.gain, *item.candidate.rank), reverse=True)
