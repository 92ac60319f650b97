from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import remove_others, write_docs
from ..errors import Errors, XnerError
from ..translation.lexicon import read_lexicon
from ..translation.translate import find_memory, hold_out, translate_corpus
from ._util import app, get_blank, user_errors
from .prepare import split_codes


@app.command("translate")
@user_errors
def translate_cli(
    source: Annotated[Path, typer.Argument(help="Labelled source corpus (.spacy)")],
    output: Annotated[Path, typer.Argument(help="Folder for the views: train/{language}.spacy, dev/...")],
    memory: Annotated[
        Path,
        typer.Option("--memory", "-m", help="Parallel or marked file, or a folder with one for each target"),
    ],
    targets: Annotated[
        str, typer.Option("--targets", "-t", help="Codes of the targets, separated by commas")
    ],
    source_language: Annotated[
        str, typer.Option("--source", "-s", help="Code of the source language")
    ] = "en",
    align: Annotated[
        Optional[Path], typer.Option("--align", "-a", help="Word alignments of a parallel file")
    ] = None,
    lexicon: Annotated[
        Optional[Path], typer.Option("--lexicon", "-l", help="Names by language (.tsv)")
    ] = None,
    held_out: Annotated[float, typer.Option("--held-out", min=0, max=0.9, help="Share for views/dev")] = 0.03,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most sentences, 0 for all")] = 0,
) -> None:
    """Make the views of labelled sentences from a translation memory: source, source with target entities,
    target with source entities, target. Views of other targets in the output folder are removed."""
    nlp = get_blank()
    codes = split_codes(targets, "--targets")
    if memory.is_file() and len(codes) > 1:
        raise XnerError(Errors.E306.format(found=targets, expected="one language", option="--targets"))
    for code in codes:
        languages = (source_language, code)
        found = (memory, align) if memory.is_file() else find_memory(memory, languages, source.stem)
        docs, report = translate_corpus(
            source,
            found[0],
            languages,
            nlp.tokenizer,
            nlp.vocab,
            alignments=found[1],
            lexicon=None if lexicon is None else read_lexicon(lexicon, *languages),
            limit=limit,
        )
        train, dev = hold_out(docs, held_out)
        write_docs(output / "train" / f"{code}.spacy", train)
        write_docs(output / "dev" / f"{code}.spacy", dev)
        msg.good(
            f"{code}: {report.kept} of {report.sentences} sentences with {report.entities} entities "
            f"({report.untranslated} without translation, {report.unprojected} with an entity that was not found)"
        )
    for split in ("train", "dev"):
        remove_others(output / split, codes)
