"""Marks around spans in the text itself: brackets and slots, and tags for engines that keep XML or HTML."""

import html
import re
from functools import partial
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from ..errors import Errors, XnerError
from ..tokenizer import is_unspaced
from .types import Chars, MarkedText


class MarkStyle(NamedTuple):
    """A style of marks.

    symbols (Callable): from the number of a span to the marks before and after it.
    pattern (Pattern): a mark in a translation, with any spacing and case.
    read (Callable): from a match of the pattern to what it stands for, see `pair`; None for what is no mark of ours.
    pair (Callable): from all marks with their places in the text, and the number of spans, to the spans.
    is_markup (bool): whether the text is XML or HTML: it is escaped, tags that are not ours are dropped, and marks
        stand without white space between them and the span.
    """

    symbols: Callable[[int], Tuple[str, str]]
    pattern: "re.Pattern[str]"
    read: Callable[["re.Match[str]"], Optional[str]]
    pair: Callable[[List[Tuple[str, int]], int], List[Optional[Chars]]]
    is_markup: bool = False


_OPENING = "[［【"
CLOSING = ".,;:!?)»”…。，、！？；：）"
_CLOSE = "/"
_NUMBER = re.compile(r"""\bid\s*=\s*["'“”„«]?\s*(\d+)""", re.IGNORECASE)
# What XML does not allow.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


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


def _pair_tags(found: List[Tuple[str, int]], n_spans: int) -> List[Optional[Chars]]:
    pairs: List[Optional[Chars]] = []
    for i in range(n_spans):
        places = [k for k, (mark, _) in enumerate(found) if mark != _CLOSE and int(mark) == i]
        # The next mark closes it, so nothing is nested.
        whole = len(places) == 1 and [mark for mark, _ in found[places[0] + 1 : places[0] + 2]] == [_CLOSE]
        pairs.append((found[places[0]][1], found[places[0] + 1][1]) if whole else None)
    return pairs


def _read_tag(element: str, match: "re.Match[str]") -> Optional[str]:
    """RETURNS (Optional[str]): the number of the span that a tag opens, or `_CLOSE`; None for a tag of another."""
    if match["element"].lower() != element:
        return None
    number = _NUMBER.search(match["rest"])
    return _CLOSE if match["slash"] else number[1] if number else None


def _make_tags(element: str) -> MarkStyle:
    return MarkStyle(
        lambda i: (f'<{element} id="{i}">', f"</{element}>"),
        re.compile(r"<\s*(?P<slash>/?)\s*(?P<element>[A-Za-z][\w:.-]*)(?P<rest>[^<>]*)>"),
        partial(_read_tag, element),
        _pair_tags,
        is_markup=True,
    )


# Brackets identify spans only by their order; slots have numbers, with the same symbol before and after a span (CROP,
# Yang et al. 2022). Services charge for the characters of HTML tags, so these are short.
STYLES: Dict[str, MarkStyle] = {
    "brackets": MarkStyle(
        lambda i: ("[", "]"), re.compile(r"[\[\]［］【】]"), lambda match: match.group(), _pair_brackets
    ),
    "slots": MarkStyle(
        lambda i: (f"__SLOT{i}__", f"__SLOT{i}__"),
        re.compile(r"_{1,2}\s*SLOT\s*(\d+)\s*_{1,2}", re.IGNORECASE),
        lambda match: match.group(1),
        _pair_slots,
    ),
    "xml": _make_tags("x"),
    "html": _make_tags("b"),
}


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
        distinguished from the new ones; in XML and HTML they are escaped as the rest of the text.
    style (str): a key of `STYLES`.
    RETURNS (str): the text with marks, each between white space but for tags.
    """
    mark = get_style(style)
    parts: List[str] = []
    at = 0
    numbered = sorted((span, i) for i, span in enumerate(sentence.spans) if span is not None)
    for (start, end), i in numbered:
        before, after = mark.symbols(i)
        clean = [_clean(piece, mark) for piece in (sentence.text[at:start], sentence.text[start:end])]
        gap = "" if mark.is_markup else " "
        parts += [clean[0], gap, before, gap, clean[1], gap, after, gap]
        at = end
    parts.append(_clean(sentence.text[at:], mark))
    if mark.is_markup:
        return "".join(parts)
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
    for match in mark.pattern.finditer(text) if n_spans or mark.is_markup else ():
        clean = _join(clean, text[at : match.start()], mark)
        symbol = mark.read(match)
        if symbol is not None:
            found.append((symbol, len(clean.rstrip())))
        at = match.end()
    clean = _join(clean, text[at:], mark)
    return MarkedText(clean.rstrip(), tuple(_trim(clean, pair) for pair in mark.pair(found, n_spans)))


def _clean(piece: str, mark: MarkStyle) -> str:
    """RETURNS (str): a piece of the source without what could be taken for marks."""
    if mark.is_markup:
        return html.escape(_CONTROL.sub(" ", piece), quote=False)
    return mark.pattern.sub(" ", piece)


def _join(text: str, piece: str, mark: MarkStyle) -> str:
    """RETURNS (str): both parts, joined where a mark was.

    They are joined by a space if there was one on either side, but not before punctuation or within a script without
    spaces. Around tags only doubled spaces are changed, and entities.
    """
    if mark.is_markup:
        piece = html.unescape(piece)
        return text + (piece.lstrip() if not text or text[-1].isspace() else piece)
    start, rest = text.rstrip(), piece.lstrip()
    if not start:
        return rest
    if not rest:
        return text if len(start) < len(text) else text + piece[:1]
    glued = rest[0] in CLOSING or (is_unspaced(start[-1]) and is_unspaced(rest[0]))
    spaced = len(start) < len(text) or len(rest) < len(piece)
    return start + (" " if spaced and not glued else "") + rest


def _trim(text: str, span: Optional[Chars]) -> Optional[Chars]:
    """RETURNS (Optional[Chars]): the span without white space at its edges, None if nothing is left."""
    if span is None:
        return None
    inner = text[slice(*span)]
    start = span[0] + len(inner) - len(inner.lstrip())
    end = span[0] + len(inner.rstrip())
    return (start, end) if start < end else None
