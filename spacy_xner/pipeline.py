"""Finding this package's component in a pipeline, for rooms that may not import its class."""

from typing import Any

from spacy.language import Language

from .errors import Errors, XnerError


def find_component(nlp: Language, path: str) -> Any:
    """Find the first component that has objectives and outputs with tagging schemes.

    nlp (Language): the pipeline.
    path (str): where it comes from, for the message.
    RETURNS (CrossLingualNER): the component.
    RAISES: X011 if there is none.
    """
    for _, pipe in nlp.pipeline:
        if hasattr(pipe, "schemes") and hasattr(pipe, "objectives"):
            return pipe
    raise XnerError(Errors.E011.format(path=path, found=nlp.pipe_names))
