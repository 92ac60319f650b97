import logging
from pathlib import Path
from typing import List, Optional

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


ConfigFile = Annotated[Path, typer.Argument(help="Config of the training (.cfg), see configs/")]
Output = Annotated[
    Optional[Path],
    typer.Option(
        "--output",
        "--output-path",
        "-o",
        help="Where to write; a folder for model-best, model-last, log and plot",
    ),
]
Code = Annotated[
    Optional[Path], typer.Option("--code", "-c", help="Python file with functions that the config names")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-V", "-VV", help="Show what spaCy logs of details")]
GoOn = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on where an earlier run was stopped; at its last evaluation, if config and data are the same",
    ),
]
Start = Annotated[
    Optional[str],
    typer.Option(
        "--from",
        help="Trained pipeline to start from, a package or folder; its component replaces the config's",
    ),
]
OnNan = Annotated[
    str,
    typer.Option(
        help="When a loss is not finite: stop, or restore what the last evaluation found and go on without the "
        f"last two batches, {RETURNS} times at most"
    ),
]
ChooseBy = Annotated[
    Optional[str],
    typer.Option(
        help="What model-best is chosen by: agreement (of students, of tags with boundaries, or of student and "
        "teacher, on text without labels) or languages (the mean of their scores); by default as the config tells"
    ),
]
ChooseOn = Annotated[
    Optional[List[str]],
    typer.Option(
        help="Dev text of other languages for --choose-by, as prepare --target-dev makes it; may be given again"
    ),
]


@app.command("train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@user_errors
def train_cli(
    ctx: typer.Context,
    config: ConfigFile,
    output: Output = None,
    code: Code = None,
    verbose: Verbose = False,
    gpu_id: GpuId = -1,
    resume: GoOn = False,
    on_nan: OnNan = "stop",
    start: Start = None,
    choose_by: ChooseBy = None,
    choose_on: ChooseOn = None,
) -> None:
    """Train a pipeline as `spacy train` does; what was killed goes on with --resume.

    Where data or settings are wrong there is one sentence instead of a traceback. Log and plot of losses and scores are
    written beside the pipeline. Further options override settings of the config, such as --training.max_steps 100 or
    --paths.train data.jsonl.
    """
    if not config.is_file():
        raise XnerError(Errors.X305.format(path=config))
    require("--resume", resume, "--output", output)
    require("--from", start, "--output", output)
    require("--choose-by", choose_by, "--output", output)
    require("--choose-by", choose_by, "--choose-on", choose_on)
    require("--choose-on", choose_on, "--choose-by", choose_by)
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
                config,
                output,
                overrides,
                code=code,
                resume=resume,
                returns=returns,
                gpu_id=gpu_id,
                start=start,
                how=choose_by,
                held_out=choose_on or (),
            )
