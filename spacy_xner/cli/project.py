from pathlib import Path
from typing import Optional

import srsly
import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, write_bytes, write_docs
from ..translation.cache import Cache
from ..translation.filters import make_filters, make_identifier
from ..translation.lexicon import read_lexicon
from ..translation.project import project_corpus
from ..translation.resolve import make_aligner, make_engine
from . import _options as options
from ._util import app, get_blank, use_gpu, user_errors
from .translate import print_report


@app.command("project")
@user_errors
def project_cli(
    labelled: Annotated[Path, typer.Argument(help="Labelled sentences: .spacy file, or folder of them")],
    targets: Annotated[
        Path, typer.Argument(help="Their renderings, which get the labels: .spacy, or folder")
    ],
    output: Annotated[Path, typer.Argument(help="Where the renderings with labels go (.spacy)")],
    source_language: Annotated[
        str, typer.Option("--source", "-s", help="Language of the labelled sentences")
    ],
    target_language: Annotated[str, typer.Option("--target", "-t", help="Language of the renderings")],
    engine: options.Engine = None,
    engine_settings: options.EngineSettings = None,
    match: Annotated[
        str,
        typer.Option(help="How an entity that the engine gave back is looked for: contiguous, loose, fuzzy"),
    ] = "contiguous",
    aligner: options.Aligner = None,
    aligner_settings: options.AlignerSettings = None,
    lexicon: options.Lexicon = None,
    check_language: Annotated[
        bool, typer.Option("--check-language", help="Drop labelled sentences that are not in their language")
    ] = False,
    max_words: Annotated[int, typer.Option(help="Drop longer sentences, 0 for never")] = 0,
    max_entities: Annotated[int, typer.Option(help="Drop sentences with more entities, 0 for never")] = 0,
    drop_empty: Annotated[bool, typer.Option("--drop-empty", help="Drop sentences without entities")] = False,
    keep_partial: Annotated[
        bool, typer.Option("--keep-partial", help="Keep sentences one of whose entities was not found")
    ] = False,
    dropped: Annotated[
        Optional[Path], typer.Option(help="Where the others go, without labels (.spacy)")
    ] = None,
    report: Annotated[Optional[Path], typer.Option(help="JSON file for the counts")] = None,
    shard: options.Shard = "1/1",
    cache: options.CacheFolder = options.DEFAULT_CACHE,
    resume: options.Resume = True,
    gpu_id: options.GpuId = -1,
) -> None:
    """Carry the labels of sentences to their renderings in another language. Sentences correspond by group.

    With an engine, each labelled sentence is translated with marks and its entities are looked for in the rendering;
    with an aligner, entities that are not found so are found by word alignment.
    """
    use_gpu(gpu_id)
    part = options.read_shard(shard)
    languages = (source_language, target_language)
    filters = make_filters(
        max_words=max_words,
        max_entities=max_entities,
        drop_empty=drop_empty,
        keep_partial=keep_partial,
        identify=make_identifier(languages) if check_language else None,
        language=source_language,
    )
    translator = make_engine(engine, engine_settings or [])(*languages) if engine else None
    vocab = get_blank().vocab
    docs = list(read_docs(targets, vocab))[part[0] - 1 :: part[1]]
    with options.show_progress("-".join(languages)) as progress:
        result = project_corpus(
            list(read_docs(labelled, vocab)),
            docs,
            languages,
            filters,
            engine=translator,
            match=match,
            aligner=make_aligner(aligner, aligner_settings or []) if aligner else None,
            lexicon=None if lexicon is None else read_lexicon(lexicon, *languages),
            cache=Cache(cache, resume=resume),
            progress=progress,
        )
    write_docs(output.with_stem(options.name_shard(output.stem, part)), result.kept)
    if dropped is not None:
        write_docs(dropped.with_stem(options.name_shard(dropped.stem, part)), result.dropped)
    if report is not None:
        write_bytes(report, (srsly.json_dumps(result.report.to_dict(), indent=2) + "\n").encode("utf8"))
    print_report(target_language, result.report, translator)
    if not result.kept:
        msg.warn(f"{output}: no sentence is left")
