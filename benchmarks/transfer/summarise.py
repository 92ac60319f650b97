"""Sum up the rows of `run.py`.

Means over seeds, 95 % intervals and paired tests over sentences, the gain over source-only training and the share of
the gap to target-supervised training that it closes, and the difference to the row's own base. Last the means over
languages.

Intervals and tests take the entities of all seeds of a sentence together.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

import numpy

from spacy_xner.evaluation.significance import EntityCounts, compare_counts, find_interval
from spacy_xner.files import write_json

from ..rows import Rows
from .methods import METHODS, Method

# What tells rows apart, besides the seed.
TEXT = ("source", "corpora", "parallel", "language")
SETTING = (*TEXT, "encoder", "limit", "overrides", "budget", "checkpoint", "split", "engine")
MEANS = ("f1", "dev_f1", "precision", "recall", "span_f1", "span_output", "type_accuracy", "seconds")
TOLD = ("dev_f1", "dev_f1_best", "dev_f1_last", "rule", "step")
# What each method is compared with, besides its base.
REFERENCES = ("source-only", "translate-train", "ensemble")


def sum_up(rows: Sequence[Dict[str, Any]]) -> Rows:
    """RETURNS (Rows): one row for each setting and method, of several for one seed the last counts, and for "mean"."""
    settings: Dict[str, Dict[str, Dict[int, Dict[str, Any]]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if "error" not in row:
            told = {"split": "test", **row}  # rows of before do not tell it
            key = json.dumps([told.get(name) for name in SETTING], sort_keys=True)
            settings[key][row["method"]][row["seed"]] = row
    found: Rows = []
    for key, methods in sorted(settings.items()):
        for method, by_seed in sorted(methods.items()):
            setting = dict(zip(SETTING, json.loads(key), strict=True))
            found.append({**setting, "method": method, **average(by_seed)})
            names = sorted({*REFERENCES, find_method(method).base} & {*methods} - {method})
            found[-1]["p"] = {name: test(by_seed, methods[name]) for name in names}
        compare(found[-len(methods) :])
    return [*found, *average_languages(found)]


def find_method(name: str) -> Method:
    """RETURNS (Method): the row of this name; packages, and rows of before, are compared with source-only training."""
    return METHODS.get(name, Method("."))


def average(by_seed: Dict[int, Dict[str, Any]]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the scores of one method, by seed and in the mean, with an interval."""
    rows = [row for _, row in sorted(by_seed.items())]
    origins = dict.fromkeys(json.dumps(row.get("origin")) for row in rows)
    low, high = find_interval(add_counts(rows))
    return {
        "seeds": sorted(by_seed),
        "f1_by_seed": [row["f1"] for row in rows],
        **{f"{name}_by_seed": [row.get(name) for row in rows] for name in TOLD},
        **{name: average_all([row.get(name) for row in rows]) for name in MEANS},
        "interval": [low, high],
        "labels": rows[0]["labels"],
        # Of the first seed; older rows have none. Seeds that were run at once have one origin.
        "lines": rows[0].get("lines", []),
        "origins": [json.loads(text) for text in origins],
    }


def average_all(values: Sequence[Optional[float]]) -> Optional[float]:
    """RETURNS (Optional[float]): the mean, None where one is missing."""
    return None if None in values else float(numpy.mean(values))


def average_languages(rows: Rows) -> Rows:
    """RETURNS (Rows): for each method with rows of several languages the means of what all of them have."""
    groups: Dict[str, Rows] = defaultdict(list)
    for row in rows:
        place = {name: row[name] for name in (*SETTING, "method", "base", "paper") if name != "language"}
        groups[json.dumps(place)].append(row)
    numbers = (*MEANS, "gain", "gap", "difference")
    return [
        {**json.loads(key), "language": "mean", "languages": [row["language"] for row in own], "p": {}}
        | {name: average_all([row[name] for row in own]) for name in numbers}
        for key, own in groups.items()
        if len(own) > 1
    ]


def add_counts(rows: Rows) -> EntityCounts:
    """RETURNS (EntityCounts): the entities of each sentence, of all rows together."""
    found = ([row["counts"][name] for row in rows] for name in EntityCounts._fields)
    return EntityCounts(*(numpy.sum(counts, axis=0) for counts in found))


def test(one: Dict[int, Dict[str, Any]], other: Dict[int, Dict[str, Any]]) -> Optional[float]:
    """RETURNS (Optional[float]): the p-value of a difference on the seeds that both have; None without such a seed."""
    seeds = sorted(one.keys() & other.keys())
    counts = (add_counts([rows[seed] for seed in seeds]) for rows in (one, other))
    return compare_counts(*counts) if seeds else None


def compare(rows: Rows) -> None:
    """Add the gain over source-only, the share of the gap to target-supervised training, the difference to the base."""
    f1 = {row["method"]: row["f1"] for row in rows}
    low, high = f1.get("source-only"), f1.get("target-supervised")
    for row in rows:
        method = find_method(row["method"])
        base = f1.get(method.base) if method.base != row["method"] else None
        row.update(
            base=method.base, paper=method.paper, difference=None if base is None else row["f1"] - base
        )
        row["gain"] = None if low is None else row["f1"] - low
        row["gap"] = None if low is None or high is None or high <= low else (row["f1"] - low) / (high - low)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="+", help="files that benchmarks.transfer.run wrote")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found = sum_up([row for path in args.rows for row in json.loads(path.read_text(encoding="utf8"))])
    write_json(args.out, found)
    print(f"{len(found)} rows: {args.out}")
