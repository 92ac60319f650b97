"""The figures of README.md and docs/ are those that benchmarks found."""

import re
from typing import Any, Dict

import pytest

from benchmarks.costs.methods import list_stages, read_methods
from benchmarks.pages import tables
from benchmarks.transfer.summarise import sum_up

ROOT, PAGES = tables.ROOT, tables.PAGES


def make_row(method: str, right: int, seed: int = 0, language: str = "es", n: int = 100) -> Dict[str, Any]:
    """A model that finds one entity in each of n sentences, so many of them right; there is one to be found in each."""
    ones = [1] * n
    scores = dict.fromkeys(("f1", "precision", "recall", "span_f1", "type_accuracy"), right / n)
    return {
        "method": method,
        "corpora": ["conll", "conll"],
        "language": language,
        "source": "en",
        "parallel": [],
        "overrides": {},
        "encoder": "hash",
        "limit": 0,
        "seed": seed,
        "labels": ["LOC"],
        "seconds": 60.0,
        "counts": {"right": [1] * right + [0] * (n - right), "found": ones, "gold": ones},
        **scores,
    }


def test_few_labels(monkeypatch):
    """By start and number of sentences, the mean over seeds and their range; the last of a seed counts."""
    rows = [
        {**make_row("source-only", 60), "x": 0},
        {**make_row("source-only, suggested", 1), "x": 100},
        {**make_row("source-only, suggested", 70), "x": 100},
        {**make_row("source-only, suggested", 72, seed=1), "x": 100},
        {**make_row("source-only, random", 69), "x": 25},
    ]
    monkeypatch.setattr(tables, "read", lambda name: rows)
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in tables.few_labels().splitlines()]
    assert lines[0] == ["from, sentences", "0", "25", "100"]
    assert lines[2:] == [
        ["es: source-only", "60.0", "", ""],
        ["es: source-only, suggested", "", "", "71.0 (70.0 to 72.0)"],
        ["es: source-only, random", "", "69.0", ""],
    ]


def test_summary():
    rows = [
        make_row("source-only", 20),
        {**make_row("source-only", 30, seed=1), "dev_f1": 0.5, "rule": "best"},
        make_row("target-supervised", 75),
        {**make_row("ensemble", 40), "error": "out of memory"},
        make_row("ensemble", 10),
        make_row("ensemble", 50),  # the last counts
        make_row("ensemble", 50, language="de"),
    ]
    german, best, source, target, mean = sum_up(rows)
    assert [row["method"] for row in (best, source, target)] == [
        "ensemble",
        "source-only",
        "target-supervised",
    ]
    assert (mean["method"], mean["language"], mean["f1"], mean["gain"]) == ("ensemble", "mean", 0.5, None)
    assert german["language"] == "de" and german["gain"] is None and german["gap"] is None
    assert source["f1"] == 0.25 and source["f1_by_seed"] == [0.2, 0.3] and source["seeds"] == [0, 1]
    assert source["dev_f1_by_seed"] == [None, 0.5] and source["rule_by_seed"] == [None, "best"]
    assert best["gain"] == 0.25 and best["gap"] == pytest.approx(0.25 / 0.5)
    assert source["gap"] == 0 and target["gap"] == 1
    low, high = best["interval"]
    assert 0.35 < low < 0.5 < high < 0.65
    assert sum_up([make_row("ensemble", 1), make_row("source-only", 2, seed=1)])[0]["p"] == {
        "source-only": None
    }
    other = {**make_row("ensemble", 1), "parallel": ["tico19"]}
    assert {(*row["parallel"], row["f1"]) for row in sum_up([make_row("ensemble", 2), other])} == {
        (0.02,),
        ("tico19", 0.01),
    }
    assert ", untrained" not in tables.SCORES["f1"][1](source)
    for rule, mark in (("best", "20.0 (12.0 to 28.0), untrained"), ("last", "20.0 (12.0 to 28.0)")):
        told = {"rule": rule, "step": 0, "dev_f1_best": 0.5, "dev_f1_last": 0.75}
        (row,) = sum_up([{**make_row("source-only", 20), **told}])
        assert tables.SCORES["f1"][1](row) == mark
        assert row["dev_f1_best_by_seed"] == [0.5] and row["dev_f1_last_by_seed"] == [0.75]
    # Rows of before say nothing of where they are from.
    assert best["lines"] == [] and best["origins"] == [None]
    # On the seed that both have: 50 against 20 of 100.
    assert best["p"]["source-only"] < 0.01 and best["p"].keys() == {"source-only"}
    assert source["p"]["ensemble"] == best["p"]["source-only"]


def test_a_row_is_compared_with_its_base(monkeypatch):
    """Means over languages too, of rows that all languages have; a package has source-only training for a base."""
    f1 = {
        "source-only": (20, 10),
        "dualner-stage-1": (40, 20),
        "dualner-one-round": (50, 40),
        "xx_ner": (30, 20),
    }
    rows = [
        make_row(name, n, language=code)
        for name, ns in f1.items()
        for code, n in zip(("es", "de"), ns, strict=True)
    ]
    rows += [make_row("dualner-self-kl", 45), {**make_row("dlbri-no-low", 1), "span_output": 0.25}]
    found = {(row["method"], row["language"]): row for row in sum_up(rows)}
    compared = {place: (row["base"], row["difference"]) for place, row in found.items()}
    assert compared["source-only", "es"][1] is None and compared["dlbri-no-low", "es"] == ("dlbri", None)
    assert compared["xx_ner", "de"] == ("source-only", pytest.approx(0.1))
    assert compared["dualner-stage-1", "mean"] == ("source-only", pytest.approx(0.15))
    assert compared["dualner-one-round", "mean"] == ("dualner-stage-1", pytest.approx(0.15))
    assert compared["dualner-self-kl", "es"] == ("dualner-one-round", pytest.approx(-0.05))
    assert ("dualner-self-kl", "mean") not in found
    mean = found["dualner-one-round", "mean"]
    assert (mean["f1"], mean["gain"], mean["gap"]) == (pytest.approx(0.45), pytest.approx(0.3), None)
    assert (
        sorted(mean["languages"]) == ["de", "es"]
        and "dualner-stage-1" in found["dualner-one-round", "es"]["p"]
    )
    assert found["dlbri-no-low", "es"]["span_output"] == 0.25 and mean["span_output"] is None

    monkeypatch.setattr(tables, "read", lambda name: list(found.values()))
    lines = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in tables.ablations("es,mean").splitlines()
    ]
    assert lines[0] == ["method", "base", "es F1", "es difference", "mean F1", "mean difference", "paper"]
    told = {line[0]: line[1:] for line in lines[2:]}
    assert told["`dualner-self-kl`"][2:] == ["-5.0", "", "", "- (DualNER, table 2)"]
    assert told["`dualner-one-round`"][2:] == ["+10.0", "45.0", "+15.0", "+ (DualNER, table 2)"]
    assert told["`dualner-stage-1`"][-1] == "" and "`source-only`" not in told


def test_the_run_in_float32(monkeypatch):
    run = {"minutes_by_commit": {"a" * 40: 13.67}, "processor": "two cores", "precision": "bfloat16"}
    monkeypatch.setattr(tables, "read", lambda name: run)
    alone = "14 minutes on two cores, in bfloat16, at `aaaaaaa`."
    assert tables.sample_run() == alone
    run["float32"] = {"minutes": 18.8, "f1": 0.7394, "commit": "a" * 40}
    assert tables.sample_run() == f"{alone} In float32 it took 19 minutes; DLBri's mean was 73.9."
    run["float32"]["commit"] = "b" * 40
    assert "19 minutes at `bbbbbbb`; " in tables.sample_run()
    run["minutes_by_commit"]["c" * 40] = 12.1
    both = "12 to 14 minutes on two cores, in bfloat16, at `aaaaaaa` and `ccccccc`, with the same scores. "
    assert tables.sample_run().startswith(both)


def test_a_training_beside_a_loop(monkeypatch):
    loop = {
        "encoder": "small",
        "precision": "fp32",
        "loop": "source_only",
        "of_torch": 0.9,
        "update_share": 0.125,
    }
    rows = [{"encoder": "small", "stage": "source_only", "of_plain": 1.0}, loop]
    monkeypatch.setattr(tables, "read", lambda name: {"other": rows}[name])
    (line,) = tables.training(kind="loop", file="other").splitlines()[2:]
    assert line == "| small | fp32 | 0.90 | 12.5% |"


def test_a_summary_tells_where_it_is_from():
    """Lines of the first seed; what all seeds have alike once."""
    rows = [
        {**make_row("dlbri", 20, seed=seed), "lines": [f"--seed {seed}"], "origin": {"commit": commit}}
        for seed, commit in ((2, "b"), (0, "a"), (1, "a"))
    ]
    (found,) = sum_up(rows)
    assert found["lines"] == ["--seed 0"] and found["origins"] == [{"commit": "a"}, {"commit": "b"}]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_tables_are_those_of_the_results(page):
    text = page.read_text(encoding="utf8")
    assert tables.fill(text) == text, "run `python -m benchmarks.pages.tables`"


def test_every_result_is_shown_on_a_page(monkeypatch):
    shown, read = set(), tables.read
    monkeypatch.setattr(tables, "read", lambda name: shown.add(name) or read(name))
    for page in PAGES:
        tables.fill(page.read_text(encoding="utf8"))
    files = tables.RESULTS.rglob("*.json")
    assert shown == {path.relative_to(tables.RESULTS).with_suffix("").as_posix() for path in files}


def test_stages_have_the_names_of_today():
    rows = [*tables.read("training"), *tables.read("training_e5")]
    stages = {row["stage"] for row in rows if "stage" in row} - {"tsl/student"}  # that of ConCNER once more
    assert stages and stages <= list_stages().keys()
    assert {row["method"] for row in rows if "method" in row} <= read_methods().keys()


def test_a_stale_figure_is_seen():
    page = ROOT / "docs" / "benchmarks.md"
    text = page.read_text(encoding="utf8")
    block = tables.BLOCK.search(text)
    figure = re.search(r"\d\.\d\d", block[4])
    stale = text[: block.start(4) + figure.start()] + "9.99" + text[block.start(4) + figure.end() :]
    assert tables.fill(stale) == text


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_figures_stand_in_tables(page):
    """What was measured is in a table made from the results: running text about them has no number with decimals."""
    text = tables.BLOCK.sub("", page.read_text(encoding="utf8"))
    titles = "Results|Prediction|Long documents|Training"
    parts = re.findall(rf"^## (?:{titles})[^\n]*\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if page.stem == "results":
        parts = [text]
    prose = re.sub(r"```.*?```|`[^`\n]*`|^    .*?$", "", "\n".join(parts), flags=re.S | re.M)
    assert re.findall(r"(?<![\w.])\d+\.\d+(?![\w.]*\d)", prose) == []
