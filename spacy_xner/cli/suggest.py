from pathlib import Path
from typing import List, Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.gather import find_text_files
from ..errors import Errors, XnerError
from ..files import keep_inputs
from ..pipeline import find_component, load_pipeline, use_gpu
from ..teaching.suggestion.examine import Examiner
from ..teaching.suggestion.pool import Shares, check_names, read_shares
from ..teaching.suggestion.suggest import read_known, suggest, sum_up
from ..teaching.suggestion.tasks import TARGETS, find_task_format, write_tasks
from ._options import GpuId, Model, Resume, TextKey, require
from ._parts import AnyCorpus, PartCommand, PartOptions, Place, RayAddress, Workers, work_in_parts
from ._util import app, user_errors

Number = Annotated[int, typer.Option("--number", "-n", min=1, help="How many texts to suggest")]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="Where to write; .jsonl (Prodigy), .json (Label Studio) or .spacy"),
]
To = Annotated[str, typer.Option("--to", help=f"Format of the output; one of auto, {', '.join(TARGETS)}")]
Languages = Annotated[
    Optional[str],
    typer.Option("--language-shares", help="Shares of languages, es=2,de; by default all have the same"),
]
LabelShares = Annotated[
    Optional[str],
    typer.Option(
        "--label-shares",
        help="Shares of labels, ORG=2,LOC; a text counts for the label that the model is most unsure of in it",
    ),
]
Known = Annotated[
    Optional[List[Path]],
    typer.Option("--known", help="Texts that are labelled already, which are not suggested again"),
]
MaxTokens = Annotated[
    int,
    typer.Option(
        "--max-tokens",
        min=0,
        help="Most tokens of a sentence; longer ones are not suggested, 0 for any number",
    ),
]
KeepLabels = Annotated[
    bool,
    typer.Option(
        "--keep-labels",
        help="Write the labels that the corpus (.spacy) has instead of the model's; for a trial",
    ),
]


@app.command("suggest", cls=PartCommand)
@user_errors
def suggest_cli(
    model: Model,
    corpus: AnyCorpus,
    output: Output,
    number: Number = 100,
    to: To = "auto",
    language_shares: Languages = None,
    label_shares: LabelShares = None,
    known: Known = None,
    max_tokens: MaxTokens = 128,
    keep_labels: KeepLabels = False,
    text_key: TextKey = None,
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Suggest which texts to label next: those that a pipeline is unsure of, no two alike.

    They are written as tasks with what the pipeline found, its scores, and why each was chosen. Distributions that
    teach has stored with a corpus are not computed again. The work is done in parts, which are kept beside the output
    until all are done: a run that was stopped goes on.
    """
    format = find_task_format(output, to)
    shares = Shares(
        read_shares(language_shares, "--language-shares"), read_shares(label_shares, "--label-shares")
    )
    is_corpus = corpus.is_dir() or corpus.suffix == ".spacy"
    require("--keep-labels", keep_labels, "a corpus in .spacy, as convert makes it", is_corpus)
    keep_inputs((file for path in known or [] for file in find_text_files(path)), output)
    options = PartOptions("1/1", resume, Place(ray, workers, gpu_id), text_key)
    use_gpu(options.place.own_gpu)
    if shares.labels:
        pipe = find_component(load_pipeline(model), model)
        check_names(shares.labels, pipe.labels, "--label-shares", model)
    labelled = read_known(known or [])

    def make_worker(name: str, texts: bool) -> Examiner:
        return Examiner(name, texts, options.place.gpu, keep_labels=keep_labels)

    with work_in_parts(corpus, output, make_worker, model, options) as parts:
        # Now, when those who did the parts have let go of theirs.
        found = suggest(
            load_pipeline(model),
            parts.done,
            number,
            shares=shares,
            max_tokens=max_tokens,
            known=labelled,
            corpus=str(corpus),
        )
        if keep_labels and not any(doc.has_annotation("ENT_IOB") for doc in found.docs):
            raise XnerError(Errors.X307.format(path=corpus))
        write_tasks(parts.path, found, format, labelled=keep_labels)
        parts.finish()
    for line in sum_up(found):
        msg.info(line)
    msg.good(f"{parts.path}: {len(found.docs)} texts to label")
