"""Translations of a transfer's text, source and raw, and what is learnt from both."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterable, List

from data import Data, make_views
from spacy.tokens import Doc
from stages import Workspace, read

from spacy_xner.errors import Errors, XnerError
from spacy_xner.pipeline import load_pipeline
from spacy_xner.teaching.label import label_docs
from spacy_xner.tokenizer import get_tokenizer
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.projection.entities import Projection
from spacy_xner.translation.projection.render import render_docs
from spacy_xner.translation.projection.translations import Translations
from spacy_xner.translation.projection.view_corpus import make_corpus
from spacy_xner.translation.resolve import make_aligner, make_engine
from spacy_xner.translation.vectors import train_vectors


def pair_text(work: Workspace, data: Data) -> List[Path]:
    """RETURNS (List[Path]): raw target text with its translation and, where it is another, source text with its
    translation, in groups of the views s and t, whichever is the translation. RAISES: X101 if there is none."""
    if data.parallel is None or data.translated is None:
        raise XnerError(Errors.X101.format(path=f"parallel and translated text of {data.languages}"))
    tokenized = data.text == data.train  # the translations of tokenized text are tokenized as well
    raw = translate(work, "raw", data.unlabelled, data.parallel, data.languages[::-1], tokenized)
    if data.parallel == data.translated:
        return [raw]
    return [raw, translate(work, "gold", data.text, data.translated, data.languages, tokenized)]


def label_views(work: Workspace, data: Data) -> Data:
    """Where no labelled sentence has a translation, a source tagger labels those that have: like the labelled ones they
    become views. RETURNS (Data): the same with the views."""
    settings = {"paths.train": str(data.train), "paths.dev": str(data.dev)}
    tagger = work.train("fine-tuning", "source_only", settings)

    def make() -> Dict[str, Iterable[Doc]]:
        docs = list(label_docs(load_pipeline(str(tagger)), read(data.text)))
        translations = Translations(memory=data.translated, aligner="eflomal")
        parts = make_views(docs, data.languages, translations, data.text, Cache(work.root))
        return dict(zip(("train", "dev"), parts, strict=True))

    found = work.corpora("views", [str(tagger), str(data.text), str(data.translated)], make)
    return replace(data, views=found["train"], views_dev=found["dev"])


def translate(
    work: Workspace, name: str, corpus: Path, memory: Path, languages: Any, tokenized: bool
) -> Path:
    """Look a corpus up in a memory, whose source language comes first in the name of the file. RETURNS (Path): the
    sentences that have a translation (view s) and the translations (view t), in groups."""

    def make() -> List[Doc]:
        docs = read(corpus)
        reverse = not memory.name.startswith(f"{languages[0]}-")
        engine = make_engine("memory", [f"path={memory}", f"reverse={str(reverse).lower()}"])(*languages)
        tokenizer = get_tokenizer(tokenized=tokenized)
        renderings = render_docs(docs, engine, languages, tokenizer)
        # Entities are found later.
        found = [rendering._replace(projection=Projection([], [], [])) for rendering in renderings]
        return make_corpus(docs, found, languages, views=("s", "t"), engine=engine)[0]

    return work.corpus(f"translated-{name}", [str(corpus), str(memory)], make)


def learn_vectors(work: Workspace, corpora: List[Path]) -> Path:
    """RETURNS (Path): static vectors for the `hash` encoder, in one space by alignments of the pairs."""
    key = list(map(str, corpora))

    def write(path: Path) -> None:
        docs = [doc for corpus in corpora for doc in read(corpus)]
        train_vectors(docs, aligner=make_aligner("eflomal"), cache=Cache(work.root)).to_disk(path)

    return work.file("vectors", key, write)


def use_vectors(vectors: Path, encoders: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): settings that let encoders read static vectors, whose names are letters."""
    tables = {f"components.xner.model.encoders.{name}.static_vectors": True for name in encoders}
    return {"paths.vectors": str(vectors), **tables}
