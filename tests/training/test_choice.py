"""By what a checkpoint is chosen, and what a training tells of it."""

from pathlib import Path

import pytest
import srsly
from spacy.training.loop import DIR_MODEL_BEST
from spacy.util import load_config
from util import SENTENCES, make_doc, make_docs, run_xner, save_corpus

from spacy_xner.components.handover import read_sources
from spacy_xner.errors import XnerError
from spacy_xner.tokenizer import get_blank
from spacy_xner.training.choice import FINISHED, choose_by, read_choice, tell_choice, was_read

ROOT = Path(__file__).parents[2]


def choose(name, how, *held_out):
    return choose_by(load_config(ROOT / "configs" / f"{name}.cfg", interpolate=False), how, held_out, name)


def test_agreement():
    config = choose("dlbri_students", "agreement", "corpus/dev", "more.spacy")
    assert config["paths"]["dev"] == ["corpus/source/dev.spacy", "corpus/dev", "more.spacy"]
    assert config["components"]["xner"]["scorer"] == {"@scorers": "spacy-xner.agreement_scorer.v1"}
    stored = {"ents_f": 0.0, "xner_tag_a": 0.0, "xner_tag_b": 0.0}
    assert config["training"]["score_weights"] == {**stored, "xner_agreement": 1.0}
    assert config["training"]["patience"] == 0
    assert config.interpolate()["corpora"]["dev"]["path"] == config["paths"]["dev"]


def test_languages():
    config = choose("dlbri_students", "languages", "corpus/dev")
    assert config["components"]["xner"]["scorer"] == {"@scorers": "spacy-xner.macro_scorer.v1"}
    before = load_config(ROOT / "configs" / "dlbri_students.cfg", interpolate=False)
    assert config["training"] == before["training"]


def test_a_bridge_is_chosen_by_its_loss():
    assert choose("dlbri_bridge", "agreement", "corpus/dev") == choose("dlbri_bridge", "languages", "other")


def test_what_can_not_be_chosen():
    with pytest.raises(XnerError, match="X306.*'labels'.*--choose-by"):
        choose("mcl", "labels", "corpus/dev")
    config = load_config(ROOT / "configs" / "mcl.cfg", interpolate=False)
    config["components"]["xner"] = {"source": "a package"}
    with pytest.raises(XnerError, match="X306.*--from"):
        choose_by(config, "agreement", ["corpus/dev"], "mcl")
    for lacking in ({"dev": None}, {}):
        config["paths"] = lacking
        with pytest.raises(XnerError, match="X310.*paths.dev"):
            choose_by(config, "agreement", ["corpus/dev"], "mcl")


@pytest.mark.parametrize("reader", [{"path": "other"}, {"@readers": "spacy.Corpus.v1"}])
def test_dev_text_that_would_not_be_read(reader):
    config = load_config(ROOT / "configs" / "mcl.cfg", interpolate=False)
    config["corpora"]["dev"].update(reader)
    with pytest.raises(XnerError, match=r"X306.*corpora\.dev"):
        choose_by(config, "languages", ["corpus/dev"], "mcl")


@pytest.mark.parametrize(
    "given", [["--choose-by", "agreement"], ["--choose-on", "corpus/dev"], ["--choose-by", "x", "-o", "y"]]
)
def test_options_that_belong_together(given):
    assert "[X306]" in run_xner("train", ROOT / "configs" / "mcl.cfg", *given, code=1)


def make_evaluation(step, score, **scores):
    return {"step": step, "score": score, "other_scores": {**scores, "speed": 9.0, "ents_per_type": {}}}


def test_the_choice_is_told(tmp_path):
    log = [
        make_evaluation(0, 0.2),
        make_evaluation(40, 0.5, ents_f=0.5),
        make_evaluation(80, 0.5, ents_f=0.25),
    ]
    log.append(make_evaluation(120, 0.4, ents_f=0.4, ents_f_en=0.75))
    told = tell_choice(log, 120)
    assert told["best"] == {"step": 80, "score": 0.5, "scores": {"ents_f": 0.25}}  # of equal ones the last
    srsly.write_json(tmp_path / FINISHED, told)
    found = {"step": 80, "steps": 120, "dev_f1_best": 0.25, "dev_f1_last": 0.75, "decided": True}
    assert read_choice(tmp_path, "en") == found
    assert read_choice(tmp_path, "de") == {**found, "dev_f1_last": 0.4}


@pytest.mark.parametrize(
    "how, scores, read",
    [
        ("agreement", {"ents_f": 0.5, "xner_agreement": 0.25}, True),
        ("agreement", {"ents_f": 0.5}, False),
        ("languages", {"ents_f_en": 0.5, "ents_f_de": 0.25}, True),
        ("languages", {"ents_f": 0.5, "ents_f_en": 0.5}, False),
    ],
)
def test_whether_held_out_text_was_read(tmp_path, how, scores, read):
    srsly.write_json(tmp_path / FINISHED, tell_choice([make_evaluation(40, 0.5, **scores)], 40))
    assert was_read(tmp_path, how) is read


@pytest.mark.parametrize(
    "log", [[make_evaluation(0, 0.5)], [make_evaluation(0, 0.0), make_evaluation(40, 0.0)]]
)
def test_a_choice_that_tells_nothing(tmp_path, log):
    """The best is hardly trained, or there was nothing to score; and the last step was not evaluated."""
    srsly.write_json(tmp_path / FINISHED, tell_choice(log, 60))
    found = read_choice(tmp_path, "en")
    assert (found["decided"], found["dev_f1_best"], found["dev_f1_last"]) == (False, None, None)


def test_the_better_of_two_is_known_after_a_choice_by_agreement(tmp_path):
    """The combination takes the better student by its F1 on source dev, by whatever the checkpoint was chosen."""
    vocab = get_blank().vocab
    for name in ("train", "dev"):
        save_corpus(tmp_path / f"{name}.spacy", make_docs(vocab))
    raw = [make_doc(vocab, text, None) for text, _ in SENTENCES]
    save_corpus(tmp_path / "raw.spacy", raw)
    paths = [f"--paths.{name}={tmp_path / name}.spacy" for name in ("train", "dev")]
    settings = ["--vars.encoder=hash", "--vars.steps=2", "--vars.eval_frequency=1", "--paths.init=null"]
    how = ["--choose-by", "agreement", "--choose-on", tmp_path / "raw.spacy"]
    run_xner(
        "train", ROOT / "configs" / "dlbri_teachers.cfg", "-o", tmp_path / "out", *paths, *settings, *how
    )
    part = {"target": "encoder:a", "path": str(tmp_path / "out" / DIR_MODEL_BEST), "source": "encoder:*"}
    (source,) = read_sources({"part": {**part, "best": {"a": "xner_tag_a", "b": "xner_tag_b"}}}, "xner")
    assert source.source in ("encoder:a", "encoder:b")
