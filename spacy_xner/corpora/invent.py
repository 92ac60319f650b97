"""Copies of sentences with invented names, made of parts of others."""

import random
import unicodedata
from typing import Dict, Iterator, List, Sequence

from spacy.tokens import Doc, Span

from ..errors import Errors, XnerError
from ..metadata import copy_identity, set_metadata
from .mentions import replace_mentions

# Of words in a script that has capitals, shorter ones are left as they are: "de", "US".
MIN_LENGTH = 3


def invent_names(docs: Sequence[Doc], *, copies: int = 1, seed: int = 0) -> Iterator[Doc]:
    """Follow each sentence by copies whose names are invented.

    Each word of a name is replaced by the first half of a word of one name and the second half of a word of another,
    of any types. It is in capitals, or has a capital, where that was so; words that begin with a small letter, short
    ones, and those with anything but letters stay as they are. So an invented name looks like the one whose place it
    takes, but its letters tell nothing of the type: a model that learns from such copies has to read what is around
    names. Otherwise it goes by the letters of names (name regularity bias, Ghaddar et al. 2021), which are different in
    another language.

    docs (Sequence[Doc]): labelled documents.
    copies (int): most copies of a document: those that equal it, or one another, are left out.
    seed (int): of the choice.
    YIELDS (Doc): each document, and its copies, without stored distributions and without group, as they are no
        renderings of anything.
    RAISES: X314 if no name has a word that can be replaced.
    """
    pools: Dict[bool, List[str]] = {}
    for doc in docs:
        for token in (token for ent in doc.ents for token in ent if _is_replaced(token.text)):
            pools.setdefault(_has_case(token.text), []).append(token.text)
    if not pools:
        raise XnerError(Errors.E314)
    rng = random.Random(seed)
    for doc in docs:
        yield doc
        texts = {doc.text}
        for _ in range(copies if doc.ents else 0):
            copy = replace_mentions(doc, [_invent(ent, pools, rng) for ent in doc.ents])
            if copy.text not in texts:
                texts.add(copy.text)
                copy_identity(doc, copy)
                set_metadata(copy, group="")
                yield copy


def _has_case(word: str) -> bool:
    # Georgian has capital letters, but no word begins with one.
    return word.title() != word.lower()


def _is_replaced(word: str) -> bool:
    if not all(unicodedata.category(character)[0] in "LM" for character in word):
        return False
    return not _has_case(word) or (len(word) >= MIN_LENGTH and word[0] != word[0].lower())


def _invent(name: Span, pools: Dict[bool, List[str]], rng: random.Random) -> Doc:
    """RETURNS (Doc): the tokens of an invented name, as many as those of a name."""
    words: List[str] = []
    for token in name:
        word = token.text
        if _is_replaced(word):
            first, second = (rng.choice(pools[_has_case(word)]) for _ in range(2))
            new = first[: _middle(first)] + second[_middle(second) :]
            if word.isupper():
                # What is written in capitals is often short: "ADAC".
                word = new.upper()[: len(word)]
            elif _has_case(word):
                word = new.capitalize()
            else:
                word = new
        words.append(word)
    return Doc(name.doc.vocab, words=words, spaces=[bool(token.whitespace_) for token in name])


def _middle(word: str) -> int:
    """RETURNS (int): where the second half of a word begins, not between a letter and its marks."""
    at = len(word) // 2
    while at < len(word) and unicodedata.category(word[at])[0] == "M":
        at += 1
    return at
