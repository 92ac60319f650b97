"""Examining the parts of a corpus: how unsure a model is of each sentence, and what it finds there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple

import numpy
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from ...corpora.batcher import batch_docs
from ...corpora.reader import make_example
from ...corpora.store import pack_docs
from ...corpora.texts import make_text_key
from ...decoding.probabilities import softmax
from ...errors import Errors, XnerError
from ...metadata import drop_soft_labels, get_fields, get_language, get_soft_labels, set_fields
from ...pipeline import Recogniser, find_component
from ...schemes import get_scheme
from ..worker import Worker
from .uncertainty import measure


class Finding(NamedTuple):
    """What is known of a sentence, without its text.

    key (int): equal for texts that differ in case, white space, signs and the digits of numbers only.
    language (str): its language, "" if unknown.
    label (str): the label that it is most unsure of, "" if no output tells labels.
    n_tokens (int): its tokens.
    score (float): the uncertainty of all tokens together.
    measures (Dict[str, float]): each measure, summed over the tokens.
    reading (str): the most unsure token and how the model reads it.
    weights (bytes): (n,) float16, the uncertainty of each token.
    """

    key: int
    language: str
    label: str
    n_tokens: int
    score: float
    measures: Dict[str, float]
    reading: str
    weights: bytes


class Examined(NamedTuple):
    """The result of a part.

    n_inputs (int): the documents read.
    findings (List[Finding]): what is known of each document that has words.
    docs (bytes): these documents with entities and scores, from `pack_docs`.
    """

    n_inputs: int
    findings: List[Finding]
    docs: bytes


@dataclass(frozen=True)
class Examiner(Worker):
    """Examines the parts of a corpus.

    keep_labels (bool): whether documents keep the labels that they have, in place of what the pipeline finds.
    """

    keep_labels: bool = False

    def work(self, nlp: Language, inputs: List[Doc]) -> bytes:
        """Examine documents.

        nlp (Language): the pipeline.
        inputs (List[Doc]): the documents of a part; distributions that `teach` has stored are not computed again.
        RETURNS (bytes): an `Examined`, for `read_examined`.
        RAISES: X011 (no component), X319 (one that finds no entities).
        """
        pipe = find_component(nlp, self.model)
        if pipe.decoder is None:
            raise XnerError(Errors.X319.format(path=self.model, name=pipe.name))
        findings, kept = [], []
        given = (doc for doc in inputs if any(not token.is_space for token in doc))
        for batch in batch_docs(given, nlp.batch_size):
            found = [make_example(doc, nlp.vocab).predicted for doc in batch]
            outputs = find_distributions(pipe, batch, found)
            for i, (doc, labelled) in enumerate(zip(batch, found, strict=True)):
                logits = {name: values[i] for name, values in outputs.items()}
                findings.append(make_finding(labelled, logits, pipe))
                if self.keep_labels:
                    drop_soft_labels(doc)
                elif get_fields(doc):
                    set_fields(labelled, get_fields(doc))
                kept.append(doc if self.keep_labels else labelled)
        return srsly.msgpack_dumps(Examined(len(inputs), findings, pack_docs(kept)))


def find_distributions(pipe: Recogniser, docs: List[Doc], found: List[Doc]) -> Dict[str, List[numpy.ndarray]]:
    """Find the distributions of documents, and write the entities that are read from them.

    pipe (Recogniser): the component.
    docs (List[Doc]): the documents; if all of a batch have soft labels of all outputs, these are taken.
    found (List[Doc]): unlabelled copies, which get the entities.
    RETURNS (Dict[str, List[ndarray]]): for each output that classifies, the (n, ...) logits, or stored
        log-probabilities in nats, of each document.
    """
    schemes = {name: scheme for name, scheme in pipe.schemes.items() if scheme is not None}
    stored = {name: [get_soft_labels(doc, name) for doc in docs] for name in schemes}
    classes = {name: get_scheme(scheme).classes(pipe.labels) for name, scheme in schemes.items()}
    known = {
        name: [soft.logp for soft in items if soft is not None and soft.classes == classes[name]]
        for name, items in stored.items()
    }
    if any(len(arrays) < len(docs) for arrays in known.values()):
        known = pipe.predict(found)
    pipe.set_annotations(found, known)
    return {name: arrays for name, arrays in known.items() if name in schemes}


def make_finding(doc: Doc, logits: Dict[str, numpy.ndarray], pipe: Recogniser) -> Finding:
    """Describe how unsure a model is of a document.

    doc (Doc): the document, with the entities that the model finds; it has words.
    logits (Dict[str, ndarray]): (n, ...) logits, or log-probabilities in nats, of each output that classifies.
    pipe (Recogniser): the component.
    RETURNS (Finding): what is known of it.
    """
    schemes = {name: pipe.schemes[name] or "" for name in logits}
    unsure = measure({name: softmax(values) for name, values in logits.items()}, schemes, pipe.labels)
    words = numpy.asarray([not token.is_space for token in doc])
    weights = unsure.tokens * words
    worst = int((unsure.measures.get("entities", weights) * words).argmax())
    span = next((ent for ent in doc.ents if ent.start <= worst < ent.end), doc[worst : worst + 1])
    label, reading = "", span.text
    if unsure.types.size:
        label = pipe.labels[int((weights @ unsure.types[:, 1:]).argmax())]
        names, p = ("outside", *pipe.labels), unsure.types[worst]
        first, second = p.argsort()[::-1][:2].tolist()
        reading += f": {names[first]} {p[first]:.2f}, {names[second]} {p[second]:.2f}"
    return Finding(
        make_text_key(doc.text),
        get_language(doc),
        label,
        int(words.sum()),
        float(weights.sum()),
        {name: float(values @ words) for name, values in unsure.measures.items()},
        reading,
        weights.astype("float16").tobytes(),
    )


def read_examined(paths: Iterable[Path]) -> Iterator[Examined]:
    """Read the results of parts.

    paths (Iterable[Path]): files with results of `Examiner`.
    YIELDS (Examined): the result in each file.
    """
    for path in paths:
        n_inputs, findings, docs = srsly.msgpack_loads(path.read_bytes())
        yield Examined(n_inputs, [Finding(*row) for row in findings], docs)
