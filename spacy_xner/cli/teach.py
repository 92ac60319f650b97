from pathlib import Path
from typing import List, Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import write_docs
from ..errors import Errors, XnerError
from ..teaching.teach import teach_corpus
from ._options import GpuId
from ._util import app, load_pipeline, use_gpu, user_errors


@app.command("teach")
@user_errors
def teach_cli(
    model: Annotated[str, typer.Argument(help="Teacher: package name or folder")],
    corpus: Annotated[Path, typer.Argument(help="Corpus to label: .spacy file, or folder of them")],
    output: Annotated[Path, typer.Argument(help="Where to write the corpus with soft labels (.spacy)")],
    store: Annotated[
        Optional[List[str]], typer.Option("--store", help="OUTPUT=NAME: store an output under a name")
    ] = None,
    gpu_id: GpuId = -1,
) -> None:
    """Store a teacher's distributions with the documents of a corpus, once and for all."""
    use_gpu(gpu_id)
    names = None
    if store:
        pairs = [item.partition("=") for item in store]
        for item, (_, _, name) in zip(store, pairs, strict=True):
            if not name:
                raise XnerError(Errors.E306.format(found=item, expected="OUTPUT=NAME", option="--store"))
        names = {output_name: name for output_name, _, name in pairs}
    docs = teach_corpus(load_pipeline(model), corpus, names=names)
    write_docs(output, docs)
    msg.good(f"{output}: {len(docs)} documents with soft labels")
