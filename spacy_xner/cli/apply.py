from pathlib import Path
from typing import Iterable

import typer
from spacy.tokens import Doc
from spacy.vocab import Vocab
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import unpack_docs, write_docs
from ..corpora.texts import TEXT_WRITERS, check_output, write_rows
from ..errors import Errors, Warnings, XnerError
from ..teaching.apply import Counts, Labeller, read_done, sum_counts
from ..teaching.vote import vote_types
from ._options import BatchSize, DropEmpty, GpuId, Model, Resume, TextKey, require
from ._parts import (
    AnyCorpus,
    PartCommand,
    PartOptions,
    Parts,
    PartShard,
    Place,
    RayAddress,
    Workers,
    work_in_parts,
)
from ._util import app, user_errors

Output = Annotated[
    Path, typer.Argument(help="Where to write it with labels: .spacy, .jsonl, .jsonl.gz or .parquet")
]
Processes = Annotated[
    int,
    typer.Option("--n-process", "-n", min=1, help="Processes at once, on the CPU; see --ray for more"),
]
DropUnsure = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Leave out sentences with an entity whose score, 0 to 1, is lower than this"
    ),
]
Vote = Annotated[
    bool,
    typer.Option("--vote-types", help="Give each name the type that it has in most of its sentences"),
]
Outside = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help="Leave tokens without entity unlabelled if what teach stored gives them a lower probability, 0 to 1, "
        "of being outside",
    ),
]


@app.command("apply", cls=PartCommand)
@user_errors
def apply_cli(
    model: Model,
    corpus: AnyCorpus,
    output: Output,
    text_key: TextKey = None,
    batch_size: BatchSize = None,
    n_process: Processes = 1,
    drop_unsure: DropUnsure = 0.0,
    drop_empty: DropEmpty = False,
    vote: Vote = False,
    outside: Outside = 0.0,
    shard: PartShard = "1/1",
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Label many texts with the entities that a pipeline finds, and their scores.

    Unlike `spacy apply` this keeps tokens, groups, views and languages, and the other fields of a row. The work is done
    in parts, which are kept beside the output until all are done: a run that was stopped goes on.
    """
    rows = check_output(output, [".spacy", *TEXT_WRITERS]) != ".spacy"
    require("--vote-types", vote, "an output that ends in .spacy", not rows)
    require("--outside", outside, "an output that ends in .spacy", not rows)
    require("--n-process", n_process > 1, "--gpu-id -1", gpu_id < 0)
    options = PartOptions(shard, resume, Place(ray, workers, gpu_id), text_key)

    def make_worker(name: str, texts: bool) -> Labeller:
        return Labeller(
            name,
            texts,
            options.place.gpu,
            rows=rows,
            threshold=drop_unsure,
            drop_empty=drop_empty,
            outside=outside,
            batch_size=batch_size,
            n_process=n_process,
        )

    with work_in_parts(corpus, output, make_worker, model, options) as parts:
        counts = sum_counts(read_done(parts.done))
        if counts.n_inputs and not counts.n_docs and parts.shard == (1, 1):
            parts.folder.remove()
            raise XnerError(Errors.X123.format(n=counts.n_inputs, path=corpus))
        print_counts(counts, corpus)
        if rows:
            write_rows(parts.path, lambda: (row for found in read_done(parts.done) for row in found.rows))
        else:
            write_labelled(parts, vote)
            if outside:
                msg.info(f"{counts.n_unsure} tokens may be outside or not, and stay unlabelled")
        parts.finish()
        msg.good(f"{parts.path}: {counts.n_docs} documents with {counts.n_entities} entities")


def print_counts(counts: Counts, corpus: Path) -> None:
    """Print how many documents have no labels.

    counts (Counts): what came of the corpus.
    corpus (Path): the corpus.
    """
    n_unlabelled = counts.n_inputs - counts.n_docs
    if n_unlabelled:
        msg.info(f"{n_unlabelled} of {counts.n_inputs} documents were left out")
    if counts.n_errors:
        msg.warn(Warnings.XW152.format(n=counts.n_errors, path=corpus))


def write_labelled(parts: Parts, vote: bool) -> None:
    """Put the documents of all parts into the output.

    parts (Parts): the parts, labelled.
    vote (bool): whether each name gets its type in most of its contexts.
    """
    vocab = Vocab()
    docs: Iterable[Doc] = (
        doc for labelled in read_done(parts.done) for doc in unpack_docs(labelled.docs, vocab)
    )
    if vote:  # a name is known once all of its contexts are
        named = list(docs)
        msg.info(f"{vote_types(named)} entities got the type that their names have in most contexts")
        docs = named
    write_docs(parts.path, docs)
