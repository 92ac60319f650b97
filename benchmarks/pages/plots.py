"""Draw the rows of `curves.py`: for each study a PNG and an SVG, means over seeds with the range between seeds."""

import argparse
import bisect
import json
from pathlib import Path
from statistics import mean
from typing import Any, Dict, List, Tuple

from spacy_xner.reporting.canvas import COLOURS

from ..rows import Rows

MARKERS = "os^Dvp*"  # one for each colour
SPAN = 10.0  # per cent that the axis of a curve spans at least, so that no chance difference looks large
WIDTH, HEIGHT = 4.2, 3.4  # inches of a panel
STYLE = {
    **{"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "axes.axisbelow": True},
    **{"axes.grid": True, "grid.color": "#dddddd", "grid.linewidth": 0.7, "lines.markersize": 5},
    **{"svg.hashsalt": "xner", "svg.fonttype": "none"},
}
# What a study shows, and by what: a share is told in per cent.
PLOTS = {
    "mcl-share": ("MCL-NER by labelled source text", "labelled source sentences, %"),
    "mcl-pseudo": ("MCL-NER by pseudo-labelled text", "pseudo-labelled target sentences"),
    "dualner-share": ("DualNER by labelled source text", "labelled source sentences, %"),
    "crop-pseudo": ("CROP by labelled target text", "target sentences with labels"),
    "few-labels": ("From no labels to a few", "labelled target sentences"),
}
# By panel and name in order what varies, and the least value, the mean and the most over seeds, in per cent.
Panels = Dict[str, Dict[str, List[Tuple[Any, float, float, float]]]]


def find_lines(rows: Rows) -> Panels:
    """RETURNS (Panels): a study by target and method without errors; of rows of one seed the last counts."""
    scored = [row for row in rows if row.get("f1") is not None]
    languages = [language for language, _ in {(row["language"], row["corpora"][1]) for row in scored}]
    points: Dict[Tuple[str, str, Any], Dict[int, Dict[str, Any]]] = {}
    for row in scored:
        target = row["language"]
        if languages.count(target) > 1:
            target = f"{target} ({row['corpora'][1]})"
        # With all sentences that there are the seeds differ in how many these are.
        x = row.get("amount", row["x"])
        points.setdefault((target, row["method"], x), {})[row["seed"]] = row
    panels: Panels = {}
    for (target, method, _), seeds in points.items():
        xs = [row["x"] for row in seeds.values()]
        x = xs[0] if len(set(xs)) == 1 else mean(xs)
        scores = [100 * row["f1"] for row in seeds.values()]
        line = panels.setdefault(target, {}).setdefault(method, [])
        bisect.insort(line, (x, min(scores), mean(scores), max(scores)))
    return panels


def draw(title: str, x: str, panels: Panels) -> Any:
    """RETURNS (Figure): the plot of a study, with at most three panels in a row and one legend below."""
    from matplotlib.figure import Figure  # without pyplot nothing opens a window

    n_columns = 2 if len(panels) == 4 else min(3, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(figsize=(max(WIDTH * n_columns, 5.4), HEIGHT * n_rows + 0.6), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).flatten()
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    marks: Dict[str, Any] = {}
    for axis, (target, lines) in zip(axes, panels.items(), strict=False):
        axis.set(title=target, xlabel=x)
        axis.tick_params(labelleft=True)
        for name, points in lines.items():
            xs, lows, means, highs = zip(*points, strict=True)
            k = names.index(name) % len(COLOURS)
            axis.fill_between(xs, lows, highs, color=COLOURS[k], alpha=0.15, linewidth=0)
            (marks[name],) = axis.plot(xs, means, color=COLOURS[k], marker=MARKERS[k])
        if x.endswith("%"):
            axis.set_xticks(sorted({point[0] for line in lines.values() for point in line}))
            axis.xaxis.set_major_formatter(lambda x, _: f"{100 * x:g}")
        else:
            axis.xaxis.get_major_locator().set_params(integer=True, nbins=6)
            axis.xaxis.set_major_formatter("{x:,.0f}")
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    for axis in axes[::n_columns]:
        axis.set_ylabel("test F1, %")
    low, high = axes[0].get_ylim()  # those of all panels
    lack = max(0.0, SPAN - (high - low)) / 2
    axes[0].set_ylim(max(0.0, low - lack), high + lack)
    figure.suptitle(title, fontsize=12)
    figure.legend(marks.values(), marks, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def draw_all(rows: Rows, folder: Path) -> List[Path]:
    """RETURNS (List[Path]): STUDY.png and STUDY.svg, with encoder and limit in the name if there are several."""
    try:
        from matplotlib import rc_context
    except ImportError as error:
        raise SystemExit("plots.py needs matplotlib: pip install '.[report]'") from error
    written: List[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    several = len({(row["encoder"], row["limit"]) for row in rows}) > 1
    studies: Dict[Tuple[str, str], Rows] = {}
    for row in rows:
        setting = f"-{row['encoder'].replace('/', '_')}-{row['limit'] or 'all'}" if several else ""
        studies.setdefault((row["study"], setting), []).append(row)
    for (study, setting), own in studies.items():
        if not (panels := find_lines(own)):
            print(f"{study}{setting}: no row has a score")
            continue
        with rc_context(STYLE):
            figure = draw(*PLOTS[study], panels)
            for suffix, options in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
                written.append(folder / f"{study}{setting}.{suffix}")
                figure.savefig(written[-1], **options)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="+", help="files that curves.py wrote")
    parser.add_argument("--out", type=Path, default=Path("plots"), help="folder of the plots")
    args = parser.parse_args()
    rows = [row for path in args.rows for row in json.loads(path.read_text(encoding="utf8"))]
    print(f"{sum('error' in row for row in rows)} of {len(rows)} rows are errors and left out")
    print(*draw_all(rows, args.out), sep="\n")
