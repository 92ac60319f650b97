from enum import Enum
from pathlib import Path
from typing import List, Optional

import typer
from spacy.language import Language
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.convert import read_labelled
from ..errors import Errors, XnerError
from ..evaluation.table import NOTHING
from ..pipeline import list_components, load_pipeline, use_gpu
from ..reporting.analysis import Analysis, analyse
from ..reporting.evaluate import list_labels
from ..reporting.pairs import check_relations
from ..reporting.report import make_report, write_report
from ..reporting.titles import shorten_names
from ..reporting.views import EncoderViews, are_enough, view_encoders
from ..tokenizer import get_blank
from ._options import RAW, BatchSize, GpuId, Labelled, Labels, Lang, Model, read_labels
from ._util import app, user_errors


class Vectors(str, Enum):
    """What stands for an entity: the mean of its tokens, its first and last token, or the relation of these two."""

    tokens = "tokens"
    ends = "ends"
    pairs = "pairs"


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
Raw = Annotated[
    Optional[Path],
    typer.Option(help=f"{RAW}; read for languages that DATA has no text of"),
]
Train = Annotated[
    Optional[Path],
    typer.Option(help="Labelled text that the pipeline learnt from, to tell names that it has from others"),
]
MaxRaw = Annotated[int, typer.Option(min=1, help="Sentences of --raw, of each language, at equal distances")]
ShowEncoder = Annotated[
    bool,
    typer.Option("--embeddings/--no-embeddings", help="Show what the encoder makes of entities and tokens"),
]
VectorsOption = Annotated[
    Vectors,
    typer.Option(
        "--vectors",
        help="What stands for an entity: the mean of its tokens, its two ends side by side, or the relation of this "
        "pair of tokens, which only MCL-NER has",
    ),
]
PairWith = Annotated[
    Optional[str],
    typer.Option(
        help="Code of a language: a plane for each other language with it, instead of one for all, both pipelines side "
        "by side"
    ),
]
MaxMistakes = Annotated[int, typer.Option(min=1, help="Sentences with mistakes, of each language")]
MaxRight = Annotated[int, typer.Option(min=0, help="Sentences without mistakes, of each language")]
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
    raw: Raw = None,
    labels: Labels = None,
    embeddings: ShowEncoder = True,
    vectors: VectorsOption = Vectors.tokens,
    pair_with: PairWith = None,
    max_mistakes: MaxMistakes = 200,
    max_right: MaxRight = 30,
    max_points: MaxPoints = 200,
    max_raw: MaxRaw = 200,
    bootstrap: Bootstrap = 1000,
    batch_size: BatchSize = None,
    gpu_id: GpuId = -1,
) -> None:
    """Show what a pipeline does with text, labelled or not, on one page.

    It has scores, mistakes, calibration, what the encoder sees, and the sentences themselves; of text without labels,
    how much is found and how surely. With --raw a language that DATA does not have is shown by text without labels. The
    page holds all that it shows; its figures lie beside it as SVG.
    """
    use_gpu(gpu_id)
    names = [model] if compare is None else [model, compare]
    pipelines = load_pipelines(names, vectors)
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
            raw=raw,
            most_raw=max_raw,
        )
        for nlp, name in zip(pipelines, shorten_names(names), strict=True)
    ]
    if not analyses[0].examples and not analyses[0].unlabelled:
        msg.info(f"{', '.join(map(str, data))}: {NOTHING} No page is made.")
        return
    settings = (before, max_points, vectors, pair_with)
    shown = view_pipeline(pipelines[0], model, analyses[0], *settings) if embeddings else None
    seen = None
    if train is not None:
        seen = {ent.text.lower() for doc in read_labelled(train, get_blank().vocab) for ent in doc.ents}
    report = make_report(
        analyses, views=shown, seen=seen, most=max_mistakes, most_right=max_right, bootstrap=bootstrap
    )
    write_report(report, output)
    msg.good(f"Open {output / 'index.html'} in a browser")


def load_pipelines(names: List[str], vectors: Vectors) -> List[Language]:
    """Load the pipelines of a report.

    names (List[str]): the pipeline, and the option --compare if it is given.
    vectors (Vectors): the option --vectors.
    RETURNS (List[Language]): the pipelines.
    RAISES: X304 if one can't be loaded, X306 if they are the same or the first has no relations to show.
    """
    if len(set(names)) < len(names):
        raise XnerError(Errors.X306.format(found=names[1], expected="another pipeline", option="--compare"))
    pipelines = [load_pipeline(name) for name in names]
    if vectors is Vectors.pairs:
        check_relations(pipelines[0])
    return pipelines


def view_pipeline(
    nlp: Language,
    model: str,
    analysis: Analysis,
    before: Optional[str],
    most: int,
    vectors: Vectors = Vectors.tokens,
    pair_with: Optional[str] = None,
) -> Optional[EncoderViews]:
    """Show what the encoders of a pipeline see, if there is something to show.

    nlp (Language): the pipeline.
    model (str): its name, for messages.
    analysis (Analysis): its predictions on labelled text.
    before (Optional[str]): another pipeline to compare its encoders with.
    most (int): number of entities of each language.
    vectors (Vectors): the option --vectors.
    pair_with (Optional[str]): the option --pair-with.
    RETURNS (Optional[EncoderViews]): the views; None without an encoder of ours, or with too few entities.
    RAISES: X304 if the other pipeline can't be loaded, X306 for an option that does not fit the pipeline or the text.
    """
    examples = analysis.examples.items()
    golds = {language: [example.reference for example in found] for language, found in examples}
    if not list_components(nlp):
        msg.warn(f"{model} has no encoder of this package: what it sees is left out")
    elif are_enough(golds):
        other = load_pipeline(before) if before else None
        return view_encoders(nlp, golds, other, most, vectors.value, pair_with)
    elif before or pair_with or vectors is not Vectors.tokens:
        msg.warn("What the encoder sees is left out: it takes 50 entities in two languages")
    return None
