from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import typer
from spacy.tokens import Doc
from typing_extensions import Annotated

from ..corpora.store import remove_others, write_docs
from ..errors import Errors, XnerError
from ..files import keep_inputs
from ..pipeline import use_gpu
from ..translation.cache import Cache
from ..translation.engine import Estimate
from ..translation.projection.translations import Translations
from ..translation.projection.view_corpus import is_marked
from ..translation.projection.workflow import HELD_OUT, estimate_translation, translate_corpus
from ..translation.views import VIEWS
from ._options import (
    DEFAULT_CACHE,
    Align,
    Aligner,
    AlignerSettings,
    CacheFolder,
    CheckLanguage,
    DryRun,
    Engine,
    EngineSettings,
    GpuId,
    Lexicon,
    Limit,
    MaxCharacters,
    OwnMatch,
    Price,
    Resume,
    Shard,
    Targets,
    choose,
    name_shard,
    read_numbered,
    read_shard,
    remove_other_forms,
    show_progress,
    split_codes,
)
from ._parts import PartCommand, Place, RayAddress, Workers
from ._translations import find_translations, limit_characters, print_estimates, print_report
from ._util import app, user_errors

Corpus = Annotated[Path, typer.Argument(metavar="SOURCE", help="Source corpus (.spacy), labelled or not")]
Output = Annotated[Path, typer.Argument(help="Folder for the views: train/{language}.spacy, dev/...")]
Memory = Annotated[
    Optional[Path],
    typer.Option(
        "--memory", "-m", help="Translations: a parallel or marked file, or a folder with one for each target"
    ),
]
SourceLanguage = Annotated[
    str,
    typer.Option("--source", "-s", help="Code of the source language; several with commas between"),
]
Views = Annotated[
    str,
    typer.Option(
        help="What to make, with commas between: s (source), t (translation), si (only entities translated), ti (only "
        "what is around them translated)"
    ),
]
Tokenized = Annotated[
    bool, typer.Option("--tokenized", help="Texts are tokens with spaces between: cut them nowhere else")
]
ALL_VIEWS = ",".join(VIEWS)
HeldOut = Annotated[
    float, typer.Option("--held-out", min=0, max=0.9, help="Share, 0 to 1, that is held out; into OUTPUT/dev")
]


@app.command("translate", cls=PartCommand)
@user_errors
def translate_cli(
    source: Corpus,
    output: Output,
    targets: Targets,
    memory: Memory = None,
    engine: Engine = None,
    engine_settings: EngineSettings = None,
    source_language: SourceLanguage = "en",
    views: Views = ALL_VIEWS,
    align: Align = None,
    aligner: Aligner = None,
    aligner_settings: AlignerSettings = None,
    lexicon: Lexicon = None,
    match: OwnMatch = "exact",
    tokenized: Tokenized = False,
    check_language: CheckLanguage = False,
    held_out: HeldOut = HELD_OUT,
    limit: Limit = 0,
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
    """Translate sentences with their entities, by an engine or from a translation memory.

    Of several source languages each is told by the language of the sentences. Views of other targets in the output
    folder are removed.
    """
    pairs, part = pair_languages(source_language, targets), read_shard(shard)
    wanted, place = read_views(views), Place(ray, workers, gpu_id)
    check_memory(memory, engine)
    # Views of other targets are removed there, so whatever is there.
    keep_inputs([source], *(output / "train").glob("*.spacy"), *(output / "dev").glob("*.spacy"))
    translations = find_translations(
        engine, engine_settings, place, aligner, aligner_settings, lexicon, memory, align, tokenized, match
    )
    translations = limit_characters(translations, max_characters)
    check_pairs(memory, targets, len(pairs))
    use_gpu(place.own_gpu)
    store, every = Cache(cache, resume=resume), read_numbered(source)
    docs = {name: choose(every, one, limit=limit, shard=part) for name, (one, _) in pairs.items()}
    if dry_run:
        return print_estimates(estimate_pairs(docs, pairs, translations, store), price)
    settings: Dict[str, Any] = {"corpus": source, "views": wanted, "held_out": held_out}
    settings["check_language"] = check_language
    for name, languages in pairs.items():
        with show_progress("-".join(languages)) as progress:
            result = translate_corpus(
                docs[name], languages, translations, **settings, cache=store, progress=progress
            )
        write_views(output, name, part, {"train": result.train, "dev": result.dev if held_out else None})
        print_report(name, result.report, result.engine)
    if part == (1, 1):
        remove_others(output / "train", list(pairs))
        remove_others(output / "dev", list(pairs) if held_out else [])


def pair_languages(sources: str, targets: str) -> Dict[str, Tuple[str, str]]:
    """Read the options --source and --targets.

    sources, targets (str): codes with commas between.
    RETURNS (Dict[str, Tuple[str, str]]): the pairs of codes, by the target's code, or by both of several sources.
    RAISES: X306 if there is no code.
    """
    codes, ours = split_codes(targets, "--targets"), split_codes(sources, "--source")
    pairs = [(one, other) for one in ours for other in codes]
    return {other if len(ours) == 1 else f"{one}-{other}": (one, other) for one, other in pairs}


def estimate_pairs(
    docs: Dict[str, List[Doc]], pairs: Dict[str, Tuple[str, str]], translations: Translations, cache: Cache
) -> Dict[str, Estimate]:
    """Find out what would be sent to a service.

    docs (Dict[str, List[Doc]]): the sentences of each language pair, by its name.
    pairs (Dict[str, Tuple[str, str]]): the codes of each.
    translations (Translations): where translations come from.
    cache (Cache): what the engine found before.
    RETURNS (Dict[str, Estimate]): the numbers.
    RAISES: those of `estimate_translation`.
    """
    return {
        name: estimate_translation(docs[name], languages, translations, cache=cache)
        for name, languages in pairs.items()
    }


def read_views(views: str) -> List[str]:
    """Read the option --views.

    views (str): names of views with commas between.
    RETURNS (List[str]): the names.
    RAISES: X306 if there is none, or no such view.
    """
    wanted = split_codes(views, "--views")
    if not set(wanted) <= set(VIEWS):
        raise XnerError(
            Errors.X306.format(found=views, expected=f"a list of {', '.join(VIEWS)}", option="--views")
        )
    return wanted


def check_memory(memory: Optional[Path], engine: Optional[str]) -> None:
    """Make sure that there is one source of translations.

    memory (Optional[Path]): the option --memory.
    engine (Optional[str]): the option --engine.
    RAISES: X306 if there is none, or there are two.
    """
    if (memory is None) == (engine is None):
        found = "neither" if memory is None else f"{memory} and {engine}"
        raise XnerError(
            Errors.X306.format(
                found=found, expected="one source of translations", option="--memory or --engine"
            )
        )


def check_pairs(memory: Optional[Path], targets: str, n_pairs: int) -> None:
    """Make sure that a parallel file is used for one language pair; marked sentences tell their language.

    memory (Optional[Path]): the option --memory.
    targets (str): the option --targets.
    n_pairs (int): number of language pairs.
    RAISES: X306 if there are more.
    """
    if memory is not None and memory.is_file() and not is_marked(memory) and n_pairs > 1:
        raise XnerError(Errors.X306.format(found=targets, expected="one language", option="--targets"))


def write_views(
    output: Path, name: str, shard: Tuple[int, int], views: Dict[str, Optional[List[Doc]]]
) -> None:
    """Write the views of a target, and remove what an earlier run with other shards left of it.

    output (Path): the folder of all splits.
    name (str): the target's name, that of its files.
    shard (Tuple[int, int]): which shard this is.
    views (Dict[str, Optional[List[Doc]]]): the views by split; None where none are wanted.
    """
    for split, docs in views.items():
        if docs is not None:
            write_docs(output / split / f"{name_shard(name, shard)}.spacy", docs)
        remove_other_forms(output / split / f"{name}.spacy", shard)
