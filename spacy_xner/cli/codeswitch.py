from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, write_docs
from ..errors import Errors, XnerError
from ..files import keep_inputs
from ..metadata import get_language, get_view
from ..tokenizer import get_blank
from ..translation.cache import Cache
from ..translation.codeswitch import VIEW, codeswitch
from ..translation.resolve import make_aligner
from ..translation.views import number_groups
from ._options import DEFAULT_CACHE, Aligner, AlignerSettings, CacheFolder, Resume, Seed, require, split_codes
from ._util import app, user_errors

Views = Annotated[
    Path, typer.Argument(help="Sentences with their translations (views s and t): .spacy, or folder")
]
Output = Annotated[Path, typer.Argument(help="Where sentences and code-switched copies go (.spacy)")]
Corpus = Annotated[
    Optional[Path],
    typer.Option(help="The corpus that was translated: its other sentences are added without copies"),
]
Some = Annotated[
    Optional[str],
    typer.Option(
        "--targets",
        "-t",
        help="Codes of the target languages, with commas between; by default all in VIEWS",
    ),
]
Ratio = Annotated[float, typer.Option(min=0, max=1, help="Probability with which a phrase is replaced")]
Whole = Annotated[float, typer.Option(min=0, max=1, help="Probability that a copy is the whole translation")]
Copies = Annotated[int, typer.Option(min=1, help="Most copies of a sentence; equal ones count once")]
MaxWords = Annotated[int, typer.Option(min=1, help="Most words; of a phrase that is no entity")]


@app.command("codeswitch")
@user_errors
def codeswitch_cli(
    views: Views,
    output: Output,
    corpus: Corpus = None,
    targets: Some = None,
    aligner: Aligner = None,
    aligner_settings: AlignerSettings = None,
    ratio: Ratio = 0.5,
    translations: Whole = 0.0,
    copies: Copies = 1,
    max_words: MaxWords = 3,
    seed: Seed = 0,
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
) -> None:
    """Replace phrases of labelled sentences by their translations (MCL-NER). Entities keep their labels.

    Without an aligner only entities are replaced. Phrases come from all languages that a sentence is translated to.
    """
    require("--aligner-set", aligner_settings, "--aligner", aligner)
    keep_inputs([views, corpus], output)
    vocab = get_blank().vocab
    others = [] if corpus is None else list(read_docs(corpus, vocab))
    number_groups(others)
    translated = list(read_docs(views, vocab))
    wanted = split_codes(targets, "--targets") if targets else None
    there = {get_language(doc) for doc in translated if get_view(doc) == "t"}
    if wanted and not set(wanted) <= there:
        missing = ", ".join(sorted(set(wanted) - there))
        raise XnerError(Errors.X228.format(path=views, missing=missing, found=sorted(there)))
    docs = codeswitch(
        translated,
        others=others,
        languages=wanted,
        aligner=make_aligner(aligner, aligner_settings or []) if aligner else None,
        ratio=ratio,
        translations=translations,
        copies=copies,
        max_words=max_words,
        seed=seed,
        cache=Cache(cache, resume=resume),
    )
    n_copies = sum(get_view(doc) == VIEW for doc in docs)
    if not n_copies:
        detail = "" if there else ", and none a view t"
        raise XnerError(Errors.X227.format(path=views, detail=detail))
    write_docs(output, docs)
    msg.good(f"{output}: {len(docs) - n_copies} sentences with {n_copies} code-switched copies")
