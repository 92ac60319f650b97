"""Training a translation model from files, for `spacy xner train-translator`."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from ...errors import Errors, XnerError
from .checkpoint import find_checkpoint, load_translator
from .evaluate import make_held_out
from .examples import read_sentence_pairs, split_pairs
from .languages import get_directions
from .model import add_symbols, load_seq2seq, make_model
from .settings import NEW, Schedule, Size, TranslatorSettings
from .train import train_model


def train_translator(
    path: Path,
    output: Path,
    alignments: Path,
    languages: Tuple[str, str],
    *,
    model: str = NEW,
    size: Optional[Size] = None,
    settings: Optional[TranslatorSettings] = None,
    schedule: Optional[Schedule] = None,
    device: str = "cpu",
    resume: bool = False,
    on_log: Optional[Callable[[Dict[str, Any]], None]] = None,
) -> List[Dict[str, Any]]:
    """Train a model to translate sentences with marks (CROP, section 3.3).

    path (Path): sentence pairs, tokenized by spaces, with a tab between.
    output (Path): folder for the checkpoints `last` and `best`, and for the curve, `log.jsonl`.
    alignments (Path): their word alignments, as pairs "i-j".
    languages (Tuple[str, str]): codes of the languages on the left and on the right.
    model (str): folder or name of the model to start from, "new" for a small one from scratch.
    size (Optional[Size]): size of a new model; None for the defaults.
    settings (Optional[TranslatorSettings]): settings of the training; None for the defaults.
    schedule (Optional[Schedule]): which pairs are read, and when the training ends; None for the defaults.
    device (str): device of torch, as "cuda:0".
    resume (bool): go on from the last checkpoint in the output folder.
    on_log (Optional[Callable[[Dict[str, Any]], None]]): called with each line of the curve.
    RETURNS (List[Dict[str, Any]]): the curve, see `train_model`.
    RAISES: X222 (no usable pairs), X223 (the folder has a training), X224 (it can't be resumed), X226 (the loss is not
        finite), X112 (a checkpoint can't be written), X207 and X208 (the model), X306 (an option), and those of
        `read_memory`.
    """
    settings, schedule = settings or TranslatorSettings(), schedule or Schedule()
    if find_checkpoint(output) is not None and not resume:
        raise XnerError(Errors.X223.format(path=output))
    ways = get_directions(*languages, schedule.directions)
    pairs = read_sentence_pairs(path, alignments, max_tokens=schedule.max_tokens)
    training, rest = split_pairs(pairs, held_out=schedule.held_out, seed=settings.seed)
    evaluation = make_held_out(
        rest, ways, n=schedule.eval_size, max_spans=settings.max_spans, seed=settings.seed
    )
    if not any(group for _, group in evaluation.groups):
        raise XnerError(Errors.X222.format(path=path, reason="that is held out has an aligned phrase"))
    state = None
    if resume:
        translator, state = load_translator(output)
    elif model == NEW:
        translator = make_model(training, size or Size(), ways, n=settings.max_spans, seed=settings.seed)
    else:
        translator = load_seq2seq(model)
        add_symbols(translator, ways, n=settings.max_spans, seed=settings.seed)
    return train_model(
        translator,
        training,
        evaluation,
        ways,
        output,
        settings,
        steps=schedule.steps,
        minutes=schedule.minutes,
        eval_every=schedule.eval_every,
        device=device,
        state=state,
        on_log=on_log,
    )
