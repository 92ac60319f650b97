"""Finding the text of an entity in a sentence: as it is, with the endings of its language, or with other letters."""

import unicodedata
from typing import Callable, Dict, List, Optional, Sequence, Set

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...tokenizer import is_unspaced
from ..phrases import Tokens
from .inflected import match_inflected

# The released scripts of CROP: share of an entity's words that must occur, and how many words it may have.
LOOSE_SHARE, LOOSE_WORDS = 0.8, 6
FUZZY_RATIO = 0.85

# From the entity's text, the target and the tokens that are taken.
Match = Callable[[str, Doc, Set[int]], Optional[Tokens]]


def get_match(rule: str) -> Match:
    """Look up how the text of an entity is looked for.

    rule (str): a key of `MATCHES`.
    RETURNS (Match): finds the entity.
    RAISES: X306 if there is no such rule.
    """
    if rule not in MATCHES:
        raise XnerError(
            Errors.X306.format(found=rule, expected=f"one of {sorted(MATCHES)}", option="--match")
        )
    return MATCHES[rule]


def match_exact(text: str, target: Doc, taken: Set[int]) -> Optional[Tokens]:
    """Find a text word by word, without regard to how either side is cut into tokens.

    In scripts without spaces between words it is found character by character, and takes the whole of the tokens that
    it touches.

    text (str): the entity.
    target (Doc): the sentence.
    taken (Set[int]): tokens that are not free.
    RETURNS (Optional[Tuple[int, int]]): the first free tokens [start, end), None if there are none.
    """
    wanted = normalize(text)
    words = [normalize(token.text) for token in target]
    unspaced = is_unspaced(wanted)
    for start in range(len(words)):
        joined = words[start]
        if unspaced and wanted[:1] in joined:
            joined = joined[joined.index(wanted[0]) :]
        end = start + 1
        while len(joined) < len(wanted) and wanted.startswith(joined) and end < len(words):
            joined += words[end]
            end += 1
        same = joined == wanted or (unspaced and joined.startswith(wanted))
        if wanted and same and words[start] and taken.isdisjoint(range(start, end)):
            return start, end
    return None


def match_loose(text: str, target: Doc, taken: Set[int]) -> Optional[Tokens]:
    """Find an entity by the rule of CROP's released scripts.

    It has at most 6 words, of which at least 80 % occur exactly once; it goes from the first of them to the last. In
    scripts without spaces as `match_exact`.

    text (str): the entity.
    target (Doc): the sentence.
    taken (Set[int]): tokens that are not free.
    RETURNS (Optional[Tokens]): the tokens [start, end), None if the rule finds none, or one of them is not free.
    """
    if is_unspaced(normalize(text)):
        return match_exact(text, target, taken)
    wanted = [normalize(word) for word in text.split()]
    words = [normalize(token.text) for token in target]
    places = [words.index(word) for word in wanted if words.count(word) == 1]
    if not wanted or len(wanted) > LOOSE_WORDS or len(places) < LOOSE_SHARE * len(wanted):
        return None
    found = min(places), max(places) + 1
    return found if taken.isdisjoint(range(*found)) else None


def match_fuzzy(text: str, target: Doc, taken: Set[int]) -> Optional[Tokens]:
    """Find a text as `match_exact` does, else the free tokens that are most similar to it.

    Similarity is the share of characters in common (rapidfuzz's ratio, which counts insertions and deletions), which
    must be over 0.85.

    text (str): the entity.
    target (Doc): the sentence.
    taken (Set[int]): tokens that are not free.
    RETURNS (Optional[Tokens]): the tokens [start, end), None if none are similar enough.
    """
    from rapidfuzz.fuzz import ratio

    exact = match_exact(text, target, taken)
    wanted = normalize(text)
    if exact is not None or not wanted:
        return exact
    words = [normalize(token.text) for token in target]
    best, score = None, 100 * FUZZY_RATIO
    for start in (k for k, word in enumerate(words) if word):
        joined = ""
        for end in range(start, len(words)):
            joined += words[end]
            if end in taken or len(joined) > len(wanted) / FUZZY_RATIO + 1:
                break
            found = ratio(joined, wanted, score_cutoff=score)
            if found > score:
                best, score = (start, end + 1), found
    return best


MATCHES: Dict[str, Match] = {
    "exact": match_exact,
    "inflected": match_inflected,
    "fuzzy": match_fuzzy,
    "loose": match_loose,
}
# These find what only resembles a text, and are asked when nothing else found the entity.
SOFT = ("inflected", "fuzzy")


def normalize(text: str) -> str:
    """Bring text into the form in which it is compared; case counts.

    text (str): a word or a phrase.
    RETURNS (str): the text in the form NFKC, without white space.
    """
    return "".join(unicodedata.normalize("NFKC", text).split())


def cut_marked(text: str, spans: Sequence[Optional[tuple]]) -> List[Optional[str]]:
    """Cut out what is marked.

    text (str): a translation without its marks.
    spans (Sequence[Optional[tuple]]): characters [start, end) of each mark, None for a lost one.
    RETURNS (List[Optional[str]]): the text of each marked span, None where there is no mark.
    """
    return [None if span is None else text[slice(*span)] for span in spans]
