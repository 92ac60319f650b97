"""Stages hand encoders and heads on through saved pipelines."""

import copy
from pathlib import Path

import numpy
import pytest
import spacy
import torch
from spacy.language import Language
from util import (
    BRIDGE,
    COMBINATION,
    ENCODER,
    STUDENTS,
    get_torch_heads,
    make_doc,
    make_docs,
    make_examples,
    make_nlp,
    make_soft_examples,
    train,
)

from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError
from spacy_xner.metadata import set_metadata, set_soft_labels
from spacy_xner.schemes import get_scheme

SOFT = {"tag_a": "span", "tag_b": "span"}
BEST = {"a": "xner_tag_a", "b": "xner_tag_b"}


def part(target, path, source, **settings):
    return {"target": target, "path": None if path is None else str(path), "source": source, **settings}


def save(nlp: Language, path: Path, **scores: float) -> Path:
    """Save a pipeline with scores in its meta.json, as `spacy train` does."""
    nlp.meta["performance"] = scores
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="module")
def bridge(tmp_path_factory) -> Path:
    """Two encoders that were trained on two views."""
    nlp = make_nlp(BRIDGE)
    docs = make_docs(nlp.vocab) + make_docs(nlp.vocab)
    for i, doc in enumerate(docs):
        doc.set_ents(
            [type(ent)(doc, ent.start, ent.end, ent.label, span_id=str(ent.start)) for ent in doc.ents]
        )
        set_metadata(doc, group=str(i % 2), view="st"[i // 2])
    train(nlp, lambda: [make_example(doc, nlp.vocab) for doc in docs], 5)
    return save(nlp, tmp_path_factory.mktemp("bridge"), xner_score=0.5)


@pytest.fixture(scope="module")
def students(tmp_path_factory) -> Path:
    """Students of spans; the second is the better one."""
    nlp = make_nlp(STUDENTS)
    train(nlp, lambda: make_soft_examples(nlp, SOFT), 5, ["LOC", "PER"])
    return save(nlp, tmp_path_factory.mktemp("students"), xner_tag_a=0.4, xner_tag_b=0.6, ents_f=None)


def initialize(nlp: Language, **parts) -> Language:
    """Initialize with parts, without training and without labels of its own."""
    nlp.config["initialize"]["components"]["xner"] = {"parts": parts}
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def encode(nlp: Language, encoder: str):
    model = nlp.get_pipe("xner").model
    return model.layers[model.attrs["encoders"][encoder]].predict(
        [make_doc(nlp.vocab, "Ana met Bob in Rome")]
    )[0]


def get_state(nlp: Language, head: str):
    return get_torch_heads(nlp)[f"head:{head}"].state_dict()


def assert_same(first, second, same: bool = True):
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first) is same


def test_students_start_from_the_bridge(bridge):
    source, fresh = spacy.load(bridge), initialize(make_nlp(STUDENTS))
    parts = {name: part(f"encoder:{name}", bridge, f"encoder:{name}") for name in "ab"}
    nlp = initialize(make_nlp(STUDENTS), **parts)
    for name in "ab":
        numpy.testing.assert_array_equal(encode(nlp, name), encode(source, name))
        assert not numpy.array_equal(encode(nlp, name), encode(fresh, name))
    # The bridge trained the two apart, and what is handed on is a copy.
    assert not numpy.array_equal(encode(nlp, "a"), encode(nlp, "b"))
    before = encode(source, "a")
    train_on(nlp)
    numpy.testing.assert_array_equal(encode(source, "a"), before)
    assert not numpy.array_equal(encode(nlp, "a"), before)


def train_on(nlp: Language) -> None:
    nlp.update(make_soft_examples(nlp, SOFT), sgd=nlp.resume_training())


def test_encoders_cross_over(bridge):
    source = spacy.load(bridge)
    nlp = initialize(make_nlp(STUDENTS), x=part("encoder:a", bridge, "encoder:b"))
    numpy.testing.assert_array_equal(encode(nlp, "a"), encode(source, "b"))
    assert not numpy.array_equal(encode(nlp, "b"), encode(source, "b"))


def test_transformers(tiny_transformer, tmp_path):
    config = copy.deepcopy(STUDENTS)
    for name in "ab":
        config["model"]["encoders"][name] = {
            "@architectures": "spacy-xner.Encoder.v1",
            "name": tiny_transformer,
        }
    source, fresh = make_nlp(config), initialize(make_nlp(config))
    train(source, lambda: make_soft_examples(source, SOFT), 1, ["LOC", "PER"])
    save(source, tmp_path)
    nlp = initialize(make_nlp(config), x=part("encoder:a", tmp_path, "encoder:b"))
    numpy.testing.assert_array_equal(encode(nlp, "a"), encode(source, "b"))
    assert not numpy.allclose(encode(nlp, "a"), encode(fresh, "a"))
    numpy.testing.assert_array_equal(encode(nlp, "b"), encode(fresh, "b"))


def test_heads(students):
    source = spacy.load(students)
    parts = {
        "t": part("head:tag_a", students, "head:tag_b"),
        "b": part("head:boundary_b", students, "head:boundary_a"),
    }
    nlp = initialize(make_nlp(STUDENTS), **parts)
    assert_same(get_state(nlp, "tag_a"), get_state(source, "tag_b"))
    assert_same(get_state(nlp, "boundary_b"), get_state(source, "boundary_a"))
    assert_same(get_state(nlp, "tag_b"), get_state(source, "tag_b"), same=False)


def test_classifier_as_label_vectors(students):
    # A classifier's weights (C, d) serve as the label matrix, which has no bias.
    parts = {"x": part("head:combination.first_labels", students, "head:tag_*.linear", best=BEST)}
    nlp = initialize(make_nlp(COMBINATION, "xner_dlbri"), **parts)
    labels, weights = get_state(nlp, "combination"), get_state(spacy.load(students), "tag_b")
    assert torch.equal(labels["first_labels.weight"], weights["linear.weight"])


@pytest.mark.parametrize(
    "scores, best",
    [
        ({"xner_tag_a": 0.4, "xner_tag_b": 0.6}, "b"),
        ({"xner_tag_a": 0.61, "xner_tag_b": 0.6}, "a"),
        ({"xner_tag_a": None, "xner_tag_b": 0.1}, "b"),
        ({"xner_tag_a": 0.0}, "a"),
    ],
)
def test_best(students, tmp_path, scores, best):
    source = spacy.load(students)
    save(source, tmp_path, **scores)
    nlp = initialize(make_nlp(STUDENTS), e=part("encoder:a", tmp_path, "encoder:*", best=BEST))
    numpy.testing.assert_array_equal(encode(nlp, "a"), encode(source, best))


@pytest.mark.parametrize("scores", [{}, {"ents_f": 1.0}, {"xner_tag_a": None}])
def test_best_without_scores(students, tmp_path, scores):
    save(spacy.load(students), tmp_path, **scores)
    with pytest.raises(XnerError, match=r"X013.*\['xner_tag_a', 'xner_tag_b'\]"):
        initialize(make_nlp(STUDENTS), e=part("encoder:a", tmp_path, "encoder:*", best=BEST))


def test_path_none_leaves_the_part_as_it_is():
    nlp = initialize(make_nlp(STUDENTS), e=part("encoder:a", None, "encoder:a"))
    numpy.testing.assert_array_equal(encode(nlp, "a"), encode(initialize(make_nlp(STUDENTS)), "a"))


def test_labels_come_from_the_source(tmp_path):
    nlp = make_nlp(STUDENTS)
    train(nlp, lambda: make_soft_examples(nlp, SOFT), 0, ["PER", "MISC"])
    save(nlp, tmp_path)
    parts = {"e": part("encoder:a", tmp_path, "encoder:a")}
    # The source's labels first, then those of the examples that it lacks.
    assert initialize(make_nlp(STUDENTS), **parts).get_pipe("xner").labels == ("PER", "MISC", "LOC")
    other = make_nlp(STUDENTS)
    other.config["initialize"]["components"]["xner"] = {"parts": parts, "labels": ["X"]}
    other.initialize(lambda: make_soft_examples(other, SOFT))
    assert other.get_pipe("xner").labels == ("X",)


@pytest.mark.parametrize("setting, value", [("width", 24), ("depth", 2), ("rows", 300)])
def test_encoders_of_other_sizes(bridge, setting, value):
    config = copy.deepcopy(STUDENTS)
    config["model"]["encoders"]["a"] = {**ENCODER, setting: value}
    with pytest.raises(XnerError, match="X006.*'encoder:a'.*the encoders differ"):
        initialize(make_nlp(config), e=part("encoder:a", bridge, "encoder:a"))


@pytest.mark.parametrize(
    "target, source, reason",
    [
        ("encoder:a", "encoder:x", "there is no 'encoder:x'"),
        ("encoder:x", "encoder:a", "this model has no 'encoder:x'"),
        ("head:x", "head:tag_a", "this model has no 'head:x'"),
        ("head:tag_a", "head:tag_a.x", "there is no 'head:tag_a.x'"),
        ("head:tag_a", "tag_a", "there is no 'tag_a'"),
        ("head:tag_a", "encoder:a", "one is an encoder, the other a head"),
        ("head:tag_a", "head:boundary_a", "missing or of another size"),
        ("head:combination", "head:tag_a", "missing or of another size"),
    ],
)
def test_parts_that_do_not_fit(students, target, source, reason):
    config = (COMBINATION, "xner_dlbri") if "combination" in target else (STUDENTS,)
    found = r"\['encoder:a', 'encoder:b', 'head:tag_a', 'head:tag_b', 'head:boundary_a', 'head:boundary_b'\]"
    with pytest.raises(XnerError, match=f"X006.*'{source}' from.*{reason}.*components.xner.parts.*{found}"):
        initialize(make_nlp(*config), x=part(target, students, source))


def test_heads_for_other_classes(students):
    # 5 classes (O, and B and I of two labels) against 3 of spans.
    config = copy.deepcopy(STUDENTS)
    config["model"]["heads"]["tag_a"]["scheme"] = "bio"
    config["decoder"] = None
    with pytest.raises(XnerError, match="X006.*another size"):
        initialize(make_nlp(config), x=part("head:tag_a", students, "head:tag_a"))


def test_several_parts_of_one_pipeline(students):
    source = spacy.load(students)
    both = ["encoder:b", "head:tag_b"]
    nlp = initialize(
        make_nlp(STUDENTS),
        x=part(["encoder:a", "head:tag_a"], students, both),
        same={"target": both, "path": str(students)},
        best=part(["head:boundary_a"], students, ["head:boundary_*"], best=BEST),
    )
    for name in "ab":
        numpy.testing.assert_array_equal(encode(nlp, name), encode(source, "b"))
        assert_same(get_state(nlp, f"tag_{name}"), get_state(source, "tag_b"))
    assert_same(get_state(nlp, "boundary_a"), get_state(source, "boundary_b"))


@pytest.mark.parametrize(
    "names, reason",
    [
        ({"source": "encoder:a"}, "names 0 parts, its 'source' 1"),
        ({}, "names 0 parts, its 'source' 0"),
        ({"target": ["encoder:a", "encoder:b"], "source": "encoder:a"}, "names 2 parts, its 'source' 1"),
    ],
)
def test_each_part_has_a_source(students, names, reason):
    with pytest.raises(XnerError, match=f"X006.*'x' from.*its 'target' {reason}"):
        initialize(make_nlp(STUDENTS), x={"path": str(students), **names})


def test_no_pipeline_there(tmp_path):
    with pytest.raises(XnerError, match="X026.*'encoder:a': there is no pipeline in '.*nothing'.*Can't find"):
        initialize(make_nlp(STUDENTS), e=part("encoder:a", tmp_path / "nothing", "encoder:a"))


def test_no_component_there(tmp_path):
    other = spacy.blank("xx")
    other.add_pipe("sentencizer")
    other.to_disk(tmp_path)
    with pytest.raises(XnerError, match=r"X011.*\['sentencizer'\]"):
        initialize(make_nlp(STUDENTS), e=part("encoder:a", tmp_path, "encoder:a"))


def test_damaged_pipeline(bridge, tmp_path):
    nlp = spacy.load(bridge)
    nlp.to_disk(tmp_path)
    (tmp_path / "xner" / "model").write_bytes(b"")
    with pytest.raises(XnerError, match="X026"):
        initialize(make_nlp(STUDENTS), e=part("encoder:a", tmp_path, "encoder:a"))


def test_heads_of_other_labels(tmp_path):
    nlp = make_nlp(STUDENTS)
    train(nlp, lambda: make_soft_examples(nlp, SOFT), 0, ["PER", "LOC"])
    save(nlp, tmp_path)
    other = make_nlp(STUDENTS)
    parts = {"h": part("head:tag_a", tmp_path, "head:tag_a")}
    other.config["initialize"]["components"]["xner"] = {"parts": parts, "labels": ["LOC", "PER"]}
    with pytest.raises(
        XnerError, match=r"X006.*its labels are \['PER', 'LOC'\], those here are \['LOC', 'PER'\]"
    ):
        other.initialize(lambda: make_soft_examples(other, SOFT))


@pytest.mark.parametrize(
    "scheme, expected", [("type", ["PER", "LOC"]), ("bio", ["PER", "LOC"]), ("span", None)]
)
def test_labels_of_unlabelled_text_come_from_its_distributions(scheme, expected):
    config = copy.deepcopy(STUDENTS)
    for name in ("tag_a", "tag_b"):
        config["model"]["heads"][name]["scheme"] = scheme
    config["decoder"]["scheme"] = scheme
    nlp = make_nlp(config)
    examples = make_examples(nlp, unlabelled=True)
    classes = get_scheme(scheme).classes(["PER", "LOC"])
    for eg in examples:
        set_soft_labels(eg.reference, "tag_a", classes, numpy.zeros((len(eg.reference), len(classes))))
    if expected is None:
        with pytest.raises(XnerError, match="X002"):
            nlp.initialize(lambda: examples)
    else:
        nlp.initialize(lambda: examples)
        assert list(nlp.get_pipe("xner").labels) == expected
