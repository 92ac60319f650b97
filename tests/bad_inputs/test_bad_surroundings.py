"""What is wrong around a command: another one that writes the same output, and clocks."""

import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from case import Case, check
from test_bad_commands import train
from util import run_xner

from spacy_xner.errors import XnerError
from spacy_xner.files import NO_LOCKS, claim
from spacy_xner.teaching.worker import PART

# The folder that another process keeps, and what the message names.
CASES = [
    (".out.spacy.parts", Case("another apply", "134", "apply model good.spacy out.spacy")),
    (".out.1-of-2.spacy.parts", Case("another shard", "134", "apply model good.spacy out.spacy --shard 1/2")),
    (".out.spacy.parts", Case("another teach", "134", "teach model good.spacy out.spacy")),
    ("out", Case("another distill", "134", "distill model good.spacy out --dev good.spacy")),
    ("out", train("another training", "134", "source_only.cfg")),
    ("out", train("another training, to go on", "134", "source_only.cfg", "--resume")),
    (
        "out",
        Case(
            "another translator",
            "134",
            "train-translator m.tsv out --source en --target de --model new --align m.align",
            {"m.tsv": "Ada\tAda\n", "m.align": "0-0\n"},
        ),
    ),
]

# Claims a folder, tells so, and waits to be killed.
HOLD = """
import sys, time
from pathlib import Path
from spacy_xner.files import claim
with claim(Path(sys.argv[1])):
    print("claimed", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("claimed,case", CASES, ids=[case.name for _, case in CASES])
def test_output_of_another(claimed, case, world, tmp_path):
    named = claimed.removeprefix(".").removesuffix(".parts")
    with claim(tmp_path / claimed):
        check(case._replace(says=(f"'{named}'",)), world, tmp_path)
        assert sorted(os.listdir(tmp_path / claimed)) == (
            [".lock"] if claimed != "out" else [".lock", "kept.txt"]
        )


def test_killed_process_claims_nothing(world, tmp_path):
    output = tmp_path / "out.jsonl"
    command = ["apply", world / "model", world / "good.spacy", output]
    parts = tmp_path / ".out.jsonl.parts"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, parts], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "claimed\n"
        assert "[X134]" in run_xner(*command, code=1)
        assert not output.exists()
    finally:
        holder.kill()
        holder.communicate()
    run_xner(*command)
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("number", NO_LOCKS)
def test_file_system_without_locks(tmp_path, monkeypatch, number):
    def flock(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    with claim(tmp_path / "out"):
        (tmp_path / "out" / "kept.txt").touch()
    assert (tmp_path / "out" / "kept.txt").exists()


def test_one_folder_by_two_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with claim(Path()), pytest.raises(XnerError, match="X134"), claim(tmp_path):
        pass


def test_lock_is_no_content(tmp_path):
    with pytest.raises(ZeroDivisionError), claim(tmp_path / "a" / "out"):
        _ = 1 / 0
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]


def set_clocks(folder, year):
    seconds = datetime(year, 1, 1).timestamp()
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (seconds, seconds))


@pytest.mark.parametrize("year", [1971, 2100])
def test_clock(world, tmp_path, monkeypatch, year):
    """What was done at another time is as good: nothing goes by the clock."""
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    training = train("", "", "source_only.cfg", "--resume").command.split()
    training += ["--training.max_steps", "2", "--training.eval_frequency", "1"]
    run_xner(*training)
    texts = [f'{{"text": "Ada met {i}"}}' for i in range(PART + 1)] + ["{"]
    (tmp_path / "in.jsonl").write_text("\n".join(texts))
    run_xner("apply", "model", "in.jsonl", "out.jsonl", code=1)
    (part,) = (tmp_path / ".out.jsonl.parts").glob("0*")
    number = part.stat().st_ino
    set_clocks(tmp_path, year)
    assert "This training is finished" in run_xner(*training)
    run_xner("apply", "model", "in.jsonl", "out.jsonl", code=1)
    assert part.stat().st_ino == number
