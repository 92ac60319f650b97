from pathlib import Path
from typing import Callable, List, Optional, Tuple

import typer
from spacy.tokens import Doc
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import read_docs, remove_others, write_docs
from ..errors import Errors, XnerError
from ..pipeline import use_gpu
from ..tokenizer import get_blank
from ..translation.cache import Cache
from ..translation.engine import Progress
from ..translation.lexicon import read_lexicon
from ..translation.projection.filters import make_identifier
from ..translation.projection.render import Rendering, find_renderings, number_entities, render_docs
from ..translation.projection.report import Report
from ..translation.projection.view_corpus import find_memory, hold_out, is_marked, make_corpus, read_marked
from ..translation.resolve import make_aligner
from ..translation.types import Translator
from ..translation.views import VIEWS, number_groups
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
    name_shard,
    read_shard,
    remove_other_forms,
    require,
    show_progress,
)
from ._parts import PartCommand, RayAddress, Workers
from ._util import app, get_tokenizer, user_errors
from .prepare import split_codes

# From sentences to their translations, and what translated them.
Render = Callable[[List[Doc], Progress], Tuple[List[Rendering], Optional[Translator]]]


@app.command("translate", cls=PartCommand)
@user_errors
def translate_cli(
    source: Annotated[Path, typer.Argument(help="Source corpus (.spacy), labelled or not")],
    output: Annotated[Path, typer.Argument(help="Folder for the views: train/{language}.spacy, dev/...")],
    targets: Annotated[
        str, typer.Option("--targets", "-t", help="Codes of the targets, separated by commas")
    ],
    memory: Annotated[
        Optional[Path],
        typer.Option("--memory", "-m", help="Parallel or marked file, or a folder with one for each target"),
    ] = None,
    engine: Engine = None,
    engine_settings: EngineSettings = None,
    source_language: Annotated[
        str,
        typer.Option("--source", "-s", help="Code of the source language, or several with commas between"),
    ] = "en",
    views: Annotated[
        str,
        typer.Option(help="s: source; t: full translation; si: entities translated; ti: context translated"),
    ] = ",".join(VIEWS),
    align: Annotated[
        Optional[Path], typer.Option("--align", "-a", help="Word alignments of a parallel file")
    ] = None,
    aligner: Aligner = None,
    aligner_settings: AlignerSettings = None,
    lexicon: Lexicon = None,
    tokenized: Annotated[
        bool, typer.Option("--tokenized", help="Translations are tokens with spaces between")
    ] = False,
    check_language: CheckLanguage = False,
    held_out: Annotated[float, typer.Option("--held-out", min=0, max=0.9, help="Share for views/dev")] = 0.03,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most sentences, 0 for all")] = 0,
    shard: Shard = "1/1",
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    ray: RayAddress = None,
    workers: Workers = None,
    gpu_id: GpuId = -1,
) -> None:
    """Translate sentences with their entities, by an engine or from a translation memory, and make views of them.

    s is the source, si the source with target entities, ti the target with source entities, t the target. Of several
    source languages each is told by the language of the sentences. Views of other targets in the output folder are
    removed.
    """
    codes = split_codes(targets, "--targets")
    sources = split_codes(source_language, "--source")
    wanted = split_codes(views, "--views")
    part = read_shard(shard)
    if not set(wanted) <= set(VIEWS):
        raise XnerError(
            Errors.E306.format(found=views, expected=f"a list of {', '.join(VIEWS)}", option="--views")
        )
    if (memory is None) == (engine is None):
        found_options = "neither" if memory is None else f"{memory} and {engine}"
        raise XnerError(
            Errors.E306.format(
                found=found_options, expected="one source of translations", option="--memory or --engine"
            )
        )
    require("--set", engine_settings, "--engine", engine)
    require("--ray", ray, "--engine", engine)
    require("--workers", workers, "--ray", ray)
    require("--aligner-set", aligner_settings, "--aligner", aligner)
    require("--align", align, "--memory FILE", memory is not None and memory.is_file())
    pairs = [(one, other) for one in sources for other in codes]
    if memory is not None and memory.is_file() and not is_marked(memory) and len(pairs) > 1:
        raise XnerError(Errors.E306.format(found=targets, expected="one language", option="--targets"))
    use_gpu(gpu_id if ray is None else -1)
    store = Cache(cache, resume=resume)

    def render_by_memory(path: Path, alignments: Optional[Path], languages: Tuple[str, str]) -> Render:
        if is_marked(path):
            marked = read_marked(path, get_blank().tokenizer, get_blank().vocab)
            return lambda docs, progress: (find_renderings(docs, marked), None)
        aligned = None if alignments is None else [f"memory={path}", f"alignments={alignments}"]
        return render_by_engine("memory", [f"path={path}"], languages, aligned)

    def render_by_engine(
        name: str, settings: List[str], languages: Tuple[str, str], aligned: Optional[List[str]] = None
    ) -> Render:
        translator = choose_engine(name, settings, languages, ray=ray, workers=workers, gpu_id=gpu_id)
        chosen = None
        if aligned is not None:
            chosen = make_aligner("given", aligned)
        elif aligner is not None:
            chosen = make_aligner(aligner, aligner_settings or [])
        renderings_of_names = None if lexicon is None else read_lexicon(lexicon, *languages)
        # The alignments of a file count tokens with spaces between.
        tokenizer = get_tokenizer(tokenized=tokenized or aligned is not None)

        def render(docs: List[Doc], progress: Progress) -> Tuple[List[Rendering], Optional[Translator]]:
            found = render_docs(
                docs,
                translator,
                languages,
                tokenizer,
                aligner=chosen,
                lexicon=renderings_of_names,
                cache=store,
                progress=progress,
            )
            return found, translator

        return render

    every = list(read_docs(source, get_blank().vocab))
    number_groups(every)
    names = []
    for languages in pairs:
        if memory is not None:
            found = (memory, align) if memory.is_file() else find_memory(memory, languages, source.stem)
            render = render_by_memory(*found, languages)
        else:
            render = render_by_engine(engine or "", engine_settings or [], languages)
        docs = choose(every, languages[0], part, limit)
        for doc in docs:
            number_entities(doc)
        with show_progress("-".join(languages)) as progress:
            renderings, translator = render(docs, progress)
        if docs and all(rendering.doc is None for rendering in renderings):
            raise XnerError(Errors.E204.format(source=source, memory=memory or engine))
        identify = make_identifier(languages) if check_language else None
        made, report = make_corpus(
            docs, renderings, languages, views=wanted, engine=translator, identify=identify
        )
        train, dev = hold_out(made, held_out)
        names.append(languages[1] if len(sources) == 1 else "-".join(languages))
        name = name_shard(names[-1], part)
        for split, views_of_split in (("train", train), ("dev", dev)):
            if split == "train" or held_out:
                write_docs(output / split / f"{name}.spacy", views_of_split)
            remove_other_forms(output / split / f"{names[-1]}.spacy", part)
        print_report(names[-1], report, translator)
    if part == (1, 1):
        for split in ("train", "dev"):
            remove_others(output / split, names if split == "train" or held_out else [])


def print_report(code: str, report: Report, translator: Optional[Translator]) -> None:
    """Print how many sentences and entities came through, and by which engine.

    code (str): the target's code, or "source-target" of several sources.
    report (Report): what became of them.
    translator (Optional[Translator]): the engine, told with its licence; None if there was none.
    """
    total = report.sentences.total()
    left_out = ", ".join(f"{n} {fate}" for fate, n in sorted(report.sentences.items()) if fate != "kept")
    rate = f"; {report.rate():.1%} of their entities found" if report.entities else ""
    msg.good(f"{code}: {report.sentences['kept']} of {total} sentences kept ({left_out or 'all'}){rate}")
    for label, counts in sorted(report.entities.items()):
        ways = ", ".join(f"{how} {n}" for how, n in counts.most_common())
        print(f"  {label}: {report.rate(label):.1%} ({ways})")
    if translator is not None:
        print(f"  engine {translator.name}; licence of the model: {translator.licence}")
