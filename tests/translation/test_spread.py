"""Translation in many processes gives what one gives."""

import subprocess
import sys
from pathlib import Path

import pytest
from util import make_doc, make_nlp, save_corpus

from spacy_xner.errors import XnerError
from spacy_xner.parallel.cluster import run_on_ray
from spacy_xner.parallel.parts import Part, run_here
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.engine import translate_sentences
from spacy_xner.translation.spread import EngineWorker, SpreadTranslator
from spacy_xner.translation.types import MarkedText

DIRECTION = ("en", "de")
SENTENCES = [
    MarkedText("Bob in Rome", ((0, 3), (7, 11))),
    MarkedText("Rome"),
    MarkedText(" "),
    MarkedText("a tree in Rome", ((10, 14),)),
    MarkedText("Rome"),
]


@pytest.fixture
def lexicon(tmp_path) -> Path:
    path = tmp_path / "lexicon.tsv"
    path.write_text("type\ten\tde\nLOC\tRome\tRom\nPER\tBob\tRobert\n", encoding="utf8")
    return path


def backwards(parts, make_work):
    work = make_work()
    return reversed([Part(part.number, work(part.data)) for part in parts])


@pytest.mark.parametrize("run", [run_here, backwards])
def test_spread_is_the_same(lexicon, run):
    worker = EngineWorker("lexicon", (f"path={lexicon}",), DIRECTION, -1)
    engine = worker.make()
    spread = SpreadTranslator(engine, worker, run)
    assert (spread.name, spread.licence) == (engine.name, engine.licence)
    alone = translate_sentences(engine, DIRECTION, SENTENCES, batch_size=1)
    cache, told = Cache(), []

    def translate():
        return translate_sentences(
            spread, DIRECTION, SENTENCES, batch_size=1, cache=cache, progress=lambda *at: told.append(at)
        )

    assert translate() == alone
    assert alone[0] == MarkedText("Robert in Rom", ((0, 6), (10, 13)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert translate() == alone and told[3:] == [(3, 3)]


def test_what_is_done_before_an_error_is_kept(lexicon):
    worker = EngineWorker("lexicon", (f"path={lexicon}",), DIRECTION, -1)

    def dies(parts, make_work):
        part, *_ = parts
        yield Part(part.number, make_work()(part.data))
        raise RuntimeError("out of memory")

    spread, cache = SpreadTranslator(worker.make(), worker, dies), Cache()
    with pytest.raises(XnerError, match="X209.*out of memory"):
        translate_sentences(spread, DIRECTION, SENTENCES, batch_size=1, cache=cache)
    found = []
    spread.run = lambda parts, make_work: found.extend(parts) or []
    translate_sentences(spread, DIRECTION, SENTENCES[1:2], batch_size=1, cache=cache)
    assert found == []


def test_no_such_cluster(monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed")

    def init(address, **settings):
        raise ConnectionError(f"nobody at {address}\nand more")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(XnerError, match="X126.*'head:6379': nobody at head:6379. Check"):
        list(run_on_ray("head:6379")([Part(0, b"")], lambda: bytes.upper))


def test_translate_by_ray(lexicon, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    vocab = make_nlp().vocab
    docs = [make_doc(vocab, f"Bob met {i} in Rome", [(4, 5, "LOC")], group=str(i)) for i in range(150)]
    save_corpus(tmp_path / "train.spacy", docs)
    for name, options in (("one", []), ("two", ["--ray", "--workers", "2"])):
        command = [sys.executable, "-m", "spacy", "xner", "translate", "train.spacy", name, "--targets", "de"]
        engine = ["--engine", "lexicon", "--set", f"path={lexicon.name}", "--cache", f"{name}-cache"]
        done = subprocess.run(
            [*command, *engine, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
    one, two = (sorted((tmp_path / name).rglob("*.spacy")) for name in ("one", "two"))
    assert len(one) == 2 and [path.name for path in one] == [path.name for path in two]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
