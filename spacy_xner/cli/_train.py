"""What `train` and `distill` share: settings of a training from a config and the command line, and the training."""

import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from click import NoSuchOption
from spacy.cli._util import parse_config_overrides, show_validation_error
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.util import import_file, load_config
from thinc.api import Config
from wasabi import msg

from ..errors import Errors, XnerError, explain
from ..pipeline import load_pipeline
from ..reporting.logger import log_into
from ..teaching.finetune import learn_from_labels, start_from
from ..training.choice import NEEDED, choose_by, was_read
from ..training.inputs import check_apart, hash_inputs
from ..training.loop import is_finished, train

CLOSED = ("paths", "vars", "system", "training")


def train_pipeline(
    config: Path,
    output: Path,
    overrides: Dict[str, Any],
    *,
    code: Optional[Path] = None,
    resume: bool = False,
    returns: int = 0,
    gpu_id: int = -1,
    start: Optional[str] = None,
    how: Optional[str] = None,
    held_out: Sequence[str] = (),
) -> None:
    """Train a pipeline and tell what is done; see `spacy_xner.training.loop.train`. The folder must be claimed.

    config (Path): its config.
    output (Path): the folder for what is made.
    overrides (Dict[str, Any]): settings by their full names.
    code (Optional[Path]): a file of functions that was imported before, on which the training depends.
    resume (bool): go on from the checkpoint, or do nothing if all is done, where config and data are the same.
    returns (int): how often to go back to the checkpoint when a loss is not finite.
    gpu_id (int): the GPU, which was required before; -1 for none.
    start (Optional[str]): a trained pipeline to start from.
    how (Optional[str]): by what the checkpoint is chosen, see `choose_by`; None as the config tells.
    held_out (Sequence[str]): dev text for this, beside that of the config.
    RAISES: typer.Exit after a message, if settings are wrong, and what the training raises.
    """
    settings = load_settings(config, overrides)
    if start is not None:
        settings = start_from(settings, load_pipeline(start), start)
    if how is not None:
        given, settings = settings, choose_by(settings, how, held_out, str(config))
        how = None if settings is given else how  # a training that stays as it is
    check_apart(settings, output)
    inputs = hash_inputs(settings, output, code)
    if resume and is_finished(output, inputs):
        msg.good("This training is finished", output)
        return
    nlp = make_pipeline(settings, config, gpu_id)
    if start is not None and (new := learn_from_labels(nlp)):
        msg.info(f"Labels that are new: {', '.join(new)}")
    streams = {"stdout": sys.stdout, "stderr": sys.stderr}
    with log_into(output):
        train(nlp, output, inputs, resume=resume, returns=returns, use_gpu=gpu_id, **streams)
    if how is not None and not was_read(output, how):
        msg.warn(f"--choose-by {how} had no part in the choice of model-best: it takes {NEEDED[how]}.")
    msg.good("Saved pipeline to output directory", output)


def load_code(path: Optional[Path]) -> None:
    """Import a file, which registers functions.

    path (Optional[Path]): a Python file; None for none.
    RAISES: X101 if there is no such file, X171 if it can't be imported.
    """
    if path is None:
        return
    if not path.is_file():
        raise XnerError(Errors.X101.format(path=path))
    try:
        import_file("python_code", path)
    except Exception as error:  # whatever the file does
        reason = f"{type(error).__name__}: {explain(error)}"
        raise XnerError(Errors.X171.format(path=path, reason=reason)) from error


def read_overrides(arguments: List[str]) -> Dict[str, Any]:
    """Read settings from the command line, and from the variable that spaCy reads them from.

    arguments (List[str]): what is left of the command line, as ["--training.max_steps", "10"].
    RETURNS (Dict[str, Any]): settings by their full names.
    RAISES: X172 for an option that names no setting and is none of the command.
    """
    try:
        return parse_config_overrides(arguments)
    except NoSuchOption as error:
        raise XnerError(Errors.X172.format(option=error.option_name)) from error


def load_settings(path: Path, overrides: Dict[str, Any]) -> Config:
    """Read the config of a training.

    path (Path): its file.
    overrides (Dict[str, Any]): settings by their full names.
    RETURNS (Config): the config, complete.
    RAISES: typer.Exit after a message, if it is none.
    """
    with show_validation_error(path):
        settings = load_config(path, overrides=overrides, interpolate=False)
        settings.interpolate()  # a name that refers to nothing is told here
    return settings


def make_pipeline(settings: Config, path: Path, gpu_id: int) -> Language:
    """Make the pipeline of a config, initialized, and tell so.

    settings (Config): the config, complete.
    path (Path): where it is from, for the message.
    gpu_id (int): the GPU, -1 for none.
    RETURNS (Language): the pipeline.
    RAISES: typer.Exit after a message, if settings are wrong.
    """
    msg.divider("Initializing pipeline")
    with show_validation_error(path, hint_fill=False):
        nlp = init_nlp(settings, use_gpu=gpu_id)
    msg.divider("Training pipeline")
    return nlp


def check_overrides(config: Config, overrides: Dict[str, Any], path: str) -> None:
    """Make sure that overrides of sections without functions name settings that there are; spaCy adds any other.

    config (Config): the config.
    overrides (Dict[str, Any]): the settings by their full names.
    path (str): where the config is from, for the message.
    RAISES: X310 if there is no such setting.
    """
    for key in overrides:
        section, _, name = key.partition(".")
        settings = config.get(section, {})
        if section in CLOSED and "." not in name and name not in settings:
            found = [setting for setting, value in settings.items() if not isinstance(value, dict)]
            raise XnerError(Errors.X310.format(path=path, key=key, section=section, found=found))
