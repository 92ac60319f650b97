"""The units of offsets: characters, or a browser's units, in which an emoji is two and a line break is one."""

import re
from itertools import product
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from .records import TextSpan

Place = Callable[[TextSpan], Optional[TextSpan]]

# Thai, Lao, Myanmar, Khmer, Chinese and Japanese, which have no spaces between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def list_readings(text: str) -> Iterator[Place]:
    """List the ways in which the offsets of a text may be counted.

    text (str): the text.
    YIELDS (Callable): from a span as it is written to the span in characters, None if it is outside the text. The first
        counts characters; other ways are listed only if they give different offsets.
    """
    wide, lines = (any(ord(char) > 0xFFFF for char in text), "\r\n" in text)
    for pair, join in product((False, True), (False, True)):
        if (pair <= wide) and (join <= lines):
            places = _list_places(text, pair, join)
            yield lambda span, places=places: _move(span, places)  # type: ignore[misc]


def choose_reading(spans: Sequence[TextSpan], text: str) -> Tuple[List[TextSpan], bool]:
    """Choose how the offsets of a text are counted.

    They count characters, unless this cuts words and another way of counting cuts none.

    spans (Sequence[TextSpan]): the spans as they are written.
    text (str): the text.
    RETURNS (Tuple[List[TextSpan], bool]): the spans in characters, and whether another way was chosen.
    """
    if text.isascii() and "\r" not in text or not any(_cuts(span, text) for span in spans):
        return list(spans), False
    for place in list_readings(text):
        found = [moved for span in spans if (moved := place(span)) is not None]
        if len(found) == len(spans) and not any(_cuts(span, text) for span in found):
            return found, True
    return list(spans), False


def _list_places(text: str, pair: bool, join: bool) -> List[int]:
    """RETURNS (List[int]): the character at each unit, and the end."""
    places = []
    for i, char in enumerate(text):
        if not (join and char == "\r" and text[i + 1 : i + 2] == "\n"):
            places += [i] * (2 if pair and ord(char) > 0xFFFF else 1)
    return [*places, len(text)]


def _move(span: TextSpan, places: List[int]) -> Optional[TextSpan]:
    if not 0 <= span.start <= span.end < len(places):
        return None
    return span._replace(start=places[span.start], end=places[span.end])


def _cuts(span: TextSpan, text: str) -> bool:
    """RETURNS (bool): whether a span is outside its text, or cuts a word in a script with spaces between words."""
    if not 0 <= span.start < span.end <= len(text):
        return True
    pairs = (text[max(0, place - 1) : place + 1] for place in span[:2])
    return any(len(pair) == 2 and pair.isalnum() and not _UNSPACED.search(pair) for pair in pairs)
