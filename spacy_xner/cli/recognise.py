from typing import List

import typer
from typing_extensions import Annotated
from wasabi import table

from ..pipeline import load_pipeline, use_gpu
from ._util import app, user_errors


@app.command("recognise")
@user_errors
def recognise_cli(
    model: Annotated[str, typer.Argument(help="Package or folder of a trained pipeline")],
    texts: Annotated[List[str], typer.Argument(help="Texts")],
    gpu_id: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU to use, -1 for the CPU")] = -1,
) -> None:
    """Show the entities of texts, with their scores."""
    use_gpu(gpu_id)
    for doc in load_pipeline(model).pipe(texts):
        print(doc.text)
        for group in doc.spans.values():
            scores = group.attrs.get("scores", [None] * len(group))
            rows = [
                (span.text, span.label_, f"{score:.2f}") for span, score in zip(group, scores, strict=True)
            ]
            print(table(rows))
