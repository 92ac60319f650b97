"""What a GPU computes is what the CPU computes."""

from pathlib import Path

import numpy
import pytest
import torch
from thinc.api import NumpyOps, get_current_ops, set_current_ops
from torch_parts import backward, make_parts
from trainings import ADAMW, THINC, train_and_kill, write_config
from util import get_weights, make_docs, run_xner, save_corpus

from benchmarks.costs.command import PRECISIONS, Setting
from benchmarks.costs.methods import list_stages
from benchmarks.costs.sample import make_pipeline
from benchmarks.costs.stages import Training
from spacy_xner.corpora.store import read_docs
from spacy_xner.metadata import get_soft_labels
from spacy_xner.pipeline import find_component, load_pipeline, use_gpu
from spacy_xner.teaching.teach import teach_corpus
from spacy_xner.tokenizer import get_blank
from spacy_xner.training.adamw import create_adamw

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
]
GPU = 0
CONFIGS = Path(__file__).parents[2] / "configs"
STAGES = list_stages()


@pytest.fixture(autouse=True)
def gpu():
    ops, rounds = get_current_ops(), torch.backends.cudnn.allow_tf32
    use_gpu(GPU)
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = rounds
    set_current_ops(ops)


@pytest.fixture
def docs():
    return make_docs(get_blank().vocab)


@pytest.fixture(params=["hash", "transformer"])
def encoder(request, tiny_transformer):
    return "hash" if request.param == "hash" else tiny_transformer


def predict(nlp, docs):
    """The outputs for all documents, one array each."""
    found = find_component(nlp).predict([doc.copy() for doc in docs])
    return {name: numpy.concatenate([values.ravel() for values in arrays]) for name, arrays in found.items()}


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_trains_and_predicts_as_on_the_cpu(name, encoder, docs):
    stage = STAGES[name]
    settings = {"vars.encoder": encoder, **stage.settings}
    training = Training(stage, docs, {"vars.encoder": encoder})
    for _ in range(2):
        assert training.epoch() > 0
    found = predict(training.nlp, docs)
    assert all(numpy.isfinite(values).all() for values in found.values())
    saved = training.nlp.to_bytes()
    set_current_ops(NumpyOps())
    on_cpu = make_pipeline(stage.config, settings, docs).from_bytes(saved)
    expected = predict(on_cpu, docs)
    assert found.keys() == expected.keys()
    for output, values in expected.items():
        numpy.testing.assert_allclose(found[output], values, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_trains_in_bf16(name, docs, tiny_transformer):
    stage = STAGES[name]
    found = {}
    for precision in PRECISIONS:
        settings = Setting("tiny", tiny_transformer, precision).overrides(stage.config)
        training = Training(stage, docs, settings)
        found[precision] = predict(training.nlp, docs)
        before = get_weights(training.nlp)
        training.epoch()
        assert get_weights(training.nlp) != before
        assert all(numpy.isfinite(values).all() for values in predict(training.nlp, docs).values())
    for output, values in found["fp32"].items():
        numpy.testing.assert_allclose(found["bf16"][output], values, atol=0.1, rtol=0.1)


def test_taught_distributions_are_those_of_the_cpu(encoder, docs, tmp_path):
    nlp = make_pipeline(CONFIGS / "dualner.cfg", {"vars.encoder": encoder}, docs)
    saved = nlp.to_bytes()
    corpus = save_corpus(tmp_path / "docs.spacy", docs)
    found = list(teach_corpus(nlp, corpus, names={"labels": "labels"}))
    set_current_ops(NumpyOps())
    on_cpu = make_pipeline(CONFIGS / "dualner.cfg", {"vars.encoder": encoder}, docs).from_bytes(saved)
    for doc, other in zip(found, teach_corpus(on_cpu, corpus, names={"labels": "labels"}), strict=True):
        numpy.testing.assert_allclose(
            numpy.exp(get_soft_labels(doc, "labels").logp),
            numpy.exp(get_soft_labels(other, "labels").logp),
            atol=5e-3,
        )


def test_a_copy_of_a_component_predicts_the_same(encoder, docs):
    """What takes the teacher's place in a training; and what a checkpoint keeps of it."""
    nlp = make_pipeline(CONFIGS / "dualner.cfg", {"vars.encoder": encoder}, docs)
    pipe = find_component(nlp)
    other = pipe.copy()
    other.model.from_bytes(pipe.model.to_bytes())
    expected = pipe.predict([doc.copy() for doc in docs])
    for name, arrays in other.predict([doc.copy() for doc in docs]).items():
        for values, wanted in zip(arrays, expected[name], strict=True):
            numpy.testing.assert_allclose(values, wanted, atol=1e-5)


def test_a_pipeline_of_the_gpu_goes_to_the_cpu_and_back(encoder, docs, tmp_path):
    nlp = make_pipeline(CONFIGS / "mcl.cfg", {"vars.encoder": encoder}, docs)
    expected = predict(nlp, docs)
    nlp.to_disk(tmp_path / "gpu")
    set_current_ops(NumpyOps())
    load_pipeline(str(tmp_path / "gpu")).to_disk(tmp_path / "cpu")
    use_gpu(GPU)
    for output, values in predict(load_pipeline(str(tmp_path / "cpu")), docs).items():
        numpy.testing.assert_allclose(values, expected[output], atol=1e-5)


def test_updates_in_torch_as_on_the_cpu():
    found = []
    for device in ("cuda", "cpu"):
        parts = [part._replace(module=part.module.to(device)) for part in make_parts()]
        optimizer = create_adamw(0.01, 0.1)
        for ids in ([0, 2, 2], [2, 4]):
            backward(parts, torch.tensor(ids, device=device))
            optimizer.update_modules(parts)
        found.append(
            {name: value.cpu() for part in parts for name, value in part.module.state_dict().items()}
        )
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", [THINC, ADAMW], ids=["thinc", "torch"])
def test_a_killed_training_goes_on(tmp_path, monkeypatch, settings):
    config = write_config(tmp_path, **settings)
    train_and_kill(monkeypatch, 6, config, "-o", tmp_path / "out", "--resume", "-g", GPU)
    assert "Going on from step 4" in run_xner("train", config, "-o", tmp_path / "out", "--resume", "-g", GPU)
    assert load_pipeline(str(tmp_path / "out" / "model-last"))("Anna lives in Berlin .")


def test_commands(tmp_path, docs):
    make_pipeline(CONFIGS / "dualner.cfg", {"vars.encoder": "hash"}, docs).to_disk(tmp_path / "model")
    corpus = save_corpus(tmp_path / "docs.spacy", docs)
    run_xner("apply", tmp_path / "model", corpus, tmp_path / "applied.spacy", "-g", GPU)
    assert len(list(read_docs(tmp_path / "applied.spacy", get_blank().vocab))) == len(docs)
    assert "F1" in run_xner("evaluate", tmp_path / "model", corpus, "-g", GPU)
