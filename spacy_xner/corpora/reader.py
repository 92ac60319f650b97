"""Corpus readers for `[corpora]`, which keep metadata and missing annotation."""

import random
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import SimpleFrozenDict
from spacy.vocab import Vocab

from ..errors import Errors, XnerError
from ..metadata import (
    copy_identity,
    copy_soft_labels,
    get_group,
    get_group_key,
    get_language,
    get_view,
    set_metadata,
)
from ..tokens import copy_tokens, copy_unlabelled
from .convert import read_labelled
from .texts import make_text_key

Reader = Callable[[Language], Iterable[Example]]


def create_corpus_reader(
    path: Optional[Union[str, Path, List[str]]],
    views: Optional[List[str]] = None,
    languages: Optional[List[str]] = None,
    unlabelled: bool = False,
    limit: int = 0,
    drawn: bool = False,
    share: float = 1.0,
    sample: int = 0,
    rest: bool = False,
    seed: int = 0,
    max_length: int = 0,
    groups: Optional[List[str]] = None,
    augmenter: Optional[Callable[[Language, Example], Iterable[Example]]] = None,
) -> Reader:
    """Create a reader of labelled text. Predicted documents have the tokens and the metadata of the reference.

    path (Union[str, Path, List[str]]): a `.spacy` file or a folder of them, a file in any format that `convert` reads,
        or several of these. None gives no examples.
    views (Optional[List[str]]): keep only documents of these views.
    languages (Optional[List[str]]): keep only documents of these languages.
    unlabelled (bool): drop the annotation, so that it is missing.
    limit (int): most documents (after filtering); 0 for all.
    drawn (bool): draw these at random, since the first of a folder are of one language; otherwise take the first.
    share (float): keep a random share in (0, 1] of the groups (a document without a group counts as one).
    sample (int): keep this number of random groups instead; 0 for none.
    rest (bool): keep the groups that `share` or `sample` with the same seed leave out.
    seed (int): random seed of these choices.
    max_length (int): longer documents are cut, but not within an entity; 0 for no limit.
    groups (Optional[List[str]]): keep only groups that have all of these views.
    augmenter (Optional[Callable]): an augmenter of spaCy, applied at each pass over the corpus.
    RETURNS (Callable): from the pipeline to examples.
    RAISES: what `read_labelled` raises, X111 (no documents), X119 (share out of range), X120, X121 (sample larger than
        the corpus, or negative), X122 (the rest of a whole corpus is empty).
    """
    if not 0 < share <= 1:
        raise XnerError(Errors.X119.format(share=share))
    if sample < 0:
        raise XnerError(Errors.X121.format(sample=sample))
    paths = [] if path is None else path if isinstance(path, list) else [path]

    def read(nlp: Language) -> Iterator[Example]:
        docs = [doc for item in paths for doc in read_labelled(item, nlp.vocab) if len(doc)]
        docs = [doc for doc in docs if views is None or get_view(doc) in views]
        docs = [doc for doc in docs if languages is None or get_language(doc) in languages]
        if groups is not None:
            docs = _whole_groups(docs, groups)
        if paths and (share < 1.0 or sample or rest):
            docs = _choose(docs, share, sample, rest, seed, paths)
        if 0 < limit < len(docs):
            chosen = random.Random(seed).sample(range(len(docs)), limit) if drawn else range(limit)
            docs = [docs[i] for i in sorted(chosen)]
        if paths and not docs:
            detail = f" with views {views}, languages {languages}" if views or languages else ""
            raise XnerError(Errors.X111.format(path=", ".join(map(str, paths)), detail=detail))
        for doc in docs:
            for piece in _cut(doc, max_length):
                example = make_example(piece, nlp.vocab, unlabelled)
                yield from [example] if augmenter is None else augmenter(nlp, example)

    return read


def create_mixed_reader(
    corpora: Dict[str, Any],
    ratios: Dict[str, float] = SimpleFrozenDict(),
    seed: int = 0,
    without: Dict[str, str] = SimpleFrozenDict(),
) -> Reader:
    """Create a reader that mixes corpora, labelled or unlabelled.

    corpora (Dict[str, Reader]): readers by name.
    ratios (Dict[str, float]): how often each corpus is used in a pass: 1 (default) for once, 2.5 for twice and a random
        half, 0.1 for a random tenth, 0 for not at all (it is not read then). Groups are not divided; repeated groups
        are different groups. Note that spaCy reads a corpus only once unless `max_epochs` is -1.
    seed (int): random seed of the choice, which differs between passes.
    without (Dict[str, str]): for a corpus another one whose labelled sentences are left out of it, since labels that
        were predicted may contradict those of a person; compared as by `make_text_key`.
    RETURNS (Callable): from the pipeline to examples.
    RAISES: X113 (negative ratio), X114 (no such corpus).
    """
    for setting, names in (("ratios", [*ratios]), ("without", [*without, *without.values()])):
        for name in names:
            if name not in corpora:
                raise XnerError(Errors.X114.format(setting=setting, name=name, found=list(corpora)))
    for name, ratio in ratios.items():
        if not 0 <= ratio < float("inf"):
            raise XnerError(Errors.X113.format(name=name, found=ratio))
    rng = random.Random(seed)

    def read(nlp: Language) -> Iterator[Example]:
        for name, corpus in corpora.items():
            ratio, other = ratios.get(name, 1.0), without.get(name, "")
            examples = list(corpus(nlp)) if ratio else []
            if other and examples and ratios.get(other, 1.0):
                labelled = (eg.reference for eg in corpora[other](nlp))
                known = {make_text_key(doc.text) for doc in labelled if doc.has_annotation("ENT_IOB")}
                examples = [eg for eg in examples if make_text_key(eg.reference.text) not in known]
            for k in range(int(ratio)):
                yield from (_repeat(eg, k, nlp.vocab) for eg in examples)
            rest = ratio - int(ratio)
            if rest:
                keys = {get_group_key(eg.reference, i): rng.random() for i, eg in enumerate(examples)}
                chosen = (eg for i, eg in enumerate(examples) if keys[get_group_key(eg.reference, i)] < rest)
                yield from (_repeat(eg, int(ratio), nlp.vocab) for eg in chosen)

    return read


def make_example(doc: Doc, vocab: Vocab, unlabelled: bool = False) -> Example:
    """Make an example whose predicted document has the reference's tokens, group, view and language.

    doc (Doc): the reference.
    vocab (Vocab): the pipeline's vocabulary.
    unlabelled (bool): drop the reference's annotation, so that it is missing.
    RETURNS (Example): the example.
    """
    predicted = copy_tokens(doc, vocab)
    copy_identity(doc, predicted)
    if unlabelled:
        doc = copy_unlabelled(doc, vocab)
    return Example(predicted, doc)


def _repeat(eg: Example, k: int, vocab: Vocab) -> Example:
    """RETURNS (Example): the example itself the first time, later a copy in another group."""
    if k == 0 or not get_group(eg.reference):
        return eg
    doc = eg.reference.copy()
    set_metadata(doc, group=f"{get_group(doc)}#{k}")
    return make_example(doc, vocab)


def _choose(
    docs: List[Doc], share: float, sample: int, rest: bool, seed: int, paths: Sequence[Union[str, Path]]
) -> List[Doc]:
    keys = sorted({get_group_key(doc, i) for i, doc in enumerate(docs)})
    if sample > len(keys):
        path = ", ".join(map(str, paths))
        raise XnerError(Errors.X120.format(sample=sample, path=path, found=len(keys)))
    size = sample or min(max(1, round(share * len(keys))), len(keys))
    if rest and keys and size == len(keys):
        raise XnerError(Errors.X122)
    chosen = set(random.Random(seed).sample(keys, size))
    return [doc for i, doc in enumerate(docs) if (get_group_key(doc, i) in chosen) != rest]


def _whole_groups(docs: List[Doc], views: List[str]) -> List[Doc]:
    found: Dict[str, set] = {}
    for doc in docs:
        found.setdefault(get_group(doc), set()).add(get_view(doc))
    return [doc for doc in docs if get_group(doc) and found[get_group(doc)].issuperset(views)]


def _cut(doc: Doc, max_length: int) -> Iterator[Doc]:
    """Cut a document into pieces of at most `max_length` tokens (or one longer entity), never inside an entity."""
    if not max_length or len(doc) <= max_length:
        yield doc
        return
    inside = {i for ent in doc.ents for i in range(ent.start + 1, ent.end)}
    start = 0
    while start < len(doc):
        limit = end = min(start + max_length, len(doc))
        while end in inside and end > start:
            end -= 1
        if end == start:  # an entity that is longer than a piece is not cut
            end = next(i for i in range(limit, len(doc) + 1) if i not in inside)
        piece = doc[start:end].as_doc()
        copy_identity(doc, piece)
        if len(piece) < len(doc):
            # A piece does not correspond to the other documents of the group.
            set_metadata(piece, group="")
        copy_soft_labels(doc, piece, start, end)
        yield piece
        start = end
