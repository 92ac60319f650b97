from pathlib import Path
from typing import Optional

import typer
from spacy.cli._util import parse_config_overrides
from spacy.cli.train import train
from typing_extensions import Annotated

from ..errors import Errors, XnerError
from ._util import app, use_gpu, user_errors


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
    """Train as `spacy train` does, with one sentence instead of a traceback where data or settings are wrong."""
    if not config.is_file():
        raise XnerError(Errors.E305.format(path=config))
    use_gpu(gpu_id)
    train(config, output, use_gpu=gpu_id, overrides=parse_config_overrides(ctx.args))
