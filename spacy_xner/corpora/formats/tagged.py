"""Making sentences from tokens and tags, for all formats."""

from typing import List, Optional, Sequence

from ...schemes import BEGIN, INSIDE, OUTSIDE
from .records import Note, ReadOptions, TokenRecord
from .spans import DUPLICATES
from .tags import read_tags

TAGS = "tags that break the scheme are read as they fit: one that continues no entity begins one"
TOKENS = "empty tokens are left out"


def make_record(words: Sequence[str], tags: Sequence[str], scheme: str, options: ReadOptions) -> TokenRecord:
    """Make a sentence from tokens and tags.

    words (Sequence[str]): the tokens.
    tags (Sequence[str]): a tag for each token.
    scheme (str): see `read_tags`.
    options (ReadOptions): whether to repair tags and empty tokens.
    RETURNS (TokenRecord): the sentence, whose place is not set yet.
    RAISES: TagError for an invalid tag, ValueError for an empty token or if the numbers of tokens and tags differ.
    """
    if len(words) != len(tags):
        raise ValueError(f"{len(words)} tokens and {len(tags)} tags")
    notes: List[Note] = []
    if options.repair:
        notes += [
            Note(TOKENS, f"with the tag '{tag}'") for word, tag in zip(words, tags, strict=True) if not word
        ]
        kept = [i for i, word in enumerate(words) if word]
        if not kept:
            raise ValueError("all its tokens are empty")
        words, tags = [words[i] for i in kept], [tags[i] for i in kept]
    elif not all(words):
        raise ValueError("the token is empty (--repair leaves it out)")
    mended: Optional[List[int]] = [] if options.repair else None
    iob, types = read_tags(tags, scheme, mended)
    notes += [Note(TAGS, f"'{tags[i]}' of '{words[i]}'") for i in mended or ()]
    return TokenRecord(words=list(words), iob=iob, types=types, notes=tuple(notes))


def make_spanned(
    words: Sequence[str], spans: Sequence[Sequence[int]], labels: Sequence[str], options: ReadOptions
) -> TokenRecord:
    """Make a sentence from tokens and spans of tokens.

    words (Sequence[str]): the tokens.
    spans (Sequence[Sequence[int]]): first and last token of each entity.
    labels (Sequence[str]): the labels of the entities.
    options (ReadOptions): whether to leave out duplicate spans.
    RETURNS (TokenRecord): the sentence, whose place is not set yet.
    RAISES: ValueError for a span that is outside the tokens or overlaps with another.
    """
    iob, types = [OUTSIDE] * len(words), [""] * len(words)
    found = [(first, last, label) for (first, last), label in zip(spans, labels, strict=True)]
    kept = list(dict.fromkeys(found)) if options.repair else found
    n_twice = len(found) - len(kept)
    for first, last, label in kept:
        if not 0 <= first <= last < len(words):
            raise ValueError(f"the span {first}-{last} ('{label}') is outside the {len(words)} tokens")
        if any(types[first : last + 1]):
            raise ValueError(f"the span {first}-{last} ('{label}') overlaps with another")
        for i in range(first, last + 1):
            iob[i], types[i] = INSIDE if i > first else BEGIN, label
    notes = (Note(DUPLICATES, f"{n_twice} of them"),) if n_twice else ()
    return TokenRecord(words=list(words), iob=iob, types=types, notes=notes)
