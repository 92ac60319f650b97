"""Write the figures of README.md and docs/ from the JSON files in benchmarks/results.

What stands between `<!-- results: NAME ... -->` and `<!-- end -->` is a table made here.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from spacy_xner.files import write_bytes

from ..costs import headings as costs
from ..transfer.workflows import ROOT
from .plots import find_lines

RESULTS = ROOT / "benchmarks" / "results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(<!-- results: ([a-z_]+)([^>]*?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def fill(text: str) -> str:
    """RETURNS (str): a page whose tables are those of the results. RAISES: KeyError for an unknown table."""

    def replace(found: "re.Match[str]") -> str:
        options = dict(item.split("=", 1) for item in found[3].split())
        return f"{found[1]}\n{TABLES[found[2]](**options)}\n\n{found[5]}"

    return BLOCK.sub(replace, text)


def read(name: str, folder: Path = RESULTS) -> Any:
    """RETURNS (Any): what a benchmark found."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf8"))


def make_grid(title: str, cells: Dict[Tuple[str, str], str], columns: Sequence[str] = ()) -> str:
    """RETURNS (str): a table of cells by line and column, some of which may be missing."""
    lines, names = (dict.fromkeys(place[k] for place in cells) for k in (0, 1))
    body = [[line, *(cells.get((line, name), "") for name in columns or names)] for line in lines]
    return costs.make_table([title, *(columns or names)], *body)


def percent(share: Optional[float], form: str = ".1f") -> str:
    """RETURNS (str): a share as per cent with one decimal, "" for None."""
    return "" if share is None else format(100 * share, form)


def show_range(row: costs.Row) -> str:
    """RETURNS (str): the interval, which means over languages don't have."""
    return " ({} to {})".format(*map(percent, row["interval"])) if "interval" in row else ""


def show_untrained(row: costs.Row) -> str:
    """RETURNS (str): a mark if the checkpoint that was chosen is that of step 0, after one update."""
    chosen = zip(row.get("step_by_seed", ()), row.get("rule_by_seed", ()), strict=True)
    return ", untrained" if any(step == 0 and rule != "last" for step, rule in chosen) else ""


def show_p(row: costs.Row) -> str:
    p = row["p"].get("ensemble", row["p"].get("best"))  # its name before
    return "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


# Titles of the columns of a method and language, with what each shows of a row of `summarise.py`.
SCORES: Dict[str, Tuple[str, Callable[[costs.Row], str]]] = {
    "f1": ("F1", lambda row: percent(row["f1"]) + show_range(row) + show_untrained(row)),
    "difference": ("difference", lambda row: percent(row.get("difference"), "+.1f")),
    "gain": ("gain", lambda row: percent(row["gain"] or None, "+.1f")),
    "gap": ("gap closed", lambda row: percent(row["gap"] or None)),
    "span_f1": ("span F1", lambda row: percent(row["span_f1"])),
    "span_output": ("span model F1", lambda row: percent(row.get("span_output"))),
    "precision": ("P", lambda row: percent(row["precision"])),
    "recall": ("R", lambda row: percent(row["recall"])),
    "p": ("p", show_p),
    "seconds": ("min", lambda row: f"{row['seconds'] / 60:.0f}"),
}


def choose(
    file: str, names: Sequence[str], corpus: str = "conll", encoder: str = "hash", limit: str = "0"
) -> Dict[Tuple[str, str], costs.Row]:
    """RETURNS (Dict[Tuple[str, str], Row]): the rows of a summary by method and language, "mean" for their mean."""
    found: Dict[Tuple[str, str], costs.Row] = {}
    for row in read(file):
        setting = (row["encoder"], row["limit"], row["corpora"][1] in corpus.split(","))
        if setting == (encoder, int(limit), True) and row["language"] in names and "+" not in row["method"]:
            if (row["method"], row["language"]) in found:
                raise ValueError(f"Two rows of {row['method']} in {row['language']}: tell them apart.")
            found[row["method"], row["language"]] = row
    return found


def transfer(
    languages: str, columns: str = "gain,gap,span_f1,p", file: str = "transfer", **setting: str
) -> str:
    """The methods in order of their mean F1, for each language F1 with its interval and other columns."""
    names, wanted = languages.split(","), ["f1", *columns.split(",")]
    found = choose(file, names, **setting)

    def sum_f1(method: str) -> float:
        return sum(found[method, name]["f1"] for name in names if (method, name) in found)

    shown = {f"{name} {SCORES[key][0]}": (name, SCORES[key][1]) for name in names for key in wanted}
    cells = {
        (f"`{method}`", title): show(found[method, name])
        for method in sorted(dict.fromkeys(method for method, _ in found), key=sum_f1)
        for title, (name, show) in shown.items()
        if (method, name) in found
    }
    return make_grid("method", cells, list(shown))


def ablations(languages: str, file: str = "ablations_e5", **setting: str) -> str:
    """The difference of each row to its base, beside the sign that it has in the paper."""
    cells: Dict[Tuple[str, str], str] = {}
    for (method, language), row in choose(file, languages.split(","), **setting).items():
        if row.get("difference") is not None:
            sign, _, place = row["paper"].partition(" ")
            told = {"base": f"`{row['base']}`", "paper": f"{sign} ({place})" if sign else ""}
            told |= {f"{language} {SCORES[key][0]}": SCORES[key][1](row) for key in ("f1", "difference")}
            cells.update(((f"`{method}`", title), shown) for title, shown in told.items())
    shown = (f"{name} {SCORES[key][0]}" for name in languages.split(",") for key in ("f1", "difference"))
    return make_grid("method", cells, ["base", *shown, "paper"])


def variants(languages: str) -> str:
    """F1 of variants of the systems that were run once."""
    cells = {(f"`{row['method']}`", row["language"]): percent(row["f1"]) for row in read("ablations")}
    return make_grid("method", cells, languages.split(","))


# The folders of runs, and what the pipelines of their files are called.
RUNS = {"compare": "sample", "all": "readme"}
SAMPLE = {
    **{"source_only": "source-only", "translate_train": "translate-train"},
    **{"dlbri_paper": "DLBri, paper's recipe", "dlbri": "DLBri", "mcl": "MCL-NER"},
    **{"dualner": "DualNER", "concner": "ConCNER", "crop": "CROP"},
    **{"source_only_other": "source-only, other words", "dlbri_other": "DLBri, other words"},
}


def sample(run: str = "compare", without: str = "-") -> str:
    """F1 of the pipelines that a workflow trains on the sample data, from `spacy xner evaluate`."""
    files = {file: f"{RUNS[run]}/{file}" for file in SAMPLE if without not in file}
    found = {SAMPLE[file]: read(path) for file, path in files.items() if (RESULTS / f"{path}.json").exists()}
    scores = {name: _list_scores(result) for name, result in found.items()}
    cells = {(line, name): percent(score["f1"]) for name in found for line, score in scores[name].items()}
    return make_grid("", cells, list(found))


def _list_scores(result: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): scores by language, with their mean; then those of languages never seen in training."""
    languages, unseen = dict(result["languages"]), result.get("unseen", [])
    apart = {name: languages.pop(name) for name in unseen}
    if unseen:
        apart["mean, never seen"] = result["mean_unseen"]
    return {**languages, "mean": result["mean"], **apart}


def sample_run() -> str:
    """Where and how long the README's run took, at one commit or several, and what it took in float32."""
    run = read("readme/run")
    found = run["minutes_by_commit"]
    minutes = " to ".join(dict.fromkeys(f"{value:.0f}" for value in sorted(found.values())))
    commits = " and ".join(f"`{commit[:7]}`" for commit in found)
    same = ", with the same scores" if len(found) > 1 else ""
    told = f"{minutes} minutes on {run['processor']}, in {run['precision']}, at {commits}{same}."
    if other := run.get("float32"):
        at = "" if other["commit"] in found else f" at `{other['commit'][:7]}`"
        told += f" In float32 it took {other['minutes']:.0f} minutes{at}; DLBri's mean was {percent(other['f1'])}."
    return told


def speed(encoders: str, file: str = "speed") -> str:
    """Words per second of all pipelines, see `speed.py`. file (str): the results."""
    rows = [row for row in costs.compare_speeds(read(file)) if "skipped" not in row]
    chosen = [row for name in encoders.split(",") for row in rows if row["encoder"] == name]
    return costs.make_page_table(costs.SPEED, chosen)


def training(kind: str = "method", file: str = "training") -> str:
    """What each method costs, each stage, or plain fine-tuning beside a torch loop, see `stages.py`."""
    return costs.make_page_table(costs.COSTS[kind], [row for row in read(file) if kind in row])


def inflected() -> str:
    """Sentences kept by each rule of `translate --match` and boundaries that are right."""
    cells = {}
    for row in read("inflected"):
        right = percent(row["right"] / row["found"]) if row["found"] else "-"
        kept = percent(row["kept"] / row["sentences"])
        cells[f"`{row['language']}`", f"`{row['match']}`"] = f"{kept} ({right})"
    return make_grid("language", cells)


def projection() -> str:
    """Precision, recall and F1 of the labels that each aligner carries over."""
    cells = {
        (f"`{row['aligner'].partition(',')[0]}`", f"{row['language']} {title}"): percent(row[name])
        for row in read("projection")
        for name, title in (("precision", "P"), ("recall", "R"), ("f1", "F1"))
    }
    return make_grid("aligner", cells)


def few_labels() -> str:
    """F1 by start and choice and by number of labelled target sentences, see `curves.py`: means over seeds, ranges."""
    cells = {
        (f"{language}: {name}", f"{x:g}"): f"{mean:.1f}"
        + (f" ({low:.1f} to {high:.1f})" if low < high else "")
        for language, lines in find_lines(read("few_labels")).items()
        for name, points in lines.items()
        for x, low, mean, high in points
    }
    return make_grid("from, sentences", cells, sorted({x for _, x in cells}, key=float))


NAMED = (
    ablations,
    few_labels,
    inflected,
    projection,
    sample,
    sample_run,
    speed,
    training,
    transfer,
    variants,
)
TABLES: Dict[str, Callable[..., str]] = {
    "agreement": lambda: costs.make_page_table(costs.AGREEMENT, read("agreement")),
    "long_document": lambda: costs.make_page_table(costs.LONG, read("long_document")),
    **{function.__name__: function for function in NAMED},
}


def print_all(folder: Path) -> int:
    """Print the tables of what `gpu.sh` has written so far. RETURNS (int): 1 if there is nothing to tell."""
    found = {path.stem: read(path.stem, folder) for path in folder.glob("*.json")}
    rows = [*found.get("costs", found.get("mcl", [])), *costs.compare_speeds(found.get("speed", []))]
    shown = costs.show_tables({**costs.COSTS, "pipeline": costs.SPEED}, rows)
    print(shown or f"No figures in {folder}.")
    return int(not shown)


def main(check: bool) -> int:
    """Fill all pages. RETURNS (int): 1 if a page was not as its results are and only a check was wanted."""
    stale = {page: new for page in PAGES if (new := fill(text := page.read_text(encoding="utf8"))) != text}
    for page, new in stale.items():
        if not check:
            write_bytes(page, new.encode("utf8"))
        print(f"{'Stale' if check else 'Written'}: {page.relative_to(ROOT)}")
    return int(bool(stale) and check)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a page is stale")
    parser.add_argument("--folder", type=Path, help="print tables of what gpu.sh wrote there instead")
    args = parser.parse_args()
    sys.exit(print_all(args.folder) if args.folder else main(args.check))
