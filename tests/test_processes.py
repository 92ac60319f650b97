"""A benchmark goes on when one of its processes is killed."""

import os
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from processes import Processes, run_each  # noqa: E402


def work(word: str) -> str:
    if word == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "wrong":
        raise ValueError(word)
    return f"{word} {os.getpid()}"


def test_a_task_whose_process_is_killed_fails_alone():
    words = ["first", "killed", "second"]
    found = list(run_each(work, words, 2, lambda word, error: f"{word}: {error}"))
    failed = [text for text in found if ":" in text]
    assert failed == ["killed: The process ended before its work did. Was it killed for memory?"]
    done = dict(text.split() for text in found if text not in failed)
    assert done.keys() == {"first", "second"}
    assert len({*done.values(), str(os.getpid())}) == 3


def test_what_a_task_raises_is_raised():
    with pytest.raises(ValueError, match="wrong"):
        list(run_each(work, ["wrong"], 1, lambda word, error: ""))


def test_one_process_or_a_new_one():
    with Processes(fresh=False) as process:
        ids = {process.apply(work, ("a",)) for _ in range(2)}
        assert len(ids) == 1
        with pytest.raises(ChildProcessError, match="memory"):
            process.apply(work, ("killed",))
        assert process.apply(work, ("a",)) not in ids
    with Processes() as process:
        assert process.apply(work, ("a",)) != process.apply(work, ("a",))
