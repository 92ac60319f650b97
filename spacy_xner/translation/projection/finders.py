"""Ways to find an entity in a translation: by marks, word alignment, names, the engine's text for it or its own."""

import unicodedata
from typing import Callable, Dict, List, Optional, Sequence, Set

from spacy.tokens import Doc, Span

from ..lexicon import Lexicon
from ..phrases import Tokens
from ..types import Alignment, Chars
from .articles import Articles
from .matching import SOFT, Match, get_match

# From the number of an entity in its sentence, the entity, the target, and the tokens that others took already.
Finder = Callable[[int, Span, Doc, Set[int]], Optional[Tokens]]
# Whether an entity may be found by its own text: as it is written, or also in another case.
FALLBACKS = ("none", "exact", "casefold")


def by_marks(spans: Sequence[Optional[Chars]], alignment: Optional[Alignment] = None) -> Finder:
    """Take what an engine marked, unless the words of the entity are aligned with quite other ones.

    Brackets do not tell which is which where their order changed.

    spans (Sequence[Optional[Chars]]): the characters that are marked for each entity of the source, in order.
    alignment (Optional[Alignment]): pairs of source and target token.
    RETURNS (Finder): gives the tokens of the mark, if none of them is taken. A mark that ends inside a token takes
        the whole token.
    """

    def find(i: int, ent: Span, target: Doc, taken: Set[int]) -> Optional[Tokens]:
        chars = spans[i] if i < len(spans) else None
        span = None if chars is None else target.char_span(*chars, alignment_mode="expand")
        if span is None:
            return None
        aligned = {j for k, j in alignment or () if ent.start <= k < ent.end}
        if aligned and aligned.isdisjoint(range(span.start, span.end)):
            return None
        return _free(_trim((span.start, span.end), target, ent), taken)

    return find


def by_alignment(alignment: Alignment) -> Finder:
    """Take the longest run of the tokens aligned with the entity.

    Gaps of one token are closed, punctuation at the edges is left out.

    alignment (Alignment): pairs of source and target token.
    RETURNS (Finder): gives the run, None if no free token is aligned.
    """

    def find(i: int, ent: Span, target: Doc, taken: Set[int]) -> Optional[Tokens]:
        positions = sorted({j for k, j in alignment if ent.start <= k < ent.end and j not in taken})
        runs: List[Tokens] = []
        for j in positions:
            if runs and j - runs[-1][1] <= 1 and taken.isdisjoint(range(runs[-1][1], j)):
                runs[-1] = (runs[-1][0], j + 1)
            else:
                runs.append((j, j + 1))
        trimmed = [_trim(run, target, ent) for run in runs]
        return max((run for run in trimmed if run[0] < run[1]), key=lambda run: run[1] - run[0], default=None)

    return find


def by_names(lexicon: Lexicon) -> Finder:
    """Take the first rendering of the entity that the target contains, on token boundaries and in any case.

    lexicon (Lexicon): renderings of names.
    RETURNS (Finder): gives the tokens of its first free place.
    """
    return lambda i, ent, target, taken: _search(lexicon.get(ent.text.casefold(), []), target, taken)


def by_own_text(
    articles: Articles = frozenset(), alignment: Optional[Alignment] = None, *, fold: bool = False
) -> Finder:
    """Take the entity's own text, where the target contains it, with an article that is part of the name there.

    articles (Articles): such articles, see `find_articles`.
    alignment (Optional[Alignment]): pairs of source and target token: words that translate another one of the source
        are no articles. None to take no article.
    fold (bool): whether in any case.
    RETURNS (Finder): gives the tokens of its first free place.
    """

    def find(i: int, ent: Span, target: Doc, taken: Set[int]) -> Optional[Tokens]:
        found = _search([ent.text], target, taken, fold)
        if found is None or not alignment or found[0] == 0:
            return found
        start, end = found
        others = {j for k, j in alignment if not ent.start <= k < ent.end}
        is_article = (target[start - 1].text, target[start].text) in articles
        return (start - 1, end) if is_article and start - 1 not in others | taken else found

    return find


def by_match(texts: Callable[[int, Span], Sequence[str]], match: Match) -> Finder:
    """Take the first text that the target has, by a rule.

    texts (Callable[[int, Span], Sequence[str]]): from the number of an entity and the entity to what to look for.
    match (Match): how to look for it.
    RETURNS (Finder): gives the tokens.
    """

    def find(i: int, ent: Span, target: Doc, taken: Set[int]) -> Optional[Tokens]:
        places = (match(text, target, taken) for text in dict.fromkeys(texts(i, ent)) if text)
        return next((place for place in places if place is not None), None)

    return find


def make_finders(
    *,
    marks: Sequence[Optional[Chars]] = (),
    returned: Optional[Sequence[Optional[str]]] = None,
    alignment: Optional[Alignment] = None,
    articles: Articles = frozenset(),
    lexicon: Optional[Lexicon] = None,
    fallback: str = "casefold",
    match: str = "exact",
) -> Dict[str, Finder]:
    """Make the finders in their usual order.

    Marks come first, then the entity's very text, which is right more often than an alignment, then the lexicon,
    alignment, the text in another case, and what only resembles any of these texts.

    marks (Sequence[Optional[Chars]]): the characters that are marked for each entity of the source, None for a lost
        mark; empty if nothing was marked.
    returned (Optional[Sequence[Optional[str]]]): the text that an engine gave back for each entity, None where it gave
        none. It is looked for first.
    alignment (Optional[Alignment]): pairs of source and target token; None if it is not known.
    articles (Articles): what belongs to a name in the target's language, see `find_articles`.
    lexicon (Optional[Lexicon]): renderings of names; None to use none.
    fallback (str): "none" never looks for the entity's own text, which may be another word of the target's language;
        "exact" looks for it as it is written, "casefold" at last also in another case.
    match (str): how texts are looked for, a key of `MATCHES`. What a soft rule finds is recorded by the rule's name.
    RETURNS (Dict[str, Finder]): finders by the name that is recorded.
    RAISES: X306 for an unknown `match`.
    """
    rule, names = get_match(match), lexicon or {}
    given: Sequence[Optional[str]] = returned or ()
    finders: Dict[str, Finder] = {}
    if any(span is not None for span in marks):
        finders["mark"] = by_marks(marks, alignment)
    if given:
        finders["match"] = by_match(
            lambda i, ent: _cut(given, i), get_match("exact") if match in SOFT else rule
        )
    if fallback != "none":
        finders["text"] = by_own_text(articles, alignment)
    if names:
        finders["lexicon"] = by_names(names)
    if alignment:
        finders["alignment"] = by_alignment(alignment)
    if fallback == "casefold":
        finders["text in another case"] = by_own_text(fold=True)
    if match in SOFT:
        own = fallback != "none"
        finders[match] = by_match(
            lambda i, ent: [
                *_cut(given, i),
                *names.get(ent.text.casefold(), []),
                *([ent.text] if own else []),
            ],
            rule,
        )
    return finders


def _cut(texts: Sequence[Optional[str]], i: int) -> List[str]:
    """RETURNS (List[str]): the text of an entity, if there is one."""
    text = texts[i] if i < len(texts) else None
    return [text] if text else []


def _trim(run: Tokens, target: Doc, ent: Span) -> Tokens:
    """Leave out punctuation at the edges that the entity itself does not have there."""
    start, end = run
    while start < end and is_punctuation(target[start].text) and not is_punctuation(ent[0].text):
        start += 1
    while start < end and is_punctuation(target[end - 1].text) and not is_punctuation(ent[-1].text):
        end -= 1
    return start, end


def _free(run: Tokens, taken: Set[int]) -> Optional[Tokens]:
    return run if run[0] < run[1] and taken.isdisjoint(range(*run)) else None


def is_punctuation(text: str) -> bool:
    """Tell whether a token is punctuation.

    text (str): the token.
    RETURNS (bool): whether there is nothing but punctuation.
    """
    return all(unicodedata.category(char).startswith("P") for char in text)


def _search(names: Sequence[str], target: Doc, taken: Set[int], fold: bool = True) -> Optional[Tokens]:
    # Folding makes some letters longer, as German sharp s: each letter leads back to the one it comes from.
    folded = [char.casefold() if fold else char for char in target.text]
    text, origins = "".join(folded), [i for i, chars in enumerate(folded) for _ in chars]
    for name in (name.casefold() if fold else name for name in dict.fromkeys(names) if name):
        at = text.find(name)
        while at >= 0:
            span = target.char_span(origins[at], origins[at + len(name) - 1] + 1)
            if span is not None and _free((span.start, span.end), taken):
                return span.start, span.end
            at = text.find(name, at + 1)
    return None
