"""Word alignment by the similarity of an encoder's vectors, which needs neither parallel text nor training."""

from typing import List, Literal, Optional, Sequence, Tuple

import numpy
from spacy.tokens import Doc
from spacy.util import minibatch, registry
from spacy.vocab import Vocab

from ..engines.origins import describe_origin
from ..types import Aligner, Alignment


class SimilarityAligner:
    """See `create_similarity_aligner`."""

    def __init__(
        self, encoder: str, layer: Optional[int], rule: str, threshold: float, temperature: float
    ) -> None:
        self.name = f"similarity:{describe_origin(encoder)}:{layer}:{rule}:{threshold}:{temperature}"
        self.rule, self.threshold, self.temperature = rule, threshold, temperature
        self.vocab = Vocab()
        settings = {} if layer is None else {"num_hidden_layers": layer}
        build = registry.architectures.get("spacy-xner.Encoder.v1")
        self.model = build(name=encoder, transformer_config=settings)
        self.model.initialize()

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Align sentence pairs, each by itself.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): the alignment of each pair, empty if a side is empty.
        """
        found: List[Alignment] = []
        for batch in minibatch(pairs, 64):
            sources = self.model.predict([Doc(self.vocab, words=list(source)) for source, _ in batch])
            targets = self.model.predict([Doc(self.vocab, words=list(target)) for _, target in batch])
            found += [self._align(X, Y) for X, Y in zip(sources, targets, strict=True)]
        return found

    def _align(self, X: numpy.ndarray, Y: numpy.ndarray) -> Alignment:
        if not len(X) or not len(Y):
            return set()
        similarity = _normalize(X) @ _normalize(Y).T
        if self.rule == "argmax":
            chosen = intersect_argmax(similarity)
        else:
            chosen = intersect_softmax(similarity / self.temperature, self.threshold)
        return {(int(i), int(j)) for i, j in numpy.argwhere(chosen)}


def create_similarity_aligner(
    encoder: str,
    layer: Optional[int] = None,
    rule: Literal["argmax", "softmax"] = "argmax",
    threshold: float = 0.1,
    temperature: float = 0.1,
) -> Aligner:
    """Create the aligner `spacy-xner.SimilarityAligner.v1`.

    Two tokens are aligned if each is the most similar to the other (SimAlign's Argmax, Jalili Sabet et al. 2020), or if
    their softmax probability is above a threshold in both directions (awesome-align, Dou and Neubig 2021). Both rules
    compare tokens by the cosine of their vectors, with one vector per token.

    encoder (str): Hugging Face name or folder of a multilingual encoder.
    layer (Optional[int]): use the vectors of this layer, counted from 1 (8 of 12 is usual); the last by default.
    rule (str): "argmax" or "softmax".
    threshold (float): smallest probability of "softmax".
    temperature (float): temperature of "softmax".
    RETURNS (Aligner): the aligner.
    RAISES: X010 if the encoder can't be loaded.
    """
    return SimilarityAligner(encoder, layer, rule, threshold, temperature)


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
