"""Sentences with names that nobody bears, made of parts of real ones."""

import random
from typing import Iterator, List, Sequence

from spacy.tokens import Doc, Span

from ..metadata import copy_identity, get_group, set_metadata
from .mentions import replace_mentions

# Of words in a script that has capitals, shorter ones are left as they are: "de", "US".
MIN_LENGTH = 3


def invent_names(docs: Sequence[Doc], copies: int = 1, seed: int = 0) -> Iterator[Doc]:
    """Follow each sentence by copies whose names are invented.

    Each word of a name that is not a small one is replaced by the first half of a word of one name and the second half
    of a word of another, of any types, in capitals where it is. So an invented name has the form of the name whose
    place it takes, and its letters tell nothing of the type: a model that learns from such copies has to read what is
    around names. Otherwise it goes by the letters of names (Ghaddar et al. 2021: name regularity bias), which are
    different in another language.

    docs (Sequence[Doc]): labelled documents.
    copies (int): of each document that has entities; those of group "g" are in groups "g+1", "g+2" and so on.
    seed (int): of the choice.
    YIELDS (Doc): each document, and its copies, without stored distributions.
    """
    pool = [token.text for doc in docs for ent in doc.ents for token in ent if _is_replaced(token.text)]
    rng = random.Random(seed)
    for doc in docs:
        yield doc
        for number in range(1, copies + 1) if doc.ents else ():
            copy = replace_mentions(doc, [_invent(ent, pool, rng) for ent in doc.ents])
            copy_identity(doc, copy)
            group = get_group(doc)
            set_metadata(copy, group=f"{group}+{number}" if group else None)
            yield copy


def _is_replaced(word: str) -> bool:
    has_case = word.lower() != word.upper()
    return word.isalpha() and not word.islower() and (len(word) >= MIN_LENGTH or not has_case)


def _invent(name: Span, pool: Sequence[str], rng: random.Random) -> Doc:
    """RETURNS (Doc): the tokens of an invented name, as many as those of a name."""
    words: List[str] = []
    for token in name:
        word = token.text
        if _is_replaced(word):
            first, second = rng.choice(pool), rng.choice(pool)
            new = first[: len(first) // 2] + second[len(second) // 2 :]
            # What is written in capitals is often short: "ADAC".
            word = new.upper()[: len(word)] if len(word) > 1 and word.isupper() else new.capitalize()
        words.append(word)
    return Doc(name.doc.vocab, words=words, spaces=[bool(token.whitespace_) for token in name])
