from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError, explain
from ..pipeline import find_component, load_pipeline
from ._options import Model
from ._util import app, user_errors


@app.command("export-hf")
@user_errors
def export_hf_cli(
    model: Model,
    output: Annotated[Path, typer.Argument(help="Folder for the models")],
) -> None:
    """Export a pipeline's transformers to the format of the transformers library.

    Each linear head is exported with the transformer that it reads as a model for token classification, which gives a
    token's first word piece the label that the head gives the token.
    """
    from ..architectures.export import export_model  # transformers takes seconds

    pipe = find_component(load_pipeline(model), model)
    try:
        found = export_model(pipe.model, list(pipe.labels), output)
    except OSError as error:
        raise XnerError(Errors.X112.format(path=output, reason=explain(error))) from error
    for path in found.values():
        msg.good(str(path))
    if not any(name.startswith("head-") for name in found):
        msg.warn("No head is a linear classifier of tokens: only the encoders were exported")
