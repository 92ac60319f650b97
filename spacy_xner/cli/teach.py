from pathlib import Path
from typing import List, Optional

import typer
from spacy.vocab import Vocab
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import unpack_docs, write_docs
from ..corpora.texts import check_output
from ..errors import Errors, XnerError
from ..teaching.teach import Teacher
from ._options import GpuId, Model, Resume, TextKey
from ._parts import (
    AnyCorpus,
    PartCommand,
    PartOptions,
    PartShard,
    Place,
    RayAddress,
    Workers,
    work_in_parts,
)
from ._util import app, user_errors


@app.command("teach", cls=PartCommand)
@user_errors
def teach_cli(
    model: Model,
    corpus: AnyCorpus,
    output: Annotated[Path, typer.Argument(help="Where to write the corpus with soft labels (.spacy)")],
    store: Annotated[
        Optional[List[str]],
        typer.Option(
            "--store", help="OUTPUT=NAME: store an output under a name; by default all under their own names"
        ),
    ] = None,
    text_key: TextKey = None,
    shard: PartShard = "1/1",
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Store a teacher's soft labels with a corpus, once and for all.

    The work is done in parts, which are kept beside the output until all are done: a run that was stopped goes on.
    """
    names = None
    if store:
        pairs = [item.partition("=") for item in store]
        for item, (_, _, name) in zip(store, pairs, strict=True):
            if not name:
                raise XnerError(Errors.X306.format(found=item, expected="OUTPUT=NAME", option="--store"))
        names = {output_name: name for output_name, _, name in pairs}

    check_output(output, [".spacy"])

    options = PartOptions(shard, resume, Place(ray, workers, gpu_id), text_key, in_place=True)

    def make_worker(name: str, texts: bool) -> Teacher:
        return Teacher(name, texts, options.place.gpu, names)

    with work_in_parts(corpus, output, make_worker, model, options) as parts:
        vocab = Vocab()
        docs = (doc for path in parts.done for doc in unpack_docs(path.read_bytes(), vocab))
        n_docs = write_docs(parts.path, docs)
        parts.finish()
        msg.good(f"{parts.path}: {n_docs} documents with soft labels")
