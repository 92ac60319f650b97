"""The tables of `gpu.sh` from the JSON that is there: what training costs, stage by stage and in whole, and how fast
the pipelines predict, in each precision."""

import json
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

from sample import PRECISIONS, show_memory
from tables import compare_speeds, make_table, show_ratio

Row = Dict[str, Any]


def main(folder: Path) -> int:
    """Print the tables. RETURNS (int): the exit status, 1 if there is nothing to tell."""
    costs, speed = read(folder / "costs.json"), read(folder / "speed.json")
    ran = [*read(folder / "mcl.json"), *read(folder / "stages.json")]
    tables = [
        make_ran(ran),
        spread_precisions([row for row in costs if "of_plain" in row], "stage", COSTS),
        spread_precisions([row for row in costs if "method" in row], "method", SUMS),
        spread_precisions([row for row in compare_speeds(speed) if "skipped" not in row], "pipeline", SPEED),
    ]
    found = [table for table in tables if table]
    print("\n\n".join(found) if found else f"No figures in {folder}.")
    return int(not found)


def read(path: Path) -> List[Row]:
    """RETURNS (List[Row]): the rows of a benchmark, none if it was not run."""
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else []


def share(name: str) -> Callable[[Row], str]:
    """RETURNS (Callable): shows a ratio."""
    return lambda row: show_ratio(row[name])


def speed_of(row: Row) -> str:
    return f"{row['words_per_second']:,.0f}"


# Titles of columns, and what stands in them.
COSTS = {"words/s": speed_of, "of plain": share("of_plain"), "MiB": show_memory}
SUMS = {"plain epochs": share("plain_epochs")}
SPEED = {
    "words/s": speed_of,
    "of the encoder": share("of_encoder"),
    "of spaCy's `ner`": share("of_spacy"),
    "of transformers": share("of_transformers"),
    "MiB": show_memory,
}


def make_ran(rows: Sequence[Row]) -> str:
    """RETURNS (str): a table of the stages that were trained, "" without rows."""
    places = ("encoder", "precision", "stage", "steps", "jobs")
    lines = sorted(
        [
            *(str(row[name]) for name in places),
            *([row["error"], ""] if "error" in row else [f"{row['seconds']:.0f}", show_memory(row)]),
        ]
        for row in rows
    )
    return make_table(["encoder", *places[1:-1], "at once", "seconds", "MiB"], lines) if lines else ""


def spread_precisions(rows: Sequence[Row], name: str, columns: Dict[str, Callable[[Row], str]]) -> str:
    """RETURNS (str): a table with a line for each encoder and value of `name`, the precisions beside each other; ""
    without rows."""
    precisions = [each for each in PRECISIONS if any(row["precision"] == each for row in rows)]
    lines: Dict[Any, Dict[str, Row]] = {}
    for row in rows:
        lines.setdefault((row["encoder"], row[name]), {})[row["precision"]] = row
    header = ["encoder", name, *(f"{title}, {each}" for title in columns for each in precisions)]
    body = [
        [
            *place,
            *(show(found[each]) if each in found else "" for show in columns.values() for each in precisions),
        ]
        for place, found in lines.items()
    ]
    return make_table(header, body) if body else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
