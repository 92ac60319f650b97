"""Cutting a text into sentences, to look up a text of several of them in a memory that has each, and the reverse."""

import re
from typing import Dict, List, Optional

from ..tokenizer import is_unspaced

# The end of a sentence: a stop with quotes and brackets after it, and a space; or a stop of a script without spaces.
_END = re.compile(r"(?<=[.!?…؟।])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”’）]*\s*(?!$)")


def split_sentences(text: str) -> List[str]:
    """Cut a text after each stop. Abbreviations are cut, too: what reads the parts joins them again.

    text (str): a text.
    RETURNS (List[str]): its sentences, without white space around them.
    """
    ends = [match.end() for match in _END.finditer(text)]
    parts = [text[start:end].strip() for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [part for part in parts if part]


def join_sentences(sentences: List[str]) -> str:
    """Join sentences to a text.

    sentences (List[str]): the sentences.
    RETURNS (str): the text, with spaces between them unless their script has none.
    """
    text = ""
    for sentence in sentences:
        spaced = text and not (is_unspaced(text[-1]) and is_unspaced(sentence[0]))
        text += f" {sentence}" if spaced else sentence
    return text


def find_joined(text: str, known: Dict[str, str]) -> Optional[str]:
    """Translate a text of several sentences by those of its sentences that are known, alone or some together.

    text (str): the text, with single spaces.
    known (Dict[str, str]): translations by text.
    RETURNS (Optional[str]): the translations in order; None if some sentence is not known.
    """
    parts = split_sentences(text)
    found: List[str] = []
    start = 0
    while start < len(parts):
        joined = {end: join_sentences(parts[start:end]) for end in range(len(parts), start, -1)}
        end = next((end for end, sentence in joined.items() if sentence in known), None)
        if end is None:
            return None
        found.append(known[joined[end]])
        start = end
    return join_sentences(found) if len(parts) > 1 else None


def pair_sentences(source: str, target: str) -> Dict[str, str]:
    """Pair the sentences of a text with those of its translation.

    source, target (str): a text and its translation, with single spaces.
    RETURNS (Dict[str, str]): the translation of each sentence; empty unless both have as many, and several.
    """
    left, right = split_sentences(source), split_sentences(target)
    return dict(zip(left, right, strict=True)) if len(left) == len(right) > 1 else {}
