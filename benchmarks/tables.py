"""Write the figures of README.md and docs/ from the JSON files in benchmarks/results: what stands between
`<!-- results: NAME ... -->` and `<!-- end -->` is a table made here.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from spacy_xner.files import write_bytes

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(<!-- results: ([a-z_]+)([^>]*?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

Rows = List[Dict[str, Any]]


def fill(text: str) -> str:
    """RETURNS (str): a page whose tables are those of the results. RAISES: KeyError for an unknown table."""

    def replace(found: "re.Match[str]") -> str:
        options = dict(item.split("=", 1) for item in found[3].split())
        return f"{found[1]}\n{TABLES[found[2]](**options)}\n\n{found[5]}"

    return BLOCK.sub(replace, text)


def read(name: str) -> Any:
    """RETURNS (Any): what a benchmark found."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf8"))


def make_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """RETURNS (str): a table in Markdown, all columns but the first aligned right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(value: Any, sign: bool = False) -> str:
    """RETURNS (str): a share as per cent with one decimal, "" for None."""
    return "" if value is None else f"{100 * value:{'+' if sign else ''}.1f}"


def choose(rows: Rows, **wanted: Any) -> Rows:
    """RETURNS (Rows): the rows of which all fields have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def find_transfer(
    languages: str, corpus: str, encoder: str, limit: str, file: str = "transfer"
) -> Dict[Tuple[str, str], Dict[str, Any]]:
    """file (str): the results. RETURNS (Dict[Tuple[str, str], Dict[str, Any]]): the rows of `summarise.py` by
    method and language. RAISES: ValueError if there are several for one."""
    found: Dict[Tuple[str, str], Dict[str, Any]] = {}
    for row in choose(read(file), encoder=encoder, limit=int(limit)):
        place = (row["method"], row["language"])
        if row["corpora"][1] in corpus.split(",") and row["language"] in languages.split(","):
            if place in found:
                raise ValueError(f"Two rows of {place}: tell them apart.")
            found[place] = row
    return found


def transfer(
    languages: str,
    corpus: str = "conll",
    encoder: str = "hash",
    limit: str = "0",
    columns: str = "gain,gap,span_f1,p",
    file: str = "transfer",
) -> str:
    """All methods, for each language F1 with its interval and what else is wanted, in order of their mean F1."""
    names = languages.split(",")
    by_method: Dict[str, Dict[str, Dict[str, Any]]] = {}
    for (method, language), row in find_transfer(languages, corpus, encoder, limit, file).items():
        if "+" not in method:
            by_method.setdefault(method, {})[language] = row
    wanted = columns.split(",")
    header = [
        "method",
        *(f"{name} {title}" for name in names for title in ["F1", *(TITLES[key] for key in wanted)]),
    ]
    rows = [
        [f"`{method}`", *(cell for name in names for cell in show_scores(found.get(name), wanted))]
        for method, found in sorted(by_method.items(), key=lambda item: mean_f1(item[1], names))
    ]
    return make_table(header, rows)


TITLES = {
    "gain": "gain",
    "gap": "gap closed",
    "span_f1": "span F1",
    "precision": "P",
    "recall": "R",
    "p": "p (best)",
    "seconds": "min",
}


def mean_f1(found: Dict[str, Dict[str, Any]], names: Sequence[str]) -> float:
    """RETURNS (float): the mean of a method's F1, languages without counting 0."""
    return sum(found[name]["f1"] if name in found else 0.0 for name in names) / len(names)


def show_scores(row: Optional[Dict[str, Any]], wanted: Sequence[str]) -> List[str]:
    """RETURNS (List[str]): F1 with interval, then what is wanted, of a row of `summarise.py`."""
    if row is None:
        return [""] * (1 + len(wanted))
    low, high = row["interval"]
    cells = [f"{percent(row['f1'])} ({percent(low)} to {percent(high)})"]
    for name in wanted:
        value = row["p"].get("best") if name == "p" else row[name]
        if value is None or (name in ("gain", "gap") and row["method"] == "source-only"):
            cells.append("")
        elif name == "p":
            cells.append("< 0.001" if value < 0.001 else f"{value:.3f}")
        elif name == "seconds":
            cells.append(f"{value / 60:.0f}")
        else:
            cells.append(percent(value, sign=name == "gain"))
    return cells


def vectors(languages: str, corpus: str = "conll", limit: str = "0") -> str:
    """F1 of each method with and without static vectors in one space."""
    names = languages.split(",")
    f1 = {place: row["f1"] for place, row in find_transfer(languages, corpus, "hash", limit).items()}
    found = [method for method, _ in f1 if method.endswith("+vectors")]
    cells = []
    for method in dict.fromkeys(found):
        plain, row = method.removesuffix("+vectors"), []
        for name in names:
            before, after = f1.get((plain, name)), f1.get((method, name))
            both = before is not None and after is not None
            row += [percent(before), percent(after), percent(after - before, sign=True) if both else ""]
        cells.append([f"`{plain}`", *row])
    return make_table(
        ["method", *(f"{n} {part}" for n in names for part in ("without", "with", "change"))], cells
    )


# What each system is to gain on the mean of Spanish and German over what, in points of F1: what the papers gain, on
# other languages for DualNER and ConCNER; of CROP what it is worth to an encoder that starts from nothing.
GOALS = {
    "DLBri": ("dlbri", "source-only", 8.5),
    "MCL-NER": ("mcl", "source-only", 5.3),
    "DualNER": ("dualner", "dualner-stage-1", 7.1),
    "ConCNER, 1,000 sentences": ("concner", "source-only-1000", 4.5),
    "CROP": ("crop", "source-only", 20.0),
}


def goals(languages: str, corpus: str = "conll", encoder: str = "hash") -> str:
    """The gain of each system over what it is to improve on, beside what was aimed at."""
    names = languages.split(",")
    f1 = {place: row["f1"] for place, row in find_transfer(languages, corpus, encoder, "0").items()}
    cells = []
    for system, (method, base, goal) in GOALS.items():
        cells.append([system, f"`{method}` over `{base}`", f"{goal:+.1f}"])
        if not all((name, language) in f1 for name in (method, base) for language in names):
            cells[-1] += [*[""] * (len(names) + 1), "not measured"]
            continue
        gains = [f1[method, language] - f1[base, language] for language in names]
        mean = sum(gains) / len(gains)
        shown = [percent(gain, sign=True) for gain in [*gains, mean]]
        cells[-1] += [*shown, "yes" if 100 * mean >= goal else "no"]
    return make_table(["system", "measured", "aim", *names, "mean", "reached"], cells)


def ablations(languages: str) -> str:
    """F1 of variants of the systems that were run once."""
    names = languages.split(",")
    f1 = {(row["method"], row["language"]): row["f1"] for row in read("ablations")}
    methods = dict.fromkeys(method for method, _ in f1)
    cells = [[f"`{method}`", *(percent(f1.get((method, name))) for name in names)] for method in methods]
    return make_table(["method", *names], cells)


def sample(run: str = "compare") -> str:
    """F1 of the pipelines that a workflow trains on the sample data, from `spacy xner evaluate`."""
    folder, files = SAMPLE[run]
    found = {name: read(f"{folder}/{file}") for name, file in files.items()}
    languages = list(found["source-only"]["languages"])
    rows = [
        [name, *(percent(result["languages"][name]["f1"]) for result in found.values())] for name in languages
    ]
    rows.append(["mean", *(percent(result["mean"]["f1"]) for result in found.values())])
    return make_table(["", *found], rows)


def sample_run() -> str:
    """Where and how long the README's run took."""
    run = read("readme/run")
    place = f"{run['processor']}, in {run['precision']}, at commit `{run['commit'][:7]}`"
    slow = run["slow_hour"]
    again = (
        f"{slow['minutes']:.0f} minutes at `{slow['commit'][:7]}` on a machine of this kind in a slow hour"
    )
    return f"{run['minutes']:.0f} minutes on {place}; {again}."


# The folder of the scores of a run, and the file of each pipeline.
SAMPLE = {
    "compare": (
        "sample",
        {
            "source-only": "source_only",
            "translate-train": "translate_train",
            "DLBri": "dlbri",
            "MCL-NER": "mcl",
            "DualNER": "dualner",
            "ConCNER": "concner",
            "CROP": "crop",
        },
    ),
    "all": (
        "readme",
        {"source-only": "source_only", "DLBri, paper's recipe": "dlbri_paper", "DLBri": "dlbri"},
    ),
}


def speed(encoders: str, file: str = "speed") -> str:
    """Words per second of all pipelines, see `speed.py`. file (str): the results."""
    cells = []
    for encoder in encoders.split(","):
        for row in compare_speeds(choose(read(file), encoder=encoder)):
            name = f"{encoder} {row['precision']}" if "precision" in row else encoder
            if "skipped" in row:
                cells.append([name, row["pipeline"], f"skipped: {row['skipped']}", *[""] * 5])
                continue
            cells.append(
                [
                    name,
                    row["pipeline"],
                    f"{row['words_per_second']:,.0f}",
                    f"{row['of_encoder']:.2f}",
                    f"{row['least']:.2f} to {row['most']:.2f}",
                    *(show_ratio(row[f"of_{name}"]) for name in OTHERS),
                    f"{row['peak_mib']:,.0f}",
                ]
            )
    titles = ["words/s", "of the encoder", "least to most", "of spaCy's `ner`", "of transformers", "peak MiB"]
    return make_table(["encoder", "pipeline", *titles], cells)


# Whose speed that of our pipelines is compared with, by what their rows are called.
OTHERS = {"spacy": "spaCy ner", "transformers": "transformers pipeline"}


def compare_speeds(rows: Rows) -> Rows:
    """RETURNS (Rows): the rows of `speed.py` with "of_spacy" and "of_transformers", their speeds as shares of those of
    others with the same encoder and precision, None where there is no other."""

    def place(row: Dict[str, Any], pipeline: str) -> Tuple[str, Optional[str], str]:
        return row["encoder"], row.get("precision"), pipeline

    found = {place(row, row["pipeline"]): row.get("of_encoder") for row in rows}
    compared = []
    for row in rows:
        own = row.get("of_encoder")
        others = {f"of_{key}": found.get(place(row, name)) for key, name in OTHERS.items()}
        shares = {key: own / other if own and other else None for key, other in others.items()}
        compared.append({**row, **shares})
    return compared


def show_ratio(value: Optional[float]) -> str:
    """RETURNS (str): a ratio with two decimals, "" for None."""
    return "" if value is None else f"{value:.2f}"


def distillation() -> str:
    """F1 and speed of a pipeline and its distilled student, see `spacy xner distill --report`."""
    found = read("distillation")
    (language,) = found[0]["languages"]
    f1s, speeds = (
        [result["mean"]["f1"] for result in found],
        [result["words_per_second"] for result in found],
    )
    cells = [
        [row["model"], percent(f1), f"{speed:,.0f}", f"{100 * f1 / f1s[0]:.1f} %", f"{speed / speeds[0]:.2f}"]
        for row, f1, speed in zip(found, f1s, speeds, strict=True)
    ]
    return make_table(["pipeline", f"F1 ({language})", "words/s", "of the F1", "times as fast"], cells)


def long_document() -> str:
    """Speed in long documents and memory of long streams, see `long_document.py`."""
    cells = [
        [
            row["encoder"],
            row["pipeline"],
            *(f"{row[length]['words_per_second']:,.0f}" for length in ("short", "long")),
            f"{row['speed']:.2f}",
            *(f"{row[amount]['peak_mib']:,.0f}" for amount in ("few", "many")),
            f"{row['memory']:.2f}",
        ]
        for row in read("long_document")
    ]
    speeds = ["words/s, 200 tokens", "words/s, 50,000 tokens", "ratio"]
    memory = ["peak MiB, 200 documents", "2,000 documents", "ratio"]
    return make_table(["encoder", "pipeline", *speeds, *memory], cells)


def training() -> str:
    """The cost of each method in epochs of plain fine-tuning, see `training.py`."""
    rows = [row for row in read("training") if "method" in row]
    encoders = list(dict.fromkeys(row["encoder"] for row in rows))
    cost = {(row["method"], row["encoder"]): row["plain_epochs"] for row in rows}
    methods = dict.fromkeys(row["method"] for row in rows)
    cells = [[method, *(f"{cost[method, name]:.1f}" for name in encoders)] for method in methods]
    return make_table(["method", *(f"plain epochs, `{name}`" for name in encoders)], cells)


def training_stages() -> str:
    """The cost of each stage as a multiple of plain fine-tuning, see `training.py`."""
    rows = [row for row in read("training") if "stage" in row]
    encoders = list(dict.fromkeys(row["encoder"] for row in rows))
    cost = {(row["stage"], row["encoder"]): row for row in rows}
    cells = []
    for stage in dict.fromkeys(row["stage"] for row in rows):
        found = [cost[stage, name] for name in encoders]
        cells.append(
            [stage, *(f"{row['of_plain']:.2f} ({row['least']:.2f} to {row['most']:.2f})" for row in found)]
        )
    return make_table(["stage", *(f"of plain fine-tuning, `{name}`" for name in encoders)], cells)


TABLES: Dict[str, Callable[..., str]] = {
    "ablations": ablations,
    "goals": goals,
    "sample": sample,
    "sample_run": sample_run,
    "distillation": distillation,
    "long_document": long_document,
    "speed": speed,
    "training": training,
    "training_stages": training_stages,
    "transfer": transfer,
    "vectors": vectors,
}


def main(args: argparse.Namespace) -> int:
    """Fill all pages. RETURNS (int): 1 if a page was not as its results are and only a check was wanted."""
    stale = []
    for page in PAGES:
        text = page.read_text(encoding="utf8")
        new = fill(text)
        if new != text:
            stale.append(page)
            if not args.check:
                write_bytes(page, new.encode("utf8"))
            print(f"{'Stale' if args.check else 'Written'}: {page.relative_to(ROOT)}")
    return int(bool(stale) and args.check)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a page is stale")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
