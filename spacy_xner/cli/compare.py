from pathlib import Path
from typing import List

import typer
from typing_extensions import Annotated

from ..evaluation.table import format_table
from ..reporting.evaluate import read_scores
from ._util import app, user_errors


@app.command("compare")
@user_errors
def compare_cli(
    scores: Annotated[List[Path], typer.Argument(help="JSON files that evaluate --output wrote")],
) -> None:
    """Show the F1 of several pipelines side by side, by language."""
    print(format_table([{**read_scores(path), "model": path.stem} for path in scores]))
