from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.convert import read_labelled
from ..corpora.store import remove_others
from ..errors import Errors, XnerError
from ..evaluation.table import NOTHING
from ..files import write_bytes, write_json
from ..pipeline import list_components, load_pipeline, use_gpu
from ..reporting.analysis import analyse
from ..reporting.evaluate import list_labels
from ..reporting.report import PipelineReport, make_report, view_encoders
from ..reporting.titles import shorten_names
from ..tokenizer import get_blank
from ._options import BatchSize, GpuId, Labelled, Labels, Lang, Model, read_labels
from ._util import app, user_errors

Output = Annotated[
    Path, typer.Option("--output", "-o", help="Where to write; a folder for the page and its figures")
]
Compare = Annotated[
    Optional[str], typer.Option(help="Another pipeline to compare with, a package or a folder")
]
Before = Annotated[
    Optional[str],
    typer.Option(help="Pipeline whose encoder is shown beside, by default the same before any training"),
]
Train = Annotated[
    Optional[Path],
    typer.Option(help="Labelled text that the pipeline learnt from, to tell names that it has from others"),
]
ShowEncoder = Annotated[
    bool,
    typer.Option("--embeddings/--no-embeddings", help="Show what the encoder makes of entities and tokens"),
]
MaxMistakes = Annotated[int, typer.Option(min=1, help="Sentences with mistakes, of each language")]
MaxPoints = Annotated[int, typer.Option(min=1, help="Entities in the plane, of each language")]
Bootstrap = Annotated[int, typer.Option(min=2, help="Samples for 95 % intervals of F1 over sentences")]


@app.command("report")
@user_errors
def report_cli(
    model: Model,
    data: Labelled,
    output: Output = Path("report"),
    lang: Lang = None,
    compare: Compare = None,
    before: Before = None,
    train: Train = None,
    labels: Labels = None,
    embeddings: ShowEncoder = True,
    max_mistakes: MaxMistakes = 200,
    max_points: MaxPoints = 200,
    bootstrap: Bootstrap = 1000,
    batch_size: BatchSize = None,
    gpu_id: GpuId = -1,
) -> None:
    """Show what a pipeline does with labelled text on one page.

    It has scores, mistakes, calibration, what the encoder sees, and the sentences themselves. The page holds all that
    it shows; its figures lie beside it as PNG.
    """
    use_gpu(gpu_id)
    names = [model] if compare is None else [model, compare]
    if model == compare:
        raise XnerError(Errors.X306.format(found=compare, expected="another pipeline", option="--compare"))
    pipelines = [load_pipeline(name) for name in names]
    wanted = read_labels(labels)
    known = {label for nlp in pipelines for label in list_labels(nlp)}
    analyses = [
        analyse(
            nlp,
            data,
            name=name,
            labels=wanted,
            known=known,
            language=lang,
            batch_size=batch_size,
            bootstrap=bootstrap,
        )
        for nlp, name in zip(pipelines, shorten_names(names), strict=True)
    ]
    if not analyses[0].examples:
        msg.info(f"{', '.join(map(str, data))}: {NOTHING} No page is made.")
        return
    views = None
    if embeddings and not list_components(pipelines[0]):
        msg.warn(f"{model} has no encoder of this package: what it sees is left out")
    elif embeddings:
        golds = {
            language: [example.reference for example in examples]
            for language, examples in analyses[0].examples.items()
        }
        views = view_encoders(pipelines[0], golds, load_pipeline(before) if before else None, max_points)
    seen = None
    if train is not None:
        seen = {ent.text.lower() for doc in read_labelled(train, get_blank().vocab) for ent in doc.ents}
    report = make_report(analyses, views=views, seen=seen, most=max_mistakes)
    write_report(output, report)
    msg.good(f"Open {output / 'index.html'} in a browser")


def write_report(output: Path, report: PipelineReport) -> None:
    """Write a report, and remove the figures of an earlier one.

    output (Path): the folder.
    report (PipelineReport): the page, its figures and its numbers.
    RAISES: X112 if it can't be written.
    """
    for picture in report.pictures:
        write_bytes(output / "figures" / f"{picture.name}.png", picture.png)
    remove_others(output / "figures", [picture.name for picture in report.pictures], ".png")
    write_json(output / "report.json", report.numbers)
    write_bytes(output / "index.html", report.page.encode("utf8"))
