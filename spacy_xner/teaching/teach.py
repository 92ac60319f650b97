"""Computing the soft labels of a frozen teacher once, and storing them with the documents."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Union

import numpy
from spacy.language import Language
from spacy.tokens import Doc

from ..corpora.batcher import batch_docs
from ..corpora.reader import make_example
from ..corpora.store import pack_docs, read_docs
from ..errors import Errors, XnerError
from ..metadata import set_soft_labels
from ..pipeline import Recogniser, find_component
from ..schemes import get_scheme
from .worker import Worker

# Smallest stored probability: KL(student || teacher) is infinite at 0.
FLOOR = 1e-6


def teach(
    nlp: Language,
    docs: Iterable[Doc],
    *,
    names: Optional[Dict[str, str]] = None,
    floor: float = FLOOR,
    batch_size: Optional[int] = None,
) -> Iterator[Doc]:
    """Store a teacher's soft labels for each token or token pair with documents.

    nlp (Language): the teacher, a pipeline with a component of this package.
    docs (Iterable[Doc]): the documents; their tokens are kept, their annotation is not read.
    names (Optional[Dict[str, str]]): the outputs, with the names of their soft labels. By default all outputs with a
        tagging scheme, under their own names.
    floor (float): lower bound of the stored probabilities.
    batch_size (Optional[int]): most documents in a batch, by default the pipeline's own setting.
    YIELDS (Doc): the documents with (n, C) or, for relations, (n, D, C) float32 log-probabilities. Soft labels with
        other names are kept.
    RAISES: X011 (no such component), X012 (no such output).
    """
    pipe = find_component(nlp)
    schemes = {output: scheme for output, scheme in pipe.schemes.items() if scheme is not None}
    names = {output: output for output in schemes} if names is None else names
    for output in names:
        if output not in schemes:
            raise XnerError(Errors.X012.format(name=pipe.name, output=output, found=list(schemes)))
    for batch in batch_docs(docs, batch_size or nlp.batch_size):
        store_soft_labels(pipe, batch, names, floor=floor)
        yield from batch


def store_soft_labels(
    pipe: Recogniser, docs: Sequence[Doc], names: Dict[str, str], *, floor: float = FLOOR, version: int = 0
) -> None:
    """Store a teacher's soft labels with documents.

    pipe (Recogniser): the teacher.
    docs (Sequence[Doc]): the documents, which are changed.
    names (Dict[str, str]): outputs with a tagging scheme, with the names of their soft labels.
    floor (float): lower bound of the stored probabilities.
    version (int): which teacher of a training this is, see `Soft`.
    """
    classes = {output: get_scheme(pipe.schemes[output] or "").classes(pipe.labels) for output in names}
    for batch in batch_docs((doc for doc in docs if len(doc)), max(len(docs), 1)):
        predictions = pipe.predict([make_example(doc, pipe.vocab).predicted for doc in batch])
        for i, doc in enumerate(batch):
            for output, name in names.items():
                logp = floored_log_softmax(predictions[output][i], floor)
                set_soft_labels(doc, name, classes[output], logp, version=version)


@dataclass(frozen=True)
class Teacher(Worker):
    """Stores soft labels with the parts of a corpus.

    names (Optional[Dict[str, str]]): as in `teach`.
    """

    names: Optional[Dict[str, str]] = None

    def work(self, nlp: Language, inputs: List[Doc]) -> bytes:
        """Store the teacher's soft labels with documents.

        nlp (Language): the teacher.
        inputs (List[Doc]): the documents of a part.
        RETURNS (bytes): the documents with soft labels, from `pack_docs`.
        """
        return pack_docs(teach(nlp, inputs, names=self.names))


def teach_corpus(nlp: Language, path: Union[str, Path], **kwargs: Any) -> Iterator[Doc]:
    """Store a teacher's soft labels with the documents of a corpus.

    nlp (Language): the teacher, a pipeline with a component of this package.
    path (Union[str, Path]): `.spacy` file or folder.
    kwargs (Any): `names`, `floor` and `batch_size` as in `teach`.
    YIELDS (Doc): the documents.
    RAISES: X101, X110, X111 if the corpus can't be read, and those of `teach`.
    """
    return teach(nlp, read_docs(path, nlp.vocab), **kwargs)


def floored_log_softmax(logits: numpy.ndarray, floor: float) -> numpy.ndarray:
    """Convert logits to log-probabilities with a lower bound.

    logits (ndarray): (n, C) or, for relations, (n, D, C).
    floor (float): the smallest probability, above 0. The probabilities may then add up to slightly more than 1.
    RETURNS (ndarray): float32 log-probabilities in nats, of the same shape, at least log(floor).
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logp = shifted - numpy.log(numpy.exp(shifted).sum(axis=-1, keepdims=True))
    return numpy.maximum(logp, numpy.log(floor)).astype("float32")
