from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import typer
from spacy.tokens import Doc
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import write_docs
from ..files import keep_inputs, write_json
from ..pipeline import use_gpu
from ..translation.cache import Cache
from ..translation.engine import Estimate
from ..translation.projection.corpus import Projected
from ..translation.projection.translations import Translations
from ..translation.projection.workflow import Rules, estimate_projection, project_labels
from ._options import (
    DEFAULT_CACHE,
    Aligner,
    AlignerSettings,
    CacheFolder,
    CheckLanguage,
    DropEmpty,
    DryRun,
    Engine,
    EngineSettings,
    GpuId,
    Lexicon,
    Match,
    MaxCharacters,
    Price,
    Resume,
    Shard,
    Source,
    Targets,
    choose,
    name_file,
    read_numbered,
    read_shard,
    remove_other_forms,
    show_progress,
    split_codes,
)
from ._parts import PartCommand, Place, RayAddress, Workers
from ._translations import find_translations, limit_characters, print_estimates, print_report
from ._util import app, user_errors


class Capitals(str, Enum):
    """Whether to leave out entities without a capital; auto: where raw text shows that capitals mark names."""

    auto = "auto"
    yes = "yes"
    no = "no"


Labelled = Annotated[Path, typer.Argument(help="Labelled sentences: .spacy file, or folder of them")]
Renderings = Annotated[Path, typer.Argument(help="Their renderings, which get the labels: .spacy, or folder")]
Output = Annotated[Path, typer.Argument(help="Where the renderings with labels go (.spacy)")]
Fallback = Annotated[
    str,
    typer.Option(
        help="Whether an entity that is not found otherwise is looked for by its own text: none (the paper), exact "
        "(as it is written), casefold (at last in any case)"
    ),
]
Repeated = Annotated[
    str,
    typer.Option(
        help="A name that occurs again in the sentence: label both, drop the sentence, outside (no entity)"
    ),
]
MaxWords = Annotated[int, typer.Option(help="Most words; leave out longer sentences, 0 for never")]
MaxEntities = Annotated[int, typer.Option(help="Leave out sentences with more entities, 0 for never")]
CapitalsOption = Annotated[
    Capitals,
    typer.Option(help="Leave out entities without a capital: auto where the language writes names so"),
]
MaskUnsure = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0, help="Entities with a lower score, 0 to 1, are neither labelled nor outside"
    ),
]
KeepPartial = Annotated[
    bool, typer.Option("--keep-partial", help="Keep sentences one of whose entities was not found")
]
Dropped = Annotated[
    Optional[Path], typer.Option(help="Where renderings that are left out go, without labels (.spacy)")
]
ReportFile = Annotated[
    Optional[Path], typer.Option(help="JSON file for what is counted; sentences and entities by fate")
]
RULES = Rules()


@app.command("project", cls=PartCommand)
@user_errors
def project_cli(
    labelled: Labelled,
    targets: Renderings,
    output: Output,
    source_language: Source,
    target_languages: Targets,
    engine: Engine = None,
    engine_settings: EngineSettings = None,
    match: Match = RULES.match,
    aligner: Aligner = None,
    aligner_settings: AlignerSettings = None,
    lexicon: Lexicon = None,
    fallback: Fallback = RULES.fallback,
    repeated: Repeated = RULES.repeated,
    check_language: CheckLanguage = RULES.check_language,
    max_words: MaxWords = RULES.max_words,
    max_entities: MaxEntities = RULES.max_entities,
    drop_empty: DropEmpty = RULES.drop_empty,
    capitals: CapitalsOption = Capitals.no,
    mask_unsure: MaskUnsure = RULES.threshold,
    keep_partial: KeepPartial = RULES.keep_partial,
    dropped: Dropped = None,
    report: ReportFile = None,
    dry_run: DryRun = False,
    price: Price = 0.0,
    max_characters: MaxCharacters = None,
    shard: Shard = "1/1",
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Carry the labels of sentences to their renderings in another language.

    Sentences correspond by group. With an engine, each labelled sentence is translated with marks and its entities are
    looked for in the rendering; with an aligner, entities that are not found so are found by word alignment.
    """
    place, part = Place(ray, workers, gpu_id), read_shard(shard)
    written = (path if path is None else name_file(path, part) for path in (output, dropped, report))
    keep_inputs([labelled, targets, lexicon], *written)
    translations = find_translations(engine, engine_settings, place, aligner, aligner_settings, lexicon)
    translations = limit_characters(translations, max_characters)
    rules = replace(
        Rules(match, fallback, repeated, capitals.value, mask_unsure, check_language),
        max_words=max_words,
        max_entities=max_entities,
        drop_empty=drop_empty,
        keep_partial=keep_partial,
    )
    use_gpu(place.own_gpu)
    pairs = [(source_language, code) for code in split_codes(target_languages, "--targets")]
    work = Work(
        read_numbered(labelled), read_numbered(targets), translations, part, Cache(cache, resume=resume)
    )
    if dry_run:
        return print_estimates({pair[1]: work.estimate(pair) for pair in pairs}, price)
    write_projected({pair[1]: work.project(pair, rules) for pair in pairs}, output, dropped, report, part)


class Work(NamedTuple):
    """What is the same for all languages.

    sentences, renderings (List[Doc]): the labelled sentences, and their renderings in all languages.
    translations (Translations): what translates and aligns.
    shard (Tuple[int, int]): which renderings get labels.
    cache (Cache): what engine and aligner found before.
    """

    sentences: List[Doc]
    renderings: List[Doc]
    translations: Translations
    shard: Tuple[int, int]
    cache: Cache

    def estimate(self, languages: Tuple[str, str]) -> Estimate:
        """Find out what a language pair would send to a service.

        languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
        RETURNS (Estimate): the numbers.
        RAISES: those of `estimate_projection`.
        """
        docs = choose(self.renderings, languages[1])
        return estimate_projection(
            self.sentences, docs, languages, self.translations, shard=self.shard, cache=self.cache
        )

    def project(self, languages: Tuple[str, str], rules: Rules) -> Projected:
        """Carry the labels of a language pair, and tell what came of it.

        languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
        rules (Rules): how labels are carried, and which sentences are dropped.
        RETURNS (Projected): the renderings.
        RAISES: those of `project_labels`.
        """
        docs = choose(self.renderings, languages[1])
        with show_progress("-".join(languages)) as progress:
            result = project_labels(
                self.sentences,
                docs,
                languages,
                self.translations,
                rules,
                shard=self.shard,
                cache=self.cache,
                progress=progress,
            )
        print_report(languages[1], result.report, result.engine)
        return result


def write_projected(
    results: Dict[str, Projected],
    output: Path,
    dropped: Optional[Path],
    report: Optional[Path],
    shard: Tuple[int, int],
) -> None:
    """Write the renderings of all languages and the counts.

    results (Dict[str, Projected]): the renderings by language.
    output (Path): the file for the renderings with labels.
    dropped (Optional[Path]): the file for the others, None for none.
    report (Optional[Path]): the file for the counts, None for none.
    shard (Tuple[int, int]): which shard this is; the names of the files tell it.
    RAISES: X112 if a file can't be written.
    """
    kept = [doc for result in results.values() for doc in result.kept]
    others = [doc for result in results.values() for doc in result.dropped]
    for path, docs in ((output, kept), (dropped, others)):
        if path is not None:
            write_docs(name_file(path, shard), docs)
            remove_other_forms(path, shard)
    if report is not None:
        counts = {code: result.report.to_dict() for code, result in results.items()}
        write_json(name_file(report, shard), counts)
    if not kept:
        msg.warn(f"{output}: no sentence is left")
