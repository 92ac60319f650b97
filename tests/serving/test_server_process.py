"""The server's processes with a real pipeline: loading, recognising, signals, ends."""

import asyncio
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from util import SENTENCES, run_xner

TEXTS = [text for text, _ in SENTENCES]


@pytest.fixture
def worker(model):
    from spacy_xner.serving.worker import Duty, ServerWorker

    made = ServerWorker(Duty({"one": model}, threshold=0.1))
    yield made
    made.stop()


def ask(worker: Any, *texts: str, languages: Any = None) -> Any:
    return asyncio.run(worker.ask("one", texts, languages or [None] * len(texts), 60))


def test_process(worker, model):
    """It finds what the pipeline finds; a signal to all processes leaves it alone; a dead one is started anew."""
    import spacy

    from spacy_xner.serving.worker import WorkerDied

    with pytest.raises(WorkerDied):  # nothing is started yet
        ask(worker, "so it goes")
    told = worker.start()
    assert told["one"].threshold == 0.1 and told["one"].labels == ["LOC", "PER"]
    for name in (signal.SIGTERM, signal.SIGINT):
        os.kill(worker._process.pid, name)
    found = ask(worker, *TEXTS, languages=["en", None])
    expected = [spacy.load(model)(text) for text in TEXTS]
    for document, doc in zip(found, expected, strict=True):
        assert [(e["text"], e["label"]) for e in document["entities"]] == [
            (ent.text, ent.label_) for ent in doc.ents
        ]
        assert [e["score"] for e in document["entities"]] == pytest.approx(
            doc.spans["xner"].attrs["scores"], abs=1e-4
        )
    os.kill(worker._process.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        ask(worker, "so it goes")
    worker.kill()
    with ThreadPoolExecutor(1) as thread:
        old, starting = worker._process, thread.submit(worker.restart)
        while worker._process is old or worker._process.pid is None:
            time.sleep(0.001)
            assert not starting.done()
        for name in (signal.SIGTERM, signal.SIGINT):  # long before it can ignore them
            os.kill(worker._process.pid, name)
        starting.result()
    assert len(ask(worker, TEXTS[0])) == 1
    process = worker._process
    worker.stop()
    assert not process.is_alive()


def test_a_process_that_does_not_answer_in_time(worker):
    from spacy_xner.serving.worker import WorkerDied

    class Silent:
        def send(self, job: Any) -> None: ...

        def poll(self, timeout: float) -> bool:
            return False

        def close(self) -> None: ...

    worker._connection = Silent()
    with pytest.raises(WorkerDied):
        ask(worker, "a")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_processes_of_a_dead_server_end(model):
    from tests.serving.load import Server

    with Server(model) as server:
        (_, *others) = server.list_processes()
        assert others
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        for _ in range(100):
            if not any(Path(f"/proc/{pid}/stat").exists() and is_ours(pid) for pid in others):
                return
            asyncio.run(asyncio.sleep(0.1))
    raise AssertionError("they are still there")


def is_ours(pid: int) -> bool:
    """RETURNS (bool): whether a process runs Python, and is not only waited for."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def test_a_pipeline_that_cant_be_loaded(tmp_path):
    from spacy_xner.errors import XnerError
    from spacy_xner.serving.limits import ServerLimits
    from spacy_xner.serving.metrics import Metrics
    from spacy_xner.serving.pool import ServerPool
    from spacy_xner.serving.worker import Duty, ServerWorker

    (tmp_path / "config.cfg").write_text("[nlp")
    pool = ServerPool([ServerWorker(Duty({"one": str(tmp_path)}))], ServerLimits(), Metrics())
    with pytest.raises(XnerError, match="X304"):
        pool.load()
    assert pool.n_ready == 0 and not pool.workers[0]._process.is_alive()


# What runs in the process, without one.


def test_a_component_that_fails(model, monkeypatch):
    """One text of several: the others are recognised, and of the error only its kind is told."""
    from spacy_xner.serving.pipelines import Pipelines

    pipelines = Pipelines({"one": model})
    nlp = pipelines.loaded["one"]
    tokenizer = nlp.tokenizer

    def tokenize(text: str) -> Any:
        if text == "secret":
            raise LookupError(text)
        return tokenizer(text)

    monkeypatch.setattr(nlp, "tokenizer", tokenize)
    found = pipelines.recognise("one", [TEXTS[0], "secret", "", TEXTS[1]], 4 * [None])
    assert found[1] == "LookupError" and found[2] == {"direction": "ltr", "entities": []}
    assert [len(found[k]["entities"]) for k in (0, 3)] == [3, 1]


def test_a_component_that_leaves_texts_out(model, monkeypatch):
    """As spaCy's own error handlers do with what can't be processed."""
    from spacy_xner.serving.pipelines import Pipelines

    pipelines = Pipelines({"one": model})
    nlp = pipelines.loaded["one"]
    pipe = nlp.pipe
    monkeypatch.setattr(
        nlp, "pipe", lambda docs, **settings: (d for d in pipe(docs, **settings) if d.text != "secret")
    )
    found = pipelines.recognise("one", [TEXTS[0], "secret", TEXTS[1]], 3 * [None])
    assert found[1] == "ValueError" and [len(found[k]["entities"]) for k in (0, 2)] == [3, 1]


def test_the_vocabulary_does_not_grow(model):
    from spacy_xner.serving.pipelines import Pipelines

    pipelines = Pipelines({"one": model})
    vocab = pipelines.loaded["one"].vocab
    pipelines.recognise("one", ["so it goes"], ["en"])
    before = len(vocab.strings)
    for k in range(20):
        pipelines.recognise("one", [f"word{k} name{k}" for _ in range(5)], 5 * ["en"])
    assert len(vocab.strings) == before


def test_language_and_direction(model):
    from spacy_xner.metadata import get_language
    from spacy_xner.serving.pipelines import Pipelines

    pipelines = Pipelines({"one": model})
    nlp, seen = pipelines.loaded["one"], []
    pipe = nlp.pipe

    def watch(docs: Any, **settings: Any) -> Any:
        docs = list(docs)
        seen.extend(get_language(doc) for doc in docs)
        return pipe(docs, **settings)

    nlp.pipe = watch
    found = pipelines.recognise("one", ["زارت القاهرة", "EU"], ["ar", None])
    assert seen == ["ar", ""] and [document["direction"] for document in found] == ["rtl", "ltr"]


# The command.


def test_names_of_pipelines(model, tmp_path):
    from spacy_xner.cli.serve import name_models
    from spacy_xner.errors import XnerError

    other = tmp_path / "a=b" / "model-best"
    other.mkdir(parents=True)
    assert name_models([model]) == {"/".join(Path(model).parts[-2:]): model}
    assert name_models([f"x={model}", str(other)]) == {"x": model, f"{tmp_path.name}/a=b": str(other)}
    for models, code in (
        ([f"x={model}", f"x={other}"], "X306"),
        ([model, model], "X306"),
        (["none"], "X304"),
        (["x=none"], "X304"),
    ):
        with pytest.raises(XnerError, match=code):
            name_models(models)


def test_an_address_that_others_have(model):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        printed = run_xner("serve", model, "--port", taken.getsockname()[1], code=1)
    assert "[X330]" in printed and "--port" in printed
    assert "[X330]" in run_xner("serve", model, "--host", "no.such.name.invalid", code=1)


def test_a_threshold_that_is_none(model):
    assert run_xner("serve", model, "--threshold", 2, code=2)
    assert run_xner("serve", model, "--timeout", 0, code=2)


def test_what_has_to_be_installed(model, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("spacy_xner.serving.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    printed = run_xner("serve", model, code=1)
    assert "[X125]" in printed and "uvicorn" in printed and "'fastapi>=0.110'" in printed
