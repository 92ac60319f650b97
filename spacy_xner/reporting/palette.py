"""The colours of a report: the same for text and charts, in light and in dark.

Charts are drawn in the colours of the light page. In the page each becomes a variable, which the dark page sets anew.
"""

from typing import Dict, Iterable, List, NamedTuple, Sequence
from zlib import crc32

from ..evaluation.mistakes import KINDS


class Colour(NamedTuple):
    """A colour on the light page and on the dark page, as "#rrggbb"."""

    light: str
    dark: str


# Inks have a contrast of 4.5 at least to the page, so that text may have them, too.
TEXT = Colour("#1b1b1d", "#e6e7ea")
LINE = Colour("#75757a", "#8d9098")
PAGE = Colour("#ffffff", "#16181d")
# Told apart by most readers, in print too (after Okabe and Ito).
INKS = (
    Colour("#0a66a8", "#6db7ef"),
    Colour("#b04a00", "#f5a35c"),
    Colour("#00735a", "#3fcfa6"),
    Colour("#a23a78", "#ee9cc9"),
    Colour("#6a4bb0", "#b9a3f2"),
    Colour("#7a6200", "#e0c343"),
    Colour("#a12b2b", "#f78f8f"),
    Colour("#3d6b78", "#8fc3d1"),
)
# Behind text, one for each ink.
TINTS = (
    Colour("#d3e6f6", "#143651"),
    Colour("#fbe0cc", "#4d2a10"),
    Colour("#cdebe1", "#0f3f33"),
    Colour("#f6d8e9", "#4a1f39"),
    Colour("#e3dbf6", "#32275a"),
    Colour("#f3e8bb", "#40360c"),
    Colour("#f8d6d6", "#4d1f1f"),
    Colour("#d6e7ec", "#1f3a42"),
)
KIND_COLOURS = dict(
    zip(
        KINDS,
        (
            Colour("#00845f", "#2fbf95"),
            Colour("#bd8000", "#efb638"),
            Colour("#3496cd", "#7cc6f2"),
            Colour("#bb5f97", "#e29ac6"),
            Colour("#0b5ea8", "#4a90d9"),
            Colour("#bf4f00", "#ee8442"),
        ),
        strict=True,
    )
)
# Pipelines, and what a chart shows beside types and kinds.
SERIES = (Colour("#0c6e9e", "#5cb8ea"), Colour("#8a5a9e", "#c79bdc"), Colour("#4e7d2c", "#93c86b"))
# Types that have a colour of their own whatever other types there are, as many names as they have.
KNOWN = {
    0: ("PER", "PERSON", "PERS", "PS"),
    1: ("LOC", "GPE", "LOCATION", "PLACE", "FAC"),
    2: ("ORG", "ORGANIZATION", "ORGANISATION", "CORP", "GRP"),
    3: ("MISC", "NORP", "OTHER"),
}
# In this order they choose: the usual names first.
_OWN = {
    names[rank]: index
    for rank in range(max(map(len, KNOWN.values())))
    for index, names in KNOWN.items()
    if rank < len(names)
}


def choose_colours(labels: Iterable[str]) -> Dict[str, int]:
    """Choose the colour of each type: a matter of its name, so that it is the same in all reports.

    labels (Iterable[str]): the types.
    RETURNS (Dict[str, int]): the index of each in `INKS` and `TINTS`. A type whose colour another has already gets the
        next that is free, if one is.
    """
    ranks = {name: rank for rank, name in enumerate(_OWN)}
    chosen: Dict[str, int] = {}
    for label in sorted(set(labels), key=lambda label: (ranks.get(label.upper(), len(ranks)), label)):
        first = _OWN.get(label.upper(), crc32(label.encode("utf8")) % len(INKS))
        places = ((first + k) % len(INKS) for k in range(len(INKS)))
        chosen[label] = next((place for place in places if place not in chosen.values()), first)
    return chosen


def name_variables() -> Dict[str, Colour]:
    """Name the colours for the page's style sheet.

    RETURNS (Dict[str, Colour]): the colour of each variable, without the dashes before it.
    """
    named = {"text": TEXT, "line": LINE, "page": PAGE}
    for name, colours in (("ink", INKS), ("tint", TINTS), ("series", SERIES)):
        named.update((f"{name}-{k}", colour) for k, colour in enumerate(colours))
    named.update((f"kind-{kind}", colour) for kind, colour in KIND_COLOURS.items())
    return named


def write_variables(dark: bool) -> str:
    """Write the colours as the variables of a style sheet.

    dark (bool): whether those of the dark page.
    RETURNS (str): declarations.
    """
    return " ".join(f"--{name}: {colour[dark]};" for name, colour in name_variables().items())


def use_variables(svg: str) -> str:
    """Replace the colours of a chart by variables.

    svg (str): a chart in the colours of the light page.
    RETURNS (str): the chart in the colours of whatever page it is in.
    """
    for name, colour in name_variables().items():
        svg = svg.replace(colour.light, f"var(--{name})")
    return svg


def list_inks(labels: Sequence[str]) -> List[str]:
    """List the inks of types for a chart.

    labels (Sequence[str]): the types.
    RETURNS (List[str]): their colours on the light page.
    """
    chosen = choose_colours(labels)
    return [INKS[chosen[label]].light for label in labels]
