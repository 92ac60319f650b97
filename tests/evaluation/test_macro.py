"""Means over languages, counted by hand; and a plain `spacy train` config that uses them."""

from pathlib import Path

import numpy
import pytest
import spacy
from spacy.cli.train import train as spacy_train
from spacy.tokens import Span
from spacy.util import load_config
from util import ENCODER, make_doc, make_docs, make_nlp, save_corpus

from spacy_xner.corpora.reader import make_example
from spacy_xner.evaluation.macro import create_macro_scorer
from spacy_xner.metadata import set_metadata, set_tags

ROOT = Path(__file__).parents[2]
NLP = make_nlp()
# Languages with the gold and predicted entities of a sentence of three tokens, and its predicted types.
CASES = [
    ("en", [(0, 1, "PER")], [(0, 1, "PER")], [2, 0, 0]),
    ("en", [(0, 1, "PER"), (2, 3, "LOC")], [(0, 1, "PER"), (2, 3, "LOC")], [2, 0, 1]),
    ("de", [(0, 1, "PER"), (2, 3, "LOC")], [(0, 1, "PER"), (1, 2, "PER")], [2, 2, 0]),
    ("de", None, [(0, 3, "LOC")], [1, 1, 1]),  # without annotation: does not count
    ("nl", [], [], [0, 0, 0]),  # nothing to find, and nothing found
]


def make_case(language, gold, found, types):
    doc = make_doc(NLP.vocab, "Ana Belen Paz", gold)
    set_metadata(doc, language=language)
    example = make_example(doc, NLP.vocab)
    example.predicted.set_ents([Span(example.predicted, *ent) for ent in found])
    set_tags(example.predicted, {"type": numpy.asarray(types, dtype="uint8")})
    return example


def score(cases):
    examples = (make_case(*case) for case in cases)
    return create_macro_scorer()(examples, name="xner", schemes={"type": "type"}, labels=["LOC", "PER"])


def test_languages_count_the_same():
    found = score(CASES)
    # English: all three. German: one of two found is right, one of two to be found is found.
    assert (found["ents_f_en"], found["ents_f_de"], found["ents_f_nl"]) == (1.0, 0.5, None)
    assert found["ents_f"] == pytest.approx((1.0 + 0.5) / 2)  # together it would be 4 / 5
    assert found["xner_type"] == pytest.approx((1.0 + 0.5) / 2)
    assert found["ents_per_type"]["LOC"]["r"] == 0.5  # of one English and one German


def test_unknown_languages_are_one():
    found = score([("", *case[1:]) for case in CASES])
    assert found["ents_f"] == pytest.approx(4 / 5)
    assert "ents_f_" not in found
    assert score([])["ents_f"] is None


def test_the_scorer_chooses_the_checkpoints_of_a_plain_training(tmp_path):
    docs = make_docs(NLP.vocab)
    paths = []
    for language, own in (("en", docs[:1]), ("de", docs[1:])):
        for doc in own:
            set_metadata(doc, language=language)
        paths.append(str(save_corpus(tmp_path / f"{language}.spacy", own)))
    config = load_config(ROOT / "configs" / "source_only.cfg", interpolate=False)
    config["paths"].update(train=paths, dev=paths)
    config["vars"].update(encoder="hash", steps=4, eval_frequency=2)
    config["components"]["xner"]["model"]["encoders"]["a"]["width"] = ENCODER["width"]
    config["components"]["xner"]["scorer"] = {"@scorers": "spacy-xner.macro_scorer.v1"}
    config["training"]["score_weights"] = {"ents_f_de": 0.0}
    config.to_disk(tmp_path / "plain.cfg")
    spacy_train(tmp_path / "plain.cfg", tmp_path / "out")
    scores = spacy.load(tmp_path / "out" / "model-last").meta["performance"]
    assert 0 <= scores["ents_f"] <= 1 and "ents_f_de" in scores
