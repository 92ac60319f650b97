"""What encoders compute in: float32, or bfloat16 where the processor does so natively."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import spacy
import torch
from thinc.api import Adam
from tiny import SENTENCES
from util import make_encoder

from spacy_xner.architectures import precision as module
from spacy_xner.architectures.precision import use_bfloat16
from spacy_xner.errors import XnerError

CPU = torch.device("cpu")


@pytest.fixture
def docs():
    return [spacy.blank("xx").make_doc(text) for text in SENTENCES]


@pytest.fixture
def able(monkeypatch):
    """A processor that computes in bfloat16, which torch emulates where this one does not."""
    monkeypatch.setattr(module, "has_bfloat16", lambda device: True)


@pytest.fixture
def unable(monkeypatch):
    monkeypatch.setattr(module, "has_bfloat16", lambda device: False)


def cosine(X, Y):
    return float((X * Y).sum() / numpy.linalg.norm(X) / numpy.linalg.norm(Y))


def test_setting_and_processor(able):
    assert use_bfloat16("auto", CPU) and use_bfloat16("bfloat16", CPU)
    assert not use_bfloat16("float32", CPU)


def test_no_bfloat16(unable, docs, tiny_transformer):
    assert not use_bfloat16("auto", CPU)
    with pytest.raises(XnerError, match="X033"):
        make_encoder(tiny_transformer, precision="bfloat16").predict(docs)


def test_this_processor_says_what_its_flags_say():
    told = Path("/proc/cpuinfo")
    flags = told.read_text(encoding="utf8") if told.is_file() else ""
    if "flags" not in flags:
        pytest.skip("nothing tells the flags of an x86 processor")
    code = "from spacy_xner.architectures.precision import has_bfloat16; print(has_bfloat16('cpu'))"
    env = {**os.environ, "ONEDNN_MAX_CPU_ISA": "ALL"}
    found = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str("avx512_bf16" in flags or "amx_bf16" in flags)


def test_logged_once(able, caplog, monkeypatch):
    module._log_choice.cache_clear()
    monkeypatch.setattr(logging.getLogger("spacy"), "propagate", True)
    with caplog.at_level(logging.INFO, logger="spacy"):
        for _ in range(3):
            use_bfloat16("auto", CPU)
    assert [record.message for record in caplog.records] == [
        "Encoders compute in bfloat16: this CPU has bfloat16."
    ]


@pytest.mark.parametrize("fixture", ["tiny_transformer", "tiny_roberta", "tiny_xlmr"])
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_predictions_agree(fixture, pooling, able, docs, request):
    name = request.getfixturevalue(fixture)
    plain, half = (make_encoder(name, precision=p, pooling=pooling) for p in ("float32", "auto"))
    for X, Y in zip(plain.predict(docs), half.predict(docs), strict=True):
        assert Y.dtype == "float32" and X.shape == Y.shape
        assert (X != Y).any() and cosine(X, Y) > 0.999


def test_copy_follows_the_weights(able, docs, tiny_transformer):
    model = make_encoder(tiny_transformer)
    transformer = model.get_ref("transformer").shims[0]._model
    before = model.predict(docs)
    assert all(p.dtype == torch.float32 for p in transformer.parameters())
    Ys, backprop = model.begin_update(docs)
    backprop([numpy.ones_like(Y) for Y in Ys])
    model.finish_update(Adam(0.1))
    after = model.predict(docs)
    assert numpy.abs(after[0] - before[0]).max() > 0.1
    model.from_bytes(make_encoder(tiny_transformer).to_bytes())
    assert (model.predict(docs)[0] == before[0]).all()


def test_training_keeps_float32_weights(able, docs, tiny_transformer):
    settings = {"transformer_config": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}}
    gradients = []
    for precision in ("float32", "auto"):
        model = make_encoder(tiny_transformer, precision=precision, **settings)
        Ys, backprop = model.begin_update(docs)
        assert all(Y.dtype == "float32" for Y in Ys)
        backprop(Ys)
        weights = dict(model.get_ref("transformer").shims[0]._model.named_parameters())
        gradients.append({name: w.grad for name, w in weights.items() if w.grad is not None})
        assert all(w.dtype == torch.float32 for w in weights.values())
    plain, half = gradients
    assert plain.keys() == half.keys()
    flat = [torch.cat([grads[name].flatten() for name in plain]).numpy() for grads in gradients]
    assert (flat[0] != flat[1]).any() and cosine(*flat) > 0.99


@pytest.mark.parametrize("store", ["float32", "float16"])
def test_stored_in_half(store, docs, tiny_transformer):
    whole = make_encoder(tiny_transformer)
    saved = make_encoder(tiny_transformer, store=store).to_bytes()
    loaded = make_encoder(tiny_transformer).from_bytes(saved)
    weights = loaded.get_ref("transformer").shims[0]._model.state_dict()
    assert all(w.dtype == torch.float32 for w in weights.values() if w.is_floating_point())
    for X, Y in zip(whole.predict(docs), loaded.predict(docs), strict=True):
        assert (X == Y).all() == (store == "float32") and cosine(X, Y) > 0.99999
    if store == "float16":
        assert len(saved) < 0.8 * len(whole.to_bytes())
        again = make_encoder(tiny_transformer).from_bytes(
            make_encoder(tiny_transformer, store=store).from_bytes(saved).to_bytes()
        )
        assert (again.predict(docs)[0] == loaded.predict(docs)[0]).all()
