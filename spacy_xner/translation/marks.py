"""Marks around spans in the text itself, for engines without native marks."""

import re
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from ..errors import Errors, XnerError
from ..tokenizer import is_unspaced
from .types import Chars, MarkedText


class MarkStyle(NamedTuple):
    """A style of marks.

    symbols (Callable): from the number of a span to the marks before and after it.
    pattern (Pattern): a mark in a translation, with any spacing and case; group 1, if there is one, is the number of
        the span.
    """

    symbols: Callable[[int], Tuple[str, str]]
    pattern: "re.Pattern[str]"


# Brackets identify spans only by their order; slots have numbers, with the same symbol before and after a span (CROP,
# Yang et al. 2022).
STYLES: Dict[str, MarkStyle] = {
    "brackets": MarkStyle(lambda i: ("[", "]"), re.compile(r"[\[\]［］【】]")),
    "slots": MarkStyle(
        lambda i: (f"__SLOT{i}__", f"__SLOT{i}__"),
        re.compile(r"_{1,2}\s*SLOT\s*(\d+)\s*_{1,2}", re.IGNORECASE),
    ),
}
_OPENING = "[［【"
CLOSING = ".,;:!?)»”…。，、！？；：）"


def get_style(name: str) -> MarkStyle:
    """Look up a style of marks.

    name (str): a key of `STYLES`.
    RETURNS (MarkStyle): the style.
    RAISES: X210 if there is no such style.
    """
    if name not in STYLES:
        raise XnerError(Errors.X210.format(found=name, expected=sorted(STYLES)))
    return STYLES[name]


def insert_marks(sentence: MarkedText, style: str) -> str:
    """Write marks around the spans of a sentence.

    sentence (MarkedText): the sentence. Marks that its text already contains are removed, since they could not be
        distinguished from the new ones.
    style (str): a key of `STYLES`.
    RETURNS (str): the text with marks, each between white space.
    """
    mark = get_style(style)
    parts: List[str] = []
    at = 0
    numbered = sorted((span, i) for i, span in enumerate(sentence.spans) if span is not None)
    for (start, end), i in numbered:
        before, after = mark.symbols(i)
        clean = [
            mark.pattern.sub(" ", piece) for piece in (sentence.text[at:start], sentence.text[start:end])
        ]
        parts += [clean[0], f" {before} ", clean[1], f" {after} "]
        at = end
    parts.append(mark.pattern.sub(" ", sentence.text[at:]))
    return " ".join("".join(parts).split()) if numbered else sentence.text


def extract_marks(text: str, style: str, n_spans: int) -> MarkedText:
    """Remove the marks from a translation, and find the spans.

    A pair of marks gives a span only if it encloses text and no other mark; a lost, repeated, nested or empty pair
    gives None. Brackets are numbered by their order, so all spans are None unless the numbers of pairs and spans are
    equal.

    text (str): the translation with marks.
    style (str): a key of `STYLES`.
    n_spans (int): the number of spans that were marked.
    RETURNS (MarkedText): the translation without marks, and a span or None for each that was marked.
    """
    mark = get_style(style)
    clean = ""
    found: List[Tuple[str, int]] = []  # the mark, and its place in the clean text
    at = 0
    for match in mark.pattern.finditer(text) if n_spans else ():
        clean = _join(clean, text[at : match.start()])
        found.append((match.group(1) if match.re.groups else match.group(), len(clean.rstrip())))
        at = match.end()
    clean = _join(clean, text[at:])
    pairs = _pair_brackets(found, n_spans) if style == "brackets" else _pair_slots(found, n_spans)
    return MarkedText(clean.rstrip(), tuple(_trim(clean, pair) for pair in pairs))


def _join(text: str, piece: str) -> str:
    """RETURNS (str): both parts, joined where a mark was: by a space if there was one on either side, but not before
    punctuation or within a script without spaces."""
    start, rest = text.rstrip(), piece.lstrip()
    if not start:
        return rest
    if not rest:
        return text if len(start) < len(text) else text + piece[:1]
    glued = rest[0] in CLOSING or (is_unspaced(start[-1]) and is_unspaced(rest[0]))
    spaced = len(start) < len(text) or len(rest) < len(piece)
    return start + (" " if spaced and not glued else "") + rest


def _pair_slots(found: List[Tuple[str, int]], n_spans: int) -> List[Optional[Chars]]:
    pairs: List[Optional[Chars]] = []
    for i in range(n_spans):
        places = [k for k, (number, _) in enumerate(found) if int(number) == i]
        # Neighbours among the marks, so nothing is nested.
        whole = len(places) == 2 and places[1] == places[0] + 1
        pairs.append((found[places[0]][1], found[places[1]][1]) if whole else None)
    return pairs


def _pair_brackets(found: List[Tuple[str, int]], n_spans: int) -> List[Optional[Chars]]:
    alternating = all((symbol in _OPENING) == (k % 2 == 0) for k, (symbol, _) in enumerate(found))
    if len(found) != 2 * n_spans or not alternating:
        return [None] * n_spans
    return [(found[k][1], found[k + 1][1]) for k in range(0, len(found), 2)]


def _trim(text: str, span: Optional[Chars]) -> Optional[Chars]:
    """RETURNS (Optional[Chars]): the span without white space at its edges, None if nothing is left."""
    if span is None:
        return None
    inner = text[slice(*span)]
    start = span[0] + len(inner) - len(inner.lstrip())
    end = span[0] + len(inner.rstrip())
    return (start, end) if start < end else None
