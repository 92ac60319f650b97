"""A tokenizer for all scripts: those written without spaces are cut into characters, the rest into words.

Tokenizer notes: the text is cut at every unit of such a script first; spaCy's tokenizer with the rules of the
language `xx` gets what lies between. So a run of Chinese costs one regular expression, and text without any
such character takes spaCy's own way from the start. What is too long to be a word or an address is cut here, too:
spaCy's tokenizer takes off one sign at a time, which costs the square of the length where there are many.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Callable, List

import spacy
from spacy.lang.xx import MultiLanguage
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

from .affixes import make_affixes, merge_signs, put_signs_first
from .errors import Errors, XnerError

NAME = "spacy-xner.MixedScriptTokenizer.v1"
# Han with radicals, strokes and iteration marks, Bopomofo, Hiragana, Katakana, squared words. U+3000 is a
# space.
CHARACTERS = (
    "\u2e80-\u2fff\u3001-\u3029\u3030-\u3098\u309b-\u312f\u31a0-\u31ff\u3200-\u33ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U0001aff0-\U0001b16f\U00020000-\U0003fffd"
)
# Vertical, small and full-width forms of punctuation.
PUNCTUATION = (
    "\ufe10-\ufe19\ufe30-\ufe4f\ufe50-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee"
)
THAI, LAO = [(0x0E00, 0x0E7F)], [(0x0E80, 0x0EFF)]
KHMER = [(0x1780, 0x17FF), (0x19E0, 0x19FF)]
MYANMAR = [(0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0x116D0, 0x116FF)]
# Everything that may follow a base: blocks that hold combining marks, without the large ones that hold none.
MARKS = [(0x0300, 0x1FFF), (0x20D0, 0x20FF), (0x302A, 0x309A), (0xA900, 0xABFF), (0xFE00, 0xFE2F)]
MARKS += [(0x116D0, 0x116FF), (0x16FF0, 0x16FF1), (0xE0100, 0xE01EF)]
# Thai and Lao AM and the half-width sound marks are letters to Unicode, but parts of the cluster before them;
# so are joiners.
EXTENDING = "\u0e33\u0eb3\uff9e\uff9f\u200c\u200d"


def _escape(ranges: List[tuple[int, int]], accept: Callable[[str], bool]) -> str:
    chars = (chr(i) for start, end in ranges for i in range(start, end + 1))
    return "".join(re.escape(char) for char in chars if accept(char))


def _is_base(char: str) -> bool:
    # Digits (Nd) make numbers, which stay whole; the baht sign (Sc) is left to spaCy, as all currencies are.
    return unicodedata.category(char) not in ("Nd", "Mn", "Mc", "Me", "Sc", "Cn") and char not in EXTENDING


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def _unit_pattern() -> str:
    """RETURNS (str): a regular expression for a token: a base, its marks and the consonants stacked on it."""
    bases = f"[{CHARACTERS}{PUNCTUATION}{_escape(THAI + LAO + KHMER + MYANMAR, _is_base)}]"
    marks = f"[{_escape(MARKS, _is_mark)}{EXTENDING}]*"
    stacked = f"(?:(?<=\u17d2)[\u1780-\u17b3]{marks}|(?<=\u1039)[\u1000-\u102a]{marks})*"
    in_number = "(?<=[\uff10-\uff19])[\uff0c\uff0e](?=[\uff10-\uff19])"
    return f"(?!{in_number}){bases}{marks}{stacked}"


UNIT = re.compile(_unit_pattern())
# More characters without a space than a word or an address has, and what they are cut into.
LONGEST, PIECE = 256, 100
RUN = re.compile(rf"(?<!\S)\S{{{LONGEST + 1},}}")
PIECES = re.compile(rf"\w{{1,{PIECE}}}|[^\w\s]{{1,{PIECE}}}")


def is_unspaced(text: str) -> bool:
    """Tell whether a text is, or is in part, written without spaces.

    text (str): any text.
    RETURNS (bool): whether it has characters of a script without spaces between words, or East Asian punctuation.
    """
    return UNIT.search(text) is not None


class MixedScriptTokenizer(Tokenizer):
    """spaCy's tokenizer, which splits scripts without spaces into characters.

    Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar are split into characters with their combining marks, and
    East Asian punctuation into single signs. Special cases apply only to the text between them. Of that, more than 256
    characters without a space are cut into letters and digits, and signs, of at most 100 characters. The cost is
    linear.
    """

    def __call__(self, string: str) -> Doc:
        """Tokenize a text; the text of the document is always the text given.

        string (str): The text to tokenize.
        RETURNS (Doc): The document.
        RAISES: X025 if there is half of a surrogate pair in it.
        """
        try:
            return self._tokenize(string)
        except UnicodeEncodeError as error:
            half = error.object[error.start]
            raise XnerError(Errors.X025.format(start=string.index(half), char=ascii(half))) from error

    def _tokenize(self, string: str) -> Doc:
        if RUN.search(string) is None and (string.isascii() or UNIT.search(string) is None):
            return super().__call__(string)
        words: List[str] = []
        spaces: List[bool] = []
        end = 0
        for match in UNIT.finditer(string):
            self._add_between(string[end : match.start()], words, spaces)
            words.append(match.group())
            spaces.append(False)
            end = match.end()
        self._add_between(string[end:], words, spaces)
        return Doc(self.vocab, words=words, spaces=spaces)

    def _add_between(self, text: str, words: List[str], spaces: List[bool]) -> None:
        end = 0
        for match in RUN.finditer(text):
            self._add_words(text[end : match.start()], words, spaces)
            pieces = PIECES.findall(match.group())
            words.extend(pieces)
            spaces.extend([False] * len(pieces))
            end = match.end()
        self._add_words(text[end:], words, spaces)

    def _add_words(self, text: str, words: List[str], spaces: List[bool]) -> None:
        if not text:
            return
        if text[0] == " " and words:  # spaCy keeps the first space after a token with that token
            spaces[-1] = True
            text = text[1:]
        for token in super().__call__(text):
            words.append(token.text)
            spaces.append(bool(token.whitespace_))


def create_mixed_script_tokenizer() -> Callable[[Language], MixedScriptTokenizer]:
    """Registered as `spacy-xner.MixedScriptTokenizer.v1`.

    The rules are those of `xx` in a pipeline of any language, with those of `make_affixes`, so that all languages of a
    cross-lingual pipeline are cut alike. A pipeline that was saved keeps the rules that it was saved with.

    RETURNS (Callable[[Language], MixedScriptTokenizer]): Makes the tokenizer for a pipeline.
    """

    def create_tokenizer(nlp: Language) -> MixedScriptTokenizer:
        rules, more = MultiLanguage.Defaults, make_affixes()
        return MixedScriptTokenizer(
            nlp.vocab,
            rules=rules.tokenizer_exceptions,
            prefix_search=compile_prefix_regex(
                merge_signs([*map(str, rules.prefixes or ()), *more.prefixes], more.signs)
            ).search,
            suffix_search=compile_suffix_regex(
                merge_signs([*put_signs_first(map(str, rules.suffixes or ())), *more.suffixes], more.signs)
            ).search,
            infix_finditer=compile_infix_regex(
                [*put_signs_first(map(str, rules.infixes or ())), *more.infixes]
            ).finditer,
            token_match=rules.token_match,
            url_match=rules.url_match,
        )

    return create_tokenizer


@lru_cache(maxsize=1)
def get_blank() -> Language:
    """RETURNS (Language): an empty pipeline with the mixed-script tokenizer, for reading text."""
    return spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": NAME}}})


def get_tokenizer(*, tokenized: bool) -> Callable[[str], Doc]:
    """Choose what cuts a text into tokens.

    tokenized (bool): whether the text is tokens with spaces between.
    RETURNS (Callable[[str], Doc]): a tokenizer that cuts at white space only, or that of `get_blank`; both have the
        vocabulary of `get_blank`.
    """
    nlp = get_blank()
    return (lambda text: Doc(nlp.vocab, words=text.split())) if tokenized else nlp.tokenizer
