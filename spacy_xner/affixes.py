"""Where words end, by Unicode property: rules beside those that spaCy has for `xx`, which know few scripts.

They cut where spaCy's don't, beside them. What Unicode's text segmentation (UAX #29,
WB6, WB7, WB11, WB12) keeps within words and numbers stays there. All are regular expressions, since a pipeline saves
its tokenizer as such.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Dict, Iterable, List, NamedTuple, Tuple

# Beyond are Han, tags and variation selectors only.
END = 0x20000
ASCII = "".join(map(chr, range(0x80)))
LETTER = r"[^\W\d_]"
# Marks of direction, zero-width spaces and byte order marks.
BREAKING = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
# Soft hyphens and word joiners, which are no part of a word at its ends.
JOINING = "\u00ad\u2060-\u2064"
APOSTROPHES = "'\u2019"
# A letter in Hebrew. Signs that are part of a word between letters: Armenian and Hebrew ones, middle dots.
GERESH = "\u05f3"
WORD_INTERNAL = "\u00b7\u0387\u055a\u055b\u055c\u055e\u055f\u05f4\u2024\u2027"
# A lookbehind at a class, and then one sign, or one of a class.
BEHIND = re.compile(
    r"^\(\?<=({0})\)({0}|\\?[^\w\s(\\])((?:\(\?=.*\))?)$".format(r"\[(?:\\.|[^\]\\])+\]"), re.DOTALL
)
VOWELS = "aeiouyhæœøıəɛɔ"


class Affixes(NamedTuple):
    """What is cut off.

    signs (str): the inside of a character class: signs that are cut off at either end of a word.
    prefixes, suffixes, infixes (List[str]): regular expressions of what else is, and of what stands between words.
    """

    signs: str
    prefixes: List[str]
    suffixes: List[str]
    infixes: List[str]


@lru_cache(maxsize=1)
def group_characters() -> Dict[str, List[str]]:
    """Group characters by Unicode's general category.

    RETURNS (Dict[str, List[str]]): the characters of each category, in order.
    """
    groups: Dict[str, List[str]] = {}
    for char in map(chr, range(END)):
        groups.setdefault(unicodedata.category(char), []).append(char)
    return groups


def make_class(chars: Iterable[str]) -> str:
    """Write the inside of a regular expression's character class.

    chars (Iterable[str]): characters.
    RETURNS (str): the characters, escaped, as ranges.
    """
    ranges = []
    for _, group in groupby(enumerate(sorted(map(ord, chars))), lambda pair: pair[1] - pair[0]):
        codes = [code for _, code in group]
        ranges.append(f"\\U{codes[0]:08x}" + (f"-\\U{codes[-1]:08x}" if len(codes) > 1 else ""))
    return "".join(ranges)


def make_category(*categories: str, besides: str = "") -> str:
    """Write the inside of a character class of some of Unicode's general categories.

    categories (str): the categories, as "Po".
    besides (str): characters that are left out.
    RETURNS (str): their other characters, as ranges.
    """
    chars = (char for category in categories for char in group_characters()[category])
    return make_class(char for char in chars if char not in besides)


@lru_cache(maxsize=1)
def make_affixes() -> Affixes:
    """Make the rules.

    RETURNS (Affixes): to be used together with those of `xx`.
    """
    upper = make_category("Lu", "Lt")
    letter = f"(?:{LETTER}|[{make_category('Mc', 'Me', 'Mn')}])"
    bracket, dash = make_category("Ps", "Pe"), make_category("Pd")
    quote = make_category("Pi", "Pf", besides=APOSTROPHES)
    # Those of ASCII have too many uses; spaCy's rules tell them apart.
    sign = make_category("Po", besides=ASCII + GERESH)
    between = make_category("Po", besides=ASCII + GERESH + WORD_INTERNAL)
    elided, endings = _cut_apostrophes()
    return Affixes(
        signs=sign + bracket + quote + BREAKING + JOINING,
        prefixes=[rf"[/{dash}]+(?={LETTER})", rf"\.(?={LETTER}|[^\w\s.])", *elided],
        suffixes=[
            *endings,
            # An initial keeps its full stop.
            rf"\.(?<={letter}\.)(?<![{upper}]\.)",
            rf"\.(?<={letter}[{upper}]\.)",
            rf"[{dash}](?<={letter}.)",
            rf"--(?<={letter}--)",
        ],
        infixes=[
            rf"[{between}](?:(?<!\d.)|(?!\d))",
            f"[{bracket}«»‹›{BREAKING}]",
            r"[,;:!?|\\](?:(?<!\d.)|(?!\d))",
            rf"[<>=+](?<={letter}.)(?={LETTER})",
            rf"[{dash}](?<=(?:{letter}|\d).)(?={LETTER})",
            # A dash or quotation mark between a letter and another sign, and a full stop before one.
            rf'["{dash}](?:(?<={letter}.)(?=[^\w\s])|(?<=[^\w\s].)(?={LETTER}))',
            rf"\.(?<={letter}\.)(?<![{upper}]\.)(?=[^\w\s.])",
            rf"\.(?<=\d\.)(?=[{upper}])",
            rf"\.(?<=[^\w\s.]\.)(?={LETTER})",
            r"/(?!/)(?:(?<![/:\d]/)|(?<=\d/)(?!\d))",
        ],
    )


def _cut_apostrophes() -> Tuple[List[str], List[str]]:
    """Cut words that end at an apostrophe, in Latin script.

    Where a vowel is left out before a vowel ("l'Italie", "dell'Umbria"), the word ends after it. Other endings follow a
    name ("Ankara'da", "Ali'nin"): it ends before it. Other words in small letters ("don't") stay whole.

    RETURNS (Tuple[List[str], List[str]]): prefixes and suffixes.
    """
    letters = [char for category in ("Lu", "Ll", "Lt", "Lo") for char in group_characters()[category]]
    latin = [char for char in letters if unicodedata.name(char, "").startswith("LATIN")]
    vowels = [char for char in latin if unicodedata.normalize("NFD", char.lower())[0] in VOWELS]
    consonant = make_class(set(latin).difference(vowels))
    lower = make_class(char for char in latin if char.islower())
    large_vowel = make_class(char for char in vowels if char.isupper())
    small_vowel = make_class(char for char in vowels if char.islower())
    # "qu" counts as a consonant.
    left_out = f"(?:(?<=[{consonant}].)|(?<=[qQ]u.))"
    # One literal at a time, which Python looks for faster than a class.
    elided = [
        rule
        for mark in APOSTROPHES
        for rule in (
            rf"[{make_class(latin)}]+{mark}{left_out}(?=[{large_vowel}\d])",
            rf"[{lower}]+{mark}{left_out}(?=[{small_vowel}])",
        )
    ]
    whole = rf"[{lower}]+(?:[{APOSTROPHES}](?!s$)[{lower}]+)+$"
    return [*elided, whole], [rf"[{APOSTROPHES}](?<=[{make_class(latin)}\d].)[{lower}]+"]


def put_signs_first(pieces: Iterable[str]) -> List[str]:
    """Write a sign before the lookbehind at it, which is then tried only where the sign is, instead of everywhere.

    pieces (Iterable[str]): regular expressions.
    RETURNS (List[str]): others that match the same.
    """
    return [BEHIND.sub(r"\2(?<=\1\2)\3", piece) for piece in pieces]


def merge_signs(pieces: Iterable[str], signs: str) -> List[str]:
    """Write single signs as one character class, which is looked up once instead of tried one by one.

    pieces (Iterable[str]): regular expressions.
    signs (str): the inside of a character class of others.
    RETURNS (List[str]): the same in fewer: the signs first, then the others in order.
    """
    found = list(dict.fromkeys(pieces))
    single = [piece for piece in found if re.fullmatch(r"\\?[^\w\s\\]", piece)]
    single = [piece for piece in single if piece not in "^$.|?*+()[]{}"]
    inside = "".join(re.escape(piece[-1]) for piece in single)
    return [f"[{inside}{signs}]", *(piece for piece in found if piece not in single)]
