"""Copies of sentences with invented names, which are made from parts of other names."""

import random
import unicodedata
from typing import Dict, Iterator, List, Sequence

from spacy.tokens import Doc, Span

from ..errors import Errors, XnerError
from ..metadata import copy_identity, set_metadata
from .mentions import replace_mentions

# In scripts with capitals, shorter words such as "de" and "US" are kept.
MIN_LENGTH = 3


def invent_names(docs: Sequence[Doc], *, copies: int = 1, seed: int = 0) -> Iterator[Doc]:
    """Add copies with invented names to each sentence.

    Each word of a name is replaced by the first half of a word of one name and the second half of a word of another
    name, of any types. Capitalization is kept. Words that begin with a small letter, short words, and words with other
    characters than letters are not replaced. An invented name looks like the original, but its letters say nothing
    about its type, so a model must learn from the context. Otherwise a model relies on the letters of names (name
    regularity bias, Ghaddar et al. 2021), which are different in another language.

    docs (Sequence[Doc]): labelled documents.
    copies (int): most copies of a document; duplicates are left out.
    seed (int): random seed.
    YIELDS (Doc): each document followed by its copies, which have no soft labels and no group.
    RAISES: X314 if no name has a word that can be replaced.
    """
    pools: Dict[bool, List[str]] = {}
    for doc in docs:
        for token in (token for ent in doc.ents for token in ent if _is_replaced(token.text)):
            pools.setdefault(_has_case(token.text), []).append(token.text)
    if not pools:
        raise XnerError(Errors.X314)
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
    # Georgian has capital letters, but does not capitalize words.
    return word.title() != word.lower()


def _is_replaced(word: str) -> bool:
    if not all(unicodedata.category(character)[0] in "LM" for character in word):
        return False
    return not _has_case(word) or (len(word) >= MIN_LENGTH and word[0] != word[0].lower())


def _invent(name: Span, pools: Dict[bool, List[str]], rng: random.Random) -> Doc:
    """RETURNS (Doc): an invented name, with as many tokens as the name."""
    words: List[str] = []
    for token in name:
        word = token.text
        if _is_replaced(word):
            first, second = (rng.choice(pools[_has_case(word)]) for _ in range(2))
            new = first[: _middle(first)] + second[_middle(second) :]
            if word.isupper():
                # Words in capitals are often short: "ADAC".
                word = new.upper()[: len(word)]
            elif _has_case(word):
                word = new.capitalize()
            else:
                word = new
        words.append(word)
    return Doc(name.doc.vocab, words=words, spaces=[bool(token.whitespace_) for token in name])


def _middle(word: str) -> int:
    """RETURNS (int): the start of a word's second half, which does not separate a letter from its diacritics."""
    at = len(word) // 2
    while at < len(word) and unicodedata.category(word[at])[0] == "M":
        at += 1
    return at
