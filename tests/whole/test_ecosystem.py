"""docs/ecosystem.md: its configs run with the loggers of others, offline, nested entities are spaCy's, its app runs."""

import importlib.util
from pathlib import Path
from typing import List

import pytest
import spacy
from pages import find_blocks
from spacy.util import load_config
from thinc.api import Config
from trained import make_trained
from util import make_docs, run_xner, save_corpus

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "ecosystem.md"
BLOCKS = list(find_blocks(PAGE))
# The chain of loggers with W&B, and MLflow in its place.
LOGGERS = {
    name: block.text
    for name, part in (("wandb", "WandbLogger"), ("mlflow", "MLflowLogger"))
    for block in BLOCKS
    if block.language == "ini" and part in block.text
}
SMALL = ["--vars.encoder", "hash", "--training.max_steps", 4, "--training.eval_frequency", 2]


def write_config(path: Path, *blocks: str) -> Path:
    """Put blocks of the page into a shipped config, in the place of its logger."""
    config = load_config(ROOT / "configs" / "source_only.cfg")
    config["training"]["logger"] = {}
    merged = config.merge(Config().from_str("\n".join(["[training]", *blocks]), interpolate=False))
    merged.to_disk(path)
    return path


@pytest.fixture
def corpus(tmp_path) -> List[object]:
    path = save_corpus(tmp_path / "corpus.spacy", make_docs(spacy.blank("xx").vocab))
    return ["--paths.train", path, "--paths.dev", path]


def test_our_logger_in_a_chain(tmp_path, corpus):
    """With one that needs no package: spaCy's own, into a file."""
    other = '[training.logger.logger2]\n@loggers = "spacy.ConsoleLogger.v3"\nconsole_output = false\n'
    other += f'output_file = "{tmp_path}/console.jsonl"\n'
    chain = LOGGERS["wandb"].partition("[training.logger.logger2]")[0]
    config = write_config(tmp_path / "c.cfg", chain, other)
    printed = run_xner("train", config, "-o", tmp_path / "out", *corpus, *SMALL)
    assert "LOSS XNER" in printed
    for log in (tmp_path / "out" / "log.jsonl", tmp_path / "console.jsonl"):
        assert len(log.read_text(encoding="utf8").splitlines()) == 3


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("name", sorted(LOGGERS))
def test_loggers_of_others(name, tmp_path, corpus, monkeypatch):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    chain = LOGGERS["wandb"].partition("[training.logger.logger2]")[0]
    own = LOGGERS[name].removeprefix(chain)
    config = write_config(tmp_path / "c.cfg", chain, own)
    printed = run_xner("train", config, "-o", tmp_path / "out", *corpus, *SMALL)
    assert "LOSS XNER" in printed
    if name == "wandb":
        assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))
    else:
        import mlflow

        (run,) = mlflow.search_runs(search_all_experiments=True, output_format="list")
        assert run.data.metrics["loss_xner"] > 0 and "score" in run.data.metrics


def test_nested_entities(tmp_path, monkeypatch):
    """The lines of the page on a pipeline that finds nested ones; spaCy renders and scores them."""
    (code,) = [b.text for b in BLOCKS if b.language == "python" and "displacy" in b.text]
    nlp = make_trained("xner_mcl")
    nlp.to_disk(tmp_path / "model")
    load = spacy.load
    drawn: List[str] = []
    render = spacy.displacy.render
    monkeypatch.setattr(spacy, "load", lambda name, **settings: load(tmp_path / "model", **settings))
    monkeypatch.setattr(spacy.displacy, "render", lambda *args, **kw: drawn.append(render(*args, **kw)))
    namespace = {"spacy": spacy}
    exec(compile(code, "ecosystem.md", "exec"), namespace)
    nested, doc = namespace["nlp"], namespace["doc"]
    assert len(doc.spans["xner"]) == len(doc.spans["xner"].attrs["scores"]) and drawn[0].startswith("<div")
    assert nested.config["components"]["xner"]["decoder"]["nested"] is True


def test_app(tmp_path, monkeypatch):
    pytest.importorskip("spacy_streamlit", reason="spacy-streamlit is not installed")
    testing = pytest.importorskip("streamlit.testing.v1", reason="streamlit is not installed")
    (code,) = [b.text for b in BLOCKS if b.language == "python" and "streamlit" in b.text]
    assert len(code.splitlines()) <= 10
    nlp = make_trained("xner")
    nlp.to_disk(tmp_path / "model")
    app = testing.AppTest.from_string(code.replace("xx_xner_mcl", str(tmp_path / "model")))
    app.run(timeout=60)
    assert not app.exception and len(app.table) == 1
