"""Every method of `benchmarks/transfer.py` sets what its configs have. What they score is measured, not tested."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_xner.errors import XnerError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from data import Data, cut_tokens  # noqa: E402
from recipes import METHODS  # noqa: E402
from recording import Record, make_data  # noqa: E402
from stages import Workspace  # noqa: E402


@pytest.fixture
def data() -> Data:
    return make_data()


@pytest.mark.parametrize("encoder", ["hash", "hash+vectors", "xlm-roberta-base"])
@pytest.mark.parametrize("method", METHODS)
def test_every_setting_of_a_method_is_one_of_its_configs(data, method, encoder, tmp_path):
    encoder, _, vectors = encoder.partition("+")
    work = Record(tmp_path, encoder)
    work.static = Path(vectors) if vectors else None
    assert METHODS[method](work, data).name
    assert work.trained


def test_all_encoders_read_vectors(tmp_path):
    work = Workspace(tmp_path, {})
    config = ROOT / "configs" / "dlbri_combine.cfg"
    assert not work.use_static(config)
    work.static = tmp_path
    found = work.use_static(config)
    assert found.pop("paths.vectors") == str(tmp_path)
    assert len(found) == 2 and set(found.values()) == {True}


@pytest.mark.parametrize("method", METHODS)
def test_unlabelled_parallel_text(data, method, tmp_path):
    """Where no labelled sentence has a translation, labelled text is read beside the views."""
    memory = Path("en-es")
    work = Record(tmp_path, "hash")
    METHODS[method](work, replace(data, text=Path("text"), parallel=memory, translated=memory))
    assert work.trained
    if method in ("concner", "tsl-1000"):
        both = method == "concner"
        assert work.settings[0]["paths.train"] == (["train", "views"] if both else "train")
        assert work.settings[0]["vars.views"] == (["", "s", "t"] if both else [""])


def test_chinese_is_cut_as_pipelines_cut_it():
    doc = Doc(spacy.blank("xx").vocab, words=["昨天", "在", "北京", "开会", "iPhone"])
    doc.set_ents([Span(doc, 2, 3, label="LOC")], default="outside")
    copy = cut_tokens(doc)
    assert [token.text for token in copy] == [*"昨天在北京开会", "iPhone"]
    assert [(ent.text, ent.label_) for ent in copy.ents] == [("北京", "LOC")]
    assert copy[0].ent_iob_ == "O" and not cut_tokens(Doc(doc.vocab, words=["北京"])).has_annotation(
        "ENT_IOB"
    )


def test_target_labels_are_read_for_the_upper_bounds_alone(data, monkeypatch, tmp_path):
    labelled = ("target_train", "target_dev")
    for name in labelled:
        monkeypatch.setattr(Data, name, property(lambda self: pytest.fail("read")), raising=False)
    monkeypatch.setattr(Data, "__init__", lambda self, **fields: self.__dict__.update(fields))
    blind = Data(**{name: value for name, value in data.__dict__.items() if name not in labelled})
    for name, method in METHODS.items():
        if not name.startswith("target-"):
            method(Record(tmp_path, "hash"), blind)


def test_methods_that_need_a_translation_say_so(data, tmp_path):
    without = replace(data, parallel=None, translated=None, views=None, views_dev=None)
    for name in ("crop", "mcl", "concner", "dualner-sure", "dlbri", "translate-train"):
        with pytest.raises(XnerError, match=r"X101.*\('en', 'es'\)"):
            METHODS[name](Record(tmp_path, "hash"), without)


@pytest.mark.parametrize("method, corpus", [("best", "invented"), ("best-no-invented", "")])
def test_the_tagger_alone_reads_invented_names(data, method, corpus, tmp_path):
    record = Record(tmp_path, "hash")
    METHODS[method](record, data)
    read = {
        (config, found["paths.train"]) for config, found in zip(record.trained, record.settings, strict=True)
    }
    expected = {(config, str(data.train)) for config in ("crop", "best")}
    assert read == {("source_ensemble", corpus or str(data.train)), *expected}
