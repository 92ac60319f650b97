"""Apertium's stream format.

Format notes: a blank in double brackets belongs to the word after it and moves with it: `[[t:b:0]]word[[/]]`, here with
the number of the span. Other blanks in brackets stay in place; one at the end has the number of the sentence. A NUL
ends a sentence, and resets the state of every stage.
"""

import re
from typing import Dict, List, Optional, Tuple

from ..types import Chars

RESERVED = re.compile(r"[\[\]{}^$@\\/<>]")
# A private-use character that stands for a tilde, which Apertium drops even if it is escaped.
TILDE = "\ue07e"
# Escaped characters, blanks that belong to a word, and other blanks.
STREAM = re.compile(
    r"\\(?P<char>.)|\[\[(?P<word>(?:\\.|[^\]\\])*)\]\]|\[(?P<blank>(?:\\.|[^\]\\])*)\]", re.DOTALL
)
SPAN = re.compile(r"t:b:(\d+)")
# What may be between the words of one span: "de la" or a hyphen, but no comma.
GAP = re.compile(r"[\s\-'’&./]*(?:\b[^\W\d_]{1,3}\b[\s\-'’&./]*){0,3}")


def escape(text: str) -> str:
    """Escape text for Apertium's stream format.

    text (str): a piece of a sentence.
    RETURNS (str): the text with a backslash before all characters that have a meaning in the format, `TILDE` for a
        tilde, and a space for NUL.
    """
    return RESERVED.sub(r"\\\g<0>", text.replace("\0", " ").replace("~", TILDE))


def parse_stream(stream: str) -> Tuple[str, Dict[int, List[Chars]]]:
    """Parse a translation in Apertium's stream format.

    stream (str): text with blanks in brackets.
    RETURNS (Tuple[str, Dict[int, List[Chars]]]): the text, and the places of each span's words by the span's number.
    """
    text = ""
    places: Dict[int, List[Chars]] = {}
    opened: List[int] = []
    start = at = 0
    for match in STREAM.finditer(stream):
        text += stream[at : match.start()]
        at = match.end()
        if match["char"] is not None:
            text += match["char"]
        elif match["word"] is not None:
            for number in opened:
                places.setdefault(number, []).append((start, len(text)))
            # "/" ends a word; a word merged from two has the numbers of both.
            opened = [int(number) for number in SPAN.findall(match["word"])]
            start = len(text)
    return (text + stream[at:]).replace(TILDE, "~").rstrip(), places


def join_places(text: str, places: Dict[int, List[Chars]], n_spans: int) -> Tuple[Optional[Chars], ...]:
    """Join the words of each span.

    text (str): the translation.
    places (Dict[int, List[Chars]]): the places of each span's words by the span's number.
    n_spans (int): the number of spans.
    RETURNS (Tuple[Optional[Chars], ...]): each span from its first to its last word. None for a span without words,
        with more than a few short words in between, or with a word that belongs to two spans.
    """
    spans: List[Optional[Chars]] = []
    for i in range(n_spans):
        # Words may be empty.
        words = sorted(place for place in places.get(i, []) if text[slice(*place)].strip())
        gaps = [text[left[1] : right[0]] for left, right in zip(words, words[1:], strict=False)]
        is_joined = bool(words) and all(GAP.fullmatch(gap) for gap in gaps)
        spans.append((words[0][0], words[-1][1]) if is_joined else None)
    taken = sorted(span for span in spans if span is not None)
    clashing = {
        span
        for left, right in zip(taken, taken[1:], strict=False)
        if right[0] < left[1]
        for span in (left, right)
    }
    return tuple(None if span in clashing else span for span in spans)
