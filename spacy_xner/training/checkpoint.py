"""Checkpoints of a training: one file, written atomically, that contains no code."""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Set, Tuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from spacy.language import Language
from thinc.api import Model, Optimizer, get_current_ops, xp2torch
from torch import nn

from ..errors import Errors, XnerError, explain
from ..files import replace_file
from .adamw import AdamW
from .draws import Draws

Key = Tuple[int, str]
# An optimizer's arrays for each parameter, and its tensors for each torch parameter if it updates these itself.
MOMENTS = ("mom1", "mom2", "averages")
STATE = ("step", "exp_avg", "exp_avg_sq")


class TrainingProgress(NamedTuple):
    """The progress of a training.

    inputs (str): hash of config and data, see `hash_inputs`.
    evaluations (List[Dict[str, Any]]): what spaCy's training reported at each; it goes on at the last one.
    start (Draws): the random state from which the data is drawn.
    now (Draws): the random state with which everything else goes on.
    skipped (List[int]): steps whose batches are left out.
    """

    inputs: str
    evaluations: List[Dict[str, Any]]
    start: Draws
    now: Draws
    skipped: List[int]


def save_checkpoint(
    path: Path, nlp: Language, optimizer: Optimizer, progress: TrainingProgress, callback: bytes = b""
) -> None:
    """Write weights, the optimizer's state, the strings of the vocabulary, the progress and the state of a callback.

    path (Path): a .safetensors file; an existing one is replaced once the new one is complete.
    nlp (Language): the pipeline in training.
    optimizer (Optimizer): its optimizer.
    progress (TrainingProgress): the progress of the training.
    callback (bytes): the state of the callback of `[training.before_update]`, empty if it has none.
    RAISES: X112 if it can't be written.
    """
    names = _name_parameters(nlp)
    tensors = {f"weights/{name}": tensor for name, tensor in _find_weights(nlp)}
    for kind in MOMENTS:
        arrays = getattr(optimizer, kind) or {}
        tensors.update({f"{kind}/{names[key]}": xp2torch(arrays[key]) for key in arrays if key in names})
    if isinstance(optimizer, AdamW):
        for _, name, param in _find_torch(nlp):
            moments = optimizer.moments.get(param, {})
            tensors.update({f"{kind}/{name}": tensor for kind, tensor in moments.items()})
    updates = {names[key]: n for key, n in optimizer.nr_update.items() if key in names}
    state = {"updates": updates, "strings": list(nlp.vocab.strings)}
    tensors = dict(_untie(tensors))
    # As tensors, since the size of the file's header is limited.
    tensors["progress"] = _pack(progress._asdict())
    tensors["state"] = _pack(state)
    if callback:
        tensors["callback"] = torch.frombuffer(bytearray(callback), dtype=torch.uint8)
    try:
        with replace_file(path) as temporary:
            save_file(tensors, temporary)
    except SafetensorError as error:
        raise XnerError(Errors.X112.format(path=path, reason=explain(error))) from error


def read_progress(path: Path) -> TrainingProgress:
    """Read the progress of a training.

    path (Path): a checkpoint.
    RETURNS (TrainingProgress): its progress.
    RAISES: X030 if it can't be read.
    """
    try:
        with safe_open(path, "pt") as file:
            return TrainingProgress(**_unpack(file.get_tensor("progress")))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise XnerError(Errors.X030.format(path=path, reason=explain(error))) from error


def load_checkpoint(path: Path, nlp: Language, optimizer: Optimizer) -> bytes:
    """Load the weights of a pipeline and the state of its optimizer.

    path (Path): a checkpoint of a training with the same config and data.
    nlp (Language): the initialized pipeline.
    optimizer (Optimizer): its optimizer; the schedules are not changed.
    RETURNS (bytes): the state of the callback, empty if it has none.
    RAISES: X030 if the weights do not belong to this pipeline.
    """
    names = _name_parameters(nlp)
    ops = get_current_ops()
    try:
        with safe_open(path, "pt") as file:
            stored = set(file.keys())
            for pipe, model in _find_models(nlp):
                _set_weights(pipe, model, file)
            for kind in MOMENTS:
                arrays = getattr(optimizer, kind)
                if arrays is not None:
                    arrays.clear()
                    for key, name in names.items():
                        if f"{kind}/{name}" in stored:
                            arrays[key] = ops.asarray(file.get_tensor(f"{kind}/{name}").clone().numpy())
            if isinstance(optimizer, AdamW):
                optimizer.moments.clear()
                for _, name, param in _find_torch(nlp):
                    found = {kind: f"{kind}/{name}" for kind in STATE if f"{kind}/{name}" in stored}
                    if found:
                        optimizer.moments[param] = {
                            kind: file.get_tensor(key).to(param.device) for kind, key in found.items()
                        }
            state = _unpack(file.get_tensor("state" if "state" in stored else "told"))  # its earlier name
            callback = bytes(file.get_tensor("callback").numpy()) if "callback" in stored else b""
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise XnerError(Errors.X030.format(path=path, reason=explain(error))) from error
    updates = {key: state["updates"][name] for key, name in names.items() if name in state["updates"]}
    for string in state["strings"]:  # the words of texts seen so far are saved with a pipeline
        nlp.vocab.strings.add(string)
    optimizer.nr_update.clear()
    optimizer.nr_update.update(updates)
    for _, model in _find_models(nlp):
        _reset_gradients(model, set(updates))
    return callback


def _untie(tensors: Dict[str, torch.Tensor]) -> Iterator[Tuple[str, torch.Tensor]]:
    """Copy tied weights, since the format does not allow tensors to share memory. Other weights are not copied."""
    seen: Set[int] = set()
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        place = tensor.untyped_storage().data_ptr()
        yield name, tensor.clone() if place in seen else tensor
        seen.add(place)


def _find_models(nlp: Language) -> Iterator[Tuple[str, Model]]:
    for name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        if getattr(pipe, "is_trainable", False) and isinstance(model, Model):
            yield name, model


def _name_parameters(nlp: Language) -> Dict[Key, str]:
    """RETURNS (Dict[Key, str]): names by the optimizer's keys, which are only valid in this process."""
    names = {key: name for key, name, _ in _find_torch(nlp)}
    for pipe, model in _find_models(nlp):
        for i, node in enumerate(model.walk()):
            names.update({(node.id, param): f"{pipe}.{i}.{param}" for param in node.param_names})
    return names


def _find_torch(nlp: Language) -> Iterator[Tuple[Key, str, nn.Parameter]]:
    """YIELDS (Tuple[Key, str, nn.Parameter]): the key, name and value of each torch parameter."""
    for pipe, model in _find_models(nlp):
        for i, node in enumerate(model.walk()):
            for j, shim in enumerate(node.shims):
                for param, tensor in shim._model.named_parameters():
                    yield (shim.id, param), f"{pipe}.{i}.{j}.{param}", tensor


def _find_weights(nlp: Language) -> Iterator[Tuple[str, torch.Tensor]]:
    for pipe, model in _find_models(nlp):
        for i, node in enumerate(model.walk()):
            for param in node.param_names:
                if node.has_param(param):
                    yield f"{pipe}.{i}.{param}", xp2torch(node.get_param(param))
            for j, shim in enumerate(node.shims):
                for param, tensor in shim._model.state_dict().items():
                    yield f"{pipe}.{i}.{j}.{param}", tensor


def _set_weights(pipe: str, model: Model, file: Any) -> None:
    for i, node in enumerate(model.walk()):
        for param in node.param_names:
            if node.has_param(param):
                tensor = file.get_tensor(f"weights/{pipe}.{i}.{param}")
                node.set_param(param, node.ops.asarray_f(tensor.clone().numpy()))
        for j, shim in enumerate(node.shims):
            names = shim._model.state_dict()
            shim._model.load_state_dict({n: file.get_tensor(f"weights/{pipe}.{i}.{j}.{n}") for n in names})


def _reset_gradients(model: Model, updated: Set[Key]) -> None:
    """Set a zero gradient for parameters that had one before, since optimizers move such parameters, too."""
    for node in model.walk():
        for param in node.param_names:
            if node.has_grad(param) or (node.id, param) in updated:
                node.set_grad(param, node.ops.xp.zeros_like(node.get_param(param)))
        for shim in node.shims:
            for param, tensor in shim._model.named_parameters():
                tensor.grad = torch.zeros_like(tensor) if (shim.id, param) in updated else None


def _pack(data: Any) -> torch.Tensor:
    return torch.frombuffer(bytearray(json.dumps(data, default=float), "utf8"), dtype=torch.uint8)


def _unpack(tensor: torch.Tensor) -> Any:
    return json.loads(bytes(tensor.numpy()))
