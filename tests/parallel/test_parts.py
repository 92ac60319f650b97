"""A corpus in parts: resumed, in shards, and when something fails."""

import errno
from pathlib import Path

import pytest

from spacy_xner.errors import XnerError
from spacy_xner.files import claim
from spacy_xner.parallel.cluster import Actor
from spacy_xner.parallel.parts import Part, PartFolder, number_parts, run_here, run_parts

CONTENTS = [b"a", b"b", b"c", b"d", b"e"]


class Worker:
    """Writes in capitals; fails at one content; counts what it did and how often it was made."""

    def __init__(self, fails_at: bytes = b"-") -> None:
        self.fails_at = fails_at
        self.made = 0
        self.worked = []

    def __call__(self):
        self.made += 1
        return self.work

    def work(self, data: bytes) -> bytes:
        if data == self.fails_at:
            raise RuntimeError("killed")
        self.worked.append(data)
        return data.upper()


def run(output, worker, contents=CONTENTS, settings="", shard=(1, 1), resume=True, run=run_here):
    told = []
    folder = PartFolder(output, settings)
    with claim(folder.path):
        if not resume:
            folder.clear()
        parts = number_parts([(content, 10) for content in contents], shard)
        paths = run_parts(parts, worker, folder, run, told.append)
    # Documents, with those of parts that were done before.
    assert told == [10 * n for n in range(1, len(paths) + 1)]
    return [path.read_bytes() for path in paths]


@pytest.fixture
def output(tmp_path) -> Path:
    return tmp_path / "deep" / "out.jsonl"


def test_parts_are_done_once(output):
    worker = Worker()
    assert run(output, worker) == [b"A", b"B", b"C", b"D", b"E"]
    assert (worker.worked, worker.made) == (CONTENTS, 1)
    assert run(output, worker) == [b"A", b"B", b"C", b"D", b"E"]
    assert (worker.worked, worker.made) == (CONTENTS, 1)
    run(output, worker, resume=False)
    assert (worker.worked, worker.made) == (CONTENTS * 2, 2)


def test_go_on_after_a_part_that_failed(output):
    with pytest.raises(RuntimeError, match="killed"):
        run(output, Worker(b"d"))
    worker = Worker()
    assert run(output, worker) == [b"A", b"B", b"C", b"D", b"E"]
    assert worker.worked == [b"d", b"e"]


def test_a_part_that_changed_is_done_again(output):
    run(output, Worker())
    worker = Worker()
    assert run(output, worker, [b"a", b"x", b"c"]) == [b"A", b"X", b"C"]
    assert worker.worked == [b"x"]
    assert run(output, worker, [b"a", b"c"], settings="other") == [b"A", b"C"]
    assert worker.worked == [b"x", b"a", b"c"]


def test_a_part_that_lost_its_content_is_done_again(output):
    run(output, Worker())
    part = sorted((output.parent / ".out.jsonl.parts").glob("0*"))[2]
    part.write_bytes(b"")
    worker = Worker()
    assert run(output, worker) == [b"A", b"B", b"C", b"D", b"E"]
    assert worker.worked == [b"c"]


def test_an_actor_tells_what_failed():
    actor = Actor(Worker(b"d"))
    assert actor({"number": 0, "data": b"a"}) == {"number": 0, "data": b"A", "error": ""}
    told = actor({"number": 1, "data": b"d"})["error"]
    assert "X128" in told and "Part 1" in told and "killed" in told


def test_done_in_any_order(output):
    def backwards(parts, make_work):
        return reversed([Part(part.number, make_work()(part.data)) for part in parts])

    assert run(output, Worker(), run=backwards) == [b"A", b"B", b"C", b"D", b"E"]


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_shards_are_all_parts(tmp_path, n):
    found = [run(tmp_path / str(i), Worker(), shard=(i, n)) for i in range(1, n + 1)]
    assert sum(found, []) == [part.upper() for i in range(n) for part in CONTENTS[i::n]]


def test_no_parts(output):
    assert run(output, Worker(), []) == []
    assert not list(output.parent.iterdir())


def test_can_not_write(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(XnerError, match="X112.*out.jsonl.*folder"):
        PartFolder(tmp_path / "out.jsonl", "")
    with pytest.raises(XnerError, match="X112.*Not a directory"):
        PartFolder(tmp_path / "file" / "out.jsonl", "")

    def is_full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    output = tmp_path / "b.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", is_full)
        with pytest.raises(XnerError, match="X112.*No space left on device"):
            run(output, Worker())
    assert not (tmp_path / ".b.jsonl.parts").exists()
    assert run(output, Worker()) == [b"A", b"B", b"C", b"D", b"E"]
