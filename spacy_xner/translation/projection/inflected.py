"""Finding a name whose words have endings or clitics of their language, or are written in another script.

Words are compared by their first letters, in a spelling that many languages share: "Warsaw" and "Warszawie" both begin
with "vars". Words of another script are compared by their consonants, since vowels are written in many ways or not at
all. Neither needs to know the language.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import permutations, product
from os.path import commonprefix
from typing import List, NamedTuple, Optional, Set

from spacy.tokens import Doc

from ...tokenizer import is_unspaced
from ..phrases import Tokens
from .sounds import find_script, fold, list_sounds, to_ascii

# Of a word's letters so many and this share must be its inflected form's first ones; fewer letters must be equal.
LEAST_LETTERS, LEAST_SHARE = 3, 0.6
# Most letters that an inflected form may have besides.
LONGEST_ENDING = 6
# How much a name must resemble its form, and each of its words must, in [0, 1]. With 0.8 a consonant of three may not
# be missing, one of four may.
LEAST_NAME, LEAST_WORD = 0.8, 0.55
# Most letters of an ending, where words are compared by their consonants.
SOUND_ENDING = 3
# Words of a name that may come in another order, as the surname does in Hungarian.
MOST_PERMUTED = 3

APOSTROPHES = "'’ʼ‘`´"
# Words that are written together with the next one: and, so; in, like, to; the. And, that, from, the, in, like, to.
CLITICS = {
    "ARABIC": re.compile("(?=[وفبكل]|ال)[وف]?[بكل]?(?:ال|(?<=ل)ل)?"),
    "HEBREW": re.compile("ו?[שכ]?[מבלכה]?ה?"),
}


class Piece(NamedTuple):
    """A run of letters and digits.

    text (str): the letters and digits.
    token (int): the token that it is part of.
    """

    text: str
    token: int


def match_inflected(text: str, target: Doc, taken: Set[int]) -> Optional[Tokens]:
    """Find the words in a row that most resemble those of a text, see `resemble`.

    A name of two or three words may be in another order.

    text (str): the entity.
    target (Doc): the sentence.
    taken (Set[int]): tokens that are not free.
    RETURNS (Optional[Tokens]): the tokens [start, end), None if no word resembles one of the entity's.
    """
    words = cut_words(text)
    spaced = (token for token in target if not is_unspaced(token.text))
    pieces = [Piece(piece, token.i) for token in spaced for piece in cut_words(token.text)]
    best: Optional[Tokens] = None
    highest = 0.0
    orders = permutations(words) if len(words) <= MOST_PERMUTED else [tuple(words)]
    for number, order in enumerate(orders if words else ()):
        for start in range(len(pieces) - len(words) + 1):
            window = pieces[start : start + len(words)]
            place = window[0].token, window[-1].token + 1
            if not taken.isdisjoint(range(*place)) or not _is_in_a_row(target, window):
                continue
            scores = [resemble(word, piece.text) for word, piece in zip(order, window, strict=True)]
            # Of two places that are alike, the one in the text's order.
            score = sum(scores) / len(scores) - 0.001 * bool(number)
            if min(scores) > 0 and score > max(highest, LEAST_NAME):
                best, highest = place, score
    return best


def _is_in_a_row(target: Doc, window: List[Piece]) -> bool:
    """RETURNS (bool): whether only punctuation of the words themselves, as a hyphen, stands between the pieces."""
    covered = {piece.token for piece in window}
    between = set(range(window[0].token, window[-1].token + 1)) - covered
    return all(target[i].text in {"-", "–", ".", "·", "‑"} for i in between)


def cut_words(text: str) -> List[str]:
    """Cut a text into runs of letters, their marks and digits. An apostrophe separates nothing, as in "Ankara'da".

    text (str): a name or a token.
    RETURNS (List[str]): the runs, with the apostrophes inside.
    """
    signs = (
        "'" if char in APOSTROPHES else char if unicodedata.category(char)[0] in "LMN" else " "
        for char in unicodedata.normalize("NFKC", text)
    )
    return [word for word in (run.strip("'") for run in "".join(signs).split()) if word]


@lru_cache(maxsize=100_000)
def resemble(word: str, form: str) -> float:
    """Tell how much a word of a sentence resembles a word of a name.

    word (str): a word of the name.
    form (str): a word of the sentence, maybe with an ending or clitics.
    RETURNS (float): in [0, 1]; 0 if it is another word. In one script by the share of the letters that both begin with;
        in two scripts by the share of consonants that are alike, and a little by that of all letters.
    """
    if word[:1].isupper() and form[:1].islower():
        return 0.0
    scripts = find_script(word), find_script(form)
    if "" in scripts:  # numbers have no endings
        return float(word == form)
    compare = _compare_letters if scripts[0] == scripts[1] else _compare_sounds
    return max(compare(word, variant) for variant in strip_clitics(form))


def strip_clitics(form: str) -> List[str]:
    """List what a word may be without what is written together with it.

    form (str): a word of a sentence.
    RETURNS (List[str]): the word itself, the part before an apostrophe, and in Arabic and Hebrew script the word
        without its proclitics, one by one.
    """
    before = form.split("'", 1)[0]
    found = [form, before] if len(before) > 1 else [form]
    clitics = CLITICS.get(find_script(form))
    longest = clitics.match(form) if clitics is not None else None
    if longest is not None:
        found += [form[k:] for k in range(1, longest.end() + 1) if len(form) - k > 1]
    return list(dict.fromkeys(found))


def _compare_letters(word: str, form: str) -> float:
    left, right = fold(word), fold(form)
    if left == right:
        return 1.0
    n_common = len(commonprefix([left, right]))
    ending = len(right) - n_common
    if n_common < max(LEAST_LETTERS, LEAST_SHARE * len(left)) or ending > min(LONGEST_ENDING, n_common + 1):
        return 0.0
    return LEAST_NAME + (1 - LEAST_NAME) * n_common / (len(left) + ending)


def _compare_sounds(word: str, form: str) -> float:
    letters, other = to_ascii(word), to_ascii(form)
    best = 0.0
    for k in range(min(SOUND_ENDING, max(len(other) - LEAST_LETTERS, 0)) + 1):
        cut = other[: len(other) - k]
        pairs = product(list_sounds(letters), list_sounds(cut))
        alike = max((_measure(left, right) for left, right in pairs if len(left) > 1), default=0.0)
        best = max(best, 0.9 * alike + 0.1 * _measure(letters, cut) - 0.001 * k)
    return best if best >= LEAST_WORD else 0.0


def _measure(left: str, right: str) -> float:
    from rapidfuzz.fuzz import ratio

    return ratio(left, right) / 100
