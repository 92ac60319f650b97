"""Where an encoder puts entities and tokens: points in the plane, and similarities within a sentence."""

import contextlib
import random
from typing import Callable, Dict, Iterator, List, Literal, NamedTuple, Sequence

import numpy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import fix_random_seed, registry
from thinc.api import Model
from thinc.types import Floats2d

from ..evaluation.predict import make_input
from ..pipeline import find_component

# Tokens of the longest sentence whose similarities are shown.
LONGEST = 16
Parts = Literal["mean", "ends"]
# From the (n, d) vectors of an entity's tokens to one vector.
PARTS: Dict[Parts, Callable[[numpy.ndarray], numpy.ndarray]] = {
    "mean": lambda vectors: vectors.mean(axis=0),
    "ends": lambda vectors: numpy.concatenate([vectors[0], vectors[-1]]),
}


class Encoders(NamedTuple):
    """The model of a pipeline whose encoders encode tokens, and what runs before it."""

    nlp: Language
    before: List[str]
    model: Model

    def encode(self, docs: Sequence[Doc]) -> List[numpy.ndarray]:
        """Encode the tokens of documents.

        docs (Sequence[Doc]): gold documents; annotation is not read.
        RETURNS (List[ndarray]): (n, d) float32 of each document's tokens, the encoders side by side.
        """
        found = self.encode_apart(docs)
        to_numpy = self.model.ops.to_numpy
        return [numpy.concatenate([to_numpy(Xs[i]) for Xs in found.values()], 1) for i in range(len(docs))]

    def encode_apart(self, docs: Sequence[Doc]) -> Dict[int, List[Floats2d]]:
        """Encode the tokens of documents by each encoder.

        docs (Sequence[Doc]): gold documents; annotation is not read.
        RETURNS (Dict[int, List[Floats2d]]): by the encoder's place among the model's layers, (n, d) of each document.
        """
        with self.nlp.select_pipes(enable=self.before):
            inputs = list(self.nlp.pipe(make_input(self.nlp, doc) for doc in docs))
        places = sorted(set(self.model.attrs["encoders"].values()))
        return {place: self.model.layers[place].predict(inputs) for place in places}


def find_encoders(nlp: Language) -> Encoders:
    """Find the encoders of the first component of this package.

    nlp (Language): the pipeline.
    RETURNS (Encoders): its model, and the components before it.
    RAISES: X011 if there is no such component.
    """
    pipe = find_component(nlp)
    return Encoders(nlp, nlp.pipe_names[: nlp.pipe_names.index(pipe.name)], pipe.model)


def make_untrained(nlp: Language, docs: Sequence[Doc]) -> Encoders:
    """Make the encoders of a pipeline as they were before any training: pretrained, or random. Its heads are random.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): some documents to initialize with.
    RETURNS (Encoders): the encoders, which share the pipeline's vocabulary and what runs before them.
    RAISES: X011 without a component of ours, X010 if pretrained weights can't be loaded.
    """
    known = find_encoders(nlp)
    name = find_component(nlp).name
    config = nlp.config.interpolate()["components"][name]["model"]
    with _seeded():
        model = registry.resolve({"model": config})["model"]
        model.attrs["sizes"] = known.model.attrs["sizes"]
        model.initialize(X=[make_input(nlp, doc) for doc in docs[:10]])
    return known._replace(model=model)


@contextlib.contextmanager
def _seeded() -> Iterator[None]:
    """Draw the same random numbers each time, and leave those of others as they are."""
    states = random.getstate(), numpy.random.get_state()
    with torch.random.fork_rng():
        fix_random_seed(0)
        try:
            yield
        finally:
            random.setstate(states[0])
            numpy.random.set_state(states[1])


def embed_entities(encoders: Encoders, docs: Sequence[Doc], parts: Parts = "mean") -> numpy.ndarray:
    """Encode entities (DLBri, figure 2; DualNER, figure 2).

    Several encoders are side by side, not averaged, as their dimensions have nothing in common.

    encoders (Encoders): those of a pipeline.
    docs (Sequence[Doc]): gold documents.
    parts (Literal["mean", "ends"]): "mean" of its tokens' vectors (DLBri), or those of its first and its last token
        side by side, [h_start; h_end] (DualNER eq. 9).
    RETURNS (ndarray): (n, d) or (n, 2d) float32, for each gold entity in order; (0, 0) without entities.
    """
    rows = [
        PARTS[parts](vectors[ent.start : ent.end])
        for doc, vectors in zip(docs, encoders.encode(docs), strict=True)
        for ent in doc.ents
    ]
    return numpy.stack(rows) if rows else numpy.zeros((0, 0), dtype="float32")


def project_points(vectors: numpy.ndarray, seed: int = 0) -> numpy.ndarray:
    """Find places in the plane by t-SNE (van der Maaten and Hinton 2008).

    Fewer than five vectors are placed by their first two dimensions.

    vectors (ndarray): (n, d) of the entities.
    seed (int): of t-SNE.
    RETURNS (ndarray): (n, 2) places.
    """
    if len(vectors) < 5:
        return vectors[:, :2]
    from sklearn.manifold import TSNE  # takes a second to import

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    tsne = TSNE(init="random", perplexity=perplexity, random_state=seed)
    found: numpy.ndarray = tsne.fit_transform(vectors)
    return found


def choose_sentence(docs: Sequence[Doc], longest: int = LONGEST) -> int:
    """Choose the sentence whose similarities are shown.

    docs (Sequence[Doc]): gold documents, one at least.
    longest (int): most tokens that can be shown.
    RETURNS (int): the index of the sentence with the most tokens in entities, among those not too long, else of the
        shortest.
    """
    short = [i for i, doc in enumerate(docs) if len(doc) <= longest]
    if not short:
        return min(range(len(docs)), key=lambda i: len(docs[i]))
    return max(short, key=lambda i: sum(len(ent) for ent in docs[i].ents))


def compare_tokens(encoders: Encoders, doc: Doc) -> numpy.ndarray:
    """Compare the tokens of a sentence (as MCL-NER, figure 4, for the relations of tokens).

    encoders (Encoders): those of a pipeline.
    doc (Doc): the sentence.
    RETURNS (ndarray): (n, n) cosine similarities in [-1, 1] of the vectors of the tokens, after their mean, which all
        have in common, is taken away.
    """
    (vectors,) = encoders.encode([doc])
    centred = vectors - vectors.mean(axis=0)
    unit = centred / numpy.maximum(numpy.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    similarities: numpy.ndarray = unit @ unit.T
    return similarities
