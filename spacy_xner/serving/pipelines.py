"""The pipelines of a server, in the process that runs them."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..metadata import set_metadata
from ..pipeline import list_components, load_pipeline
from ..reporting.evaluate import list_labels
from ..reporting.render import find_writing_direction
from ..scores import list_found

# An answer to a text; what went wrong with it in place of one.
Found = Union[Dict[str, Any], str]


class Description(NamedTuple):
    """A pipeline as a server tells of it.

    labels (List[str]): its labels.
    threshold (float): the lowest score that an entity of it may have.
    """

    labels: List[str]
    threshold: float


class Pipelines:
    """Pipelines by the names that they are served under.

    models (Dict[str, str]): for each name a package, or a folder.
    threshold (Optional[float]): the lowest score of an entity; None for what each pipeline has.
    """

    def __init__(self, models: Dict[str, str], threshold: Optional[float] = None) -> None:
        self.loaded = {name: load_pipeline(model) for name, model in models.items()}
        if threshold is not None:
            for pipe in (pipe for nlp in self.loaded.values() for pipe in list_components(nlp)):
                pipe.threshold = threshold

    def describe(self) -> Dict[str, Description]:
        """RETURNS (Dict[str, Description]): what the server tells of each pipeline."""
        return {
            name: Description(
                list_labels(nlp), min((pipe.threshold for pipe in list_components(nlp)), default=0.0)
            )
            for name, nlp in self.loaded.items()
        }

    def recognise(self, name: str, texts: Sequence[str], languages: Sequence[Optional[str]]) -> List[Found]:
        """Recognise the entities of texts.

        name (str): the pipeline.
        texts (Sequence[str]): the texts.
        languages (Sequence[Optional[str]]): the language of each; None if it is not known.
        RETURNS (List[Found]): the answer to each text. If they can't be processed together, they are one by one, and
            those that can't be either have the kind of the error.
        """
        nlp = self.loaded[name]
        inputs = list(zip(texts, languages, strict=True))
        try:
            return _recognise(nlp, inputs)
        except Exception:  # whatever a component of a user may raise
            return [_recognise_alone(nlp, pair) for pair in inputs]


def _recognise(nlp: Language, inputs: Sequence[Any]) -> List[Found]:
    # Otherwise the vocabulary would grow with every word.
    with nlp.memory_zone():
        docs = []
        for text, language in inputs:
            docs.append(nlp.tokenizer(text))
            if language is not None:
                set_metadata(docs[-1], language=language)
        found: List[Found] = [_show(doc) for doc in nlp.pipe(docs, batch_size=len(docs))]
    if len(found) < len(docs):  # a component of a user may leave out what it can't process
        raise ValueError
    return found


def _recognise_alone(nlp: Language, pair: Any) -> Found:
    try:
        return _recognise(nlp, [pair])[0]
    except Exception as error:  # its message may have the text in it
        return type(error).__name__


def _show(doc: Doc) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a document as JSON, as `requests.Document` describes it."""
    text = doc.text
    entities = [
        {"start": e.start, "end": e.end, "text": text[e.start : e.end], "label": e.label, "score": e.score}
        for e in list_found(doc)
    ]
    return {"direction": find_writing_direction(text), "entities": entities}
