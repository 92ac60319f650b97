"""Word alignment by the similarity of an encoder's vectors, which needs neither parallel text nor training."""

from typing import List, Literal, Sequence, Tuple

import numpy
from spacy.util import minibatch

from ..engines.origins import describe_origin
from ..types import Aligner, Alignment
from .pieces import PieceEncoder, PieceVectors


class SimilarityAligner:
    """See `create_similarity_aligner`."""

    def __init__(
        self, encoder: str, layer: int, rule: str, threshold: float, temperature: float, distortion: float
    ) -> None:
        self.rule, self.threshold, self.temperature = rule, threshold, temperature
        self.distortion = distortion
        self.encoder = PieceEncoder(encoder, layer)
        settings = (self.encoder.layer, rule, threshold, temperature, distortion)
        self.name = f"similarity:{describe_origin(encoder)}:{':'.join(map(str, settings))}"

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Align sentence pairs, each by itself.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): the alignment of each pair, empty if a side is empty.
        """
        found: List[Alignment] = []
        for batch in minibatch(pairs, 256):
            sources = self.encoder.encode([source for source, _ in batch])
            targets = self.encoder.encode([target for _, target in batch])
            found += [self._align(X, Y) for X, Y in zip(sources, targets, strict=True)]
        return found

    def _align(self, X: PieceVectors, Y: PieceVectors) -> Alignment:
        if not len(X.words) or not len(Y.words):
            return set()
        similarity = _normalize(X.vectors) @ _normalize(Y.vectors).T
        similarity -= self.distortion * measure_distortion(*similarity.shape)
        if self.rule == "argmax":
            chosen = intersect_argmax(similarity)
        else:
            chosen = intersect_softmax(similarity / self.temperature, self.threshold)
        return {(int(X.words[i]), int(Y.words[j])) for i, j in numpy.argwhere(chosen)}


def create_similarity_aligner(
    encoder: str = "e5-small",
    layer: int = 0,
    rule: Literal["argmax", "softmax"] = "argmax",
    threshold: float = 0.1,
    temperature: float = 0.1,
    distortion: float = 0.1,
) -> Aligner:
    """Create the aligner `spacy-xner.SimilarityAligner.v1`.

    Two word pieces are aligned if each is the most similar to the other (SimAlign's Argmax, Jalili Sabet et al. 2020),
    or if their softmax probability is above a threshold in both directions (awesome-align, Dou and Neubig 2021). Both
    rules compare pieces by the cosine of their vectors, less a penalty for places that are far from each other. Two
    words are aligned if any of their pieces are.

    encoder (str): "e5-small", or Hugging Face name or folder of a multilingual encoder.
    layer (int): use the vectors of this layer, counted from 1; 0 for the middle one, which is best for e5-small. 8 of
        12 is usual for multilingual BERT.
    rule (str): "argmax" or "softmax".
    threshold (float): smallest probability of "softmax".
    temperature (float): temperature of "softmax".
    distortion (float): what is taken from the cosine where one piece is at the beginning of its sentence and the other
        at the end; less where they are less far apart.
    RETURNS (Aligner): the aligner.
    RAISES: X009, X182 or X186 if the encoder can't be loaded, X306 if it has fewer layers.
    """
    return SimilarityAligner(encoder, layer, rule, threshold, temperature, distortion)


def measure_distortion(n: int, m: int) -> numpy.ndarray:
    """Measure how far apart places in two sentences are.

    n, m (int): the number of places in each.
    RETURNS (ndarray): (n, m) the differences of the places as shares of their sentences, in [0, 1).
    """
    return numpy.abs(numpy.arange(n)[:, None] / n - numpy.arange(m)[None] / m)


def intersect_argmax(similarity: numpy.ndarray) -> numpy.ndarray:
    """Find the pairs of tokens that are most similar to each other.

    similarity (ndarray): (n, m) similarities of source and target tokens.
    RETURNS (ndarray): (n, m) bool, True where i and j are each other's most similar token.
    """
    best_target = similarity == similarity.max(axis=1, keepdims=True)
    best_source = similarity == similarity.max(axis=0, keepdims=True)
    return best_target & best_source


def intersect_softmax(logits: numpy.ndarray, threshold: float) -> numpy.ndarray:
    """Find the pairs of tokens that are probable in both directions.

    logits (ndarray): (n, m) logits of source and target tokens.
    threshold (float): probability in [0, 1] that both directions must exceed.
    RETURNS (ndarray): (n, m) bool, True where they do.
    """
    above = [_softmax(logits, axis) > threshold for axis in (0, 1)]
    return above[0] & above[1]


def _softmax(logits: numpy.ndarray, axis: int) -> numpy.ndarray:
    exponents = numpy.exp(logits - logits.max(axis=axis, keepdims=True))
    return exponents / exponents.sum(axis=axis, keepdims=True)


def _normalize(X: numpy.ndarray) -> numpy.ndarray:
    return X / numpy.maximum(numpy.linalg.norm(X, axis=-1, keepdims=True), 1e-8)
