"""Code-switched copies of labelled sentences: some phrases are those of their translations (MCL-NER)."""

import random
from typing import Dict, List, NamedTuple, Optional, Sequence

from spacy.tokens import Doc, Span

from ..corpora.mentions import Replacement, replace_mentions, replace_tokens
from ..metadata import get_group, get_language, get_view, set_metadata, set_provenance
from .cache import Cache
from .engine import align_pairs
from .phrases import extract_phrases
from .types import Aligner, Alignment, name_engines

# The view of a code-switched copy.
VIEW = "cs"


class Parallel(NamedTuple):
    """A sentence and its translation, entities with ids."""

    source: Doc
    target: Doc


def codeswitch(
    docs: Sequence[Doc],
    *,
    aligner: Optional[Aligner] = None,
    ratio: float = 0.5,
    translations: float = 0.0,
    copies: int = 1,
    max_words: int = 3,
    seed: int = 0,
    cache: Optional[Cache] = None,
) -> List[Doc]:
    """Make code-switched copies of sentences that have translations.

    Entities are replaced as a whole by their counterparts, other phrases by what is aligned with them. A sentence with
    translations into several languages gets phrases of all of them.

    docs (Sequence[Doc]): views s and t of sentences, as `make_corpus` gives them; others are left aside.
    aligner (Optional[Aligner]): aligns the words; None: only entities are replaced.
    ratio (float): probability in [0, 1] with which a phrase is replaced where one begins.
    translations (float): probability in [0, 1] that a copy is the whole translation, the extreme case.
    copies (int): copies of each sentence, which differ by chance.
    max_words (int): most words of a phrase that is no entity, on either side.
    seed (int): of the choices.
    cache (Optional[Cache]): alignments found before.
    RETURNS (List[Doc]): each sentence (view s) with its copies (view cs) in a group. A copy in which nothing is
        replaced is left out.
    """
    rng = random.Random(seed)
    made: List[Doc] = []
    for group, pairs in _find_phrases(docs, aligner, max_words, cache).items():
        source = next(iter(pairs.values()))[0].source
        made.append(_finish(replace_mentions(source, source.ents), "s", group, source))
        for _ in range(copies):
            if rng.random() < translations:
                target = rng.choice([parallel.target for parallel, _ in pairs.values()])
                copy = _finish(replace_mentions(target, target.ents), VIEW, group, target)
                _note(copy, [target])
                made.append(copy)
                continue
            chosen = _choose(source, [phrase for _, found in pairs.values() for phrase in found], ratio, rng)
            if chosen:
                copy = _finish(replace_tokens(source, chosen), VIEW, group, source)
                _note(copy, [replacement.tokens.doc for replacement in chosen])
                made.append(copy)
    return made


def _find_phrases(
    docs: Sequence[Doc], aligner: Optional[Aligner], max_words: int, cache: Optional[Cache]
) -> Dict[str, Dict[str, tuple]]:
    """RETURNS (Dict): for each sentence and language, the sentence with its translation, and what can be replaced."""
    views: Dict[str, Dict[str, Doc]] = {}
    for doc in docs:
        if get_view(doc) in ("s", "t"):
            views.setdefault(get_group(doc), {})[get_view(doc)] = doc
    by_language: Dict[str, Dict[str, Parallel]] = {}
    for name, found in views.items():
        if len(found) == 2:
            language = get_language(found["t"])
            group = name.removeprefix(f"{language}-")
            by_language.setdefault(language, {})[group] = Parallel(found["s"], found["t"])
    groups: Dict[str, Dict[str, tuple]] = {}
    for language, parallels in by_language.items():
        pairs = [([t.text for t in one], [t.text for t in other]) for one, other in parallels.values()]
        alignments: Sequence[Alignment] = [set()] * len(pairs)
        if aligner is not None:
            alignments = align_pairs(aligner, pairs, cache=cache)
        for (group, parallel), alignment in zip(parallels.items(), alignments, strict=True):
            phrases = _list_phrases(parallel, alignment, max_words)
            groups.setdefault(group, {})[language] = (parallel, phrases)
    return groups


def _list_phrases(parallel: Parallel, alignment: Alignment, max_words: int) -> List[Replacement]:
    source, target = parallel
    counterparts = {ent.id_: ent for ent in target.ents}
    phrases = [
        Replacement(ent.start, ent.end, counterparts[ent.id_])
        for ent in source.ents
        if ent.id_ in counterparts
    ]
    ours, theirs = (_inside(doc.ents) for doc in parallel)
    for phrase in extract_phrases(len(source), len(target), alignment, max_length=max_words):
        if ours.isdisjoint(range(*phrase.source)) and theirs.isdisjoint(range(*phrase.target)):
            phrases.append(Replacement(*phrase.source, target[slice(*phrase.target)]))
    return phrases


def _inside(ents: Sequence[Span]) -> set:
    return {i for ent in ents for i in range(ent.start, ent.end)}


def _choose(
    source: Doc, phrases: Sequence[Replacement], ratio: float, rng: random.Random
) -> List[Replacement]:
    """RETURNS (List[Replacement]): phrases chosen by chance, in order, without overlap."""
    by_start: Dict[int, List[Replacement]] = {}
    for phrase in phrases:
        by_start.setdefault(phrase.start, []).append(phrase)
    entities = {ent.start: ent.end for ent in source.ents}
    chosen: List[Replacement] = []
    at = 0
    while at < len(source):
        if at in by_start and rng.random() < ratio:
            chosen.append(rng.choice(by_start[at]))
            at = chosen[-1].end
        else:
            at = entities.get(at, at + 1)
    return chosen


def _finish(copy: Doc, view: str, group: str, origin: Doc) -> Doc:
    set_metadata(copy, group=group, view=view, language=get_language(origin))
    return copy


def _note(copy: Doc, translations: Sequence[Doc]) -> None:
    engines = name_engines(None, *translations)
    if engines:
        set_provenance(copy, engines=engines, found=[])
