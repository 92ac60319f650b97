"""The charts of a report. Texts are names of languages, types and pipelines; the fonts of matplotlib have
not all scripts."""

from typing import TYPE_CHECKING, Dict, Sequence, Tuple

import numpy

from ..evaluation.calibration import Scored, bin_scores, suggest_threshold, try_thresholds
from ..evaluation.mistakes import KINDS, count_confusions, count_kinds
from .analysis import Analysis
from .canvas import BAR, COLOURS, WIDTH, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KIND_COLOURS = dict(
    zip(KINDS, ("#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#0072B2", "#D55E00"), strict=True)
)
MARKERS = "os^Dv*Pp"


def draw_scores(analyses: Sequence[Analysis]) -> "Figure":
    """Draw bars of F1 with 95 % intervals: languages, and in each the pipelines.

    analyses (Sequence[Analysis]): one pipeline or more, at most seven, on the same sentences.
    RETURNS (Figure): the bars.
    RAISES: X125 without matplotlib, as all here.
    """
    languages = list(analyses[0].scores)
    figure, axis = new_figure(height=0.9 + BAR * len(languages) * (len(analyses) + 0.5))
    for k, analysis in enumerate(analyses):
        rows = [analysis.scores[language] for language in languages]
        f1 = numpy.asarray([row["f1"] for row in rows])
        ends = numpy.asarray([row.get("interval", (row["f1"], row["f1"])) for row in rows]).T
        places = numpy.arange(len(languages)) + (k - (len(analyses) - 1) / 2) * 0.8 / len(analyses)
        errors = 100 * numpy.maximum(numpy.stack([f1 - ends[0], ends[1] - f1]), 0)
        axis.barh(
            places,
            100 * f1,
            0.8 / len(analyses),
            xerr=errors,
            color=COLOURS[k],
            ecolor="#444444",
            label=plain(analysis.name, most=40),
        )
    axis.set_yticks(range(len(languages)), list(map(plain, languages)))
    axis.invert_yaxis()
    axis.set(xlabel="F1, per cent", xlim=(0, 100))
    if len(analyses) > 1:
        figure.legend(loc="outside upper left", frameon=False, fontsize="small")
    return figure


def draw_kinds(analysis: Analysis) -> "Figure":
    """Draw stacked bars of what became of the entities: languages, and in each the kinds of mistakes.

    analysis (Analysis): of one pipeline.
    RETURNS (Figure): the bars, in per cent of gold and found entities, a pair counting once.
    """
    languages = list(analysis.scores)
    counts = [count_kinds(analysis.list_pairs(language)) for language in languages]
    figure, axis = new_figure(height=1.3 + BAR * 1.6 * len(languages))
    left = numpy.zeros(len(languages))
    totals = numpy.maximum([sum(count.values()) for count in counts], 1)
    for kind in KINDS:
        widths = 100 * numpy.asarray([count[kind] for count in counts]) / totals
        axis.barh(range(len(languages)), widths, left=left, color=KIND_COLOURS[kind], label=kind)
        left += widths
    axis.set_yticks(range(len(languages)), list(map(plain, languages)))
    axis.invert_yaxis()
    axis.set(xlabel="gold and found entities, per cent", xlim=(0, 100))
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize="small")
    return figure


def draw_confusions(analysis: Analysis, language: str) -> "Figure":
    """Draw a map of gold types against found ones, with counts.

    analysis (Analysis): of one pipeline.
    language (str): one of its languages.
    RETURNS (Figure): the map; shades are shares of the gold type.
    """
    counts = numpy.asarray(count_confusions(analysis.list_pairs(language), analysis.labels))
    shares = counts / numpy.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(WIDTH, 1.0 + 0.5 * len(counts))
    figure, axis = new_figure(side, side * 0.8)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in numpy.ndindex(*counts.shape):
        if counts[row, column]:
            colour = "white" if shares[row, column] > 0.6 else "black"
            axis.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    axis.set_xticks(range(len(counts)), [*map(plain, analysis.labels), "(none)"], rotation=30, ha="right")
    axis.set_yticks(range(len(counts)), [*map(plain, analysis.labels), "(none)"])
    axis.set(xlabel="found", ylabel="gold")
    return figure


def draw_calibration(scored: Scored) -> "Figure":
    """Draw the share of right entities by score, and what a threshold would do.

    scored (Scored): found entities of one language.
    RETURNS (Figure): both side by side, with the suggested threshold.
    """
    figure, (left, right) = new_figure(columns=2)
    bins = bin_scores(scored)
    left.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1)
    left.plot([item.score for item in bins], [item.right for item in bins], "o-", color=COLOURS[0])
    left.set(xlabel="score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    thresholds = try_thresholds(scored)
    xs = [item.value for item in thresholds]
    for name, colour in zip(("precision", "recall", "f1"), COLOURS, strict=False):
        right.plot(xs, [100 * getattr(item, name) for item in thresholds], color=colour, label=name)
    best = suggest_threshold(thresholds)
    right.axvline(best.value, color="#999999", linestyle="--", linewidth=1)
    right.set(xlabel="threshold", ylabel="per cent", xlim=(0, 1), ylim=(0, 102))
    right.legend(loc="upper left", frameon=False, fontsize="small")
    return figure


def draw_found(groups: Sequence[Dict[str, Tuple[int, int]]]) -> "Figure":
    """Draw bars of recall, one for each kind of gold entity, a colour for each group of kinds.

    groups (Sequence[Dict[str, Tuple[int, int]]]): of each kind how many were found right, and how many there are, see
        `count_lengths` and `count_unseen`.
    RETURNS (Figure): the bars, in per cent, with how many there are.
    """
    bars = [(COLOURS[k], key, *counts) for k, group in enumerate(groups) for key, counts in group.items()]
    figure, axis = new_figure(height=0.9 + BAR * 1.3 * len(bars))
    shares = [100 * right / n for _, _, right, n in bars]
    axis.barh(range(len(bars)), shares, 0.8, color=[colour for colour, *_ in bars])
    axis.set_yticks(range(len(bars)), [f"{key} (n = {n})" for _, key, _, n in bars])
    axis.invert_yaxis()
    axis.set(xlabel="found right, per cent", xlim=(0, 100))
    return figure


def draw_embeddings(
    points: numpy.ndarray, languages: Sequence[str], types: Sequence[str], labels: Sequence[str]
) -> "Figure":
    """Entities in the plane: a colour for each language, a marker for each type.

    points (ndarray): (n, 2) of the entities.
    languages (Sequence[str]): of the n entities.
    types (Sequence[str]): of the n entities.
    labels (Sequence[str]): the types in the order of their markers, which are eight: further ones repeat them, as
        languages after the seventh repeat colours.
    RETURNS (Figure): the points.
    """
    figure, axis = new_figure(height=WIDTH * 1.1)
    axis.spines[:].set_visible(False)
    axis.set(xticks=[], yticks=[])
    known = list(dict.fromkeys(languages))
    colours = {language: COLOURS[k % len(COLOURS)] for k, language in enumerate(known)}
    markers = {label: MARKERS[k % len(MARKERS)] for k, label in enumerate(labels)}
    kinds = list(zip(languages, types, strict=True))
    for language, label in dict.fromkeys(kinds):
        chosen = [i for i, kind in enumerate(kinds) if kind == (language, label)]
        style = {"color": colours[language], "marker": markers[label]}
        axis.scatter(*points[chosen].T, s=14, alpha=0.7, linewidths=0, **style)
    handles = [axis.scatter([], [], s=20, color=colour, marker="o") for colour in colours.values()]
    handles += [axis.scatter([], [], s=20, color="#777777", marker=marker) for marker in markers.values()]
    figure.legend(
        handles,
        [*map(plain, colours), *map(plain, markers)],
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize="x-small",
    )
    return figure
