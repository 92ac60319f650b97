"""From a labelled corpus and a translation memory to groups of views."""

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple, Union

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..corpora.convert import convert
from ..corpora.store import read_docs
from ..errors import Errors, XnerError
from ..metadata import get_group, get_view
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
    memory (Path): a parallel file (see `read_memory`), or a `.spacy` or `.jsonl` corpus of translations whose
        entities are marked: sentences correspond by group, entities by id.
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
    if {".spacy", ".jsonl"} & set(memory.suffixes):
        find = _marked_memory(_read_marked(memory, tokenizer, vocab))
    else:
        find = _parallel_memory(read_memory(memory, alignments), tokenizer, lexicon)
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
        translation = memory.get(" ".join(token.text for token in doc))
        if translation is None:
            # Found by its text, the document may have other tokens than an alignment counts.
            translation = memory.get(normalize_key(doc.text))
            translation = translation and translation._replace(alignment=None)
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


def _marked_memory(docs: List[Doc]) -> Find:
    by_group = {get_group(doc): doc for doc in docs}

    def find(doc: Doc) -> Tuple[bool, Optional[Doc]]:
        target = by_group.get(get_group(doc))
        if target is None or not get_group(doc):
            return False, None
        same = sorted(ent.id_ for ent in doc.ents) == sorted(ent.id_ for ent in target.ents)
        return True, target if same else None

    return find


def _read_marked(path: Path, tokenizer: Callable[[str], Doc], vocab: Vocab) -> List[Doc]:
    if path.suffix == ".spacy":
        return list(read_docs(path, vocab))
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "memory.spacy"
        convert(path, corpus, format="jsonl", tokenizer=tokenizer)
        return list(read_docs(corpus, vocab))


def find_memory(folder: Path, languages: Tuple[str, str], split: str) -> Tuple[Path, Optional[Path]]:
    """Find the translation memory of a language pair in a folder.

    folder (Path): holds `{source}-{target}.tsv` with or without `{source}-{target}.align`, or marked translations
        `{split}.{target}.jsonl`; each also as `.gz`.
    languages (Tuple[str, str]): codes of source and target.
    split (str): the split that is to be translated.
    RETURNS (Tuple[Path, Optional[Path]]): the memory and its alignments.
    RAISES: X101 if there is none.
    """
    stem = folder / f"{languages[0]}-{languages[1]}"
    for name in (f"{stem}.tsv", folder / f"{split}.{languages[1]}.jsonl"):
        for path in (Path(name), Path(f"{name}.gz")):
            if path.exists():
                aligned = (Path(f"{stem}.align"), Path(f"{stem}.align.gz"))
                return path, next((align for align in aligned if align.exists()), None)
    raise XnerError(Errors.E101.format(path=f"{stem}.tsv"))


def hold_out(docs: List[Doc], share: float, seed: int = 0) -> Tuple[List[Doc], List[Doc]]:
    """Set whole groups aside, of those that have all views if there are such.

    docs (List[Doc]): the documents.
    share (float): share of the groups in [0, 1) to set aside; at least one group unless it is 0.
    seed (int): of the choice.
    RETURNS (Tuple[List[Doc], List[Doc]]): the rest, and those set aside.
    """
    whole = {get_group(doc) for doc in docs if get_view(doc) == "si"}
    groups = sorted(whole or {get_group(doc) for doc in docs})
    n_held = max(1, round(share * len(groups))) if share else 0
    held = set(random.Random(seed).sample(groups, n_held))
    return [doc for doc in docs if get_group(doc) not in held], [
        doc for doc in docs if get_group(doc) in held
    ]
