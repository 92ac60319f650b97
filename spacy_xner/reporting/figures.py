"""The charts of a report, in the colours of the light page. Texts are names of languages, types and pipelines."""

from typing import TYPE_CHECKING, Any, Dict, List, Literal, Sequence, Tuple

import numpy

from ..evaluation.calibration import Scored, bin_scores, suggest_threshold, try_thresholds
from ..evaluation.mistakes import KINDS
from .canvas import BAR, WIDTH, new_figure, plain
from .palette import INKS, KIND_COLOURS, LINE, PAGE, SERIES, TEXT, list_inks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL: Dict[str, Any] = {"frameon": False, "fontsize": "small", "labelcolor": TEXT.light}
# Kinds of mistakes, pipelines and languages are told apart by more than their colours.
HATCHES = dict(zip(KINDS, ("", "//", "..", "xx", "\\\\\\", "++"), strict=True))
SERIES_HATCHES = ("", "///", "...")
MARKERS = "os^Dv*Pp"


def draw_scores(
    languages: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[Dict[str, Any]]]
) -> "Figure":
    """Draw bars of F1 with 95 % intervals: languages, and in each the pipelines.

    languages (Sequence[str]): the titles of the groups of bars.
    names (Sequence[str]): the pipelines, at most three.
    rows (Sequence[Sequence[Dict[str, Any]]]): the scores of each pipeline in each language.
    RETURNS (Figure): the bars.
    RAISES: X125 without matplotlib, as all here.
    """
    figure, axis = new_figure(height=0.9 + BAR * len(languages) * (len(names) + 0.5))
    for k, (name, scores) in enumerate(zip(names, rows, strict=True)):
        f1 = numpy.asarray([row["f1"] for row in scores])
        ends = numpy.asarray([row.get("interval", (row["f1"], row["f1"])) for row in scores]).T
        _draw_bars(axis, k, len(names), 100 * f1, [SERIES[k].light] * len(f1), plain(name, most=40))
        errors = 100 * numpy.maximum(numpy.stack([f1 - ends[0], ends[1] - f1]), 0)
        places = _list_places(len(f1), k, len(names))
        axis.errorbar(100 * f1, places, xerr=errors, fmt="none", ecolor=TEXT.light, elinewidth=1.2)
    _name_bars(axis, languages)
    axis.set(xlabel="F1, per cent", xlim=(0, 100))
    if len(names) > 1:
        figure.legend(loc="outside upper left", **SMALL)
    return figure


def draw_types(types: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[float]]) -> "Figure":
    """Draw bars of F1 by type, in the types' colours.

    types (Sequence[str]): the types.
    names (Sequence[str]): the pipelines, at most three; those after the first are hatched.
    rows (Sequence[Sequence[float]]): F1 in [0, 1] of each pipeline, by type.
    RETURNS (Figure): the bars.
    """
    figure, axis = new_figure(height=0.9 + BAR * len(types) * (len(names) + 0.5))
    for k, f1 in enumerate(rows):
        _draw_bars(axis, k, len(names), 100 * numpy.asarray(f1), list_inks(types), "")
    _name_bars(axis, types)
    axis.set(xlabel="F1, per cent", xlim=(0, 100))
    if len(names) > 1:
        style = {"color": LINE.light, "edgecolor": PAGE.light}
        handles = [axis.barh(0, 0, hatch=SERIES_HATCHES[k], **style) for k in range(len(names))]
        figure.legend(handles, [plain(name, most=40) for name in names], loc="outside upper left", **SMALL)
    return figure


def draw_kinds(groups: Sequence[str], counts: Sequence[Dict[str, int]]) -> "Figure":
    """Draw stacked bars of what became of the entities, by kind of mistake.

    groups (Sequence[str]): the titles of the bars.
    counts (Sequence[Dict[str, int]]): the number of entities of each kind, see `count_kinds`.
    RETURNS (Figure): the bars, in per cent of gold and found entities, a pair counting once.
    """
    figure, axis = new_figure(height=1.3 + BAR * 1.6 * len(groups))
    left = numpy.zeros(len(groups))
    totals = numpy.maximum([sum(count.values()) for count in counts], 1)
    for kind in KINDS:
        widths = 100 * numpy.asarray([count[kind] for count in counts]) / totals
        style = {"color": KIND_COLOURS[kind].light, "hatch": HATCHES[kind], "edgecolor": PAGE.light}
        axis.barh(range(len(groups)), widths, left=left, label=kind, linewidth=0.6, **style)
        left += widths
    _name_bars(axis, groups)
    axis.set(xlabel="gold and found entities, per cent", xlim=(0, 100))
    figure.legend(loc="outside upper center", ncols=3, **SMALL)
    return figure


def draw_calibration(scored: Scored) -> "Figure":
    """Draw the share of right entities by score, and what a threshold would do.

    scored (Scored): found entities.
    RETURNS (Figure): both side by side, with the suggested threshold.
    """
    figure, (left, right) = new_figure(width=1.2 * WIDTH, columns=2)
    bins = bin_scores(scored)
    left.plot([0, 1], [0, 1], color=LINE.light, linestyle="--", linewidth=1)
    left.plot([item.score for item in bins], [item.right for item in bins], "o-", color=SERIES[0].light)
    left.set(xlabel="score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    thresholds = try_thresholds(scored)
    xs = [item.value for item in thresholds]
    for name, colour, style in zip(("precision", "recall", "f1"), SERIES, ("--", ":", "-"), strict=True):
        ys = [100 * getattr(item, name) for item in thresholds]
        right.plot(xs, ys, color=colour.light, linestyle=style, label=name)
    best = suggest_threshold(thresholds)
    right.axvline(best.value, color=LINE.light, linewidth=1)
    right.set(xlabel="threshold", ylabel="per cent", xlim=(0, 1), ylim=(0, 102))
    right.legend(loc="lower left", **SMALL)
    return figure


def draw_found(groups: Sequence[Dict[str, Tuple[int, int]]]) -> "Figure":
    """Draw bars of recall, one for each kind of gold entity, a colour for each group of kinds.

    groups (Sequence[Dict[str, Tuple[int, int]]]): of each kind how many were found right, and how many there are, see
        `count_lengths` and `count_unseen`.
    RETURNS (Figure): the bars, in per cent, with how many there are.
    """
    bars = [
        (SERIES[k].light, key, *counts) for k, group in enumerate(groups) for key, counts in group.items()
    ]
    figure, axis = new_figure(height=0.9 + BAR * 1.3 * len(bars))
    shares = [100 * right / n for _, _, right, n in bars]
    axis.barh(range(len(bars)), shares, 0.8, color=[colour for colour, *_ in bars])
    _name_bars(axis, [f"{key} (n = {n})" for _, key, _, n in bars])
    axis.set(xlabel="found right, per cent", xlim=(0, 100))
    return figure


def draw_histogram(scores: Dict[str, List[float]]) -> "Figure":
    """Draw how many entities have which scores, stacked by type.

    scores (Dict[str, List[float]]): the scores in [0, 1] of the entities of each type.
    RETURNS (Figure): the histogram.
    """
    figure, axis = new_figure()
    bins = numpy.linspace(0, 1, 21)
    style = {"stacked": True, "edgecolor": PAGE.light, "linewidth": 0.6}
    axis.hist(
        list(scores.values()), bins, color=list_inks(list(scores)), label=list(map(plain, scores)), **style
    )
    axis.set(xlabel="score", ylabel="entities", xlim=(0, 1))
    figure.legend(loc="outside upper center", ncols=4, **SMALL)
    return figure


def draw_embeddings(
    planes: Dict[str, numpy.ndarray],
    languages: Sequence[str],
    types: Sequence[str],
    labels: Sequence[str],
    colour_by: Literal["type", "language"] = "type",
) -> "Figure":
    """Draw entities in the plane: a colour for each type and a marker for each language, or the other way round.

    planes (Dict[str, ndarray]): (n, 2) places of the entities by the title of each plane; planes lie side by side.
    languages (Sequence[str]): of the n entities.
    types (Sequence[str]): of the n entities.
    labels (Sequence[str]): all types, in order; there are eight colours and eight markers: further ones repeat them.
    colour_by (Literal["type", "language"]): what has colours.
    RETURNS (Figure): the points.
    """
    size = WIDTH if len(planes) == 1 else WIDTH * 0.8
    figure, axes = new_figure(size * len(planes), size * 1.1, columns=len(planes))
    codes, by_type = list(dict.fromkeys(languages)), colour_by == "type"
    coloured, marked = (list(labels), codes) if by_type else (codes, list(labels))
    pairs = list(zip(*((types, languages) if by_type else (languages, types)), strict=True))
    inks = list_inks(labels) if by_type else [INKS[k % len(INKS)].light for k in range(len(codes))]
    colours = dict(zip(coloured, inks, strict=True))
    markers = {name: MARKERS[k % len(MARKERS)] for k, name in enumerate(marked)}
    for axis, (title, points) in zip(numpy.ravel(axes), planes.items(), strict=True):
        axis.spines[:].set_visible(False)
        axis.set(xticks=[], yticks=[])
        if len(planes) > 1:
            axis.set_title(plain(title), fontsize="small", color=TEXT.light)
        for pair in dict.fromkeys(pairs):
            chosen = [i for i, other in enumerate(pairs) if other == pair]
            style = {"color": colours[pair[0]], "marker": markers[pair[1]]}
            axis.scatter(*points[chosen].T, s=14, alpha=0.7, linewidths=0, **style)
    handles = [axis.scatter([], [], s=20, color=LINE.light, marker=marker) for marker in markers.values()]
    handles += [axis.scatter([], [], s=20, color=colour, marker="o") for colour in colours.values()]
    titles = [*map(plain, markers), *map(plain, colours)]
    figure.legend(handles, titles, loc="outside lower center", ncols=5, **{**SMALL, "fontsize": "x-small"})
    return figure


def _list_places(n: int, k: int, total: int) -> numpy.ndarray:
    """RETURNS (ndarray): (n,) places of the k-th bars of all in each group."""
    return numpy.arange(n) + (k - (total - 1) / 2) * 0.8 / total


def _draw_bars(axis: Any, k: int, total: int, widths: numpy.ndarray, colours: List[str], label: str) -> None:
    """The k-th bars of all in each group."""
    style = {"hatch": SERIES_HATCHES[k], "edgecolor": PAGE.light, "linewidth": 0.6, "label": label}
    axis.barh(_list_places(len(widths), k, total), widths, 0.8 / total, color=colours, **style)


def _name_bars(axis: Any, names: Sequence[str]) -> None:
    axis.set_yticks(range(len(names)), list(map(plain, names)))
    axis.invert_yaxis()
