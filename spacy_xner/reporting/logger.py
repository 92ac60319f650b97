"""What a training shows of itself: a table with the loss of each objective, a bar, a log and a plot."""

import contextlib
import sys
import time
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import srsly
from spacy.language import Language
from spacy.training.loggers import setup_table
from tqdm import tqdm
from wasabi import row

from ..files import replace_file
from .canvas import COLOURS, HEIGHT, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Seconds between two plots: one takes as long as some steps of a small pipeline.
PAUSE = 30.0
# Characters of a column's name in the table. Of a longer one both ends are shown, since names such as
# "cross_entropy_a" and "cross_entropy_b" differ at their ends.
WIDEST, FIRST, LAST = 13, 6, 5

Info = Optional[Dict[str, Any]]
Setup = Callable[..., Tuple[Callable[[Info], None], Callable[[], None]]]


class Columns(NamedTuple):
    """What is told at each evaluation, by the names that spaCy's training gives.

    losses (List[str]): those of components and, after each, those of its objectives, "{component}_{objective}".
    scores (List[str]): those that have a weight.
    """

    losses: List[str]
    scores: List[str]


# Where `log_into` wants log and plot. Not a setting: what is set is saved with the pipeline.
_FOLDER: ContextVar[Optional[Path]] = ContextVar("folder", default=None)


@contextlib.contextmanager
def log_into(folder: Optional[Path]) -> Iterator[None]:
    """Let training loggers whose settings name no files write to a folder.

    The files are log.jsonl and, with matplotlib, training.png.

    folder (Optional[Path]): the folder, None for none.
    YIELDS (None): loggers that are made meanwhile do so.
    """
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def create_training_logger(
    progress_bar: bool = True, log_file: Optional[str] = None, plot: Optional[str] = None
) -> Setup:
    """For `[training.logger]`: a row at each evaluation.

    It has the mean loss of a step since the last one, of each component and each of its objectives, the scores, and the
    words per second so far.

    progress_bar (bool): show the steps until the next evaluation, on a terminal; there is none in a file.
    log_file (Optional[str]): JSONL file of "epoch", "step", "losses", "scores", "score" and "words_per_second", begun
        anew with the training.
    plot (Optional[str]): PNG or SVG of losses and scores by step, drawn at the first evaluation, every half a
        minute and at the end.
    RETURNS (Callable): what spaCy's training calls.
    RAISES: X125 if there is to be a plot and no matplotlib: before any training.
    """
    folder = _FOLDER.get()
    if folder is not None:
        log_file = log_file or str(folder / "log.jsonl")
        plot = plot or (str(folder / "training.png") if find_spec("matplotlib") else None)
    if plot is not None:
        new_figure()

    def setup(nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr) -> Tuple[Callable, Callable]:
        columns = find_columns(nlp)
        settings = nlp.config.interpolate()["training"]
        names = ["E", "#", *(_shorten(name, nlp) for name in columns.losses), *columns.scores]
        header, widths = make_header([*names, "Score", "W/s"], [3, 6] + [6] * len(names))
        lines: List[Dict[str, Any]] = []
        bar: Optional[tqdm] = None
        drawn = -PAUSE
        step = 0

        def write(cells: List[str]) -> None:
            stdout.write(row(cells, widths=widths, aligns="r", spacing=2) + "\n")
            stdout.flush()

        def draw(*, seldom: bool) -> None:
            nonlocal drawn
            if plot is not None and lines and not (seldom and time.monotonic() - drawn < PAUSE):
                draw_to_file(lines, Path(plot))
                drawn = time.monotonic()

        def log_step(info: Info) -> None:
            nonlocal bar, step
            if info is None:
                step += 1
                if bar is not None:
                    bar.update(1)
                return
            step = info["step"]
            if bar is not None:
                bar.close()
            if not lines:
                write(header)
                write(["-" * width for width in widths])
            lines.append(make_line(info, columns, lines[-1]["step"] if lines else -1))
            write(_format(lines[-1]))
            if log_file is not None:
                with replace_file(Path(log_file)) as path:
                    srsly.write_jsonl(path, lines)
            draw(seldom=True)
            if progress_bar:
                bar = tqdm(total=settings["eval_frequency"], disable=None, leave=False, file=stderr)
                bar.set_description(f"Epoch {info['epoch'] + 1}")

        def finalize() -> None:
            if bar is not None:
                bar.close()
            for told in (tell_stop(lines, step, settings), tell_checkpoints(lines)):
                if told:
                    stdout.write(told + "\n")
            draw(seldom=False)

        return log_step, finalize

    return setup


def find_columns(nlp: Language) -> Columns:
    """Find out what a training can tell at each evaluation.

    nlp (Language): the pipeline, with the config of its training.
    RETURNS (Columns): the losses of all components that can be trained, and the scores that count.
    """
    losses: List[str] = []
    for name, pipe in nlp.pipeline:
        if getattr(pipe, "is_trainable", False):
            objectives: Dict[str, Any] = getattr(pipe, "objectives", {})
            used = [f"{name}_{key}" for key, objective in objectives.items() if objective.weight != 0]
            losses += [name, *(used if len(used) > 1 else [])]
    weights = nlp.config["training"]["score_weights"]
    return Columns(losses, [name for name, weight in weights.items() if weight is not None])


def make_line(info: Dict[str, Any], columns: Columns, last_step: int) -> Dict[str, Any]:
    """Make the log of an evaluation. spaCy adds the losses up since the one before: here they are means of a step.

    info (Dict[str, Any]): what spaCy's training gives a logger at an evaluation.
    columns (Columns): the losses and scores that are told.
    last_step (int): step of the evaluation before; -1 if this is the first.
    RETURNS (Dict[str, Any]): "epoch", "step", "losses", "scores", "score" and "words_per_second".
    """
    n_steps = max(info["step"] - last_step, 1)
    return {
        "epoch": info["epoch"],
        "step": info["step"],
        # An objective for which no batch held anything has no loss.
        "losses": {name: float(info["losses"].get(name, 0.0)) / n_steps for name in columns.losses},
        "scores": {name: float(info["other_scores"].get(name) or 0.0) for name in columns.scores},
        "score": float(info["score"]),
        "words_per_second": round(info["words"] / max(info["seconds"], 1)),
    }


def make_header(names: Sequence[str], widths: Sequence[int]) -> Tuple[List[str], List[int]]:
    """Make the header of the table.

    names (Sequence[str]): the columns.
    widths (Sequence[int]): the least characters of each.
    RETURNS (Tuple[List[str], List[int]]): the names in capitals, of long ones both ends if these tell them apart, and
        the characters of each column.
    """
    short = [name if len(name) <= WIDEST else f"{name[:FIRST]}..{name[-LAST:]}" for name in names]
    shown = short if len(set(short)) == len(set(names)) else list(names)
    header, found, _ = setup_table(cols=shown, widths=list(widths), max_width=max(map(len, shown)))
    return header, found


def tell_stop(lines: List[Dict[str, Any]], step: int, settings: Dict[str, Any]) -> str:
    """Tell that a training ended before its last step.

    lines (List[Dict[str, Any]]): what `make_line` gave at each evaluation.
    step (int): the last step.
    settings (Dict[str, Any]): `[training]` of the config, without variables.
    RETURNS (str): a sentence; "" if the training did not end early.
    """
    patience, last = settings["patience"], settings["max_steps"]
    if not lines or not patience or (last and step >= last):
        return ""
    # As spaCy does: of equal scores the first.
    best = max(lines, key=lambda line: (line["score"], -line["step"]))
    if step - best["step"] < patience:
        return ""
    of = f" of {last:,}" if last else ""
    return (
        f"Stopped early, at step {step:,}{of}: no score was better than {best['score']:.4f} of step {best['step']:,} "
        f"for {patience:,} steps (training.patience)."
    )


def tell_checkpoints(lines: List[Dict[str, Any]]) -> str:
    """Tell which step the chosen checkpoint is of, where it is not that of the last evaluation, or has hardly learned.

    lines (List[Dict[str, Any]]): what `make_line` gave at each evaluation.
    RETURNS (str): one or two sentences; "" if there is nothing to tell.
    """
    if not lines:
        return ""
    best, last = max(lines, key=lambda line: (line["score"], line["step"])), lines[-1]
    told = f"model-best is of step {best['step']}, score {best['score']:.4f}"
    if best is not last:
        told += f"; the last evaluation, at step {last['step']}, had {last['score']:.4f}"
    elif best["step"]:
        return ""
    if best["step"] == 0:
        told += ". That is after one update: it has hardly learned. See model-last, or evaluate more often"
    return f"{told}."


def draw_training(lines: List[Dict[str, Any]]) -> "Figure":
    """Draw the losses and the scores of a log, by step.

    lines (List[Dict[str, Any]]): what `make_line` gave at each evaluation, one at least.
    RETURNS (Figure): losses on the left, scores in per cent on the right.
    """
    figure, (left, right) = new_figure(width=8.0, height=HEIGHT + 0.4, columns=2)
    steps = [line["step"] for line in lines]
    for axis, key, scale in ((left, "losses", 1), (right, "scores", 100)):
        for k, name in enumerate(lines[0][key]):
            values = [scale * line[key][name] for line in lines]
            colour, style = COLOURS[k % len(COLOURS)], "-" if k < len(COLOURS) else "--"
            axis.plot(steps, values, style, color=colour, marker=".", label=name)
        axis.set(xlabel="step", ylabel=key if scale == 1 else f"{key}, per cent")
        axis.legend(loc="upper right", frameon=False, fontsize="x-small")
    return figure


def draw_to_file(lines: List[Dict[str, Any]], path: Path) -> None:
    """Draw a log, see `draw_training`.

    lines (List[Dict[str, Any]]): what `make_line` gave at each evaluation, one at least.
    path (Path): its suffix is the format; without one it is PNG.
    RAISES: X112 if it can't be written.
    """
    with replace_file(path) as temporary:
        draw_training(lines).savefig(temporary, format=path.suffix[1:] or "png", dpi=150)


def _format(line: Dict[str, Any]) -> List[str]:
    losses = [f"{loss:.4f}" for loss in line["losses"].values()]
    scores = [f"{100 * score:.2f}" for score in line["scores"].values()]
    ends = [f"{line['score']:.2f}", f"{line['words_per_second']:,}"]
    return [str(line["epoch"]), str(line["step"]), *losses, *scores, *ends]


def _shorten(name: str, nlp: Language) -> str:
    """Name a loss: "Loss" and the component, or the objective, without the component if there is one alone.

    RETURNS (str): the name.
    """
    if name in nlp.pipe_names:
        return f"Loss {name}"
    if len(nlp.pipe_names) > 1:
        return name
    return name.removeprefix(f"{nlp.pipe_names[0]}_")
