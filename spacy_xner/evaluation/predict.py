"""Predictions for gold documents, and what of a pipeline's outputs can be scored."""

from collections import deque
from dataclasses import dataclass
from typing import Deque, Iterator, List, Optional, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..metadata import copy_identity, get_tags, set_tags
from ..pipeline import list_components
from ..schemes import get_scheme
from ..scores import copy_scores
from ..tokens import copy_entities, copy_tokens
from .missing import drop_unasked


@dataclass(frozen=True)
class TaskOutput:
    """An output for one sub-task, which gives each token a class, whatever is decoded from it.

    name (str): the name under which the predicted classes lie in the document's tags.
    classes (List[str]): the class names.
    """

    name: str
    classes: List[str]


def is_annotated(doc: Doc) -> bool:
    """Tell whether a document can be gold.

    doc (Doc): a document, with or without entities.
    RETURNS (bool): whether entities are annotated on some token; the others are not scored.
    """
    return len(doc) > 0 and doc.has_annotation("ENT_IOB")


def find_output(nlp: Language, scheme: str) -> Optional[TaskOutput]:
    """Look for an output for a sub-task, first among those that the decoder reads.

    The tags in a document are those of the last component that sets any, so it alone is asked.

    nlp (Language): the pipeline.
    scheme (str): the tagging scheme of the sub-task, "span" or "type".
    RETURNS (Optional[TaskOutput]): the output, None if there is none.
    """
    pipes = list_components(nlp)
    if not pipes:
        return None
    pipe = pipes[-1]
    names = [name for name, found in pipe.schemes.items() if found == scheme]
    decoded = pipe.decoder.outputs if pipe.decoder is not None else ()
    names.sort(key=lambda name: name not in decoded)
    return TaskOutput(names[0], get_scheme(scheme).classes(pipe.labels)) if names else None


def predict(
    nlp: Language, golds: Sequence[Doc], *, retokenize: bool = False, batch_size: Optional[int] = None
) -> List[Example]:
    """Run a pipeline on gold documents, without showing it their annotation.

    nlp (Language): the pipeline.
    golds (Sequence[Doc]): the gold documents.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the gold tokens.
    batch_size (Optional[int]): number of documents predicted at once, by default the pipeline's own.
    RETURNS (List[Example]): a prediction with its gold each, in order. Predictions have the tokens that the pipeline
        was given, whatever its components make of them, and no entities on tokens without gold annotation.
    """
    found = predict_docs(nlp, golds, retokenize=retokenize, batch_size=batch_size)
    examples = [Example(doc, gold) for doc, gold in zip(found, golds, strict=True)]
    for example in examples:
        drop_unasked(example)
    return examples


def predict_docs(
    nlp: Language, docs: Sequence[Doc], *, retokenize: bool = False, batch_size: Optional[int] = None
) -> Iterator[Doc]:
    """Run a pipeline on documents, without showing it their annotation.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents, which are left as they are.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the tokens.
    batch_size (Optional[int]): number of documents predicted at once, by default the pipeline's own.
    YIELDS (Doc): the predictions, in order, with the tokens that the pipeline was given, whatever its components make
        of them.
    """
    waiting: Deque[Doc] = deque()

    def read() -> Iterator[Doc]:
        for given in docs:
            doc = make_input(nlp, given, retokenize)
            # Components that merge or split tokens change the input itself.
            waiting.append(copy_tokens(doc, doc.vocab))
            yield doc

    for doc in nlp.pipe(read(), batch_size=batch_size):
        yield _reduce(doc, waiting.popleft())


def make_input(nlp: Language, gold: Doc, retokenize: bool = False) -> Doc:
    """Make a document to predict on, with the group, view and languages of the gold one, but without annotation.

    nlp (Language): the pipeline, for its vocabulary and tokenizer.
    gold (Doc): the gold document, which is left as it is.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the gold tokens.
    RETURNS (Doc): the document.
    """
    doc = nlp.make_doc(gold.text) if retokenize else copy_tokens(gold, nlp.vocab)
    copy_identity(gold, doc)
    return doc


def keep_labels(example: Example, labels: Sequence[str]) -> None:
    """Leave out the entities of other types, of prediction and gold, as if nobody had asked for them.

    example (Example): a prediction with its gold, which are changed.
    labels (Sequence[str]): the types that stay.
    """
    for doc in (example.predicted, example.reference):
        keep_types(doc, labels)


def keep_types(doc: Doc, labels: Sequence[str]) -> None:
    """Leave out the entities of other types.

    doc (Doc): a document, which is changed.
    labels (Sequence[str]): the types that stay.
    """
    doc.set_ents([ent for ent in doc.ents if ent.label_ in labels], default="outside")


def _reduce(doc: Doc, reduced: Doc) -> Doc:
    """RETURNS (Doc): the document with the tokens that the pipeline was given, and with what is scored.

    Tensors and transformer output of a whole corpus don't fit into memory.
    """
    copy_entities(doc, reduced)
    copy_scores(doc, reduced)
    tags = {name: _move_tags(values, doc, reduced) for name, values in get_tags(doc).items()}
    set_tags(reduced, {name: values for name, values in tags.items() if values is not None})
    return reduced


def _move_tags(tags: numpy.ndarray, doc: Doc, reduced: Doc) -> Optional[numpy.ndarray]:
    """Find the tags of the given tokens if tokens were merged before or after the component that has set them.

    RETURNS (Optional[ndarray]): the tags, None if that can't be told.
    """
    if len(tags) == len(reduced):
        return tags
    if len(tags) != len(doc):
        return None
    starts = doc.to_array(["IDX"]).reshape(-1)
    return tags[numpy.searchsorted(starts, reduced.to_array(["IDX"]).reshape(-1), side="right") - 1]
