"""What is wrong around a command: another one that writes the same output, and clocks."""

import os
import signal
import subprocess
import sys
from datetime import datetime

import pytest
from case import Case, check
from test_bad_commands import train
from util import run_xner

from spacy_xner.files import claim

CASES = [
    Case("another apply", "134", "apply model good.spacy out.spacy", says=("out.spacy",)),
    Case(
        "another apply of this shard", "134", "apply model good.spacy out.spacy --shard 1/2", says=("1-of-2",)
    ),
    Case("another teach", "134", "teach model good.spacy out.spacy", says=("out.spacy",)),
    Case("another distill", "134", "distill model good.spacy out --dev good.spacy", says=("out",)),
    train("another training", "134", "source_only.cfg", says=("out",)),
    train("another training, resumed", "134", "source_only.cfg", "--resume", says=("out",)),
]
CLAIMED = {"another apply of this shard": "out.1-of-2.spacy"}

# Claims an output, tells so, and waits to be killed.
HOLD = """
import sys, time
from pathlib import Path
from spacy_xner.files import claim
with claim(Path(sys.argv[1])):
    print("claimed", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_output_of_another(case, world, tmp_path):
    name = case.command.split()[3] if case.command.startswith(("apply", "teach", "distill")) else "out"
    with claim(tmp_path / CLAIMED.get(case.name, name)):
        check(case, world, tmp_path)


def test_killed_process_claims_nothing(world, tmp_path):
    output = tmp_path / "out.jsonl"
    command = ["apply", world / "model", world / "good.spacy", output]
    holder = subprocess.Popen([sys.executable, "-c", HOLD, output], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "claimed\n"
        assert "[X134]" in run_xner(*command, code=1)
        assert not output.exists()
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    run_xner(*command)
    assert output.is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("year", [1971, 2100])
def test_clock(world, tmp_path, year):
    """Files of another time are as good as others: nothing goes by the clock."""
    options = train("", "", "source_only.cfg").command.split()
    options = [str(world / option) if option == "source.spacy" else option for option in options]
    options[-1] = str(tmp_path / "out")
    steps = ["--training.max_steps", "2", "--training.eval_frequency", "1", "--resume"]
    run_xner(*options, *steps)
    run_xner("apply", world / "model", world / "good.spacy", tmp_path / "a.jsonl")
    seconds = datetime(year, 1, 1).timestamp()
    for folder in (world, tmp_path):
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (seconds, seconds))
    assert "This training is finished" in run_xner(*options, *steps)
    run_xner("apply", world / "model", world / "good.spacy", tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()
