"""Training a pipeline further on other labelled text: its own component, weights and labels, and new labels beside."""

import warnings
from typing import Any, Dict, List

from spacy.language import Language
from spacy.util import resolve_dot_names
from thinc.api import Config

from ..errors import Warnings
from ..objectives.cross_entropy import create_cross_entropies
from ..pipeline import fill_settings, find_component
from ..schemes import get_scheme
from .distill import find_decoded


def start_from(settings: Config, nlp: Language, path: str) -> Config:
    """Put the component of a trained pipeline in the place of that of a config.

    settings (Config): the config of a training, not interpolated. Its corpora and its [training] stay.
    nlp (Language): the pipeline; its other components go along and stay as they are.
    path (str): where it comes from, for messages.
    RETURNS (Config): the config.
    RAISES: X011 (no component of ours), X024 (one that finds no entities).
    """
    find_decoded(nlp, path)
    pipe = find_component(nlp, path)
    config = settings.copy()
    config["nlp"].update(
        lang=nlp.lang, pipeline=list(nlp.pipe_names), tokenizer=nlp.config["nlp"]["tokenizer"]
    )
    config["components"] = {name: {"source": str(nlp.path)} for name in nlp.pipe_names}
    config["training"]["frozen_components"] = [name for name in nlp.pipe_names if name != pipe.name]
    config["initialize"]["components"] = {}
    config["initialize"]["vectors"] = str(nlp.path) if nlp.vocab.vectors.shape[0] else None
    return config


def learn_from_labels(nlp: Language) -> List[str]:
    """Let a trained component learn from labelled text, whatever it learned from before, with the labels in that text.

    What it reads entities from is trained by cross-entropy. New labels and longer entities extend its heads.

    nlp (Language): a pipeline whose config names the training corpus.
    RETURNS (List[str]): the labels that are new.
    RAISES: X011 (no component of ours), X024 (one that finds no entities).
    """
    outputs = find_decoded(nlp, str(nlp.path or nlp.meta.get("name", "")))
    pipe = find_component(nlp)
    pipe.objectives = create_cross_entropies(outputs)
    told: Dict[str, Any] = {
        output: {"@misc": "spacy-xner.CrossEntropy.v1", "output": output} for output in pipe.objectives
    }
    nlp.get_pipe_config(pipe.name)["objectives"] = told
    fill_settings(nlp, pipe.name)
    config = nlp.config.interpolate()
    (corpus,) = resolve_dot_names(config, [config["training"]["train_corpus"]])
    new = pipe.extend(corpus(nlp))
    schemes = [get_scheme(pipe.schemes[output] or "") for output in outputs]
    if new and not any(scheme.labels(scheme.classes(new)) for scheme in schemes):
        warnings.warn(Warnings.XW009.format(name=pipe.name, labels=new), stacklevel=2)
    return new
