"""The whole way with a real engine: our sample sentences through Apertium, with a record of every entity."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.metadata import get_provenance, get_view
from spacy_xner.tokenizer import get_blank

ROOT = Path(__file__).parents[2]
VOCAB = get_blank().vocab

pytestmark = pytest.mark.skipif(
    shutil.which("apertium") is None,
    reason="Apertium is not installed: apt-get install apertium apertium-eng-spa",
)


def run(*args) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> Path:
    """The 200 English and 200 Spanish sentences of the sample."""
    folder = tmp_path_factory.mktemp("apertium")
    for language in ("en", "es"):
        docs = []
        for split in ("train", "dev", "test"):
            run(
                "convert",
                ROOT / f"assets/{split}.{language}.jsonl",
                folder / "part.spacy",
                "--lang",
                language,
            )
            docs += read_docs(folder / "part.spacy", VOCAB)
        (folder / "part.spacy").unlink()
        write_docs(folder / f"{language}.spacy", docs)
        assert len(docs) == 200
    return folder


def test_every_mark_is_kept_or_its_loss_recorded(corpora):
    source = list(read_docs(corpora / "en.spacy", VOCAB))
    n_entities = sum(len(doc.ents) for doc in source)
    options = ("--targets", "es", "--engine", "apertium", "--views", "s,t", "--held-out", 0)
    files = (corpora / "en.spacy", corpora / "views", "--lexicon", ROOT / "assets/gazetteer.tsv")
    output = run("translate", *files, *options, "--cache", corpora / "cache")
    assert "GPL-2.0-or-later" in output
    docs = list(read_docs(corpora / "views/train", VOCAB))
    translated = [doc for doc in docs if get_view(doc) == "t"]
    found: Counter = Counter()
    for doc in translated:
        ways = get_provenance(doc)["found"]
        assert len(ways) == len(doc.ents)
        found.update(ways)
    # Scattered marks are tried again with brackets; what is lost even so is counted, and its sentence left out.
    left_out = 200 - len(translated)
    assert f"{len(translated)} of 200 sentences kept" in output
    assert left_out <= 1 and (left_out == 0 or f"{left_out} entity not found" in output)
    assert found["mark"] >= 0.99 * n_entities and found.total() == sum(len(doc.ents) for doc in translated)
    labels = Counter(ent.label_ for doc in translated for ent in doc.ents)
    assert set(labels) == {"LOC", "MISC", "ORG", "PER"}


def test_there_and_back(corpora):
    """CROP's projection: tagged translations go back with marks, and their entities are found in the raw text."""
    options = ("--engine", "apertium", "--cache", corpora / "cache")
    report = corpora / "report.json"
    output = run(
        *("project", corpora / "en.spacy", corpora / "es.spacy", corpora / "kept.spacy", *options),
        *("--source", "en", "--targets", "es", "--dropped", corpora / "dropped.spacy", "--report", report),
    )
    kept, dropped = (list(read_docs(corpora / f"{name}.spacy", VOCAB)) for name in ("kept", "dropped"))
    assert len(kept) + len(dropped) == 200 and len(kept) >= 60, output
    counts = json.loads(report.read_text())["es"]
    assert counts["sentences"]["kept"] == len(kept)
    # The sample's Spanish has gold labels, which projection does not read: what it finds agrees with them.
    gold = {
        doc.text: {(ent.start, ent.end, ent.label_) for ent in doc.ents}
        for doc in read_docs(corpora / "es.spacy", VOCAB)
    }
    right = sum(len({(ent.start, ent.end, ent.label_) for ent in doc.ents} & gold[doc.text]) for doc in kept)
    assert right >= 0.9 * sum(len(doc.ents) for doc in kept)
