"""Loading a pipeline, and finding this package's component in it, for rooms that may not import its class."""

from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    runtime_checkable,
)

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import get_model_meta, get_package_path, is_package
from spacy.vocab import Vocab
from thinc.api import Model

from .errors import Errors, XnerError, explain
from .hub import HASH, is_hash
from .types import Decoder, Objective, Predictions

ENCODER = "spacy-xner.Encoder.v1"


@runtime_checkable
class Recogniser(Protocol):
    """This package's component in a pipeline, as rooms see it that may not import its class.

    name (str): its name in the pipeline.
    vocab (Vocab): the vocabulary of the pipeline.
    model (Model): from documents to the heads' named outputs; its attributes name encoders, heads and schemes.
    objectives (Dict[str, Objective]): the terms of its loss by name.
    decoder (Optional[Decoder]): from logits to entities; None for a stage that finds no entities.
    spans_key (str): key of the span group that carries the scores.
    threshold (float): the lowest score of an entity, in [0, 1].
    renew (Optional[Callable]): called with each batch before its targets are made.
    """

    name: str
    vocab: Vocab
    model: Model
    objectives: Dict[str, Objective]
    decoder: Optional[Decoder]
    spans_key: str
    threshold: float
    renew: Optional[Callable[[Sequence[Example]], None]]

    @property
    def labels(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): the entity labels."""
        ...

    @property
    def longest(self) -> int:
        """RETURNS (int): the tokens of the longest entity in its training data."""
        ...

    @property
    def schemes(self) -> Dict[str, Optional[str]]:
        """RETURNS (Dict[str, Optional[str]]): the tagging scheme of each output, None for representations."""
        ...

    def extend(self, examples: Iterable[Example]) -> List[str]:
        """Get ready for further labelled text, for its labels and for entities of that length.

        examples (Iterable[Example]): the training examples.
        RETURNS (List[str]): the labels that are new.
        """
        ...

    def predict(self, docs: Iterable[Doc]) -> Predictions:
        """Run the model.

        docs (Iterable[Doc]): the documents.
        RETURNS (Predictions): (n, ...) arrays of each.
        """
        ...

    def set_annotations(self, docs: Iterable[Doc], predictions: Predictions) -> None:
        """Write the entities that are read from predictions.

        docs (Iterable[Doc]): the documents.
        predictions (Predictions): the outputs of `predict` for them.
        """
        ...

    def copy(self) -> "Recogniser":
        """Copy the component as it is.

        RETURNS (Recogniser): a component with weights of its own.
        """
        ...


def get_heads(model: Model) -> Any:
    """Get the torch modules of a model's heads.

    model (Model): the initialized model of a component.
    RETURNS (ModuleDict): the modules by "head:NAME".
    """
    return model.get_ref("heads").shims[0]._model.heads


def find_component(nlp: Language, path: Optional[str] = None) -> Recogniser:
    """Find the first component of this package.

    nlp (Language): the pipeline.
    path (Optional[str]): where it comes from, for the message; by default its folder, or else its name.
    RETURNS (Recogniser): the component.
    RAISES: X011 if there is none.
    """
    found = list_components(nlp)
    if not found:
        origin = path or nlp.path or nlp.meta.get("name", "")
        raise XnerError(Errors.X011.format(path=origin, found=nlp.pipe_names))
    return found[0]


def list_components(nlp: Language) -> List[Recogniser]:
    """List what `find_component` looks for.

    nlp (Language): the pipeline.
    RETURNS (List[Recogniser]): its components of this package, in order.
    """
    pipes: List[Any] = [pipe for _, pipe in nlp.pipeline]
    return [pipe for pipe in pipes if isinstance(pipe, Recogniser)]


def load_pipeline(name: str) -> Language:
    """Load a trained pipeline.

    name (str): an installed package, or a folder.
    RETURNS (Language): the pipeline.
    RAISES: X304 if there is no such pipeline, or it can't be loaded.
    """
    folder = find_pipeline(name)
    best = folder / "model-best"
    if (best / "config.cfg").is_file() and not (folder / "config.cfg").is_file():
        raise XnerError(
            Errors.X304.format(path=name, reason=f"it holds those of a training, '{best}' among them")
        )
    try:
        return spacy.load(name)
    except XnerError:
        raise
    except Exception as error:  # a damaged folder fails in as many ways as there are components
        raise XnerError(Errors.X304.format(path=name, reason=explain(error, lines=2))) from error


def save_pipeline(nlp: Language, folder: Path) -> None:
    """Save a pipeline.

    nlp (Language): the pipeline.
    folder (Path): where it goes; missing folders are made.
    RAISES: X112 if the folder can't be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        nlp.to_disk(folder)
    except OSError as error:
        raise XnerError(Errors.X112.format(path=folder, reason=explain(error))) from error


def store_half(nlp: Language) -> None:
    """Let a pipeline save the weights of its transformers in half precision from now on, in half the room.

    nlp (Language): the pipeline; it computes as before.
    """
    for name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model):
            for shim in (shim for node in model.walk() for shim in node.shims if hasattr(shim, "store")):
                shim.store = "float16"
            for config in _find_encoders(nlp.get_pipe_config(name)):
                config["store"] = "float16"


def fill_settings(nlp: Language, name: str) -> None:
    """Put values in the place of variables into the optimizer of a pipeline's config.

    spaCy reads it as it stands when it assembles a pipeline, or goes on training one that was loaded, and fails on
    `${vars.learn_rate}`.

    What kind of encoder a name stands for is settled as well: when the pipeline is loaded, the folder that it names may
    be gone or hold another encoder. A folder that stands for 'hash' becomes this name.

    nlp (Language): the pipeline.
    name (str): the component's name.
    """
    filled, config = nlp.config.interpolate(), nlp.config.copy()
    config["training"]["optimizer"] = filled["training"]["optimizer"]
    nlp.config = config
    encoders = _find_encoders(nlp.get_pipe_config(name))
    for encoder, value in zip(encoders, list(_find_encoders(filled["components"][name])), strict=True):
        if is_hash(str(value["name"]), value["kind"]):
            encoder["name"] = HASH
        else:
            encoder["kind"] = "transformer"


def _find_encoders(config: Any) -> Iterator[Dict[str, Any]]:
    """YIELDS (Dict[str, Any]): the blocks of encoders in a config."""
    if isinstance(config, dict):
        if config.get("@architectures") == ENCODER:
            yield config
        for value in config.values():
            yield from _find_encoders(value)


def find_pipeline(name: str) -> Path:
    """Find where a pipeline is stored.

    name (str): an installed package, or a folder, which comes first.
    RETURNS (Path): the folder that was named, whole, or that of the package with the pipeline's config.
    RAISES: X304 if there is none.
    """
    if Path(name).exists():
        return Path(name).resolve()
    if is_package(name):
        return _find_data(Path(get_package_path(name)))
    raise XnerError(Errors.X304.format(path=name, reason="no package and no folder has that name"))


def _find_data(root: Path) -> Path:
    """RETURNS (Path): where in a package the pipeline's own folder is; the package's folder if it is in none."""
    if (root / "config.cfg").is_file() or not (root / "meta.json").is_file():
        return root
    meta = get_model_meta(root)
    folder = root / f"{meta['lang']}_{meta['name']}-{meta['version']}"
    return folder if folder.is_dir() else root


def use_gpu(gpu_id: int) -> None:
    """Put what is loaded from now on onto a GPU.

    gpu_id (int): number of the GPU, -1 to stay on the CPU.
    RAISES: X302 if the GPU can't be used.
    """
    if gpu_id < 0:
        return
    try:
        spacy.require_gpu(gpu_id)
    except Exception as error:  # CuPy's and torch's own errors, where the number or the driver is wrong
        raise XnerError(Errors.X302.format(gpu=gpu_id, reason=explain(error, lines=2))) from error
