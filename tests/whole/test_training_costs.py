"""`benchmarks/training.py` and `benchmarks/long_document.py` measure what they say; what it costs is not tested."""

import sys
from pathlib import Path
from typing import List

import pytest
import srsly
import torch
from spacy.tokens import Doc
from spacy.util import load_config

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.metadata import get_soft_labels
from spacy_xner.pipeline import find_component
from spacy_xner.tokenizer import get_blank

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from gpu_table import main as print_tables  # noqa: E402
from long_document import make_docs  # noqa: E402
from sample import SYSTEMS, find_config, make_pipeline, store_gold  # noqa: E402
from torch_loop import Recorder, TorchLoop, compare_by_turns  # noqa: E402
from training import METHODS, STAGES, Training, compare_memory, sum_methods  # noqa: E402

HASH = {"vars.encoder": "hash"}
# Renderings of each sentence that an epoch reads; the others read one.
TEXT = {
    "dlbri_bridge": 2,
    "dlbri_students span": 2,
    "mcl": 2,
    "mcl_selftrain": 3,
    "dualner_student": 2,
    "concner": 2,
    "crop": 2,
}


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> List[Doc]:
    path = tmp_path_factory.mktemp("sample") / "en.spacy"
    convert(ROOT / "assets" / "train.en.jsonl", path, language="en", limit=12)
    return list(read_docs(path, get_blank().vocab))


@pytest.mark.parametrize("name", STAGES)
def test_every_objective_of_a_stage_is_measured(name, docs):
    stage = STAGES[name]
    assert stage.corpora.keys() <= load_config(find_config(stage.config))["paths"].keys()
    training = Training(stage, docs, HASH)
    assert len(training.examples) == TEXT.get(name, 1) * len(docs)
    assert training.epoch() > 0
    wanted = {name for name, objective in training.pipe.objectives.items() if objective.weight}
    assert wanted and training.active.keys() == wanted


def test_a_torch_loop_gets_the_same_batches(docs, tiny_transformer):
    settings = {"vars.encoder": tiny_transformer, "training.batcher.size": 8}
    training = Training(STAGES["source_only"], docs, settings)
    recorder = Recorder(training.pipe)
    training.epoch()
    assert recorder.seconds > 0
    updates = recorder.take()
    assert len(updates) == 2 and recorder.updates == [[]]
    windows = sum(len(inputs["input_ids"]) for batches in updates for inputs in batches)
    assert windows >= len(docs)
    loop = TorchLoop(tiny_transformer, "fp32", torch.device("cpu"))
    before = loop.head.weight.detach().clone()
    assert loop.epoch(updates) > 0
    assert not torch.equal(loop.head.weight, before)
    found = compare_by_turns(training, recorder, loop, 1)
    assert found["least"] == found["of_torch"] == found["most"] > 0
    assert 0 < found["update_share"] < 1


def test_memory_is_compared_with_that_of_the_loop():
    place = {"encoder": "small", "precision": "bf16"}
    rows = [
        {**place, "stage": "source_only", "peak_mib": 1500.0},
        {**place, "precision": "fp32", "stage": "source_only", "peak_mib": 9.0},
        {**place, "stage": "crop", "peak_mib": 2.0},
        {**place, "loop": "source_only", "peak_mib": 1000.0},
    ]
    compare_memory(rows)
    assert rows[-1]["memory_of_torch"] == 1.5
    rows.append({**place, "loop": "source_only", "error": "no memory"})
    compare_memory(rows)
    assert "memory_of_torch" not in rows[-1]


def test_an_objective_without_loss_is_an_error(docs):
    stage = STAGES["mcl"]
    with pytest.raises(ValueError, match=r"mcl: objectives without a loss: \['semantic', 'relation'\]"):
        Training(type(stage)("mcl", STAGES["dualner"].corpora), docs, HASH).epoch()


def test_methods_sum_what_their_stages_cost():
    assert {name for method in METHODS.values() for name in method} == STAGES.keys()
    columns = {"encoder": "small", "precision": "fp32"}
    rows = [
        {**columns, "stage": "source_only", "text": 1.0, "of_plain": 1.0},
        {**columns, "stage": "crop", "text": 2.0, "of_plain": 1.5},
        {**columns, "precision": "bf16", "stage": "crop", "text": 2.0, "of_plain": 9.0},
    ]
    expected = [{**columns, "method": "crop", "plain_epochs": 7.0}]
    assert (
        sum_methods(columns, [*rows, {**columns, "stage": "tsl", "error": "no memory"}], ["crop", "tsl"])
        == expected
    )


def test_gold_relations_are_stored_in_the_band(docs):
    nlp = make_pipeline("mcl_selftrain", HASH, docs)
    pipe = find_component(nlp, "mcl_selftrain")
    doc = docs[0].copy()
    store_gold(pipe, doc)
    soft = get_soft_labels(doc, "relation")
    assert soft is not None and soft.logp.shape == (len(doc), pipe.longest + 1, len(soft.classes))
    assert (soft.logp.argmax(axis=-1) > 0).any()


def test_documents_of_a_stream_have_the_length_asked_for(docs, monkeypatch):
    monkeypatch.setattr("long_document.read_sample", lambda **sample: docs)
    nlp = get_blank()
    assert [len(doc) for doc in make_docs(nlp, {}, 500, 200)] == [200, 200, 100]
    words = [token.text for doc in docs for token in doc]
    assert [token.text for token in next(make_docs(nlp, {}, 10**4, 10**4))][: len(words)] == words


def test_systems_are_configs():
    assert all(find_config(config).exists() for config in SYSTEMS.values())


def test_tables_of_the_gpu(tmp_path, capsys):
    assert print_tables(tmp_path) == 1 and "No figures" in capsys.readouterr().out
    place = {"encoder": "small", "peak_mib": 2000.0, "peak_gpu_mib": 1000.0, "words_per_second": 4000.0}
    stage = {"stage": "crop", "of_plain": 1.25}
    rows = {
        "costs": [
            {**place, **stage, "precision": "fp32"},
            {**place, **stage, "precision": "bf16", "of_plain": 1.5},
            {"encoder": "small", "precision": "fp32", "method": "crop", "plain_epochs": 2.5},
        ],
        "speed": [
            {**place, "precision": "fp32", "pipeline": "mcl", "of_encoder": 0.9},
            {**place, "precision": "fp32", "pipeline": "spaCy ner", "of_encoder": 0.3},
            {"encoder": "small", "precision": "fp32", "pipeline": "gliner", "skipped": "no weights"},
        ],
        "stages": [
            {
                **place,
                "precision": "fp32",
                "stage": "mcl",
                "steps": 100,
                "jobs": 4,
                "error": "X008: not finite",
            },
            {**place, "precision": "fp32", "stage": "crop", "steps": 100, "jobs": 4, "seconds": 31.4},
        ],
    }
    for name, found in rows.items():
        srsly.write_json(tmp_path / f"{name}.json", found)
    assert print_tables(tmp_path) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| small")]
    assert lines == [
        "| small | fp32 | crop | 100 | 4 | 31 | 1,000 |",
        "| small | fp32 | mcl | 100 | 4 | X008: not finite |  |",
        "| small | crop | 4,000 | 4,000 | 1.25 | 1.50 | 1,000 | 1,000 |",
        "| small | crop | 2.50 |",
        "| small | mcl | 4,000 | 0.90 | 3.00 |  | 1,000 |",
        "| small | spaCy ner | 4,000 | 0.30 | 1.00 |  | 1,000 |",
    ]
