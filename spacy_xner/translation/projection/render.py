"""From sentences to their translations with the same entities: by an engine, or from a corpus that has both."""

from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ...metadata import get_group
from ..cache import Cache
from ..engine import Progress, align_docs, translate_sentences
from ..lexicon import Lexicon
from ..types import Aligner, MarkedText, Translator
from .articles import find_articles
from .entities import Projection, project_entities
from .filters import is_labelled
from .finders import make_finders


class Rendering(NamedTuple):
    """A translation of a sentence.

    doc (Optional[Doc]): the translation with the entities that were found, unlabelled if the source is; None if
        there is no translation.
    projection (Projection): how they were found, and which were not.
    """

    doc: Optional[Doc]
    projection: Projection


def render_docs(
    docs: Sequence[Doc],
    engine: Translator,
    languages: Tuple[str, str],
    tokenizer: Callable[[str], Doc],
    *,
    aligner: Optional[Aligner] = None,
    lexicon: Optional[Lexicon] = None,
    match: str = "exact",
    cache: Optional[Cache] = None,
    progress: Optional[Progress] = None,
) -> List[Rendering]:
    """Translate documents and find their entities in the translations.

    An engine may have `alternatives`, which give further translations. Of several translations the one with the most
    entities is taken, else the first.

    docs (Sequence[Doc]): the documents; entities bear ids.
    engine (Translator): the engine.
    languages (Tuple[str, str]): codes of source and target.
    tokenizer (Callable[[str], Doc]): tokenizes the translations.
    aligner (Optional[Aligner]): finds the entities that come back without their marks.
    lexicon (Optional[Lexicon]): renderings of names, for those that are not aligned either.
    match (str): how the texts of entities are looked for, a key of `MATCHES`.
    cache (Optional[Cache]): what engine and aligner found before.
    progress (Optional[Callable]): told of the sentences done, and of all.
    RETURNS (List[Rendering]): one for each document.
    """
    candidates = _translate_docs(docs, engine, languages, cache, progress)
    targets = [tokenizer(text.text) for _, text in candidates]
    pairs = [(docs[k], target) for (k, _), target in zip(candidates, targets, strict=True)]
    alignments = align_docs(aligner, pairs, cache=cache)
    articles = find_articles(targets)
    renderings = [Rendering(None, Projection([], [], [])) for _ in docs]
    for (k, text), target, alignment in zip(candidates, targets, alignments, strict=True):
        finders = make_finders(
            marks=text.spans, alignment=alignment, articles=articles, lexicon=lexicon, match=match
        )
        projection = project_entities(docs[k], target, finders)
        before = renderings[k]
        if before.doc is None or len(projection.missing) < len(before.projection.missing):
            renderings[k] = Rendering(target, projection)
    for doc, rendering in zip(docs, renderings, strict=True):
        if rendering.doc is not None and is_labelled(doc):
            rendering.doc.set_ents(rendering.projection.spans, default="outside")
        elif rendering.doc is not None and doc.has_annotation("ENT_IOB"):
            rendering.doc.set_ents(rendering.projection.spans, default="missing")
    return renderings


def _translate_docs(
    docs: Sequence[Doc],
    engine: Translator,
    languages: Tuple[str, str],
    cache: Optional[Cache],
    progress: Optional[Progress],
) -> List[Tuple[int, MarkedText]]:
    """Translate documents.

    RETURNS (List[Tuple[int, MarkedText]]): the translations with the numbers of the documents, the first of each
        document before its alternatives.
    """

    def translate(
        engine: Translator, texts: Dict[int, MarkedText], progress: Optional[Progress] = None
    ) -> Dict[int, MarkedText]:
        found = translate_sentences(engine, languages, list(texts.values()), cache=cache, progress=progress)
        return {k: text for k, text in zip(texts, found, strict=True) if text is not None}

    texts = {k: mark_entities(doc) for k, doc in enumerate(docs)}
    found = translate(engine, texts, progress)
    # A memory may know a sentence by its tokens only; to another engine these would be another text.
    if getattr(engine, "by_tokens", False):
        lost = {k: MarkedText(join_tokens(doc)) for k, doc in enumerate(docs) if k not in found}
        texts.update(lost)
        found = dict(sorted({**found, **translate(engine, lost)}.items()))
    known = {k: texts[k] for k in found}
    others = (translate(other, known) for other in getattr(engine, "alternatives", ()))
    return [*found.items(), *(item for other in others for item in other.items())]


def find_renderings(docs: Sequence[Doc], translations: Sequence[Doc]) -> List[Rendering]:
    """Take translations from a corpus whose entities are marked: sentences correspond by group, entities by id.

    docs (Sequence[Doc]): the sentences, in groups; entities bear ids.
    translations (Sequence[Doc]): the corpus. Of entities that only the translation has the annotation is taken away.
    RETURNS (List[Rendering]): one for each sentence, its doc None where the corpus lacks it.
    """
    by_group = {get_group(doc): doc for doc in translations if get_group(doc)}
    return [_find(doc, by_group.get(get_group(doc))) for doc in docs]


def number_entities(doc: Doc) -> None:
    """Give each entity an id within its document, unless all have one of their own.

    doc (Doc): the document, which is changed.
    """
    ids = {ent.id_ for ent in doc.ents}
    if "" not in ids and len(ids) == len(doc.ents):
        return
    spans = [Span(doc, e.start, e.end, label=e.label_, span_id=str(i + 1)) for i, e in enumerate(doc.ents)]
    doc.set_ents(spans, default="unmodified")


def mark_entities(doc: Doc) -> MarkedText:
    """Mark the entities of a document for an engine.

    doc (Doc): the document.
    RETURNS (MarkedText): its text, and a span for each entity in order.
    """
    return MarkedText(doc.text, tuple((ent.start_char, ent.end_char) for ent in doc.ents))


def join_tokens(doc: Doc) -> str:
    """Join the tokens of a document with single spaces.

    doc (Doc): the document.
    RETURNS (str): the text.
    """
    return " ".join(token.text for token in doc)


def _find(doc: Doc, target: Optional[Doc]) -> Rendering:
    if target is None:
        return Rendering(None, Projection([], [], []))
    ids = {ent.id_ for ent in target.ents}
    missing = [ent for ent in doc.ents if ent.id_ not in ids]
    spans = [ent for ent in target.ents if ent.id_ in {own.id_ for own in doc.ents}]
    if len(spans) < len(target.ents):
        # A name that only the translation has: neither an entity of the pair nor outside.
        others = [ent for ent in target.ents if ent not in spans]
        target.set_ents(spans, missing=others, default="unmodified")
    return Rendering(target, Projection(spans, ["mark"] * len(spans), missing))
