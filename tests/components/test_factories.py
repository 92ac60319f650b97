"""A preset tells a method or a stage of one, and the shipped configs extend it."""

from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest
import spacy
from spacy.language import Language
from spacy.util import load_config
from util import ENCODER, TAGGER, classifier, get_weights, make_examples, make_nlp, misc, train

from spacy_xner.components import factories

ROOT = Path(__file__).parents[2]
CONFIGS = [*sorted(ROOT.glob("configs/*.cfg")), *sorted(ROOT.glob("examples/*.cfg"))]


def get_preset(name: str) -> Dict[str, Any]:
    return Language.get_factory_meta(name).default_config


def walk(section: Dict[str, Any], name: str = "") -> Iterator[Tuple[str, Any]]:
    """All settings of a section by their names."""
    for key, value in section.items():
        if isinstance(value, dict):
            yield from walk(value, f"{name}{key}.")
        else:
            yield f"{name}{key}", value


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_repeat_nothing_of_their_preset(path):
    component = load_config(path, interpolate=False)["components"]["xner"]
    preset = dict(walk(get_preset(component["factory"])))
    assert [name for name, value in walk(component) if name in preset and preset[name] == value] == []


def test_a_preset_comes_after_the_one_that_it_extends():
    for name, base in (("xner_mcl_selftrain", "xner_mcl"), ("xner_dualner_student", "xner_dualner")):
        extended, found = get_preset(base), get_preset(name)
        for kind in ("encoders", "heads"):
            parts = found["model"][kind]
            assert {key: parts[key] for key in extended["model"][kind]} == extended["model"][kind]
            assert list(parts)[: len(extended["model"][kind])] == list(extended["model"][kind])
        assert found["decoder"] == extended["decoder"] and "extends" not in found
        assert found["objectives"].items() > extended["objectives"].items()


def test_extending_replaces_single_settings():
    extended = {"a": {"b": 1, "c": {"d": 2}}, "e": None}
    found = factories._extend(extended, {"a": {"c": 3, "f": 4}, "e": {"g": 5}})
    assert found == {"a": {"b": 1, "c": 3, "f": 4}, "e": {"g": 5}}
    assert extended == {"a": {"b": 1, "c": {"d": 2}}, "e": None}


@pytest.mark.parametrize("name", ["xner_crop", "xner_tagger"])
def test_taggers_are_the_same(name):
    """The model of `xner` under other names, with the same numbers from the same seed."""
    expected, nlp = make_nlp(TAGGER), make_nlp({"model": {"encoders": {"a": ENCODER}}}, name)
    for pipeline in (expected, nlp):
        train(pipeline, lambda pipeline=pipeline: make_examples(pipeline), 2)
    assert get_weights(nlp) == get_weights(expected)


def test_pipelines_of_the_earlier_preset_load(tmp_path):
    """CROP's preset was once that of `xner`, whose model is told by another architecture."""
    model = {"@architectures": "spacy-xner.TaggerModel.v1", "scheme": "bio", "encoder": ENCODER}
    nlp = make_nlp({"model": model, "objectives": {}}, "xner_crop")
    train(nlp, lambda: make_examples(nlp), 1)
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert get_weights(loaded) == get_weights(nlp)
    assert loaded.config["components"]["xner"]["model"] == nlp.config["components"]["xner"]["model"]


def test_a_part_of_a_preset_gives_way_to_another():
    """A block of another function is none that the preset fills."""
    heads = {"more": classifier("a", "span"), "kind": classifier("a", "type")}
    decoder = misc("SubtaskDecoder", span=["more"], type=["kind"])
    nlp = make_nlp({"model": {"encoders": {"a": ENCODER}, "heads": heads}, "decoder": decoder}, "xner_tagger")
    assert nlp.config["components"]["xner"]["decoder"]["span"] == ["more"]
    assert nlp.get_pipe("xner").decoder.outputs == ["more", "kind"]
