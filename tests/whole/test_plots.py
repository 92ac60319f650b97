"""`benchmarks/pages/plots.py` draws the rows of `curves.py`."""

import sys
from typing import Any, Dict, List

import pytest

from benchmarks.pages import plots

Rows = List[Dict[str, Any]]


def make_row(
    study: str, method: str, x: Any, f1: float, seed: int = 0, language: str = "es", **more: Any
) -> Dict[str, Any]:
    place = {"language": language, "corpora": ["conll", "conll"], "encoder": "hash", "limit": 0}
    return {"study": study, "method": method, "x": x, "seed": seed, **place, "f1": f1, **more}


def make_rows() -> Rows:
    rows: Rows = []
    for language in ("es", "de"):
        for seed in (0, 1):
            for study in plots.PLOTS:
                xs = (0.1, 1.0) if study.endswith("share") else (0, 500)
                rows += [make_row(study, "mcl", x, 0.4 + seed / 10, seed, language) for x in xs]
    rows.append({**make_row("mcl-share", "crop", 0.5, 0.5), "f1": None, "error": "no"})
    return rows


def test_lines_are_means_over_seeds():
    rows = [
        make_row("mcl-pseudo", "mcl", 500, 0.3),
        make_row("mcl-pseudo", "mcl", 500, 0.4),  # the last of a seed counts
        make_row("mcl-pseudo", "mcl", 500, 0.6, seed=1),
        make_row("mcl-pseudo", "mcl", 90, 0.5, amount="all"),
        make_row("mcl-pseudo", "mcl", 110, 0.7, seed=1, amount="all"),
        make_row("mcl-pseudo", "mcl", 0, 0.1, language="ar"),
        {**make_row("mcl-pseudo", "mcl", 0, 0.2, language="ar"), "corpora": ["conll", "aqmar"]},
    ]
    found = plots.find_lines(rows)
    assert found.keys() == {"es", "ar (conll)", "ar (aqmar)"}
    assert found["es"]["mcl"] == [pytest.approx((100, 50, 60, 70)), pytest.approx((500, 40, 50, 60))]


def test_plots(tmp_path):
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    found = plots.draw_all(make_rows(), tmp_path / "plots")
    assert {path.name for path in found} == {
        f"{study}.{suffix}" for study in plots.PLOTS for suffix in ("png", "svg")
    }
    for path in found:
        assert path.read_bytes().startswith(b"\x89PNG" if path.suffix == ".png" else b"<?xml")
    drawn = (tmp_path / "plots" / "mcl-share.svg").read_text()
    assert all(f">{text}<" in drawn for text in ("es", "de", "100", "test F1, %"))


def test_settings_are_plotted_apart(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    rows = [
        make_row("mcl-share", "mcl", 1.0, 0.5),
        {**make_row("mcl-share", "mcl", 1.0, 0.9), "limit": 60, "encoder": "a/b"},
        {**make_row("mcl-pseudo", "mcl", 1.0, 0.9), "f1": None},
    ]
    found = {path.name for path in plots.draw_all(rows, tmp_path)}
    assert found == {
        f"mcl-share-{name}.{suffix}" for name in ("hash-all", "a_b-60") for suffix in ("png", "svg")
    }
    assert "mcl-pseudo-hash-all: no row has a score" in capsys.readouterr().out


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match=r"matplotlib: pip install '\.\[report\]'"):
        plots.draw_all(make_rows(), tmp_path)
