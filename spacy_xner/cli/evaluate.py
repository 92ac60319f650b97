"""`xner evaluate`: the scores of a trained pipeline on labelled corpora."""

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError
from ..evaluation.table import format_scores
from ..files import keep_inputs, write_json
from ..pipeline import load_pipeline, use_gpu
from ..reporting.evaluate import evaluate
from ._options import BatchSize, GpuId, Labelled, Labels, Lang, Model, read_labels
from ._util import app, user_errors


@app.command("evaluate")
@user_errors
def evaluate_cli(
    model: Model,
    data: Labelled,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Where to write; a JSON file for the scores")
    ] = None,
    lang: Lang = None,
    gpu_id: GpuId = -1,
    retokenize: Annotated[
        bool,
        typer.Option(
            "--retokenize",
            help="Cut the text by the pipeline's tokenizer instead of keeping the tokens of DATA",
        ),
    ] = False,
    batch_size: BatchSize = None,
    labels: Labels = None,
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Samples for 95 % intervals of F1 over sentences; 0 for none")
    ] = 1000,
) -> None:
    """Evaluate a pipeline on labelled text, for each language and type.

    The language is that of the sentence, else --lang, or the name of the file. Sentences without annotation are left
    out, and so is what is found on tokens without annotation. A folder that holds no labelled text gives no scores,
    which is no error: workflows go on without.
    """
    if output is not None and output.is_dir():
        raise XnerError(Errors.X112.format(path=output, reason="it is a folder"))
    keep_inputs(data, output)
    use_gpu(gpu_id)
    nlp = load_pipeline(model)
    if bootstrap == 1:
        raise XnerError(Errors.X306.format(found=1, expected="0, or 2 and more", option="--bootstrap"))
    result = evaluate(
        nlp,
        data,
        model=model,
        retokenize=retokenize,
        batch_size=batch_size,
        labels=read_labels(labels),
        language=lang,
        bootstrap=bootstrap,
    )
    if result["languages"]:
        print(format_scores(result))
    else:
        msg.info(f"{', '.join(map(str, data))}: {result['note']}")
    skipped = sum(result["skipped"].values())
    if skipped:
        msg.warn(f"{skipped:,} sentences without annotation were left out")
    if output is not None:
        write_json(output, result)
        msg.good(f"Saved the scores to {output}")
