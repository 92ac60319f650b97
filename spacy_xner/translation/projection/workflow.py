"""What `xner translate` and `xner project` do with the sentences of a language pair."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Literal, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...parallel.parts import cut_shard
from ..cache import Cache
from ..engine import Estimate, Progress, estimate
from ..identify import make_identifier
from ..types import Translator
from ..views import VIEWS
from .articles import find_articles
from .corpus import Projected, mark_labelled, project_corpus
from .entities import capitals_mark_names
from .filters import Filter, make_filters
from .render import mark_entities, number_entities
from .report import Report
from .translations import Translations
from .view_corpus import hold_out, make_corpus

# Share of the groups that is set aside to watch a training.
HELD_OUT = 0.03


class TranslatedCorpus(NamedTuple):
    """The translations of a corpus.

    train, dev (List[Doc]): the views, and those that are set aside.
    report (Report): how many sentences were kept, why others were not, and how entities were found.
    engine (Optional[Translator]): what translated; None if translations are from a corpus with marked entities.
    """

    train: List[Doc]
    dev: List[Doc]
    report: Report
    engine: Optional[Translator]


def translate_corpus(
    docs: Sequence[Doc],
    languages: Tuple[str, str],
    translations: Translations,
    *,
    corpus: Path,
    views: Sequence[str] = VIEWS,
    check_language: bool = False,
    held_out: float = HELD_OUT,
    cache: Optional[Cache] = None,
    progress: Optional[Progress] = None,
) -> TranslatedCorpus:
    """Translate sentences with their entities, make views of them, and set some aside.

    docs (Sequence[Doc]): the sentences, in groups (see `number_groups`); their entities get ids.
    languages (Tuple[str, str]): codes of source and target.
    translations (Translations): where the translations come from.
    corpus (Path): the file that the sentences are from. Its name without suffix is the split that is looked for in a
        folder of memories.
    views (Sequence[str]): the views to make.
    check_language (bool): whether to leave out translations that are in another language.
    held_out (float): share of the groups to set aside, see `hold_out`.
    cache (Optional[Cache]): what engine and aligner found before.
    progress (Optional[Callable]): told of the sentences translated, and of all.
    RETURNS (TranslatedCorpus): the views and the counts.
    RAISES: X204 if no sentence has a translation, X101 if a folder has no memory of the languages, X206 and X306 (the
        language check), and those of the engine, the aligner and the files.
    """
    for doc in docs:
        number_entities(doc)
    chosen = translations.choose_memory(languages, corpus.stem)
    renderings, engine = chosen.render(docs, languages, cache=cache, progress=progress)
    if docs and all(rendering.doc is None for rendering in renderings):
        raise XnerError(Errors.X204.format(source=corpus, memory=translations.memory or translations.engine))
    identify = make_identifier(languages) if check_language else None
    made, report = make_corpus(docs, renderings, languages, views=views, engine=engine, identify=identify)
    return TranslatedCorpus(*hold_out(made, held_out), report, engine)


def estimate_translation(
    docs: Sequence[Doc], languages: Tuple[str, str], translations: Translations, *, cache: Cache
) -> Estimate:
    """Find out what `translate_corpus` will send to a service, without sending it.

    docs (Sequence[Doc]): the sentences; their entities get ids.
    languages (Tuple[str, str]): codes of source and target.
    translations (Translations): where the translations come from.
    cache (Cache): what the engine found before.
    RETURNS (Estimate): the numbers.
    RAISES: X306 if that is no service, and those of the engine.
    """
    return estimate(translations.make_engine(languages), languages, list(map(mark_entities, docs)), cache)


def estimate_projection(
    labelled: Sequence[Doc],
    targets: Sequence[Doc],
    languages: Tuple[str, str],
    translations: Translations,
    *,
    shard: Tuple[int, int] = (1, 1),
    cache: Cache,
) -> Estimate:
    """Find out what `project_labels` will send to a service, without sending it.

    labelled (Sequence[Doc]): labelled sentences, one of each group.
    targets (Sequence[Doc]): their renderings in groups.
    languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
    translations (Translations): what translates the labelled sentences.
    shard (Tuple[int, int]): which renderings get labels, see `project_labels`.
    cache (Cache): what the engine found before.
    RETURNS (Estimate): the numbers.
    RAISES: X306 if there is no service, X219 if nothing corresponds, and those of the engine.
    """
    marked = mark_labelled(labelled, list(cut_shard(targets, shard)), languages)
    return estimate(translations.make_engine(languages), languages, marked, cache)


@dataclass(frozen=True)
class Rules:
    """How labels are carried to renderings, and which sentences are dropped.

    match, fallback, repeated (str), threshold (float): see `project_corpus`.
    capitals (Literal["auto", "yes", "no"]): whether to leave out entities without a capital; "auto": where the
        renderings show that capitals mark names.
    check_language (bool): drop sentences that are labelled in another language.
    max_words, max_entities (int), drop_empty, keep_partial (bool): see `make_filters`.
    """

    match: str = "exact"
    fallback: str = "casefold"
    repeated: str = "label"
    capitals: Literal["auto", "yes", "no"] = "no"
    threshold: float = 0.0
    check_language: bool = False
    max_words: int = 0
    max_entities: int = 0
    drop_empty: bool = False
    keep_partial: bool = False

    def make_filters(self, languages: Tuple[str, str]) -> Dict[str, Filter]:
        """Choose which sentences to drop.

        languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
        RETURNS (Dict[str, Filter]): see `filters.make_filters`.
        RAISES: X206 and X306 (the language check).
        """
        return make_filters(
            max_words=self.max_words,
            max_entities=self.max_entities,
            drop_empty=self.drop_empty,
            keep_partial=self.keep_partial,
            identify=make_identifier(languages) if self.check_language else None,
            language=languages[0],
        )


def project_labels(
    labelled: Sequence[Doc],
    targets: Sequence[Doc],
    languages: Tuple[str, str],
    translations: Translations,
    rules: Rules,
    *,
    shard: Tuple[int, int] = (1, 1),
    cache: Optional[Cache] = None,
    progress: Optional[Progress] = None,
) -> Projected:
    """Carry labels to the renderings of the labelled sentences in one language.

    labelled (Sequence[Doc]): labelled sentences, one of each group.
    targets (Sequence[Doc]): their renderings in groups (see `number_groups`), all of that language.
    languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
    translations (Translations): what translates the labelled sentences, if anything does, and what aligns words.
    rules (Rules): how labels are carried, and which sentences are dropped.
    shard (Tuple[int, int]): which renderings get labels, see `cut_shard`. What capitals tell is read from all.
    cache (Optional[Cache]): what engine and aligner found before.
    progress (Optional[Callable]): told of the sentences translated, and of all.
    RETURNS (Projected): kept and dropped sentences in order, and the counts.
    RAISES: those of `project_corpus`, the language check, the engine, the aligner and the files.
    """
    auto = rules.capitals == "auto"
    return project_corpus(
        labelled,
        list(cut_shard(targets, shard)),
        languages,
        rules.make_filters(languages),
        engine=translations.make_engine(languages),
        match=rules.match,
        aligner=translations.make_aligner(),
        lexicon=translations.read_lexicon(languages),
        fallback=rules.fallback,
        repeated=rules.repeated,
        capitals=capitals_mark_names(targets) if auto else rules.capitals == "yes",
        articles=find_articles(targets),
        threshold=rules.threshold,
        cache=cache,
        progress=progress,
    )
