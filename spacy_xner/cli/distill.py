from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import typer
from spacy.language import Language
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, write_docs
from ..evaluation.speed import measure_speed
from ..evaluation.table import format_table
from ..files import claim, keep_inputs, write_json
from ..pipeline import load_pipeline, use_gpu
from ..reporting.evaluate import evaluate
from ..teaching.distill import find_decoded, make_student
from ..teaching.teach import teach_corpus
from ._options import GpuId, Model, require
from ._train import check_overrides, read_overrides, train_pipeline
from ._util import app, user_errors

Corpus = Annotated[Path, typer.Argument(help="Text to learn on, labelled or not: .spacy file, or folder")]
Output = Annotated[Path, typer.Argument(help="Folder for config, taught corpus, log and pipelines")]
Dev = Annotated[Path, typer.Option("--dev", help="Labelled corpus to choose the checkpoint on (.spacy)")]
Test = Annotated[
    Optional[List[Path]],
    typer.Option("--test", help="Labelled corpora to show F1 and speed of both pipelines on"),
]
Encoder = Annotated[
    Optional[str],
    typer.Option(
        "--encoder", help="Encoder to start from: a folder or a name; by default the pipeline's first"
    ),
]
ReportFile = Annotated[
    Optional[Path],
    typer.Option("--report", help="JSON file for what is counted; F1 and speed of both on --test"),
]


@app.command("distill", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@user_errors
def distill_cli(
    ctx: typer.Context,
    model: Model,
    corpus: Corpus,
    output: Output,
    dev: Dev,
    test: Test = None,
    encoder: Encoder = None,
    report: ReportFile = None,
    gpu_id: GpuId = -1,
) -> None:
    """Turn a pipeline into a faster one with a single encoder, which learns what it finds.

    Further options override settings of the training config, such as --training.max_epochs 4.
    """
    require("--report", report, "--test", test)
    keep_inputs([corpus, dev, *(test or [])], output / "taught.spacy", report)
    use_gpu(gpu_id)
    nlp = load_pipeline(model)
    names = {name: name for name in find_decoded(nlp, model)}
    taught, path = output / "taught.spacy", output / "config.cfg"
    config = make_student(nlp, str(nlp.path), train=taught, dev=dev, encoder=encoder)
    overrides = read_overrides(ctx.args)
    check_overrides(config, overrides, str(nlp.path / "config.cfg"))
    with claim(output):
        n_docs = write_docs(taught, teach_corpus(nlp, corpus, names=names))
        msg.good(f"{taught}: {n_docs} documents with soft labels")
        config.to_disk(path)
        train_pipeline(path, output, overrides, gpu_id=gpu_id)
        if test:
            rows = compare(nlp, load_pipeline(str(output / "model-best")), test)
            if report is not None:
                write_json(report, rows)


def compare(nlp: Language, student: Language, test: Sequence[Path]) -> List[Dict[str, Any]]:
    """Show scores and speed of a pipeline and of what was distilled from it.

    nlp, student (Language): the pipelines.
    test (Sequence[Path]): labelled corpora.
    RETURNS (List[Dict[str, Any]]): scores and words per second of each.
    """
    pipelines = {"original": nlp, "distilled": student}
    results = [evaluate(pipe, test, model=name) for name, pipe in pipelines.items()]
    print(format_table(results))
    docs = [doc for part in test for doc in read_docs(part, nlp.vocab)]
    speeds = {name: max(measure_speed(pipe, docs)) for name, pipe in pipelines.items()}
    ratio = speeds["distilled"] / speeds["original"]
    msg.info(
        f"words per second: {speeds['original']:,.0f} originally, {speeds['distilled']:,.0f} distilled, "
        f"{ratio:.2f} times"
    )
    return [{**result, "words_per_second": speeds[str(result["model"])]} for result in results]
