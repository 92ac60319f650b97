"""Training of labelled-sequence translation (CROP, section 3.3)."""

import math
import time
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

import torch

from ...errors import Errors, XnerError
from .batches import BatchStream, PairBatch, View
from .checkpoint import BEST, LAST, save_translator, write_log
from .evaluate import HeldOut, evaluate_translator
from .examples import SentencePair
from .languages import PairDirection
from .loss import combine, count_tokens, get_loss, pick_view
from .model import Seq2Seq
from .settings import Schedule, TranslatorSettings

BETAS = (0.9, 0.98)


def train_model(
    translator: Seq2Seq,
    pairs: Sequence[SentencePair],
    held_out: HeldOut,
    directions: Sequence[PairDirection],
    output: Path,
    settings: TranslatorSettings,
    *,
    steps: int,
    minutes: Optional[float] = None,
    eval_every: int = Schedule.eval_every,
    device: str = "cpu",
    state: Optional[Dict[str, Any]] = None,
    on_log: Optional[Callable[[Dict[str, Any]], None]] = None,
) -> List[Dict[str, Any]]:
    """Train a model, and save its last state and its best state, the one with the most exact spans.

    translator (Seq2Seq): the model with the boundary symbols; it is changed in place.
    pairs (Sequence[SentencePair]): the pairs to train on.
    held_out (HeldOut): the pairs to evaluate on.
    directions (Sequence[PairDirection]): the directions to train.
    output (Path): the folder for the checkpoints `last` and `best`, and for the curve, `log.jsonl`.
    settings (TranslatorSettings): the settings.
    steps (int): number of steps, including those before a resumption.
    minutes (Optional[float]): time limit, including the time before a resumption.
    eval_every (int): number of steps between evaluations with checkpoints; there is also one before the first step and
        one after the last.
    device (str): device of torch.
    state (Optional[Dict[str, Any]]): the state of the checkpoint to resume from.
    on_log (Optional[Callable]): called with each line of the curve.
    RETURNS (List[Dict[str, Any]]): the curve: step, seconds, the training loss and the scores of `Scores`.
    RAISES: X226 if the loss is not finite, X112 if a checkpoint can't be written.
    """
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(settings.seed)
        translator.model.to(device)
        run = _Run(translator, pairs, held_out, directions, output, settings, on_log)
        if state is not None:
            run.restore(state)
        else:
            run.log(math.nan)
        run.go(steps, minutes, eval_every)
        return run.lines


def get_rate(step: int, warmup: int) -> float:
    """Compute the learning rate, which rises linearly, then falls with the inverse square root of the step.

    step (int): the step, from 1.
    warmup (int): the step of the highest rate.
    RETURNS (float): the rate as a share in (0, 1] of the highest rate.
    """
    warmup = max(warmup, 1)
    return min(step / warmup, math.sqrt(warmup / step))


class _Run:
    """The state of a training."""

    def __init__(
        self,
        translator: Seq2Seq,
        pairs: Sequence[SentencePair],
        held_out: HeldOut,
        directions: Sequence[PairDirection],
        output: Path,
        settings: TranslatorSettings,
        on_log: Optional[Callable[[Dict[str, Any]], None]],
    ) -> None:
        self.translator = translator
        self.held_out = held_out
        self.output = output
        self.settings = settings
        self.on_log = on_log
        # What must be the same when a training is resumed.
        self.setup: Dict[str, Any] = {
            **asdict(settings),
            "pairs": zlib.crc32(repr([(*pair[:2], sorted(pair[2])) for pair in pairs]).encode("utf8")),
            "directions": [list(direction) for direction in directions],
        }
        self.step = 0
        self.seconds = 0.0
        self.started = time.monotonic()
        self.lines: List[Dict[str, Any]] = []
        self.optimizer = torch.optim.Adam(translator.model.parameters(), lr=settings.lr, betas=BETAS)
        kinds: List[List[View]] = [["plain", "marked"]] if settings.how == "sum" else [["plain"], ["marked"]]
        self.streams = {
            "-".join(views): BatchStream(
                pairs,
                directions,
                translator,
                views,
                batch_tokens=settings.batch_tokens,
                max_spans=settings.max_spans,
                seed=settings.seed,
            )
            for views in kinds
        }

    def go(self, steps: int, minutes: Optional[float], eval_every: int) -> None:
        losses: List[float] = []
        self.translator.model.train()
        while self.step < steps and (minutes is None or self.get_seconds() < 60 * minutes):
            losses.append(self.update())
            if self.step % eval_every == 0:
                self.log(sum(losses) / len(losses))
                losses = []
        if losses:
            self.log(sum(losses) / len(losses))

    def update(self) -> float:
        """Take one step, with the gradient of several batches.

        RETURNS (float): the loss, a mean over the target tokens of all batches.
        RAISES: X226 if it is not finite.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.lr * get_rate(self.step + 1, self.settings.warmup)
        model = self.translator.model
        batches = [self.next_batches() for _ in range(self.settings.accumulate_gradient)]
        n_tokens = {view: sum(count_tokens(some[view]) for some in batches) for view in batches[0]}
        self.optimizer.zero_grad()
        total = 0.0
        for some in batches:
            with torch.autocast(
                model.device.type, dtype=torch.bfloat16, enabled=self.settings.precision == "bfloat16"
            ):
                loss = self.get_loss(some, n_tokens)
            if not torch.isfinite(loss):
                raise XnerError(Errors.X226.format(value=loss.item(), step=self.step + 1))
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), self.settings.max_grad_norm)
        self.optimizer.step()
        self.step += 1
        return total

    def next_batches(self) -> Dict[View, PairBatch]:
        """RETURNS (Dict[View, PairBatch]): the next batch, for the objective of this step or for both objectives."""
        if self.settings.how == "sum":
            return next(self.streams["plain-marked"])
        return next(self.streams[pick_view(self.step, self.settings.alpha)])

    def get_loss(self, batches: Dict[View, PairBatch], n_tokens: Dict[View, int]) -> torch.Tensor:
        """RETURNS (torch.Tensor): the loss of a batch by target token of the step: eq. 6 or one of its terms."""
        model, smoothing = self.translator.model, self.settings.label_smoothing
        losses = {
            view: get_loss(model, batch, n_tokens=n_tokens[view], label_smoothing=smoothing)
            for view, batch in batches.items()
        }
        return combine(losses, self.settings.alpha) if len(losses) > 1 else next(iter(losses.values()))

    def get_seconds(self) -> float:
        """RETURNS (float): seconds of training, without pauses before resumptions."""
        return self.seconds + time.monotonic() - self.started

    def log(self, loss: float) -> None:
        """Evaluate, add a line to the curve, and save."""
        scores = evaluate_translator(self.translator, self.held_out)
        line = {"step": self.step, "seconds": round(self.get_seconds(), 1)}
        if not math.isnan(loss):
            line["loss"] = round(loss, 4)
        found = {name: value for name, value in scores._asdict().items() if value is not None}
        line.update({name: round(value, 4) for name, value in found.items()})
        is_best = all(_rank(line) > _rank(other) for other in self.lines)
        self.lines.append(line)
        if is_best:
            save_translator(self.output, BEST, self.translator)
        save_translator(self.output, LAST, self.translator, self.get_state())
        write_log(self.output, self.lines)
        if self.on_log is not None:
            self.on_log(line)

    def get_state(self) -> Dict[str, Any]:
        device = self.translator.model.device
        return {
            "step": self.step,
            "seconds": self.get_seconds(),
            "lines": self.lines,
            "setup": self.setup,
            "optimizer": self.optimizer.state_dict(),
            "streams": {name: stream.state for name, stream in self.streams.items()},
            "rng": torch.get_rng_state(),
            "rng_cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
        }

    def restore(self, state: Dict[str, Any]) -> None:
        """Resume from a checkpoint.

        state (Dict[str, Any]): the state of the checkpoint.
        RAISES: X224 if it was made with other settings.
        """
        # Settings that are missing in an old checkpoint had the values of today's defaults.
        found = {**asdict(TranslatorSettings()), **state["setup"]}
        changed = [name for name, value in self.setup.items() if found.get(name) != value]
        if changed:
            before, now = ({name: setup.get(name) for name in changed} for setup in (found, self.setup))
            reason = f"it was started with {before}, but is to go on with {now}"
            raise XnerError(Errors.X224.format(path=self.output, reason=reason))
        self.step, self.seconds, self.lines = state["step"], state["seconds"], state["lines"]
        self.optimizer.load_state_dict(state["optimizer"])
        for name, stream in self.streams.items():
            stream.state = tuple(state["streams"][name])
        torch.set_rng_state(state["rng"])
        if state["rng_cuda"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["rng_cuda"], self.translator.model.device)


def _rank(line: Dict[str, Any]) -> Any:
    return line["exact"], line["overlap"], line["kept"], -line["loss_lst"]
