"""Scores of text without labels, counted by hand."""

import re
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from spacy.tokens import Span
from spacy.util import load_config
from thinc.api import Config
from util import ENCODER, add_soft, make_doc, make_docs, make_examples, make_nlp, misc, run_xner, save_corpus

from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError
from spacy_xner.evaluation.agreement import create_agreement_scorer
from spacy_xner.metadata import set_soft_labels, set_tags

ROOT = Path(__file__).parents[2]
NLP = make_nlp()
LABELS = ["LOC", "PER"]
SCHEMES = {
    **{"span_a": "span", "span_b": "span", "type_a": "type", "type_b": "type"},
    **{"tags": "bio", "start": "start", "end": "end", "vectors": None},
}
SPANS = ["O", "B", "I"]


def make_case(tags, soft=None, gold=None):
    """An example of three tokens. tags: the predicted classes of outputs. soft: names, classes and most probable
    classes that are stored."""
    example = make_example(make_doc(NLP.vocab, "Ana Belen Paz", gold), NLP.vocab)
    set_tags(example.predicted, {name: numpy.asarray(values, dtype="uint8") for name, values in tags.items()})
    for name, (classes, best) in (soft or {}).items():
        logp = numpy.full((3, len(classes)), -9.0, dtype="float32")
        logp[range(3), best] = -0.1
        set_soft_labels(example.reference, name, classes, logp)
    return example


def score(cases, readings, teachers=None):
    scorer = create_agreement_scorer(readings, teachers or {})
    return scorer(iter(cases), name="xner", schemes=SCHEMES, labels=LABELS)


def test_students_agree_on_spans():
    # One of one and two spans is common: precision 1/2, recall 1, and both agree on the second sentence.
    cases = [
        make_case({"span_a": [1, 0, 0], "span_b": [1, 0, 1]}),
        make_case({"span_a": [1, 2, 2], "span_b": [1, 2, 2]}),
    ]
    found = score(cases, [["span_a"], ["span_b"]])
    assert found["xner_agreement"] == pytest.approx(2 * 2 / (2 + 3))
    assert found["ents_f"] is None


def test_tags_agree_with_boundaries():
    # B-PER I-PER O, and PER from 0 to 1 with a LOC that ends nowhere.
    case = make_case({"tags": [3, 4, 0], "start": [2, 0, 1], "end": [0, 2, 0]})
    assert score([case], [["tags"], ["start", "end"]])["xner_agreement"] == 1.0
    case = make_case({"tags": [3, 0, 0], "start": [2, 0, 0], "end": [0, 2, 0]})
    assert score([case], [["tags"], ["start", "end"]])["xner_agreement"] == 0.0


def test_student_agrees_with_stored_teacher():
    case = make_case({"type_a": [2, 2, 1]}, soft={"taught": (["O", *LABELS], [2, 0, 0])})
    # Of three typed tokens the teacher has one, of the same type.
    assert score([case], [["type_a"]], {"type_a": "taught"})["xner_agreement"] == pytest.approx(2 / 4)


def test_readings_of_other_kinds_are_not_compared():
    tags = {"span_a": [1, 0, 0], "type_a": [0, 0, 1]}
    soft = {"s": (SPANS, [1, 0, 0]), "t": (["O", *LABELS], [0, 0, 2])}
    found = score([make_case(tags, soft)], [["span_a"], ["type_a"]], {"span_a": "s", "type_a": "t"})
    assert found["xner_agreement"] == pytest.approx(2 / 4)  # spans agree, types do not


@pytest.mark.parametrize(
    "case",
    [
        make_case({"span_a": [1, 0, 0], "span_b": [1, 0, 0]}, gold=[(0, 1, "PER")]),  # labels: of no interest
        make_case({"span_a": [1, 0, 0]}),
        make_case({"span_a": [1, 0], "span_b": [1, 0]}),  # tokens that were merged later
        make_case({}, soft={"taught": (["O", "B"], [1, 0, 0])}),
    ],
)
def test_nothing_to_compare(case):
    assert score([case], [["span_a"], ["span_b"]], {"span_a": "taught"})["xner_agreement"] is None


def test_nothing_found():
    case = make_case({"span_a": [0, 0, 0], "span_b": [0, 0, 0]})
    assert score([case], [["span_a"], ["span_b"]])["xner_agreement"] == 0.0


def test_all_readings_that_there_are():
    # Typed entities twice: PER from 0 to 2 by both, LOC at 2 by the tags alone. The only span counts for nothing.
    tags = {"tags": [3, 4, 1], "start": [2, 0, 0], "end": [0, 2, 0], "span_a": [1, 0, 0]}
    scorer = create_agreement_scorer()
    schemes = {name: SCHEMES[name] for name in [*tags, "vectors"]}
    found = scorer([make_case(tags)], name="xner", schemes=schemes, labels=LABELS)
    assert found["xner_agreement"] == pytest.approx(2 * 1 / (2 + 1))


def make_pipeline(*soft):
    """A tagger or, without names of soft labels, MCL-NER that learns from stored relations."""
    if soft:
        learn = {"learn": misc("Distillation", output="tag", teachers=list(soft))}
        off = {"off": misc("Distillation", output="tag", teachers=["off"], weight=0.0)}
        config, factory = {"model": {"encoder": ENCODER}, "objectives": {**learn, **off}}, "xner"
    else:
        config, factory = {"model": {"encoders": {"a": ENCODER}}}, "xner_mcl_selftrain"
    nlp = make_nlp(config, factory, scorer={"@scorers": "spacy-xner.agreement_scorer.v1"})
    nlp.initialize(lambda: make_examples(NLP))
    return nlp


def test_decoded_entities_agree_with_those_of_both_teachers():
    nlp = make_pipeline("one", "two")
    bio = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    soft = {"one": (bio, [3, 4, 0]), "two": (bio, [3, 4, 1]), "off": (bio, [0, 0, 0])}
    case = make_case({}, soft=soft)
    case.predicted.ents = [Span(case.predicted, 0, 2, label="PER")]
    # One of one and one is common, then one of one and two.
    assert nlp.get_pipe("xner").score([case])["xner_agreement"] == pytest.approx(2 * 2 / (2 + 3))
    case = make_case({}, soft={"one": (bio, [3, 4, 0]), "two": (["O", "B-LOC"], [0, 0, 1])})
    assert nlp.get_pipe("xner").score([case])["xner_agreement"] == 0.0  # no entity, and one of one teacher
    assert nlp.get_pipe("xner").score([make_case({})])["xner_agreement"] is None


def test_relations_agree_with_stored_ones():
    nlp = make_pipeline()
    case = make_case({})
    # Classes none, neighbour, LOC, PER. Column d of row i is the token i + 1 - d: token 0 is linked to the next one,
    # PER ends at 1 and starts at 0, LOC ends and starts at 2.
    taught = numpy.array([[1, 0, 0, 0], [0, 0, 3, 0], [0, 2, 0, 0]])
    logp = numpy.log(numpy.where(numpy.eye(4)[taught] > 0, 0.97, 0.01))
    set_soft_labels(case.reference, "relation", ["none", "neighbour", *LABELS], logp)
    case.predicted.ents = [Span(case.predicted, 0, 2, label="PER")]
    assert nlp.get_pipe("xner").score([case])["xner_agreement"] == pytest.approx(2 * 1 / (1 + 2))


@pytest.mark.parametrize("readings, teachers", [([["absent"]], {}), ([["span_a"]], {"absent": "taught"})])
def test_outputs_that_there_are_not(readings, teachers):
    with pytest.raises(XnerError, match="X034.*'absent'"):
        score([], readings, teachers)


@pytest.mark.parametrize("reading", [["start"], [], ["tags", "start"], ["vectors"], ["start", "start"]])
def test_outputs_that_tell_no_entities(reading):
    with pytest.raises(XnerError, match="X035"):
        score([], [reading, ["tags"]])


def test_checkpoint_is_chosen_by_agreement(tmp_path):
    """The settings of docs/parts.md, with a smaller sample."""
    page = (ROOT / "docs" / "parts.md").read_text(encoding="utf8")
    (block,) = re.findall(r"```ini\n(\[corpora.dev\]\n.*?)```", page, re.DOTALL)
    parents = "[corpora]\n[components]\n[components.xner]\n[training]\n"
    own = Config().from_str(
        parents + block,
        interpolate=False,
    )
    own["corpora"]["dev"]["corpora"]["target"]["sample"] = 2
    config = load_config(ROOT / "configs" / "dlbri_students.cfg", interpolate=False)
    for section in ("corpora", "components", "training"):
        for name, value in own[section].items():
            if section == "components":
                config[section][name]["scorer"] = value["scorer"]
            else:
                config[section][name] = value
    config["vars"]["encoder"] = "hash"
    for encoder in config["components"]["xner"]["model"]["encoders"].values():
        encoder["width"] = ENCODER["width"]
    config.to_disk(tmp_path / "students.cfg")
    docs = make_docs(NLP.vocab)
    source = save_corpus(tmp_path / "source.spacy", docs)
    add_soft(docs, {"tag_a": "span", "tag_b": "span"})
    taught = save_corpus(tmp_path / "taught.spacy", docs)
    paths = ["--paths.train", taught, "--paths.source", source, "--paths.dev", source, "--paths.init", "null"]
    steps = ["--training.max_steps", 20, "--training.eval_frequency", 10]
    run_xner("train", tmp_path / "students.cfg", "-o", tmp_path / "out", *paths, *steps)
    lines = list(srsly.read_jsonl(tmp_path / "out" / "log.jsonl"))
    scores = [line["scores"]["xner_agreement"] for line in lines]
    assert [line["score"] for line in lines] == pytest.approx(scores)
    assert scores[-1] > 0 and min(scores) >= 0 and max(scores) <= 1
    performance = spacy.load(tmp_path / "out" / "model-best").meta["performance"]
    assert performance["xner_agreement"] == pytest.approx(max(scores), abs=1e-3)
