"""Checkpoints of a translator's training: folders that are written atomically."""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import numpy
import srsly
import torch

from ...errors import Errors, XnerError
from ...files import replace_folder, restore_folder, write_bytes
from .model import Seq2Seq, load_seq2seq, save_model

LAST, BEST, LOG = "last", "best", "log.jsonl"
STATE = "training.msgpack"


class Checkpoint(NamedTuple):
    """A checkpoint of a training.

    translator (Seq2Seq): model and tokenizer.
    state (Dict[str, Any]): the rest of the training's state.
    """

    translator: Seq2Seq
    state: Dict[str, Any]


def save_translator(
    folder: Path, name: str, translator: Seq2Seq, state: Optional[Dict[str, Any]] = None
) -> None:
    """Write a model and the state of its training.

    folder (Path): the output folder.
    name (str): name of the checkpoint, a folder in it. An existing one is replaced once the new one is complete.
    translator (Seq2Seq): the model and its tokenizer.
    state (Optional[Dict[str, Any]]): tensors, numbers, strings, and containers of them; tuples come back as lists.
    RAISES: X112 if it can't be written.
    """
    with replace_folder(folder / name) as new:
        new.mkdir()
        save_model(translator, new)
        if state is not None:
            srsly.write_msgpack(new / STATE, _map(state, torch.Tensor, lambda tensor: tensor.cpu().numpy()))


def find_checkpoint(folder: Path) -> Optional[Path]:
    """Find the last checkpoint of a training.

    folder (Path): the output folder; may be missing.
    RETURNS (Optional[Path]): its folder, None if there is none.
    """
    restore_folder(folder / LAST)
    return folder / LAST if (folder / LAST / STATE).is_file() else None


def load_translator(folder: Path) -> Checkpoint:
    """Read the last checkpoint of a training.

    folder (Path): the output folder.
    RETURNS (Checkpoint): the model and the state, on the CPU.
    RAISES: X224 if there is none, X207 if its model can't be loaded.
    """
    path = find_checkpoint(folder)
    if path is None:
        raise XnerError(Errors.X224.format(path=folder, reason="it holds no checkpoint"))
    # Copied, since arrays of msgpack are read-only.
    state = _map(srsly.read_msgpack(path / STATE), numpy.ndarray, lambda array: torch.tensor(array))
    return Checkpoint(load_seq2seq(str(path)), state)


def _map(value: Any, kind: type, function: Callable[[Any], Any]) -> Any:
    """RETURNS (Any): the same containers, with `function` applied to all values of a type."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, dict):
        return {key: _map(item, kind, function) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map(item, kind, function) for item in value]
    return value


def write_log(folder: Path, lines: List[Dict[str, Any]]) -> None:
    """Write the training curve.

    folder (Path): the output folder; the file in it is replaced.
    lines (List[Dict[str, Any]]): the whole curve, with a line for each evaluation.
    RAISES: X112 if it can't be written.
    """
    write_bytes(folder / LOG, "".join(srsly.json_dumps(line) + "\n" for line in lines).encode("utf8"))
