from pathlib import Path
from typing import Any, Dict, Optional

import typer
from spacy.cli._util import parse_config_overrides
from spacy.cli.train import train
from spacy.util import load_config
from thinc.api import Config
from typing_extensions import Annotated

from ..errors import Errors, XnerError
from ..pipeline import use_gpu
from ..reporting.logger import log_into
from ._util import app, user_errors

CLOSED = ("paths", "vars", "system", "training")


@app.command("train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@user_errors
def train_cli(
    ctx: typer.Context,
    config: Annotated[Path, typer.Argument(help="Path to config file")],
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Output directory of the pipeline")
    ] = None,
    gpu_id: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU to use, -1 for the CPU")] = -1,
) -> None:
    """Train as `spacy train` does, with one sentence instead of a traceback where data or settings are wrong, and with
    log and plot of losses and scores in the output directory."""
    if not config.is_file():
        raise XnerError(Errors.E305.format(path=config))
    use_gpu(gpu_id)
    overrides = parse_config_overrides(ctx.args)
    check_overrides(load_config(config), overrides, str(config))
    with log_into(output):
        train(config, output, use_gpu=gpu_id, overrides=overrides)


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
            raise XnerError(Errors.E310.format(path=path, key=key, section=section, found=found))
