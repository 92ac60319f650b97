from pathlib import Path
from typing import Dict, List, Optional, Tuple

import typer
from spacy.tokens import Doc
from typing_extensions import Annotated

from ..corpora.store import remove_others, write_docs
from ..errors import Errors, XnerError
from ..pipeline import use_gpu
from ..translation.cache import Cache
from ..translation.projection.view_corpus import is_marked
from ..translation.projection.workflow import HELD_OUT, translate_corpus
from ..translation.views import VIEWS
from ._options import (
    DEFAULT_CACHE,
    Align,
    Aligner,
    AlignerSettings,
    CacheFolder,
    CheckLanguage,
    Engine,
    EngineSettings,
    GpuId,
    Lexicon,
    Limit,
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
from ._translations import find_translations, print_report
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
Tokenized = Annotated[bool, typer.Option("--tokenized", help="Translations are tokens with spaces between")]
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
    tokenized: Tokenized = False,
    check_language: CheckLanguage = False,
    held_out: HeldOut = HELD_OUT,
    limit: Limit = 0,
    shard: Shard = "1/1",
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Translate sentences with their entities, by an engine or from a translation memory.

    Of several
    source languages each is told by the language of the sentences. Views of other targets in the output folder are
    removed.
    """
    codes, sources = split_codes(targets, "--targets"), split_codes(source_language, "--source")
    wanted, part, place = read_views(views), read_shard(shard), Place(ray, workers, gpu_id)
    check_memory(memory, engine)
    translations = find_translations(
        engine, engine_settings, place, aligner, aligner_settings, lexicon, memory, align, tokenized
    )
    check_pairs(memory, targets, len(sources) * len(codes))
    use_gpu(place.own_gpu)
    store, every, names = Cache(cache, resume=resume), read_numbered(source), []
    for languages in [(one, other) for one in sources for other in codes]:
        docs = choose(every, languages[0], limit=limit, shard=part)
        with show_progress("-".join(languages)) as progress:
            result = translate_corpus(
                docs,
                languages,
                translations,
                corpus=source,
                views=wanted,
                check_language=check_language,
                held_out=held_out,
                cache=store,
                progress=progress,
            )
        names.append(languages[1] if len(sources) == 1 else "-".join(languages))
        write_views(output, names[-1], part, {"train": result.train, "dev": result.dev if held_out else None})
        print_report(names[-1], result.report, result.engine)
    if part == (1, 1):
        remove_others(output / "train", names)
        remove_others(output / "dev", names if held_out else [])


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
