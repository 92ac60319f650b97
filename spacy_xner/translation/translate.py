"""From a labelled corpus and a translation memory to groups of views."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple, Union

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..corpora.store import read_docs
from ..errors import Errors, XnerError
from ..metadata import get_group
from .lexicon import Lexicon
from .memory import Translation, normalize_key, read_memory
from .projection import project_entities
from .views import make_views


@dataclass
class Report:
    """Counts of sentences: in the corpus, without translation, with an entity that was not found, kept."""

    sentences: int = 0
    untranslated: int = 0
    unprojected: int = 0
    kept: int = 0
    entities: int = 0


def translate_corpus(
    source: Union[str, Path],
    memory: Path,
    languages: Tuple[str, str],
    tokenizer: Callable[[str], Doc],
    vocab: Vocab,
    *,
    alignments: Optional[Path] = None,
    lexicon: Optional[Lexicon] = None,
    limit: int = 0,
) -> Tuple[List[Doc], Report]:
    """Make the views of each sentence of a labelled corpus.

    A sentence is left out if the memory lacks it or if one of its entities is not found in the translation,
    since a view with a wrong "outside" would teach the wrong thing.

    source (Union[str, Path]): the labelled `.spacy` corpus.
    memory (Path): a parallel file (see `read_memory`), or a `.spacy` corpus of translations whose entities are
        marked: sentences correspond by group, entities by id.
    languages (Tuple[str, str]): codes of source and target.
    tokenizer (Callable[[str], Doc]): tokenizes translations that have no word alignments.
    vocab (Vocab): the vocabulary.
    alignments (Optional[Path]): word alignments of the parallel file.
    lexicon (Optional[Lexicon]): renderings of names.
    limit (int): most sentences, 0 for all.
    RETURNS (Tuple[List[Doc], Report]): the views, those of one sentence one after another, and the counts.
    RAISES: X204 if the memory has none of the sentences, and what reading raises.
    """
    report = Report()
    views: List[Doc] = []
    find = _marked_memory(memory, vocab) if memory.suffix == ".spacy" else _parallel_memory(
        read_memory(memory, alignments), tokenizer, lexicon
    )
    for index, doc in enumerate(read_docs(source, vocab)):
        if limit and index >= limit:
            break
        report.sentences += 1
        number_entities(doc)
        translated, target = find(doc)
        if target is None:
            report.unprojected += translated
            report.untranslated += not translated
            continue
        report.kept += 1
        report.entities += len(doc.ents)
        views += make_views(doc, target, f"{languages[1]}-{get_group(doc) or index}", languages)
    if report.untranslated == report.sentences:
        raise XnerError(Errors.E204.format(source=source, memory=memory))
    return views, report


def number_entities(doc: Doc) -> None:
    """Give each entity an id within its document, unless all have one."""
    if all(ent.id_ for ent in doc.ents):
        return
    spans = [Span(doc, e.start, e.end, label=e.label_, span_id=str(i + 1)) for i, e in enumerate(doc.ents)]
    doc.set_ents(spans, default="unmodified")


Find = Callable[[Doc], Tuple[bool, Optional[Doc]]]


def _parallel_memory(
    memory: Dict[str, Translation], tokenizer: Callable[[str], Doc], lexicon: Optional[Lexicon]
) -> Find:
    def find(doc: Doc) -> Tuple[bool, Optional[Doc]]:
        translation = memory.get(normalize_key(doc.text)) or memory.get(" ".join(token.text for token in doc))
        if translation is None:
            return False, None
        target = tokenizer(translation.text)
        if translation.alignment is not None:
            target = Doc(doc.vocab, words=translation.text.split())
        spans = project_entities(doc, target, translation.alignment, lexicon)
        if spans is None:
            return True, None
        target.set_ents(spans, default="outside")
        return True, target

    return find


def _marked_memory(path: Path, vocab: Vocab) -> Find:
    by_group = {get_group(doc): doc for doc in read_docs(path, vocab)}

    def find(doc: Doc) -> Tuple[bool, Optional[Doc]]:
        target = by_group.get(get_group(doc))
        if target is None or not get_group(doc):
            return False, None
        same = sorted(ent.id_ for ent in doc.ents) == sorted(ent.id_ for ent in target.ents)
        return True, target if same else None

    return find
