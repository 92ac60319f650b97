"""Whether what a service wrote can be a translation."""

from typing import Callable, Optional, Sequence

from ...tokenizer import is_unspaced
from ..identify import IDENTIFIED_WORDS
from ..types import MarkedText

# Fewer words, or characters of scripts without spaces, may be the same in two languages.
LEAST_WORDS, LEAST_CHARACTERS = 3, 6
# A translation that is so many times as long as its source, and a bit, is none.
LONGEST, ALLOWANCE = 6, 100

# From a sentence and its translation to whether it can be one.
Check = Callable[[MarkedText, MarkedText], bool]


def is_echo(sentence: MarkedText, found: MarkedText) -> bool:
    """Tell whether a service gave the sentence back untranslated. Names and figures may stay as they are.

    sentence (MarkedText): the sentence.
    found (MarkedText): what came back.
    RETURNS (bool): whether both texts are the same, and the sentence has at least three words that begin with a small
        letter, or six characters of a script without spaces, outside of its spans.
    """
    if not _is_same(sentence, found):
        return False
    pieces, at = [], 0
    for start, end in sorted(span for span in sentence.spans if span is not None):
        pieces.append(sentence.text[at:start])
        at = end
    rest = " ".join([*pieces, sentence.text[at:]])
    if is_unspaced(rest):
        return sum(char.isalpha() for char in rest) >= LEAST_CHARACTERS
    return sum(word[0].isalpha() and not word[0].isupper() for word in rest.split()) >= LEAST_WORDS


def is_untranslated(sentences: Sequence[MarkedText], found: Sequence[Optional[MarkedText]]) -> bool:
    """Tell whether a service gave a whole request back. Then what may stay as it is, is no translation either.

    sentences (Sequence[MarkedText]): the sentences of a request.
    found (Sequence[Optional[MarkedText]]): what came back for each.
    RETURNS (bool): whether all texts are the same, and at least one of them must not be.
    """
    pairs = list(zip(sentences, found, strict=True))
    if not all(text is not None and _is_same(sentence, text) for sentence, text in pairs):
        return False
    return any(text is not None and is_echo(sentence, text) for sentence, text in pairs)


def is_plausible(sentence: MarkedText, found: MarkedText) -> bool:
    """Tell whether a text can be the translation of a sentence by its length.

    sentence (MarkedText): the sentence.
    found (MarkedText): its translation.
    RETURNS (bool): whether there is a text, and it is not many times as long.
    """
    return bool(found.text.strip()) and len(found.text) <= LONGEST * len(sentence.text) + ALLOWANCE


def make_check(identify: Optional[Callable[[str], str]] = None, language: str = "") -> Check:
    """Choose how translations are checked.

    identify (Optional[Callable[[str], str]]): gives the language of a text of several words; None to check no language.
    language (str): the code of the language that it must be.
    RETURNS (Callable): from a sentence and its translation to whether it can be one.
    """

    def check(sentence: MarkedText, found: MarkedText) -> bool:
        if is_echo(sentence, found) or not is_plausible(sentence, found):
            return False
        is_long = _count_words(found.text) >= IDENTIFIED_WORDS
        return identify is None or not is_long or identify(found.text) == language

    return check


def _is_same(sentence: MarkedText, found: MarkedText) -> bool:
    return found.text.split() == sentence.text.split()


def _count_words(text: str) -> int:
    """RETURNS (int): the words of letters; characters in scripts without spaces."""
    if is_unspaced(text):
        return sum(char.isalpha() for char in text)
    return sum(word.isalpha() for word in text.split())
