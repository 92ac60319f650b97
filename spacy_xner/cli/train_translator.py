from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError, tell_install
from ..files import claim
from ..translation.bleu import has_bleu
from ..translation.training.settings import NEW, Schedule, Size, TranslatorSettings
from ._options import Align, Directions, DirectionsOption, GpuId, Seed, Source, Target
from ._util import app, user_errors


class How(str, Enum):
    """How the objectives with and without marks are joined: batches in turn, or the sum of both for each batch."""

    alternate = "alternate"
    sum = "sum"


class Precision(str, Enum):
    """The number format of the forward pass."""

    float32 = "float32"
    bfloat16 = "bfloat16"


Pairs = Annotated[Path, typer.Argument(help="Sentence pairs, tokenized by spaces: source, tab, target")]
Output = Annotated[Path, typer.Argument(help="Folder for the models last/ and best/, and log.jsonl")]
Model = Annotated[
    str,
    typer.Option("--model", help="Translation model to start from, or 'new' for a small one from scratch"),
]
Alpha = Annotated[
    float, typer.Option("--alpha", min=0, max=1, help="Weight, 0 to 1, of translation without marks")
]
HowOption = Annotated[
    How, typer.Option("--how", help="The objectives in turn, or the sum of both for each batch")
]
Steps = Annotated[int, typer.Option("--steps", min=0, help="Stop after so many steps")]
Minutes = Annotated[Optional[float], typer.Option("--minutes", min=0, help="Stop after so many minutes")]
EvalEvery = Annotated[int, typer.Option("--eval-every", min=1, help="Steps between evaluations")]
EvalSize = Annotated[int, typer.Option("--eval-size", min=1, help="Most pairs to evaluate on")]
HeldOut = Annotated[float, typer.Option("--held-out", help="Share, 0 to 1, that is held out; of the pairs")]
BatchTokens = Annotated[
    int, typer.Option("--batch-tokens", min=1, help="Most word pieces of a batch on either side")
]
AccumulateGradient = Annotated[
    int, typer.Option("--accumulate-gradient", min=1, help="Batches of a step; 32 in the paper")
]
MaxTokens = Annotated[
    int, typer.Option("--max-tokens", min=1, help="Most tokens of a sentence; longer pairs are left out")
]
MaxSpans = Annotated[int, typer.Option("--max-spans", min=1, help="Most spans to mark")]
Lr = Annotated[float, typer.Option("--lr", min=0, help="Highest learning rate")]
Warmup = Annotated[
    int, typer.Option("--warmup", min=0, help="Steps until the highest learning rate is reached")
]
LabelSmoothing = Annotated[
    float,
    typer.Option(
        "--label-smoothing",
        min=0,
        max=1,
        help="Share of the probability spread over all tokens; most models use 0.1",
    ),
]
MaxGradNorm = Annotated[
    float, typer.Option("--max-grad-norm", min=0, help="Scale gradients down to this norm")
]
PrecisionOption = Annotated[Precision, typer.Option("--precision", help="Number format of the forward pass")]
Width = Annotated[int, typer.Option("--width", min=2, help="Width of vectors; of a new model")]
Layers = Annotated[
    int,
    typer.Option("--layers", min=1, help="Layers of the encoder; of a new model, and as many of its decoder"),
]
Heads = Annotated[int, typer.Option("--heads", min=1, help="Heads of the attention of a new model")]
Vocab = Annotated[
    int, typer.Option("--vocab", min=260, help="Most word pieces of the tokenizer of a new model")
]
GoOn = Annotated[bool, typer.Option("--resume", help="Go on where an earlier run was stopped")]
DIRECTIONS = Directions(Schedule.directions)
HOW = How(TranslatorSettings.how)
PRECISION = Precision(TranslatorSettings.precision)


@app.command("train-translator")
@user_errors
def train_translator_cli(
    pairs: Pairs,
    output: Output,
    align: Align = None,
    model: Model = NEW,
    source: Source = "en",
    target: Target = "es",
    directions: DirectionsOption = DIRECTIONS,
    alpha: Alpha = TranslatorSettings.alpha,
    how: HowOption = HOW,
    steps: Steps = Schedule.steps,
    minutes: Minutes = None,
    eval_every: EvalEvery = Schedule.eval_every,
    eval_size: EvalSize = Schedule.eval_size,
    held_out: HeldOut = Schedule.held_out,
    batch_tokens: BatchTokens = TranslatorSettings.batch_tokens,
    accumulate_gradient: AccumulateGradient = TranslatorSettings.accumulate_gradient,
    max_tokens: MaxTokens = Schedule.max_tokens,
    max_spans: MaxSpans = TranslatorSettings.max_spans,
    lr: Lr = TranslatorSettings.lr,
    warmup: Warmup = TranslatorSettings.warmup,
    label_smoothing: LabelSmoothing = TranslatorSettings.label_smoothing,
    max_grad_norm: MaxGradNorm = TranslatorSettings.max_grad_norm,
    precision: PrecisionOption = PRECISION,
    width: Width = Size.width,
    layers: Layers = Size.layers,
    heads: Heads = Size.heads,
    vocab: Vocab = Size.vocab,
    seed: Seed = TranslatorSettings.seed,
    gpu_id: GpuId = -1,
    resume: GoOn = False,
) -> None:
    """Train a model to translate sentences whose entities are marked (CROP)."""
    if align is None:
        raise XnerError(Errors.X220.format(path=pairs))
    # Here, since spaCy imports all commands whenever one is run.
    from ..translation.training.run import train_translator

    settings = TranslatorSettings(
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
    )
    size = Size(width, layers, heads, vocab)
    schedule = Schedule(directions.value, steps, minutes, eval_every, eval_size, held_out, max_tokens)
    train = partial(
        train_translator, model=model, device=_get_device(gpu_id), resume=resume, on_log=_print_line
    )
    _tell_of_bleu()
    with claim(output):
        lines = train(pairs, output, align, (source, target), size=size, settings=settings, schedule=schedule)
    msg.good(f"{output / 'best'}: the best of {lines[-1]['step']} steps")


def _tell_of_bleu() -> None:
    """Say why the curve has no BLEU, if it has none."""
    if not has_bleu():
        msg.info(f"The curve has no BLEU, since sacrebleu is not installed: {tell_install('bleu')}")


def _get_device(gpu_id: int) -> str:
    """RETURNS (str): the device of torch. RAISES: X302 if there is no such GPU."""
    import torch

    if gpu_id >= 0 and gpu_id >= torch.cuda.device_count():
        reason = f"torch finds {torch.cuda.device_count()}"
        raise XnerError(Errors.X302.format(gpu=gpu_id, reason=reason))
    return f"cuda:{gpu_id}" if gpu_id >= 0 else "cpu"


def _print_line(line: Dict[str, Any]) -> None:
    names = ("loss", "loss_t", "loss_lst")
    losses = "  ".join(f"{name} {line[name]:.3f}" for name in names if name in line)
    shares = "  ".join(f"{name} {line[name]:.1%}" for name in ("kept", "exact", "overlap"))
    shares += f"  bleu {line['bleu']:.1f}" if "bleu" in line else ""
    msg.text(f"step {line['step']}  {line['seconds'] / 60:.1f} min  {losses}  {shares}")
