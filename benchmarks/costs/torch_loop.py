"""A plain torch loop to measure a training by.

The same encoder on the same batches, one linear layer, cross-entropy, clipping by the global norm, fused AdamW.
"""

import time
from statistics import median
from typing import Any, Dict, List, Tuple

import torch
from numpy import ndarray
from torch import Tensor, nn
from transformers import AutoModel

from spacy_xner.evaluation.speed import time_run

from .command import show_turns
from .peak import wait

# For each update what a transformer is called with, as arrays, which processes can send.
Updates = List[List[Dict[str, ndarray]]]
# As many as nine tags of CoNLL; which they are costs nothing.
CLASSES = 9


class TorchLoop:
    """The loop with the encoder of a folder; the precision "bf16" computes under autocast."""

    def __init__(self, path: str, precision: str, device: torch.device) -> None:
        self.device = device
        self.half = precision == "bf16"
        self.encoder = AutoModel.from_pretrained(path).to(device).train()
        self.head = nn.Linear(self.encoder.config.hidden_size, CLASSES, device=device)
        self.params = [*self.encoder.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.AdamW(self.params, lr=1e-5, fused=True)

    def epoch(self, updates: Updates) -> float:
        """RETURNS (float): the seconds that these updates take."""

        def move(inputs: Dict[str, ndarray]) -> Dict[str, Tensor]:
            return {name: torch.tensor(array, device=self.device) for name, array in inputs.items()}

        return time_run(self._run, [[move(inputs) for inputs in batch] for batch in updates])

    def _run(self, updates: List[List[Dict[str, Tensor]]]) -> None:
        for batches in updates:
            for inputs in batches:
                with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half):
                    logits = self.head(self.encoder(**inputs).last_hidden_state).flatten(0, 1).float()
                gold = torch.zeros(len(logits), dtype=torch.int64, device=self.device)
                (nn.functional.cross_entropy(logits, gold) / len(batches)).backward()
            nn.utils.clip_grad_norm_(self.params, 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad()
        wait()


class Recorder:
    """Records what the transformer of a component is called with in each update, and times that of the weights."""

    def __init__(self, pipe: Any) -> None:
        self.updates: Updates = [[]]
        self.seconds = 0.0
        self.finish = pipe.finish_update
        pipe.finish_update = self._finish
        modules = [shim._model for node in pipe.model.walk() for shim in node.shims]
        (transformer,) = (module for module in modules if hasattr(module, "get_input_embeddings"))
        transformer.register_forward_pre_hook(self._record, with_kwargs=True)

    def take(self) -> Updates:
        """RETURNS (Updates): what was recorded since the last time."""
        updates = [batches for batches in self.updates if batches]
        self.updates, self.seconds = [[]], 0.0
        return updates

    def _record(self, module: nn.Module, args: Tuple, kwargs: Dict[str, Any]) -> None:
        found = {name: value.cpu().numpy() for name, value in kwargs.items() if isinstance(value, Tensor)}
        self.updates[-1].append(found)

    def _finish(self, sgd: Any) -> None:
        wait()
        start = time.perf_counter()
        self.finish(sgd)
        wait()
        self.seconds += time.perf_counter() - start
        self.updates.append([])


def compare_by_turns(training: Any, recorder: Recorder, loop: TorchLoop, repeats: int) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): the speed of a training in loops, on its batches by turns; the share of updates."""
    owns, shares, loops = [], [], []
    for _ in range(repeats):
        recorder.take()
        owns.append(training.epoch() * len(training.examples))
        shares.append(recorder.seconds / owns[-1])
        loops.append(loop.epoch(recorder.take()))
    return {
        "loop_seconds": round(median(loops), 3),
        "update_share": round(median(shares), 3),
        **show_turns([seconds / own for seconds, own in zip(loops, owns, strict=True)], "of_torch"),
    }
