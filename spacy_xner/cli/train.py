import logging
from pathlib import Path
from typing import Optional

import typer
from spacy.training.loop import train as train_once
from spacy.util import load_config, logger
from typing_extensions import Annotated

from ..errors import Errors, XnerError, explain
from ..files import claim
from ..pipeline import use_gpu
from ._options import GpuId, require
from ._train import check_overrides, load_code, load_settings, make_pipeline, read_overrides, train_pipeline
from ._util import app, user_errors

ON_NAN = ("stop", "restore")
# How often a training goes back.
RETURNS = 10


@app.command("train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@user_errors
def train_cli(
    ctx: typer.Context,
    config: Annotated[Path, typer.Argument(help="Path to config file")],
    output: Annotated[
        Optional[Path],
        typer.Option("--output", "--output-path", "-o", help="Output directory of the pipeline"),
    ] = None,
    code: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with functions that the config names")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-V", "-VV", help="Show more information")] = False,
    gpu_id: GpuId = -1,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on from the last evaluation, if config and data are still the same"
        ),
    ] = False,
    on_nan: Annotated[
        str,
        typer.Option(
            help="When a loss is not finite: stop, or restore what the last evaluation found and go on without the "
            f"last two batches, {RETURNS} times at most"
        ),
    ] = "stop",
) -> None:
    """Train as `spacy train` does, with one sentence instead of a traceback where data or settings are wrong, and with
    log and plot of losses and scores in the output directory. A training that was killed goes on with --resume."""
    if not config.is_file():
        raise XnerError(Errors.X305.format(path=config))
    require("--resume", resume, "--output", output)
    require("--on-nan restore", on_nan == "restore", "--output", output)
    if on_nan not in ON_NAN:
        raise XnerError(Errors.X306.format(found=on_nan, expected=f"one of {ON_NAN}", option="--on-nan"))
    if output is not None and output.is_file():
        raise XnerError(Errors.X112.format(path=output, reason="it is a file"))
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    use_gpu(gpu_id)
    load_code(code)
    overrides = read_overrides(ctx.args)
    try:
        written = load_config(config)
    except ValueError as error:  # also what is no text
        raise XnerError(Errors.X317.format(path=config, reason=explain(error))) from error
    check_overrides(written, overrides, str(config))
    if output is None:
        train_once(make_pipeline(load_settings(config, overrides), config, gpu_id), use_gpu=gpu_id)
    else:
        returns = RETURNS if on_nan == "restore" else 0
        with claim(output):
            train_pipeline(
                config, output, overrides, code=code, resume=resume, returns=returns, gpu_id=gpu_id
            )
