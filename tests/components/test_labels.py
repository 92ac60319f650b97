"""Labels, widths and the longest entity: found once, saved once, with the component's settings."""

import json

import pytest
import spacy
import srsly
from trained import TEXTS, make_trained
from util import get_scored

from spacy_xner.components.labels import find_longest, warn_of_longer
from spacy_xner.pipeline import Recogniser, find_component, list_components

SAVED = ("labels", "widths", "longest")


@pytest.fixture(scope="module")
def trained():
    return make_trained("xner_mcl")


def read_attributes(path):
    """The attributes of the model that are saved with its weights."""
    return srsly.msgpack_loads((path / "xner" / "model").read_bytes())["attrs"][0]


def test_sizes_are_saved_with_the_settings_alone(trained, tmp_path):
    pipe = trained.get_pipe("xner")
    assert (pipe.labels, pipe.longest) == (("LOC", "PER"), 2)
    trained.to_disk(tmp_path)
    saved = json.loads((tmp_path / "xner" / "cfg").read_text())
    assert [saved[key] for key in SAVED] == [["LOC", "PER"], {"a": 16}, 2]
    assert not read_attributes(tmp_path).keys() & {*SAVED, "sizes"}
    assert spacy.load(tmp_path).get_pipe("xner").sizes == pipe.sizes


@pytest.mark.parametrize("is_first", [False, True])
def test_a_pipeline_of_before(trained, tmp_path, is_first):
    """The same three numbers lay in the settings and beside the weights; at first without `longest`."""
    kind = make_trained("xner") if is_first else trained
    pipe = kind.get_pipe("xner")
    sizes = {"labels": list(pipe.labels), "widths": dict(pipe.sizes.widths), "longest": pipe.longest}
    pipe.model.attrs.update(sizes)
    kind.to_disk(tmp_path)
    for key in SAVED:
        del pipe.model.attrs[key]
    assert read_attributes(tmp_path).keys() >= set(SAVED)
    if is_first:
        del sizes["longest"]
    (tmp_path / "xner" / "cfg").write_text(json.dumps(sizes), encoding="utf8")
    loaded = spacy.load(tmp_path)
    assert [get_scored(loaded(text)) for text in TEXTS] == [get_scored(kind(text)) for text in TEXTS]
    assert loaded.get_pipe("xner").labels == pipe.labels
    assert loaded.get_pipe("xner").longest == (0 if is_first else 2)
    loaded.to_disk(tmp_path / "again")
    assert not read_attributes(tmp_path / "again").keys() & set(SAVED)


def test_an_initialized_model_keeps_its_sizes(trained):
    pipe = trained.get_pipe("xner")
    other = type(pipe)(pipe.vocab, pipe.model, "other", objectives=pipe.objectives, decoder=pipe.decoder)
    assert other.labels == pipe.labels and other.cfg["widths"] == {"a": 16}


def test_recogniser(trained):
    """What other rooms know of the component is what it has."""
    assert isinstance(trained.get_pipe("xner"), Recogniser)
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("ner")
    assert list_components(nlp) == []
    nlp.add_pipe("xner", name="first")
    nlp.add_pipe("xner", name="second")
    assert [pipe.name for pipe in list_components(nlp)] == ["first", "second"]
    assert find_component(nlp).name == "first"


def test_no_entities():
    assert find_longest([], {}) == 0
    warn_of_longer({}, 0, [1, 2])
