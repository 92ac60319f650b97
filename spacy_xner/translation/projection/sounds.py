"""Spelling names of all languages and scripts alike: in letters of English, or by their consonants alone.

`anyascii` transcribes letter by letter; some letters are replaced before, where it takes another language's sound.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import product
from typing import Tuple

# Spellings of one sound, and the letter that stands for all.
SPELLINGS = [("sz", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "k"), ("x", "ks")]
LETTERS = str.maketrans({"c": "k", "q": "k", "w": "v", "y": "i", "j": "i"})
# Consonants that languages exchange when they write a foreign name; each class has one letter. Vowels have none.
SOUNDS = [
    (re.compile(pattern), letter)
    for pattern, letter in [
        ("tsch|dsch|tch|dzh|sch|shch|sh|ch|zh|ts|dz|sz|cz|c(?=[eiy])|g(?=[eiy])|j|z", "s"),
        ("ph|v|f|b|^w", "p"),
        ("gh|ck|qu|q|c|g", "k"),
        ("x", "ks"),
        ("th|d", "t"),
        ("(?<=.)h$|[aeiouyw]", ""),
    ]
]
# An h that comes and goes, as in "Lucknow" and "lakhnau"; Egypt's j, as in "Naguib" and "najib".
ASPIRATED, HARD = (("kh", "h"), ("h", "")), (("j", "j"), ("j", "k"))
# Vowels of Arabic, letters of Hebrew that stand for a vowel or another consonant, and of Devanagari.
REPLACED = str.maketrans(
    {
        **dict.fromkeys("اأإآٱع", "a"),
        "ظ": "z",
        "ב": "b",
        "פ": "p",
        "ף": "p",
        "ו": "w",
        "א": "a",
        "ע": "a",
        "च": "ch",
        "छ": "ch",
    }
)
# A sign of Devanagari for m or n, whichever the next consonant takes.
NASALS = [(re.compile("[ंँ](?=[पफबभम])"), "म"), (re.compile("[ंँ]"), "न")]
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=100_000)
def to_ascii(word: str) -> str:
    """Write a word of any script in small letters of English.

    word (str): a word.
    RETURNS (str): its transcription, without other signs.
    """
    from anyascii import anyascii

    for pattern, letter in NASALS:
        word = pattern.sub(letter, word)
    return "".join(char for char in anyascii(word.translate(REPLACED)).lower() if char.isalnum())


def fold(word: str) -> str:
    """Write a word so that spellings of one name in several languages are alike.

    word (str): a word.
    RETURNS (str): small letters of English, with one letter for each of some sounds and none doubled.
    """
    text = to_ascii(word)
    for spelling, letter in SPELLINGS:
        text = text.replace(spelling, letter)
    return _DOUBLE.sub(r"\1", text.translate(LETTERS))


def list_sounds(letters: str) -> Tuple[str, ...]:
    """Reduce a word to classes of its consonants.

    letters (str): a word in letters of English, from `to_ascii`.
    RETURNS (Tuple[str, ...]): a letter for each consonant. There are several where a letter has several sounds.
    """
    found = []
    for (hard, other), (aspirate, breath) in product(HARD, ASPIRATED):
        text = _DOUBLE.sub(r"\1", letters).replace(hard, other)
        for pattern, letter in SOUNDS:
            text = pattern.sub(letter, text)
        found.append(text.replace(aspirate, breath))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=100_000)
def find_script(word: str) -> str:
    """Find the script of a word.

    word (str): a word.
    RETURNS (str): the first part of the Unicode name of its first letter, such as "LATIN"; "" without a letter.
    """
    letter = next((char for char in word if char.isalpha()), "")
    return unicodedata.name(letter, "").split(" ")[0] if letter else ""
