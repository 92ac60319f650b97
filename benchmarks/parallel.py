"""Machine translations of a transfer's text, source and raw, and what is learnt from both."""

from pathlib import Path
from typing import Any, Dict, List, Tuple

from data import Data
from spacy.tokens import Doc
from stages import Workspace, read

from spacy_xner.cli._util import get_tokenizer
from spacy_xner.errors import Errors, XnerError
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.projection import Projection
from spacy_xner.translation.render import render_docs
from spacy_xner.translation.resolve import make_aligner, make_engine
from spacy_xner.translation.translate import make_corpus
from spacy_xner.translation.vectors import train_vectors


def pair_text(work: Workspace, data: Data) -> Tuple[Path, Path]:
    """RETURNS (Tuple[Path, Path]): raw target text with its translation, and source text with its translation, in
    groups of the views s and t, whichever is the translation. RAISES: X101 if there is no machine translation."""
    if data.parallel is None or data.translated is None:
        raise XnerError(Errors.E101.format(path=f"parallel and translated text of {data.languages}"))
    raw = translate(work, "raw", data.unlabelled, data.parallel, data.languages[::-1])
    return raw, translate(work, "gold", data.train, data.translated, data.languages)


def translate(work: Workspace, name: str, corpus: Path, memory: Path, languages: Any) -> Path:
    """Look a corpus up in a memory, whose source language comes first in the name of the file. RETURNS (Path): the
    sentences that have a translation (view s) and the translations (view t), in groups."""

    def make() -> List[Doc]:
        docs = read(corpus)
        reverse = not memory.name.startswith(f"{languages[0]}-")
        engine = make_engine("memory", [f"path={memory}", f"reverse={str(reverse).lower()}"])(*languages)
        renderings = render_docs(docs, engine, languages, get_tokenizer(tokenized=True))
        # Entities are found later.
        found = [rendering._replace(projection=Projection([], [], [])) for rendering in renderings]
        return make_corpus(docs, found, languages, views=("s", "t"), engine=engine)[0]

    return work.corpus(f"translated-{name}", [str(corpus), str(memory)], make)


def learn_vectors(work: Workspace, corpora: List[Path]) -> Path:
    """RETURNS (Path): static vectors for the `hash` encoder, in one space by alignments of the pairs."""
    key = list(map(str, corpora))
    docs = [doc for path in corpora for doc in read(path)]
    cache = Cache(work.root)
    return work.vectors(
        "vectors", key, lambda: train_vectors(docs, aligner=make_aligner("eflomal"), cache=cache)
    )


def use_vectors(vectors: Path, encoders: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): settings that let encoders read static vectors, whose names are letters."""
    tables = {f"components.xner.model.encoders.{name}.static_vectors": True for name in encoders}
    return {"paths.vectors": str(vectors), **tables}
