"""From a corpus and its translations to groups of views."""

import random
import tempfile
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ...corpora.convert import convert
from ...corpora.store import read_docs
from ...errors import Errors, XnerError
from ...files import find_packed
from ...metadata import get_group, get_view, set_provenance
from ..types import Translator, name_engines
from ..views import VIEWS, make_group, make_views
from .filters import OTHER_LANGUAGE, is_in_another
from .render import Rendering
from .report import Report


def make_corpus(
    docs: Sequence[Doc],
    renderings: Sequence[Rendering],
    languages: Tuple[str, str],
    *,
    views: Sequence[str] = VIEWS,
    engine: Optional[Translator] = None,
    identify: Optional[Callable[[str], str]] = None,
) -> Tuple[List[Doc], Report]:
    """Make the views of each sentence that has a translation.

    A sentence is left out if it has no translation or if one of its entities is not found there, since a view with a
    wrong "outside" would teach the wrong thing.

    docs (Sequence[Doc]): the sentences, labelled or not, in groups (see `number_groups`); entities with ids.
    renderings (Sequence[Rendering]): a translation of each.
    languages (Tuple[str, str]): codes of source and target.
    views (Sequence[str]): those to make.
    engine (Optional[Translator]): what translated; its name and licence are kept with the views.
    identify (Optional[Callable[[str], str]]): gives the language of a text; translations in another are left out.
    RETURNS (Tuple[List[Doc], Report]): the views, those of one sentence one after another, and the counts.
    """
    report = Report()
    made: List[Doc] = []
    for doc, (target, projection) in zip(docs, renderings, strict=True):
        if target is None:
            report.add("no translation", projection)
        elif identify is not None and is_in_another(target, identify, languages[1]):
            report.add(OTHER_LANGUAGE, projection)
        elif projection.missing:
            report.add("entity not found", projection)
        else:
            report.add("kept", projection)
            for view in make_views(doc, target, make_group(doc, languages[1]), languages, views):
                if get_view(view) != "s":
                    set_provenance(view, engines=name_engines(engine, doc), found=projection.found)
                made.append(view)
    return made, report


def read_marked(path: Path, tokenizer: Callable[[str], Doc], vocab: Vocab) -> List[Doc]:
    """Read a corpus of translations whose entities are marked.

    path (Path): `.spacy` or `.jsonl`, the latter also as `.gz`.
    tokenizer (Callable[[str], Doc]): tokenizes the texts of a `.jsonl` file.
    vocab (Vocab): the vocabulary.
    RETURNS (List[Doc]): the translations.
    """
    if path.suffix == ".spacy":
        return list(read_docs(path, vocab))
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "memory.spacy"
        convert(path, corpus, format="jsonl", max_dropped=1.0, tokenizer=tokenizer)
        return list(read_docs(corpus, vocab))


def is_marked(path: Path) -> bool:
    """Tell what kind of memory a file is.

    path (Path): the memory; only its name is read.
    RETURNS (bool): whether it is a corpus with marked entities rather than a parallel file.
    """
    return bool({".spacy", ".jsonl"} & set(path.suffixes))


def find_memory(folder: Path, languages: Tuple[str, str], split: str) -> Tuple[Path, Optional[Path]]:
    """Find the translation memory of a language pair in a folder.

    folder (Path): holds `{source}-{target}.tsv` with or without `{source}-{target}.align`, or marked translations
        `{split}.{target}.jsonl`; each also as `.gz`.
    languages (Tuple[str, str]): codes of source and target.
    split (str): the split that is to be translated.
    RETURNS (Tuple[Path, Optional[Path]]): the memory and its alignments.
    RAISES: X101 if there is none.
    """
    source, target = languages
    names = (folder / f"{source}-{target}.tsv", folder / f"{split}.{target}.jsonl")
    for name in names:
        path = find_packed(name)
        if path is not None:
            return path, find_packed(folder / f"{source}-{target}.align")
    raise XnerError(Errors.X101.format(path="' or '".join(map(str, names))))


def hold_out(docs: List[Doc], share: float, seed: int = 0) -> Tuple[List[Doc], List[Doc]]:
    """Set whole groups aside, of those that have all views if there are such.

    docs (List[Doc]): the documents.
    share (float): share of the groups in [0, 1) to set aside; at least one group unless it is 0 or there is no other.
    seed (int): of the choice.
    RETURNS (Tuple[List[Doc], List[Doc]]): the rest, and those set aside.
    """
    whole = {get_group(doc) for doc in docs if get_view(doc) == "si"}
    groups = sorted(whole or {get_group(doc) for doc in docs})
    n_held = min(max(1, round(share * len(groups))), len(groups) - 1) if share and groups else 0
    held = set(random.Random(seed).sample(groups, n_held))
    return [doc for doc in docs if get_group(doc) not in held], [
        doc for doc in docs if get_group(doc) in held
    ]
