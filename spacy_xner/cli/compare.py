from pathlib import Path
from typing import List

import srsly
import typer
from typing_extensions import Annotated

from ..errors import Errors, XnerError
from ..evaluation.table import format_table
from ._util import app, user_errors


@app.command("compare")
@user_errors
def compare_cli(
    scores: Annotated[List[Path], typer.Argument(help="JSON files that `xner evaluate` wrote")],
) -> None:
    """Show the F1 of several pipelines side by side, for each language."""
    results = []
    for path in scores:
        if not path.is_file():
            raise XnerError(Errors.E101.format(path=path))
        try:
            results.append({**srsly.read_json(path), "model": path.stem})
            format_table(results[-1:])
        except (ValueError, KeyError, TypeError) as error:
            raise XnerError(Errors.E308.format(path=path)) from error
    print(format_table(results))
