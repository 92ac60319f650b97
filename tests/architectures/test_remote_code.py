"""Python code that comes with a model is never run, whoever answers "y" when transformers would ask."""

import io
import os
import shutil
import subprocess
import sys

import pytest
import srsly

from spacy_xner.architectures.encoder import build_encoder
from spacy_xner.encoders.source import load_encoder
from spacy_xner.errors import XnerError
from spacy_xner.translation.engines.families import load_tokenizer
from spacy_xner.translation.engines.seq2seq import load_model

CODE = """
from pathlib import Path
from transformers import BertConfig, BertForMaskedLM, BertModel, BertTokenizerFast
Path({marker!r}).touch()
class Config(BertConfig):
    model_type = "custom"
class Model(BertModel):
    pass
class Tokenizer(BertTokenizerFast):
    pass
"""
# What is changed in the folder of a model, and what transformers loads with the code then.
CHANGES = {
    "config": ("config.json", {"model_type": "custom", "auto_map": {"AutoConfig": "own.Config"}}),
    "tokenizer": (
        "tokenizer_config.json",
        {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": [None, "own.Tokenizer"]}},
    ),
    "model": ("config.json", {"model_type": "trocr", "auto_map": {"AutoModel": "own.Model"}}),
    "translator": ("config.json", {"auto_map": {"AutoModelForSeq2SeqLM": "own.Model"}}),
}
# Loads each folder as transformers does without being told not to run code; what comes of it does not matter.
PLAIN = """
import contextlib, sys, transformers
for name, folder in zip(sys.argv[1::2], sys.argv[2::2]):
    with contextlib.suppress(ValueError):
        getattr(transformers, name).from_pretrained(folder)
"""
AUTOS = {
    "config": "AutoConfig",
    "tokenizer": "AutoTokenizer",
    "model": "AutoModel",
    "translator": "AutoModelForSeq2SeqLM",
}


def initialize(name):
    build_encoder(name).initialize()


@pytest.fixture(autouse=True)
def answer(monkeypatch, tmp_path):
    """Answer "y", and keep what transformers copies of the code in a folder of its own."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 9))
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr("sys.path", list(sys.path))
    yield
    for name in [name for name in sys.modules if name.startswith("transformers_modules")]:
        del sys.modules[name]


@pytest.fixture
def make_folder(tiny_transformer, tmp_path):
    def make(change):
        folder = tmp_path / f"with_{change}"
        shutil.copytree(tiny_transformer, folder)
        name, changed = CHANGES[change]
        srsly.write_json(folder / name, {**srsly.read_json(folder / name), **changed})
        (folder / "own.py").write_text(CODE.format(marker=str(tmp_path / f"ran_{change}")))
        return folder

    return make


def test_without_refusal_the_code_runs(make_folder, tmp_path):
    """What the other tests rely on: transformers asks, and runs the code if it is told to."""
    arguments = [part for change, auto in AUTOS.items() for part in (auto, make_folder(change))]
    environment = {**os.environ, "HF_MODULES_CACHE": str(tmp_path / "modules")}
    subprocess.run(
        [sys.executable, "-c", PLAIN, *arguments], input="y\n" * 9, text=True, env=environment, check=True
    )
    for change in AUTOS:
        assert (tmp_path / f"ran_{change}").exists()


@pytest.mark.parametrize(
    "load, code, change",
    [
        (load_encoder, "X186", "config"),
        (load_encoder, "X186", "tokenizer"),
        (load_encoder, "X186", "model"),
        (initialize, "X010", "config"),
        (initialize, "X010", "tokenizer"),
        (initialize, "X010", "model"),
        (load_tokenizer, "X207", "tokenizer"),
        (load_model, "X207", "config"),
        (load_model, "X207", "translator"),
    ],
)
def test_code_of_a_model_is_refused(load, code, change, make_folder, tmp_path):
    with pytest.raises(
        XnerError, match=rf"\[{code}\].*: it needs Python code of its own, which is never run\."
    ):
        load(str(make_folder(change)))
    assert not list(tmp_path.glob("ran_*"))


@pytest.mark.parametrize("part", ["config", "tokenizer"])
def test_code_in_saved_weights_is_refused(part, tiny_transformer, make_folder, tmp_path):
    model = build_encoder(tiny_transformer)
    model.initialize()
    told = srsly.msgpack_loads(model.to_bytes())
    shim = srsly.msgpack_loads(told["shims"][1][0])
    folder = make_folder(part)
    if part == "config":
        shim["config"].update(CHANGES["config"][1])
    shim["tokenizer"]["own.py"] = (folder / "own.py").read_bytes()
    shim["tokenizer"]["tokenizer_config.json"] = (folder / "tokenizer_config.json").read_bytes()
    told["shims"][1][0] = srsly.msgpack_dumps(shim)
    with pytest.raises(ValueError, match="Python code of its own"):
        build_encoder(tiny_transformer).from_bytes(srsly.msgpack_dumps(told))
    assert not list(tmp_path.glob("ran_*"))


@pytest.mark.parametrize("option", ["transformer_config", "tokenizer_config"])
def test_setting_is_refused(option, tiny_transformer):
    with pytest.raises(XnerError, match=f"X037.*'{option}' sets 'trust_remote_code'"):
        build_encoder(tiny_transformer, **{option: {"trust_remote_code": True}})
    build_encoder(tiny_transformer, **{option: {"trust_remote_code": False}}).initialize()
