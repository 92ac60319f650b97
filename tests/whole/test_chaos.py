"""The whole workflow `all`, killed at random moments and run again each time, against one that was left alone.

It takes an hour on two cores, so it runs when XNER_KILLS tells how many kills there are to be:

    XNER_KILLS=25 python -m pytest -q -s tests/test_chaos.py
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import srsly

ROOT = Path(__file__).parents[2]
# Seconds until a command that goes on has read what it needs.
START = 10
KILLS = int(os.environ.get("XNER_KILLS", 0))
# Few updates of each training, and no installation into the environment of the tests.
SETTINGS = {
    "targets": "de,es,zh",
    "variants": 0,
    "eval_frequency": 10,
    "steps_baseline": 30,
    "steps_bridge": 20,
}
SETTINGS.update({f"steps_{name}": 20 for name in ("teachers", "students", "combine")})
STEPS = [
    "prepare",
    "translate",
    "source-only",
    "bridge",
    "span",
    "type",
    "combine",
    "evaluate",
    "report",
    "package",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not KILLS, reason="XNER_KILLS does not tell how often to kill the workflow"),
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups on this system"),
]


def make_project(folder: Path) -> Path:
    folder.mkdir()
    for name in ("assets", "configs"):
        shutil.copytree(ROOT / name, folder / name)
    project = srsly.read_yaml(ROOT / "project.yml")
    project["workflows"] = {"all": STEPS}
    srsly.write_yaml(folder / "project.yml", project)
    return folder


def start(folder: Path) -> "subprocess.Popen[bytes]":
    overrides = [text for name, value in SETTINGS.items() for text in (f"--vars.{name}", str(value))]
    command = [sys.executable, "-m", "spacy", "project", "run", "all", str(folder), *overrides]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)


def read_files(folder: Path, pattern: str):
    """The files below a folder, all but hidden ones, by name."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob(pattern))
        if path.is_file() and not path.name.startswith(".")  # what was being written when it was killed
    }
    assert found
    return found


def test_killed_workflow_goes_on(tmp_path, capfd):
    whole, killed = (make_project(tmp_path / name) for name in ("whole", "killed"))
    begun = time.monotonic()
    assert start(whole).wait() == 0, (whole / "log").read_text()[-2000:]
    seconds = time.monotonic() - begun
    # So that each time, on average, a part of the work is done, and all of it is not before the last kill.
    longest = 2 * (START + 0.6 * seconds / KILLS)
    rng, n_killed = random.Random(0), 0
    while True:
        process = start(killed)
        wait = rng.uniform(0, longest) if n_killed < KILLS else None
        try:
            assert process.wait(wait) == 0, (killed / "log").read_text()[-2000:]
            break
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            n_killed += 1
    with capfd.disabled():
        print(
            f"\n{seconds:.0f} s alone; killed {n_killed} times, {time.monotonic() - begun - seconds:.0f} s in all"
        )
    assert n_killed == KILLS, "done before all kills: shorten the time between them"
    for pattern in ("corpus/**/*", "metrics/*", "training/**/model-best/**/*", "training/**/model-last/**/*"):
        one, other = (read_files(folder, pattern) for folder in (whole, killed))
        assert one.keys() == other.keys()
        assert [name for name in one if one[name] != other[name]] == []
