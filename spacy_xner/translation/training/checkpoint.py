"""Checkpoints of a training: folders that appear whole or not at all."""

import os
import shutil
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import srsly
import torch

from ...errors import Errors, XnerError
from ...files import write_bytes
from .model import Seq2Seq, load_model, save_model

LAST, BEST, LOG = "last", "best", "log.jsonl"
STATE = "training.pt"


class Checkpoint(NamedTuple):
    """translator (Seq2Seq): model and tokenizer. state (Dict[str, Any]): all else that the training needs."""

    translator: Seq2Seq
    state: Dict[str, Any]


def save_checkpoint(
    folder: Path, name: str, translator: Seq2Seq, state: Optional[Dict[str, Any]] = None
) -> None:
    """Write a model, and what is needed to go on training it.

    folder (Path): the output folder.
    name (str): name of the checkpoint, a folder in it. One of that name is replaced when the new one is complete.
    translator (Seq2Seq): the model and its tokenizer.
    state (Optional[Dict[str, Any]]): tensors, numbers, strings, and containers of them.
    RAISES: X112 if it can't be written.
    """
    path, new, old = folder / name, folder / f".{name}.new", folder / f".{name}.old"
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        save_model(translator, new)
        if state is not None:
            torch.save(state, new / STATE)
        # A folder can't replace another in one step: killed between the two, `find_checkpoint` finds the old one.
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(path, old)
        os.replace(new, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise XnerError(Errors.E112.format(path=path, reason=error.strerror or error)) from error


def find_checkpoint(folder: Path) -> Optional[Path]:
    """Find the last checkpoint of a training.

    folder (Path): the output folder; may be missing.
    RETURNS (Optional[Path]): its folder, None if there is none.
    """
    candidates = [folder / LAST, folder / f".{LAST}.old"]
    return next((path for path in candidates if (path / STATE).is_file()), None)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read the last checkpoint of a training.

    folder (Path): the output folder.
    RETURNS (Checkpoint): the model and the state, on the CPU.
    RAISES: X224 if there is none, X207 if its model can't be loaded.
    """
    path = find_checkpoint(folder)
    if path is None:
        raise XnerError(Errors.E224.format(path=folder, reason="it holds no checkpoint"))
    state = torch.load(path / STATE, map_location="cpu", weights_only=True)
    return Checkpoint(load_model(str(path)), state)


def write_log(folder: Path, lines: List[Dict[str, Any]]) -> None:
    """Write the curve.

    folder (Path): the output folder; the file in it is replaced.
    lines (List[Dict[str, Any]]): the whole curve, a line for each evaluation.
    RAISES: X112 if it can't be written.
    """
    write_bytes(folder / LOG, "".join(srsly.json_dumps(line) + "\n" for line in lines).encode("utf8"))
