"""Where the translations of a corpus come from."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ...tokenizer import get_blank, get_tokenizer
from ..cache import Cache
from ..engine import Progress, require_service
from ..lexicon import Lexicon, read_lexicon
from ..remote.budget import Budget
from ..resolve import make_aligner
from ..spread import Spread, spread_engine
from ..types import Aligner, Translator
from .entities import Projection
from .render import Rendering, find_renderings, render_docs
from .view_corpus import find_memory, is_marked, read_marked


@dataclass(frozen=True)
class Translations:
    """An engine or a memory, and what finds entities in its translations. Nothing is loaded before it is used.

    engine (Optional[str]): name of the engine, see `make_engine`; None for a memory, or for no translations.
    settings (Sequence[str]): settings of the engine, "KEY=VALUE" each.
    spread (Optional[Spread]): where the engine works; None for this process.
    memory (Optional[Path]): parallel file, corpus with marked entities, or folder with one for each language pair.
    alignments (Optional[Path]): word alignments of a parallel file, which take the place of an aligner; see
        `read_aligned`.
    aligner (Optional[str]): name of the aligner, see `make_aligner`; None for none.
    aligner_settings (Sequence[str]): settings of the aligner, "KEY=VALUE" each.
    lexicon (Optional[Path]): renderings of names, see `read_lexicon`.
    tokenized (bool): whether translations are tokens with spaces between.
    budget (Optional[Budget]): the characters that may be sent to a service; None for any number.
    match (str): how the texts of entities are looked for in the translations, a key of `MATCHES`.
    """

    engine: Optional[str] = None
    settings: Sequence[str] = ()
    spread: Optional[Spread] = None
    memory: Optional[Path] = None
    alignments: Optional[Path] = None
    aligner: Optional[str] = None
    aligner_settings: Sequence[str] = ()
    lexicon: Optional[Path] = None
    tokenized: bool = False
    budget: Optional[Budget] = None
    match: str = "exact"

    def choose_memory(self, languages: Tuple[str, str], split: str) -> "Translations":
        """Choose the memory of a language pair, where the memory is a folder.

        languages (Tuple[str, str]): codes of source and target.
        split (str): the split that is to be translated.
        RETURNS (Translations): the same, the memory being a file, if there is any.
        RAISES: X101 if the folder has none of these languages.
        """
        if self.memory is None or self.memory.is_file():
            return self
        memory, alignments = find_memory(self.memory, languages, split)
        return replace(self, memory=memory, alignments=alignments)

    def make_engine(self, languages: Tuple[str, str]) -> Optional[Translator]:
        """Make what translates.

        languages (Tuple[str, str]): codes of source and target.
        RETURNS (Optional[Translator]): the engine, or one that looks up a parallel file; None without either.
        RAISES: X306 if there is a budget and the engine is not one of a service, and those of `spread_engine`.
        """
        engine: Optional[Translator] = None
        if self.memory is not None:
            engine = spread_engine("memory", [f"path={self.memory}"], languages)
        elif self.engine is not None:
            engine = spread_engine(self.engine, self.settings, languages, self.spread)
        if self.budget is not None:
            require_service(engine, "--max-characters").limit(self.budget)
        return engine

    def make_aligner(self) -> Optional[Aligner]:
        """Make what aligns words.

        RETURNS (Optional[Aligner]): the aligner, None for none.
        RAISES: those of `resolve.make_aligner`.
        """
        if self.alignments is not None:
            return make_aligner("given", [f"memory={self.memory}", f"alignments={self.alignments}"])
        return None if self.aligner is None else make_aligner(self.aligner, self.aligner_settings)

    def read_lexicon(self, languages: Tuple[str, str]) -> Optional[Lexicon]:
        """Read the renderings of names.

        languages (Tuple[str, str]): codes of source and target.
        RETURNS (Optional[Lexicon]): the lexicon, None for none.
        RAISES: those of `lexicon.read_lexicon`.
        """
        return None if self.lexicon is None else read_lexicon(self.lexicon, *languages)

    def render(
        self,
        docs: Sequence[Doc],
        languages: Tuple[str, str],
        *,
        cache: Optional[Cache] = None,
        progress: Optional[Progress] = None,
    ) -> Tuple[List[Rendering], Optional[Translator]]:
        """Translate documents and find their entities in the translations.

        docs (Sequence[Doc]): the documents; entities bear ids.
        languages (Tuple[str, str]): codes of source and target.
        cache (Optional[Cache]): what engine and aligner found before.
        progress (Optional[Callable]): told of the sentences done, and of all.
        RETURNS (Tuple[List[Rendering], Optional[Translator]]): a rendering of each document, and what translated; None
            if translations are from a corpus with marked entities.
        RAISES: those of the engine, the aligner and the files.
        """
        if self.memory is not None and is_marked(self.memory):
            nlp = get_blank()
            return find_renderings(docs, read_marked(self.memory, nlp.tokenizer, nlp.vocab)), None
        engine = self.make_engine(languages)
        if engine is None:
            return [Rendering(None, Projection([], [], [])) for _ in docs], None
        found = render_docs(
            docs,
            engine,
            languages,
            get_tokenizer(tokenized=self.tokenized),
            aligner=self.make_aligner(),
            lexicon=self.read_lexicon(languages),
            match=self.match,
            cache=cache,
            progress=progress,
        )
        return found, engine
