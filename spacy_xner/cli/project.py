from enum import Enum
from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, write_docs
from ..files import write_json
from ..pipeline import use_gpu
from ..tokenizer import get_blank
from ..translation.cache import Cache
from ..translation.lexicon import read_lexicon
from ..translation.projection.corpus import project_corpus
from ..translation.projection.entities import capitals_mark_names
from ..translation.projection.filters import make_filters, make_identifier
from ..translation.resolve import make_aligner
from ..translation.views import number_groups
from ._engines import choose_engine
from ._options import (
    DEFAULT_CACHE,
    Aligner,
    AlignerSettings,
    CacheFolder,
    CheckLanguage,
    Engine,
    EngineSettings,
    GpuId,
    Lexicon,
    Resume,
    Shard,
    choose,
    name_file,
    read_shard,
    remove_other_forms,
    require,
    show_progress,
)
from ._parts import PartCommand, RayAddress, Workers
from ._util import app, user_errors
from .prepare import split_codes
from .translate import print_report


class Capitals(str, Enum):
    """Whether to leave out entities without a capital; auto: where raw text shows that capitals mark names."""

    auto = "auto"
    yes = "yes"
    no = "no"


@app.command("project", cls=PartCommand)
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
    target_languages: Annotated[
        str, typer.Option("--targets", "-t", help="Languages of the renderings, with commas between")
    ],
    engine: Engine = None,
    engine_settings: EngineSettings = None,
    match: Annotated[
        str,
        typer.Option(help="How an entity that the engine gave back is looked for: contiguous, loose, fuzzy"),
    ] = "contiguous",
    aligner: Aligner = None,
    aligner_settings: AlignerSettings = None,
    lexicon: Lexicon = None,
    fallback: Annotated[
        str,
        typer.Option(
            help="Whether an entity that is not found otherwise is looked for by its own text: none (the paper), exact "
            "(as it is written), casefold (at last in any case)"
        ),
    ] = "casefold",
    repeated: Annotated[
        str,
        typer.Option(
            help="A name that occurs again in the sentence: label both, drop the sentence, outside (no entity)"
        ),
    ] = "label",
    check_language: CheckLanguage = False,
    max_words: Annotated[int, typer.Option(help="Drop longer sentences, 0 for never")] = 0,
    max_entities: Annotated[int, typer.Option(help="Drop sentences with more entities, 0 for never")] = 0,
    drop_empty: Annotated[bool, typer.Option("--drop-empty", help="Drop sentences without entities")] = False,
    capitals: Annotated[
        Capitals,
        typer.Option(help="Leave out entities without a capital: auto where the language writes names so"),
    ] = Capitals.no,
    mask_unsure: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Entities with a lower score are neither labelled nor outside"),
    ] = 0.0,
    keep_partial: Annotated[
        bool, typer.Option("--keep-partial", help="Keep sentences one of whose entities was not found")
    ] = False,
    dropped: Annotated[
        Optional[Path], typer.Option(help="Where the others go, without labels (.spacy)")
    ] = None,
    report: Annotated[Optional[Path], typer.Option(help="JSON file for the counts")] = None,
    shard: Shard = "1/1",
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Carry the labels of sentences to their renderings in another language. Sentences correspond by group.

    With an engine, each labelled sentence is translated with marks and its entities are looked for in the rendering;
    with an aligner, entities that are not found so are found by word alignment.
    """
    require("--set", engine_settings, "--engine", engine)
    require("--ray", ray, "--engine", engine)
    require("--workers", workers, "--ray", ray)
    require("--aligner-set", aligner_settings, "--aligner", aligner)
    use_gpu(gpu_id if ray is None else -1)
    part = read_shard(shard)
    store = Cache(cache, resume=resume)
    vocab = get_blank().vocab
    sentences = list(read_docs(labelled, vocab))
    every = list(read_docs(targets, vocab))
    number_groups(sentences)
    number_groups(every)
    results = {}
    for code in split_codes(target_languages, "--targets"):
        languages = (source_language, code)
        whole = choose(every, code, (1, 1))
        docs = whole[part[0] - 1 :: part[1]]
        filters = make_filters(
            max_words=max_words,
            max_entities=max_entities,
            drop_empty=drop_empty,
            keep_partial=keep_partial,
            identify=make_identifier(languages) if check_language else None,
            language=source_language,
        )
        translator = None
        if engine:
            settings = engine_settings or []
            translator = choose_engine(engine, settings, languages, ray=ray, workers=workers, gpu_id=gpu_id)
        with show_progress("-".join(languages)) as progress:
            results[code] = project_corpus(
                sentences,
                docs,
                languages,
                filters,
                engine=translator,
                match=match,
                aligner=make_aligner(aligner, aligner_settings or []) if aligner else None,
                lexicon=None if lexicon is None else read_lexicon(lexicon, *languages),
                fallback=fallback,
                repeated=repeated,
                capitals=capitals_mark_names(whole)
                if capitals == Capitals.auto
                else capitals == Capitals.yes,
                threshold=mask_unsure,
                cache=store,
                progress=progress,
            )
        print_report(code, results[code].report, translator)
    kept = [doc for result in results.values() for doc in result.kept]
    write_docs(name_file(output, part), kept)
    remove_other_forms(output, part)
    if dropped is not None:
        others = [doc for result in results.values() for doc in result.dropped]
        write_docs(name_file(dropped, part), others)
        remove_other_forms(dropped, part)
    if report is not None:
        counts = {code: result.report.to_dict() for code, result in results.items()}
        write_json(name_file(report, part), counts)
    if not kept:
        msg.warn(f"{output}: no sentence is left")
