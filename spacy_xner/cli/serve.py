from pathlib import Path
from typing import Dict, List, Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError, tell_install
from ..pipeline import find_pipeline
from ..reporting.titles import shorten_names
from ..serving.limits import ServerLimits
from ._options import GpuId, Threshold
from ._util import app, user_errors

Models = Annotated[
    List[str],
    typer.Argument(
        metavar="MODEL...",
        help="Trained pipelines, each a package or a folder; NAME=MODEL gives one a name of its own",
    ),
]
Host = Annotated[
    str, typer.Option(help="Address to listen on; 0.0.0.0 lets all machines in that can reach this one")
]
AllowedHosts = Annotated[
    Optional[List[str]],
    typer.Option(
        "--allow-host",
        help="Name that others ask for this server by; repeatable. By default only localhost where it listens to this "
        "machine alone, else any",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on, 0 for any that is free")]
Processes = Annotated[
    int,
    typer.Option("--n-process", "-n", min=1, help="Processes at once, on the CPU; each loads all pipelines"),
]
TextsAtOnce = Annotated[
    int, typer.Option("--batch-size", "-b", min=1, help="Documents at once; of all requests together")
]
MaxBytes = Annotated[int, typer.Option(min=1, help="Most bytes of a request")]
MaxTexts = Annotated[int, typer.Option(min=1, help="Most texts of a request")]
MaxLength = Annotated[int, typer.Option(min=1, help="Most characters of a text")]
Timeout = Annotated[
    float,
    typer.Option(
        min=0.1, help="Most seconds for a request to arrive, for its answer, and for this to be read"
    ),
]
MaxConnections = Annotated[
    int, typer.Option(min=1, help="Most connections at once; who keeps one open without asking goes first")
]

DEFAULT = ServerLimits()


@app.command("serve")
@user_errors
def serve_cli(
    models: Models,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    allow_host: AllowedHosts = None,
    n_process: Processes = 1,
    threshold: Threshold = None,
    batch_size: TextsAtOnce = DEFAULT.batch_size,
    max_bytes: MaxBytes = DEFAULT.max_bytes,
    max_texts: MaxTexts = DEFAULT.max_texts,
    max_length: MaxLength = DEFAULT.max_length,
    max_connections: MaxConnections = DEFAULT.max_connections,
    timeout: Timeout = DEFAULT.timeout,
    gpu_id: GpuId = -1,
) -> None:
    """Recognise entities for other programs over HTTP, and on a page for people.

    POST /recognise takes texts and gives entities with scores; / is the page, /docs tells the rest. What does not fit
    is refused with a sentence, what is too much at once with status 503. SIGTERM or Ctrl+C stops it once all that was
    asked is answered. Nothing of a text is logged.
    """
    named = name_models(models)
    try:
        from ..serving.server import serve
        from ..serving.worker import Duty
    except ImportError as error:
        command = tell_install("serve")
        raise XnerError(
            Errors.X125.format(what="spacy xner serve", package=error.name, command=command)
        ) from error
    duty = Duty(named, threshold, gpu_id, n_process)
    limits = ServerLimits(
        max_bytes,
        max_texts,
        max_length,
        timeout,
        max_held=max(4 * max_bytes, DEFAULT.max_held),
        max_connections=max_connections,
        batch_size=batch_size,
    )
    serve(
        duty,
        limits,
        host=host,
        port=port,
        allowed=allow_host or [],
        announce=lambda url: msg.good(f"{', '.join(named)}: {url}"),
    )
    msg.info("Stopped")


def name_models(models: List[str]) -> Dict[str, str]:
    """Name the pipelines of a server.

    models (List[str]): packages or folders, some with a name before them, NAME=MODEL.
    RETURNS (Dict[str, str]): the pipeline of each name, in order. Without a name, a folder is called by what tells it
        from the others.
    RAISES: X304 if there is no such pipeline, X306 if two have the same name.
    """
    split = [model.partition("=")[::2] if has_name(model) else ("", model) for model in models]
    short = shorten_names([model for _, model in split])
    names = [name or found for (name, _), found in zip(split, short, strict=True)]
    for name in names:
        if names.count(name) > 1:
            expected = "the name of one pipeline only"
            raise XnerError(Errors.X306.format(found=name, expected=expected, option="it: NAME=MODEL"))
    for _, model in split:
        find_pipeline(model)
    return dict(zip(names, (model for _, model in split), strict=True))


def has_name(model: str) -> bool:
    """Tell whether a pipeline is given with a name before it.

    model (str): MODEL, or NAME=MODEL.
    RETURNS (bool): whether it is the latter: a folder may have "=" in its name, too.
    """
    return "=" in model and not Path(model).exists()
