"""What is translated is kept: caches, batches, and processes that are killed at any moment."""

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import List

import pytest
from spacy.util import registry
from tqdm import tqdm
from typer.testing import CliRunner
from util import make_doc, save_corpus

from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import Errors, XnerError
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.cache import FILE, Cache, make_key
from spacy_xner.translation.engine import translate_sentences
from spacy_xner.translation.types import MarkedText

VOCAB = get_blank().vocab
DIRECTION = ("en", "xx")


class Upper:
    """An engine that writes in capitals, keeps marks, and takes its time."""

    licence = "CC0-1.0"

    def __init__(self, name: str = "upper", seconds: float = 0.0, fail_at: str = "") -> None:
        self.name, self.seconds, self.fail_at = name, seconds, fail_at
        self.calls: List[List[str]] = []

    def translate(self, sentences):
        self.calls.append([sentence.text for sentence in sentences])
        time.sleep(self.seconds * len(sentences))
        if any(self.fail_at in text for text in self.calls[-1]) and self.fail_at:
            raise XnerError(Errors.X209.format(engine=self.name, reason="died"))
        return [None if "no" in text else MarkedText(text.upper(), spans) for text, spans in sentences]


def test_each_sentence_is_translated_once(tmp_path):
    engine = Upper()
    sentences = [MarkedText(text) for text in ("bb", "a", " ", "bb", "no", "")]
    told = []
    for _ in range(2):
        found = translate_sentences(
            engine,
            DIRECTION,
            sentences,
            cache=Cache(tmp_path),
            batch_size=2,
            progress=lambda *at: told.append(at),
        )
        assert [text and text.text for text in found] == ["BB", "A", " ", "BB", None, ""]
    # By length, blank ones left out; the second time nothing.
    assert sorted(map(sorted, engine.calls)) in ([["a", "bb"], ["no"]], [["a", "no"], ["bb"]])
    assert told == [(2, 3), (3, 3), (3, 3)]


def test_key_tells_engines_directions_and_marks_apart(tmp_path):
    cache = Cache(tmp_path)
    engine = Upper()
    translate_sentences(engine, DIRECTION, [MarkedText("a b", ((0, 1),))], cache=cache)
    for other, direction, sentence in (
        (Upper("other"), DIRECTION, MarkedText("a b", ((0, 1),))),
        (engine, ("xx", "en"), MarkedText("a b", ((0, 1),))),
        (engine, DIRECTION, MarkedText("a b", ((2, 3),))),
    ):
        calls = len(other.calls)
        (found,) = translate_sentences(other, direction, [sentence], cache=cache)
        assert len(other.calls) == calls + 1
        assert found == MarkedText("A B", sentence.spans)
    calls = len(engine.calls)
    assert translate_sentences(engine, DIRECTION, [MarkedText("a b", ((0, 1),))], cache=cache)[0].spans == (
        (0, 1),
    )
    assert len(engine.calls) == calls


def test_an_engine_that_dies_loses_nothing(tmp_path):
    sentences = [MarkedText("x" * n) for n in range(1, 9)]
    engine = Upper(fail_at="x" * 7)
    with pytest.raises(XnerError, match="X209.*died.*is kept"):
        translate_sentences(engine, DIRECTION, sentences, cache=Cache(tmp_path), batch_size=2)
    again = Upper()
    translate_sentences(again, DIRECTION, sentences, cache=Cache(tmp_path), batch_size=2)
    assert again.calls == [["x" * 7, "x" * 8]]
    # Without --resume everything is done anew, and kept for the next.
    fresh = Upper()
    cache = Cache(tmp_path, resume=False)
    for _ in range(2):
        translate_sentences(fresh, DIRECTION, sentences, cache=cache, batch_size=2)
    assert len(fresh.calls) == 4


def test_cache(tmp_path):
    cache = Cache(tmp_path / "new" / "folder")
    many = {make_key("k", i): [i, "é"] for i in range(1200)}
    cache.put(many)
    cache.close()
    assert Cache(tmp_path / "new" / "folder").get([*many, "unknown"]) == many
    assert make_key("a", "bc") != make_key("ab", "c")
    (tmp_path / "file").write_text("x")
    with pytest.raises(XnerError, match="X112.*file"):
        Cache(tmp_path / "file")
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(XnerError, match="X216.*sqlite.*Remove the file"):
        Cache(tmp_path)


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(TypeError):
        cache.put({"a": 1, "b": object()})
    assert cache.get(["a"]) == {}
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("DROP TABLE results")
    with pytest.raises(XnerError, match="X216"):
        cache.put({"a": 1})


@pytest.fixture
def slow_engine(tmp_path):
    """The path of a config with an engine of 2 ms a sentence."""
    registry.misc.register("test.Upper.v1", func=lambda: lambda source, target: Upper(seconds=0.002))
    path = tmp_path / "engine.cfg"
    path.write_text('[translator]\n@misc = "test.Upper.v1"\n', encoding="utf8")
    return path


def run(*args) -> None:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output


def run_and_kill(args, seconds: float) -> bool:
    """Run a command in a process that is killed after some time. RETURNS (bool): whether it was killed."""
    pid = os.fork()
    if not pid:
        tqdm.set_lock(threading.RLock())  # it would die with the lock that all forked processes share
        code = 1
        try:
            run(*args)
            code = 0
        finally:
            os._exit(code)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def snapshot(folder: Path):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.spacy")}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("command", ["translate", "project"])
def test_killed_at_ten_moments(tmp_path, slow_engine, command):
    words = [f"w{k}" for k in range(400)]
    source = [
        make_doc(VOCAB, f"Ana met {word} here", [(0, 1, "PER")], group=f"g{k}", language="en")
        for k, word in enumerate(words)
    ]
    target = [
        make_doc(VOCAB, f"{word.upper()} ANA", None, group=f"g{k}", language="de")
        for k, word in enumerate(words)
    ]
    save_corpus(tmp_path / "source.spacy", source)
    save_corpus(tmp_path / "target.spacy", target)

    def args(name: str):
        cache = ("--engine", slow_engine, "--cache", tmp_path / f"cache-{name}", "--resume")
        if command == "translate":
            return ("translate", tmp_path / "source.spacy", tmp_path / name, "--targets", "de", *cache)
        files = (tmp_path / "source.spacy", tmp_path / "target.spacy", tmp_path / name / "kept.spacy")
        return (
            "project",
            *files,
            "--source",
            "en",
            "--targets",
            "de",
            "--dropped",
            tmp_path / name / "d.spacy",
            *cache,
        )

    start = time.perf_counter()
    run(*args("whole"))
    seconds = time.perf_counter() - start
    rng = random.Random(command)
    killed = [run_and_kill(args("killed"), rng.uniform(0.0, seconds)) for _ in range(10)]
    assert any(killed)
    run(*args("killed"))
    whole = snapshot(tmp_path / "whole")
    assert whole and snapshot(tmp_path / "killed") == whole


def test_shards_are_the_whole(tmp_path, slow_engine):
    docs = [make_doc(VOCAB, f"Ana w{k}", [(0, 1, "PER")]) for k in range(7)]
    save_corpus(tmp_path / "s.spacy", docs)
    common = ("--targets", "de", "--engine", slow_engine, "--cache", tmp_path / "cache", "--held-out", 0)
    run("translate", tmp_path / "s.spacy", tmp_path / "whole", *common)
    for part in (1, 2, 3):
        run("translate", tmp_path / "s.spacy", tmp_path / "parts", *common, "--shard", f"{part}/3")
    read = {}
    for name in ("whole", "parts"):
        read[name] = sorted(
            (doc.user_data["xner"]["group"], doc.text) for doc in read_docs(tmp_path / name, VOCAB)
        )
    # Sentences without groups of their own are told apart, too.
    assert read["whole"] == read["parts"] and len(read["whole"]) == 28
    assert len({group for group, _ in read["whole"]}) == 7
    # The whole and its parts never lie side by side.
    run("translate", tmp_path / "s.spacy", tmp_path / "parts", *common)
    assert [path.name for path in (tmp_path / "parts/train").iterdir()] == ["de.spacy"]
    result = CliRunner().invoke(app, ["translate", "a", "b", "-t", "de", "-e", "memory", "--shard", "4/3"])
    assert result.exit_code == 1 and "X306" in result.output


def test_translations_in_the_wrong_language_are_left_out(tmp_path):
    pytest.importorskip("py3langid", reason="pip install '.[langid]'")
    pairs = {
        "the first sentence": "El presidente visitó ayer la ciudad de Madrid .",
        "the second sentence": "The president visited the city of Madrid yesterday .",
    }
    (tmp_path / "m.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in pairs.items()), encoding="utf8")
    save_corpus(tmp_path / "s.spacy", [make_doc(VOCAB, text, language="en") for text in pairs])
    command = ("translate", tmp_path / "s.spacy", tmp_path / "out", "-t", "es", "-m", tmp_path / "m.tsv")
    run(*command, "--check-language", "--views", "t", "--held-out", 0, "--cache", tmp_path / "cache")
    (doc,) = read_docs(tmp_path / "out", VOCAB)
    assert doc.text.startswith("El presidente")


def test_a_locked_cache_is_not_called_damaged(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    cache.connection.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(XnerError, match="X217.*locked.*nothing is lost"):
            cache.put({"a": 1})
        with pytest.raises(XnerError, match="X217"):
            cache.get(["a"])
        other.execute("ROLLBACK")
    cache.put({"a": 1})
    assert cache.get(["a"]) == {"a": 1}


def test_an_engine_out_of_memory():
    engine = Upper()
    engine.translate = lambda sentences: (_ for _ in ()).throw(RuntimeError("CUDA out of memory.\nTried"))
    with pytest.raises(XnerError, match="X209.*upper.*CUDA out of memory.*is kept"):
        translate_sentences(engine, DIRECTION, [MarkedText("a")])
