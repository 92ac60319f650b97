"""Articles that a language makes part of a name, as Spanish in "El Cairo", where the source has "Cairo" alone."""

from typing import AbstractSet, Iterable, Set, Tuple

from spacy.tokens import Doc

# Letters of an article, as of "Los" in "Los Ángeles".
LONGEST = 3

# An article and the word after it.
Articles = AbstractSet[Tuple[str, str]]


def find_articles(docs: Iterable[Doc]) -> Articles:
    """Find the short words that are part of the name after them, by their capital within a sentence.

    Of "El Cairo" at the beginning of a sentence one can tell if "en El Cairo" is somewhere else.

    docs (Iterable[Doc]): sentences of one language.
    RETURNS (Articles): the pairs of words of which both have a capital after a word in the same sentence, of at most
        three letters for the first. Sentences in capitals tell nothing.
    """
    found: Set[Tuple[str, str]] = set()
    for doc in docs:
        words = [token.text for token in doc]
        if doc.text.isupper():
            continue
        for before, word, after in zip(words, words[1:], words[2:], strict=False):
            if before[-1].isalpha() and _is_short_name(word) and after[0].isupper():
                found.add((word, after))
    return found


def _is_short_name(word: str) -> bool:
    return len(word) <= LONGEST and word.isalpha() and word.istitle()
