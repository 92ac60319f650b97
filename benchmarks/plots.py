"""Draw the rows of `curves.py`: for each study a PNG and an SVG, means over seeds with the range between seeds."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from spacy_xner.reporting.canvas import COLOURS

Rows = List[Dict[str, Any]]

# One for each colour.
MARKERS = "os^Dvp*"

# Per cent that the axis of a curve spans at least, so that no chance difference looks large.
SPAN = 10.0

# Inches.
WIDTH, HEIGHT, LEGEND_LINE = 4.2, 3.4, 0.25


class Plot(NamedTuple):
    """How a study is drawn.

    title, x, y (str): what it shows, and what its axes are.
    share (bool): x is a share, to be shown in per cent.
    """

    title: str
    x: str
    y: str = "test F1"
    share: bool = False


CURVES = {
    "mcl-share": Plot("MCL-NER by labelled source text", "labelled source sentences, %", share=True),
    "mcl-pseudo": Plot("MCL-NER by pseudo-labelled text", "pseudo-labelled target sentences"),
    "mcl-epochs": Plot("Pseudo-labels in self-training", "epochs", "F1 of labels of the raw target text"),
    "dualner-share": Plot("DualNER by labelled source text", "labelled source sentences, %", share=True),
    "crop-pseudo": Plot("CROP by labelled target text", "target sentences with labels"),
    "crop-source": Plot("CROP by labelled source text", "labelled source sentences, %", share=True),
}
BARS = {
    "projection": Plot("Projected labels", "", "F1 of projected labels"),
    "subtasks": Plot("Sub-tasks", "", "test span F1, type accuracy"),
}


class Point(NamedTuple):
    """What varies, and the least value, the mean and the most over seeds, in per cent."""

    x: Any
    low: float
    mean: float
    high: float


def find_lines(rows: Rows, value: str = "f1") -> Dict[str, Dict[str, List[Point]]]:
    """Sum up the rows of a study over seeds; of several of one seed the last counts, as in `summarise.py`.

    value (str): the column to draw; rows without it, as those with an error, are left out.
    RETURNS (Dict[str, Dict[str, List[Point]]]): by target and method the points in order.
    """
    scored = [row for row in rows if row.get(value) is not None]
    places = {(row["language"], row["corpora"][1]) for row in scored}
    languages = [language for language, _ in places]
    found: Dict[str, Dict[str, Dict[Any, Dict[int, Dict[str, Any]]]]] = {}
    for row in scored:
        target, corpus = row["language"], row["corpora"][1]
        if languages.count(target) > 1:
            target = f"{target} ({corpus})"
        line = found.setdefault(target, {}).setdefault(row["method"], {})
        # With all sentences that there are the seeds differ in how many these are.
        line.setdefault(row.get("amount", row["x"]), {})[row["seed"]] = row
    return {
        target: {
            method: sorted(sum_up(list(seeds.values()), value) for seeds in line.values())
            for method, line in lines.items()
        }
        for target, lines in found.items()
    }


def sum_up(rows: Rows, value: str) -> Point:
    """RETURNS (Point): one point of the rows of several seeds."""
    values, xs = [100 * row[value] for row in rows], [row["x"] for row in rows]
    x = xs[0] if len(set(xs)) == 1 else sum(xs) / len(xs)
    return Point(x, min(values), sum(values) / len(values), max(values))


def draw_curves(plot: Plot, rows: Rows) -> Any:
    """Draw a line for each method, in a panel for each target; of a single method a line for each target, in one panel.

    RETURNS (Figure): the figure. RAISES: ValueError if no row has a score.
    """
    by_target = find_lines(rows)
    methods = list(dict.fromkeys(method for lines in by_target.values() for method in lines))
    if len(methods) == 1:
        panels = {"": {target: lines[methods[0]] for target, lines in by_target.items()}}
        plot = plot._replace(title=f"{plot.title} ({methods[0]})" if len(by_target) > 1 else plot.title)
    else:
        panels = by_target
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    figure, axes = make_figure(plot, list(panels), names)
    for axis, lines in zip(axes, panels.values(), strict=True):
        for name, line in lines.items():
            style = {"color": COLOURS[names.index(name) % 7], "marker": MARKERS[names.index(name) % 7]}
            xs, lows, means, highs = zip(*line, strict=True)
            xs = tuple(100 * x for x in xs) if plot.share else xs
            axis.plot(xs, means, label=name, markersize=5, linewidth=1.6, **style)
            if lows != highs:
                axis.fill_between(xs, lows, highs, color=style["color"], alpha=0.15, linewidth=0)
        if plot.share:
            axis.set_xticks(sorted({100 * point.x for line in lines.values() for point in line}))
            axis.xaxis.set_major_formatter("{x:g}")
        else:
            axis.xaxis.get_major_locator().set_params(integer=True, nbins=6)
            axis.xaxis.set_major_formatter("{x:,.0f}")
    low, high = axes[0].get_ylim()
    lack = max(0.0, SPAN - (high - low)) / 2  # the axis is that of all panels
    axes[0].set_ylim(max(0.0, low - lack), high + lack)
    return figure


def draw_bars(plot: Plot, groups: Dict[str, Dict[str, Dict[str, Point]]]) -> Any:
    """Draw groups of bars.

    groups (Dict[str, Dict[str, Dict[str, Point]]]): by panel, group and bar the least value, the mean and the most.
    RETURNS (Figure): the figure. RAISES: ValueError if there are none.
    """
    names = list(dict.fromkeys(n for panel in groups.values() for bars in panel.values() for n in bars))
    figure, axes = make_figure(plot, list(groups), names, widest=max(map(len, groups.values()), default=0))
    width = 0.84 / max(len(names), 1)
    for axis, panel in zip(axes, groups.values(), strict=True):
        for k, name in enumerate(names):
            found = [(i, bars[name]) for i, bars in enumerate(panel.values()) if name in bars]
            places = [i + (k - (len(names) - 1) / 2) * width for i, _ in found]
            means = [point.mean for _, point in found]
            axis.bar(places, means, 0.92 * width, label=name, color=COLOURS[k % 7])
            errors = [
                [point.mean - point.low for _, point in found],
                [point.high - point.mean for _, point in found],
            ]
            if any(map(any, errors)):
                axis.errorbar(places, means, errors, fmt="none", ecolor="#444444", elinewidth=1)
            for place, (_, point) in zip(places, found, strict=True):
                axis.text(place, point.high + 1, f"{point.mean:.0f}", ha="center", va="bottom", fontsize=7)
        axis.set_xticks(range(len(panel)), list(panel))
        axis.grid(False, axis="x")
        axis.set_ylim(0, 109)
        axis.set_yticks(range(0, 101, 20))
    return figure


def make_figure(
    plot: Plot, panels: Sequence[str], names: Sequence[str], widest: int = 0
) -> Tuple[Any, List[Any]]:
    """Make a figure with a panel for each target, at most three in a row, and one legend below.

    widest (int): most groups of bars in a panel; many make it wider.
    RETURNS (Tuple[Figure, List[Axes]]): figure and panels. RAISES: ValueError if there are none.
    """
    if not panels:
        raise ValueError("no row has a score")
    from matplotlib.figure import Figure  # without pyplot nothing opens a window
    from matplotlib.lines import Line2D

    n_columns = 2 if len(panels) == 4 else min(3, len(panels))
    n_rows = -(-len(panels) // n_columns)
    width = max(WIDTH * n_columns, 5.4, 0.32 * widest * len(names) + 1)
    in_line = max(1, int(width / (0.085 * max(map(len, names)) + 0.55)))
    n_lines = -(-len(names) // in_line)
    below = 0.1 + LEGEND_LINE * n_lines
    height = HEIGHT * n_rows + below + 0.3
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0, below / height, 1, 1 - below / height), w_pad=0.1, h_pad=0.1)
    axes = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).flatten()
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    for axis, panel in zip(axes, panels, strict=False):
        axis.set_title(panel, fontsize=10)
        axis.set_xlabel(plot.x)
        axis.grid(True, color="#dddddd", linewidth=0.7)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelleft=True)
    for axis in axes[::n_columns]:
        axis.set_ylabel(f"{plot.y}, %")
    figure.suptitle(plot.title, fontsize=12)
    marks = [
        Line2D(
            [],
            [],
            color=COLOURS[k % 7],
            marker="s" if widest else MARKERS[k % 7],
            linewidth=0 if widest else 1.6,
        )
        for k in range(len(names))
    ]
    figure.legend(marks, names, loc="lower center", ncols=in_line, frameon=False, fontsize=9)
    return figure, list(axes[: len(panels)])


def draw(study: str, rows: Rows) -> Any:
    """RETURNS (Figure): the plot of a study. RAISES: ValueError if no row has a score."""
    if study in CURVES:
        return draw_curves(CURVES[study], rows)
    if study == "projection":
        lines = find_lines(rows)
        # All targets in one panel: methods are compared within each.
        groups = {
            target: {name: line[0] for name, line in methods.items()} for target, methods in lines.items()
        }
        return draw_bars(BARS[study], {"": groups} if groups else {})
    spans, types = find_lines(rows, "span_f1"), find_lines(rows, "type_accuracy")
    panels = {
        target: {
            title: {name: line[0] for name, line in found[target].items()}
            for title, found in (("spans (F1)", spans), ("types (accuracy)", types))
        }
        for target in spans
    }
    return draw_bars(BARS[study], panels)


def draw_all(rows: Rows, folder: Path) -> List[Path]:
    """Draw all studies, encoders and amounts of data each by itself.

    rows (Rows): of `curves.py`.
    folder (Path): where the files go.
    RETURNS (List[Path]): the files, STUDY.png and STUDY.svg, with encoder and limit in the name if there are several.
    RAISES: SystemExit without matplotlib.
    """
    try:
        from matplotlib import rc_context
    except ImportError as error:
        raise SystemExit("plots.py needs matplotlib: pip install 'spacy-xner[report]'") from error
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    settings = list(dict.fromkeys((row["encoder"], row["limit"]) for row in rows))
    for study in dict.fromkeys(row["study"] for row in rows):
        for encoder, limit in settings:
            own = [
                row for row in rows if (row["study"], row["encoder"], row["limit"]) == (study, encoder, limit)
            ]
            name = study if len(settings) == 1 else f"{study}-{encoder.replace('/', '_')}-{limit or 'all'}"
            try:
                figure = draw(study, own)
            except ValueError as error:
                print(f"{name}: {error}")
                continue
            for suffix, options in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
                written.append(folder / f"{name}.{suffix}")
                with rc_context({"svg.hashsalt": "xner", "svg.fonttype": "none"}):
                    figure.savefig(written[-1], **options)
    return written


def main(args: argparse.Namespace) -> int:
    """Read rows and draw them. RETURNS (int): the exit status."""
    rows = [row for path in args.rows for row in json.loads(path.read_text(encoding="utf8"))]
    errors = sum("error" in row for row in rows)
    if errors:
        print(f"{errors} of {len(rows)} rows are errors and left out")
    for path in draw_all(rows, args.out):
        print(path)
    return 0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="+", help="files that curves.py wrote")
    parser.add_argument("--out", type=Path, default=Path("plots"), help="folder of the plots")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
