"""Predictions for gold documents, and what of a pipeline's outputs can be scored."""

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..metadata import copy_identity, get_tags, set_tags
from ..schemes import get_scheme
from ..scores import copy_scores
from ..tokens import copy_tokens


@dataclass(frozen=True)
class TypeOutput:
    """An output that gives each token a type, whether it finds entities or not.

    name (str): the name under which the predicted classes lie in the document's tags.
    classes (List[str]): the class names.
    """

    name: str
    classes: List[str]


def is_annotated(doc: Doc) -> bool:
    """Tell whether a document can be gold.

    doc (Doc): a document, with or without entities.
    RETURNS (bool): whether entities are annotated on all tokens, of which there must be one.
    """
    return len(doc) > 0 and doc.has_annotation("ENT_IOB", require_complete=True)


def find_type_output(nlp: Language) -> Optional[TypeOutput]:
    """Look for an output for types, first among those that the decoder reads. The tags in a document are
    those of the last component that sets any, so it alone is asked.

    nlp (Language): the pipeline.
    RETURNS (Optional[TypeOutput]): the output, None if there is none.
    """
    pipe: Any  # known by its attributes, as evaluation stands below the components
    for _, pipe in reversed(nlp.pipeline):
        if hasattr(pipe, "decoder"):
            schemes = pipe.model.attrs.get("schemes", {})
            names = [name for name, scheme in schemes.items() if scheme == "type"]
            decoded = pipe.decoder.outputs if pipe.decoder is not None else ()
            names.sort(key=lambda name: name not in decoded)
            return TypeOutput(names[0], get_scheme("type").classes(pipe.labels)) if names else None
    return None


def predict(
    nlp: Language, golds: Sequence[Doc], *, retokenize: bool = False, batch_size: Optional[int] = None
) -> List[Example]:
    """Run a pipeline on gold documents, without showing it their annotation.

    nlp (Language): the pipeline.
    golds (Sequence[Doc]): the gold documents.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the gold tokens.
    batch_size (Optional[int]): number of documents predicted at once, by default the pipeline's own.
    RETURNS (List[Example]): a prediction with its gold each, in order.
    """
    inputs = (make_input(nlp, gold, retokenize) for gold in golds)
    predictions = nlp.pipe(inputs, batch_size=batch_size)
    return [Example(_reduce(doc), gold) for doc, gold in zip(predictions, golds, strict=True)]


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
        doc.set_ents([ent for ent in doc.ents if ent.label_ in labels], default="outside")


def _reduce(doc: Doc) -> Doc:
    # Tensors and transformer output of a whole corpus don't fit into memory.
    reduced = copy_tokens(doc, doc.vocab)
    reduced.set_ents([Span(reduced, span.start, span.end, label=span.label) for span in doc.ents])
    copy_scores(doc, reduced)
    set_tags(reduced, get_tags(doc))
    return reduced
