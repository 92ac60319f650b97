from enum import Enum
from pathlib import Path
from typing import Any, Dict, Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError
from ..files import claim
from ._options import GpuId
from ._util import app, user_errors


class Directions(str, Enum):
    """Which way to translate: from left to right, back, or both."""

    both = "both"
    forward = "forward"
    backward = "backward"


class How(str, Enum):
    """How the objectives with and without marks are joined: batches in turn, or the sum of both for each batch."""

    alternate = "alternate"
    sum = "sum"


class Precision(str, Enum):
    """The number format of the forward pass."""

    float32 = "float32"
    bfloat16 = "bfloat16"


@app.command("train-translator")
@user_errors
def train_translator_cli(
    pairs: Annotated[Path, typer.Argument(help="Sentence pairs, tokenized by spaces: source, tab, target")],
    output: Annotated[Path, typer.Argument(help="Folder for the models last/ and best/, and log.jsonl")],
    align: Annotated[
        Optional[Path], typer.Option("--align", "-a", help="Word alignments of the pairs, as i-j")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Model to start from, or 'new' for a small one from scratch")
    ] = "new",
    source: Annotated[str, typer.Option("--source", "-s", help="Code of the language on the left")] = "en",
    target: Annotated[str, typer.Option("--target", "-t", help="Code of the language on the right")] = "es",
    directions: Annotated[
        Directions, typer.Option("--directions", help="What to translate: left to right, back, or both")
    ] = Directions.both,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0, max=1, help="Weight of translation without marks")
    ] = 0.5,
    how: Annotated[
        How, typer.Option("--how", help="The objectives in turn, or the sum of both for each batch")
    ] = How.alternate,
    steps: Annotated[int, typer.Option("--steps", min=0, help="Stop after so many steps")] = 100_000,
    minutes: Annotated[
        Optional[float], typer.Option("--minutes", min=0, help="Stop after so many minutes")
    ] = None,
    eval_every: Annotated[int, typer.Option("--eval-every", min=1, help="Steps between evaluations")] = 500,
    eval_size: Annotated[int, typer.Option("--eval-size", min=1, help="Most pairs to evaluate on")] = 200,
    held_out: Annotated[float, typer.Option("--held-out", help="Share of the pairs to hold out")] = 0.02,
    batch_tokens: Annotated[
        int, typer.Option("--batch-tokens", min=1, help="Most word pieces of a batch on either side")
    ] = 1536,
    accumulate_gradient: Annotated[
        int, typer.Option("--accumulate-gradient", min=1, help="Batches of a step; 32 in the paper")
    ] = 1,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Leave out pairs with more tokens than this")
    ] = 128,
    max_spans: Annotated[int, typer.Option("--max-spans", min=1, help="Most spans to mark")] = 10,
    lr: Annotated[float, typer.Option("--lr", min=0, help="Highest learning rate")] = 1e-4,
    warmup: Annotated[int, typer.Option("--warmup", min=0, help="Steps until it is reached")] = 4000,
    label_smoothing: Annotated[
        float,
        typer.Option(
            "--label-smoothing",
            min=0,
            max=1,
            help="Share of the probability spread over all tokens; most models use 0.1",
        ),
    ] = 0.0,
    max_grad_norm: Annotated[
        float, typer.Option("--max-grad-norm", min=0, help="Scale gradients down to this norm")
    ] = 1.0,
    precision: Annotated[Precision, typer.Option("--precision", help="Of the forward pass")] = (
        Precision.float32
    ),
    width: Annotated[int, typer.Option("--width", min=2, help="Width of a new model")] = 256,
    layers: Annotated[int, typer.Option("--layers", min=1, help="Layers of its encoder and decoder")] = 3,
    heads: Annotated[int, typer.Option("--heads", min=1, help="Heads of its attention")] = 4,
    vocab: Annotated[int, typer.Option("--vocab", min=260, help="Most word pieces of its tokenizer")] = 8000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn")] = 0,
    gpu_id: GpuId = -1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint")] = False,
) -> None:
    """Train a model to translate sentences whose entities are marked, on aligned sentence pairs (CROP)."""
    if align is None:
        raise XnerError(Errors.E220.format(path=pairs))
    # Here, since spaCy imports all commands whenever one is run.
    from ..translation.training.model import Size
    from ..translation.training.run import train_translator
    from ..translation.training.settings import Settings

    with claim(output):
        lines = train_translator(
            pairs,
            output,
            align,
            (source, target),
            model=model,
            size=Size(width=width, layers=layers, heads=heads, vocab=vocab),
            settings=Settings(
                alpha=alpha,
                how=how.value,
                batch_tokens=batch_tokens,
                accumulate_gradient=accumulate_gradient,
                lr=lr,
                warmup=warmup,
                label_smoothing=label_smoothing,
                max_grad_norm=max_grad_norm,
                max_spans=max_spans,
                precision=precision.value,
                seed=seed,
            ),
            directions=directions.value,
            steps=steps,
            minutes=minutes,
            eval_every=eval_every,
            eval_size=eval_size,
            held_out=held_out,
            max_tokens=max_tokens,
            device=_get_device(gpu_id),
            resume=resume,
            on_log=_print_line,
        )
    msg.good(f"{output / 'best'}: the best of {lines[-1]['step']} steps")


def _get_device(gpu_id: int) -> str:
    """RETURNS (str): the device of torch. RAISES: X302 if there is no such GPU."""
    import torch

    if gpu_id >= 0 and gpu_id >= torch.cuda.device_count():
        reason = f"torch finds {torch.cuda.device_count()}"
        raise XnerError(Errors.E302.format(gpu=gpu_id, reason=reason))
    return f"cuda:{gpu_id}" if gpu_id >= 0 else "cpu"


def _print_line(line: Dict[str, Any]) -> None:
    names = ("loss", "loss_t", "loss_lst")
    losses = "  ".join(f"{name} {line[name]:.3f}" for name in names if name in line)
    shares = "  ".join(f"{name} {line[name]:.1%}" for name in ("kept", "exact", "overlap"))
    msg.text(f"step {line['step']}  {line['seconds'] / 60:.1f} min  {losses}  {shares}")
