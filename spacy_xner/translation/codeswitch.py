"""Code-switched copies of labelled sentences, with some phrases from their translations (MCL-NER)."""

import random
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..corpora.mentions import Replacement, replace_mentions, replace_tokens
from ..metadata import get_group, get_language, set_metadata, set_provenance
from ..tokens import same_tokens
from .cache import Cache
from .engine import align_docs
from .phrases import extract_phrases
from .types import Aligner, Alignment, name_engines
from .views import pair_translations, split_group

# The view of a code-switched copy.
VIEW = "cs"


class Switchable(NamedTuple):
    """A sentence, its translation, and which tokens of the translation can replace which tokens of the sentence."""

    source: Doc
    target: Doc
    phrases: List[Replacement]


def codeswitch(
    docs: Sequence[Doc],
    *,
    others: Sequence[Doc] = (),
    languages: Optional[Sequence[str]] = None,
    aligner: Optional[Aligner] = None,
    ratio: float = 0.5,
    translations: float = 0.0,
    copies: int = 1,
    max_words: int = 3,
    seed: int = 0,
    cache: Optional[Cache] = None,
) -> List[Doc]:
    """Make code-switched copies of sentences that have translations.

    Whole entities are replaced by their counterparts, other phrases by the phrases aligned with them. A sentence with
    translations into several languages gets phrases of all of them.

    docs (Sequence[Doc]): views s and t of sentences, from `make_corpus`; other views are ignored.
    others (Sequence[Doc]): the corpus that was translated (see `number_groups`); its sentences without a translation
        are added, without copies.
    languages (Optional[Sequence[str]]): the languages of the translations to use; None: all.
    aligner (Optional[Aligner]): aligns the words; None: only entities are replaced.
    ratio (float): probability in [0, 1] of replacing a phrase.
    translations (float): probability in [0, 1] that a copy is the whole translation.
    copies (int): most copies of each sentence, with different random choices.
    max_words (int): most words of a phrase that is no entity, on either side.
    seed (int): random seed.
    cache (Optional[Cache]): earlier alignments.
    RETURNS (List[Doc]): each sentence (view s) with its copies (view cs) in a group. Duplicates are left out.
    """
    rng = random.Random(seed)
    made: List[Doc] = []
    found = _find_phrases(docs, languages, aligner, max_words, cache)
    for group, translated in found.items():
        source = translated[0].source
        made.append(_finish(replace_mentions(source, source.ents), "s", group, source))
        seen = [source]
        for _ in range(copies):
            copy = _copy(group, translated, ratio, translations, rng)
            if not any(same_tokens(copy, doc) for doc in seen):
                seen.append(copy)
                made.append(copy)
    made += [
        _finish(replace_mentions(doc, doc.ents), "s", get_group(doc), doc)
        for doc in others
        if get_group(doc) not in found
    ]
    return made


def _copy(
    group: str, translated: Sequence[Switchable], ratio: float, translations: float, rng: random.Random
) -> Doc:
    if rng.random() < translations:
        target = rng.choice(translated).target
        return _finish(replace_mentions(target, target.ents), VIEW, group, target, [target])
    source = translated[0].source
    chosen = _choose(source, [phrase for item in translated for phrase in item.phrases], ratio, rng)
    origins = [replacement.tokens.doc for replacement in chosen]
    return _finish(replace_tokens(source, chosen), VIEW, group, source, origins)


def _find_phrases(
    docs: Sequence[Doc],
    languages: Optional[Sequence[str]],
    aligner: Optional[Aligner],
    max_words: int,
    cache: Optional[Cache],
) -> Dict[str, List[Switchable]]:
    """RETURNS (Dict[str, List[Switchable]]): for each sentence, what can be replaced by each of its translations.

    Sentences of several files may have the same number; only equal sentences are treated as one.
    """
    by_language: Dict[str, Dict[str, Tuple[Doc, Doc]]] = {}
    for name, (source, target) in pair_translations(docs).items():
        language = get_language(target)
        if languages is not None and language not in languages:
            continue
        by_language.setdefault(language, {})[split_group(name, language)] = (source, target)
    groups: Dict[str, List[Switchable]] = {}
    for language, parallels in by_language.items():
        alignments = align_docs(aligner, list(parallels.values()), cache=cache)
        for (group, (source, target)), alignment in zip(parallels.items(), alignments, strict=True):
            phrases = _list_phrases(source, target, alignment or set(), max_words)
            same = group not in groups or _same_sentence(groups[group][0].source, source)
            name = group if same else f"{language}-{group}"
            groups.setdefault(name, []).append(Switchable(source, target, phrases))
    return groups


def _list_phrases(source: Doc, target: Doc, alignment: Alignment, max_words: int) -> List[Replacement]:
    counterparts = {ent.id_: ent for ent in target.ents if ent.id_}
    phrases = [
        Replacement(ent.start, ent.end, counterparts[ent.id_])
        for ent in source.ents
        if ent.id_ in counterparts
    ]
    ours, theirs = (_inside(doc.ents) for doc in (source, target))
    for phrase in extract_phrases(len(source), len(target), alignment, max_length=max_words):
        if ours.isdisjoint(range(*phrase.source)) and theirs.isdisjoint(range(*phrase.target)):
            phrases.append(Replacement(*phrase.source, target[slice(*phrase.target)]))
    return phrases


def _same_sentence(first: Doc, second: Doc) -> bool:
    ours, theirs = (
        [(ent.start, ent.end, ent.label_, ent.id_) for ent in doc.ents] for doc in (first, second)
    )
    return same_tokens(first, second) and ours == theirs


def _inside(ents: Sequence[Span]) -> set:
    return {i for ent in ents for i in range(ent.start, ent.end)}


def _choose(
    source: Doc, phrases: Sequence[Replacement], ratio: float, rng: random.Random
) -> List[Replacement]:
    """RETURNS (List[Replacement]): randomly chosen phrases in order, without overlap."""
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


def _finish(copy: Doc, view: str, group: str, context: Doc, translations: Sequence[Doc] = ()) -> Doc:
    """Set the metadata of a copy: the language of its context, and the licences of its translations."""
    set_metadata(copy, group=group, view=view, language=get_language(context))
    engines = name_engines(None, *translations)
    if engines:
        set_provenance(copy, engines=engines, found=[])
    return copy
