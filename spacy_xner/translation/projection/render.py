"""From sentences to their translations with the same entities: by an engine, or from a corpus that has both."""

from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ...metadata import get_group
from ..cache import Cache
from ..engine import Progress, align_docs, translate_sentences
from ..lexicon import Lexicon
from ..types import Aligner, Alignment, MarkedText, Translator
from .entities import Projection, make_finders, project_entities
from .filters import is_labelled


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
    cache: Optional[Cache] = None,
    progress: Optional[Progress] = None,
) -> List[Rendering]:
    """Translate documents and find their entities in the translations.

    docs (Sequence[Doc]): the documents; entities bear ids.
    engine (Translator): the engine.
    languages (Tuple[str, str]): codes of source and target.
    tokenizer (Callable[[str], Doc]): tokenizes the translations.
    aligner (Optional[Aligner]): finds the entities that come back without their marks.
    lexicon (Optional[Lexicon]): renderings of names, for those that are not aligned either.
    cache (Optional[Cache]): what engine and aligner found before.
    progress (Optional[Callable]): told of the sentences done, and of all.
    RETURNS (List[Rendering]): one for each document.
    """
    found = translate_sentences(
        engine, languages, [mark_entities(doc) for doc in docs], cache=cache, progress=progress
    )
    # A memory may know a sentence by its tokens only; to another engine these would be another text.
    by_tokens = getattr(engine, "by_tokens", False)
    lost = [k for k, text in enumerate(found) if text is None and by_tokens]
    again = translate_sentences(
        engine, languages, [MarkedText(join_tokens(docs[k])) for k in lost], cache=cache
    )
    for k, text in zip(lost, again, strict=True):
        found[k] = text
    targets = [None if text is None else tokenizer(text.text) for text in found]
    alignments = _align(aligner, docs, targets, cache)
    renderings = []
    for doc, target, text, alignment in zip(docs, targets, found, alignments, strict=True):
        if target is None or text is None:
            renderings.append(Rendering(None, Projection([], [], [])))
            continue
        finders = make_finders(marks=text.spans, alignment=alignment, lexicon=lexicon)
        projection = project_entities(doc, target, finders)
        if is_labelled(doc):
            target.set_ents(projection.spans, default="outside")
        elif doc.has_annotation("ENT_IOB"):
            target.set_ents(projection.spans, default="missing")
        renderings.append(Rendering(target, projection))
    return renderings


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


def _align(
    aligner: Optional[Aligner],
    docs: Sequence[Doc],
    targets: Sequence[Optional[Doc]],
    cache: Optional[Cache],
) -> List[Optional[Alignment]]:
    """RETURNS (List[Optional[Alignment]]): one for each document, None where there is no translation."""
    pairs = {
        k: (doc, target)
        for k, (doc, target) in enumerate(zip(docs, targets, strict=True))
        if target is not None
    }
    found = dict(zip(pairs, align_docs(aligner, list(pairs.values()), cache=cache), strict=True))
    return [found.get(k) for k in range(len(docs))]


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
