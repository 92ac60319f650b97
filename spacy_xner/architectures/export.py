"""Export of encoders and token classifiers as models of the transformers library."""

import copy
from pathlib import Path
from typing import Any, Dict, List

from thinc.api import Model
from torch import nn
from transformers import AutoModelForTokenClassification

from ..errors import Errors, XnerError
from ..heads.token_classifier import TokenClassifier
from ..pipeline import get_heads
from ..schemes import get_scheme
from .transformer import get_shim


def export_model(model: Model, labels: List[str], folder: Path) -> Dict[str, Path]:
    """Save each transformer, and each linear head on a transformer as a model for token classification.

    model (Model): a trained model, see `build_model`.
    labels (List[str]): the labels.
    folder (Path): the folder for "encoder-{name}" and "head-{name}", which are replaced if they exist.
    RETURNS (Dict[str, Path]): the folders by name.
    RAISES: X028 if there is no transformer, X029 if a transformer has no linear classifier of tokens in transformers.
    """
    encoders = find_transformers(model)
    found: Dict[str, Path] = {}
    for name, encoder in encoders.items():
        found[f"encoder-{name}"] = _save(get_shim(encoder)._model, encoder, folder / f"encoder-{name}")
    heads = get_heads(model)
    for name, spec in model.attrs["heads"].items():
        head = heads[f"head:{name}"]
        if isinstance(head, TokenClassifier) and spec.encoders[0] in encoders:
            encoder = encoders[spec.encoders[0]]
            classes = get_scheme(next(iter(spec.schemes.values())) or "").classes(labels)
            classifier = make_classifier(get_shim(encoder)._model, head, classes)
            found[f"head-{name}"] = _save(classifier, encoder, folder / f"head-{name}")
    return found


def find_transformers(model: Model) -> Dict[str, Model]:
    """Find the encoders of a model that are transformers.

    model (Model): a trained model, see `build_model`.
    RETURNS (Dict[str, Model]): these encoders by name.
    RAISES: X028 if there is none.
    """
    names = model.attrs["encoders"]
    layers = {name: model.layers[index] for name, index in names.items()}
    encoders = {name: layer for name, layer in layers.items() if layer.name == "transformer_encoder"}
    if not encoders:
        raise XnerError(Errors.X028.format(found=list(names)))
    return encoders


def make_classifier(transformer: Any, head: TokenClassifier, classes: List[str]) -> Any:
    """Join a transformer and a linear head to a model for token classification.

    transformer (PreTrainedModel): the transformer.
    head (TokenClassifier): the head that reads it.
    classes (List[str]): the head's classes.
    RETURNS (PreTrainedModel): the transformers library's model for token classification of this architecture.
    RAISES: X029 if the library has none with a linear classifier.
    """
    config = copy.deepcopy(transformer.config)
    config.id2label = dict(enumerate(classes))
    config.label2id = {name: number for number, name in enumerate(classes)}
    try:
        joined = AutoModelForTokenClassification.from_config(config)
    except ValueError as error:  # no such model for this architecture
        raise XnerError(Errors.X029.format(name=type(config).__name__)) from error
    classifier = getattr(joined, "classifier", None)
    # A pooler is left out: models for token classification have none.
    missing = joined.base_model.load_state_dict(transformer.state_dict(), strict=False).missing_keys
    if not isinstance(classifier, nn.Linear) or classifier.in_features != head.linear.in_features or missing:
        raise XnerError(Errors.X029.format(name=type(joined).__name__))
    classifier.load_state_dict(head.linear.state_dict())
    return joined


def _save(transformer: Any, encoder: Model, folder: Path) -> Path:
    get_shim(encoder)._hfmodel.tokenizer.save_pretrained(folder)
    transformer.save_pretrained(folder)
    return folder
