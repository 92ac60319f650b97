from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ..corpora.store import write_docs
from ..translation.lexicon import read_lexicon
from ..translation.translate import translate_corpus
from ._util import app, get_blank, user_errors


@app.command("translate")
@user_errors
def translate_cli(
    source: Path = typer.Argument(..., help="Labelled source corpus (.spacy)"),
    output: Path = typer.Argument(..., help="Where to write the views (.spacy)"),
    memory: Path = typer.Option(..., "--memory", "-m", help="Parallel file (source<TAB>target) or marked .spacy"),
    source_language: str = typer.Option("en", "--source", "-s", help="Code of the source language"),
    target_language: str = typer.Option(..., "--target", "-t", help="Code of the target language"),
    alignments: Optional[Path] = typer.Option(None, "--align", "-a", help="Word alignments of the parallel file"),
    lexicon: Optional[Path] = typer.Option(None, "--lexicon", "-l", help="Names by language (.tsv with header)"),
    limit: int = typer.Option(0, "--limit", "-n", help="Most sentences, 0 for all"),
) -> None:
    """Make the views of labelled sentences from a translation memory: source, source with target entities,
    target with source entities, target."""
    nlp = get_blank()
    languages = (source_language, target_language)
    entries = None if lexicon is None else read_lexicon(lexicon, *languages)
    docs, report = translate_corpus(
        source,
        memory,
        languages,
        nlp.tokenizer,
        nlp.vocab,
        alignments=alignments,
        lexicon=entries,
        limit=limit,
    )
    write_docs(output, docs)
    msg.good(
        f"{output}: {report.kept} of {report.sentences} sentences with {report.entities} entities "
        f"({report.untranslated} without translation, {report.unprojected} with an entity that was not found)"
    )
