"""Apertium's stream format.

Format notes: the stream has blanks in brackets that belong to the word after them and move along with it:
`[[t:b:0]]word[[/]]`, here with the number of the span. Other blanks in brackets are only carried along; one at
the end numbers the sentence. A NUL ends a sentence, and the state of every stage.
"""

import re
from typing import Dict, List, Optional, Tuple

from ..types import Chars

RESERVED = re.compile(r"[\[\]{}^$@\\/<>]")
# Apertium drops a tilde even with a backslash before it; a character of private use it leaves alone.
TILDE = "\ue07e"
# Escaped characters, blanks of a word, and other blanks.
STREAM = re.compile(
    r"\\(?P<char>.)|\[\[(?P<word>(?:\\.|[^\]\\])*)\]\]|\[(?P<blank>(?:\\.|[^\]\\])*)\]", re.DOTALL
)
SPAN = re.compile(r"t:b:(\d+)")
# What may stand between the words of one span: "de la", a hyphen, but no comma.
GAP = re.compile(r"[\s\-'’&./]*(?:\b[^\W\d_]{1,3}\b[\s\-'’&./]*){0,3}")


def escape(text: str) -> str:
    """Write text so that Apertium reads nothing into it.

    text (str): a piece of a sentence.
    RETURNS (str): the text with a backslash before all characters that mean something to Apertium; `TILDE` for a tilde,
        and a space for NUL.
    """
    return RESERVED.sub(r"\\\g<0>", text.replace("\0", " ").replace("~", TILDE))


def parse_stream(stream: str) -> Tuple[str, Dict[int, List[Chars]]]:
    """Read what Apertium has translated.

    stream (str): text with blanks in brackets.
    RETURNS (Tuple[str, Dict[int, List[Chars]]]): the text, and by the number of a span the places of its words.
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
            # "/" ends a word; a word made of two bears the numbers of both.
            opened = [int(number) for number in SPAN.findall(match["word"])]
            start = len(text)
    return (text + stream[at:]).replace(TILDE, "~").rstrip(), places


def join_places(text: str, places: Dict[int, List[Chars]], n_spans: int) -> Tuple[Optional[Chars], ...]:
    """Join the words of each span.

    text (str): the translation.
    places (Dict[int, List[Chars]]): the words by the number of the span.
    n_spans (int): how many spans there are.
    RETURNS (Tuple[Optional[Chars], ...]): from the first to the last word of each span. None if there are none, if
        more than a few short words are between them, or if a word belongs to two spans.
    """
    spans: List[Optional[Chars]] = []
    for i in range(n_spans):
        # Words can come out empty.
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
