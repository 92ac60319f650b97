"""A teacher's distributions are computed once and stored with the documents."""

import math
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc
from typer.testing import CliRunner
from util import (
    CLASSES,
    STUDENTS,
    get_ents,
    make_doc,
    make_docs,
    make_examples,
    make_nlp,
    run_xner,
    save_corpus,
    train,
)

from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_soft_labels, set_soft_labels
from spacy_xner.relations import least_related
from spacy_xner.teaching.label import label_docs
from spacy_xner.teaching.score_log import create_score_log
from spacy_xner.teaching.teach import floored_log_softmax, teach, teach_corpus
from spacy_xner.teaching.unsure import unlabel_unsure


@pytest.fixture(scope="module")
def teachers() -> Language:
    """Two teachers of spans; boundary scores are no distributions."""
    nlp = make_nlp(STUDENTS)
    train(nlp, lambda: make_examples(nlp), 5)
    return nlp


@pytest.fixture
def docs(teachers):
    return [make_doc(teachers.vocab, "Ana met Bob", [(0, 1, "PER")], group="1"), *make_docs(teachers.vocab)]


@pytest.mark.parametrize(
    "floor, expected",
    [
        # softmax(0, ln 3) = 1/4, 3/4; softmax(0, 100) = 0, 1.
        (1e-6, [[math.log(0.25), math.log(0.75)], [math.log(1e-6), 0.0], [0.0, math.log(1e-6)]]),
        (0.3, [[math.log(0.3), math.log(0.75)], [math.log(0.3), 0.0], [0.0, math.log(0.3)]]),
    ],
)
def test_floored_log_softmax(floor, expected):
    logits = numpy.asarray([[0.0, math.log(3)], [0.0, 100.0], [1000.0, 0.0]], dtype="float32")
    found = floored_log_softmax(logits, floor)
    assert found.dtype == numpy.float32
    numpy.testing.assert_allclose(found, expected, atol=1e-6)


def test_teach(teachers, docs):
    taught = list(teach(teachers, iter(docs)))
    assert taught == docs
    predictions = teachers.get_pipe("xner").predict(make_docs(teachers.vocab))
    for name in ("tag_a", "tag_b"):
        for doc, logits in zip(taught[1:], predictions[name], strict=True):
            soft = get_soft_labels(doc, name)
            assert soft.classes == CLASSES["span"]
            assert soft.logp.shape == (len(doc), 3)
            numpy.testing.assert_allclose(numpy.exp(soft.logp).sum(axis=1), 1.0, rtol=1e-5)
            differences = soft.logp - logits
            numpy.testing.assert_allclose(differences, differences[:, :1].repeat(3, axis=1), atol=1e-4)
    assert get_soft_labels(taught[0], "boundary_a") is None
    # The two teachers are not the same.
    assert not numpy.allclose(
        get_soft_labels(taught[0], "tag_a").logp, get_soft_labels(taught[0], "tag_b").logp
    )
    # Everything else stays.
    assert get_ents(taught[0]) == [(0, 1, "PER")] and get_group(taught[0]) == "1"


def test_batches_do_not_matter(teachers, docs):
    once = [get_soft_labels(doc, "tag_a").logp for doc in teach(teachers, docs)]
    singly = [get_soft_labels(doc, "tag_a").logp for doc in teach(teachers, docs, batch_size=1)]
    for one, other in zip(once, singly, strict=True):
        numpy.testing.assert_allclose(one, other, atol=1e-5)


def test_annotation_is_not_read(teachers):
    words = "Ana met Bob"
    docs = [make_doc(teachers.vocab, words, ents) for ents in (None, [], [(0, 3, "OTHER")])]
    found = [get_soft_labels(doc, "tag_a").logp for doc in teach(teachers, docs)]
    # Up to the last digit, which may depend on the place in a batch.
    numpy.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    numpy.testing.assert_allclose(found[0], found[2], rtol=1e-6)


def test_tokens_are_kept(teachers):
    # The pipeline's tokenizer would make four tokens of these two.
    doc = Doc(teachers.vocab, words=["北京", "(b)"])
    (taught,) = teach(teachers, [doc])
    assert get_soft_labels(taught, "tag_a").logp.shape == (2, 3)


def test_names_and_earlier_distributions(teachers, docs):
    logp = numpy.zeros((3, 2), dtype="float32")
    set_soft_labels(docs[0], "type_a", ["O", "X"], logp)
    set_soft_labels(docs[0], "span_b", ["O", "X"], logp)
    (doc,) = teach(teachers, docs[:1], names={"tag_b": "span_b"})
    numpy.testing.assert_array_equal(get_soft_labels(doc, "type_a").logp, logp)
    # A distribution of the same name is replaced.
    assert get_soft_labels(doc, "span_b").classes == CLASSES["span"]
    assert get_soft_labels(doc, "tag_a") is get_soft_labels(doc, "tag_b") is None


def test_floor(teachers, docs):
    (doc,) = teach(teachers, docs[:1], floor=0.4)
    assert float(get_soft_labels(doc, "tag_a").logp.min()) == pytest.approx(math.log(0.4))


def test_empty_docs(teachers):
    docs = [Doc(teachers.vocab), Doc(teachers.vocab, words=["a"]), Doc(teachers.vocab)]
    taught = list(teach(teachers, docs))
    assert [get_soft_labels(doc, "tag_a") is None for doc in taught] == [True, False, True]
    assert list(teach(teachers, [])) == []


@pytest.mark.parametrize("output", ["x", "boundary_a"])
def test_unknown_output(teachers, docs, output):
    with pytest.raises(XnerError, match=rf"X012.*'{output}'.*\['tag_a', 'tag_b'\]"):
        list(teach(teachers, docs, names={output: "y"}))


def test_no_teacher(docs):
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    with pytest.raises(XnerError, match=r"X011.*\['sentencizer'\]"):
        list(teach(nlp, docs))


@pytest.fixture
def saved(teachers, docs, tmp_path):
    """A saved teacher and a corpus of three documents."""
    teachers.to_disk(tmp_path / "teacher")
    save_corpus(tmp_path / "a.spacy", docs)
    return tmp_path


def run(*args):
    result = CliRunner().invoke(app, ["teach", *map(str, args)])
    return result.exit_code, " ".join(result.output.split())


def stored(path: Path, vocab):
    return [set(doc.user_data["xner"]["soft"]) for doc in read_docs(path, vocab)]


def test_command(teachers, docs, saved):
    new = saved / "new" / "b.spacy"
    code, output = run(saved / "teacher", saved / "a.spacy", new, "--store", "tag_a=span_a")
    assert code == 0, output
    assert stored(new, teachers.vocab) == [{"span_a"}] * 3
    # Step by step into the same file.
    assert run(saved / "teacher", new, new)[0] == 0
    assert stored(new, teachers.vocab) == [{"span_a", "tag_a", "tag_b"}] * 3
    expected = [get_soft_labels(doc, "tag_a").logp for doc in teach_corpus(teachers, saved / "a.spacy")]
    for doc, logp in zip(read_docs(new, teachers.vocab), expected, strict=True):
        numpy.testing.assert_allclose(get_soft_labels(doc, "span_a").logp, logp, atol=1e-6)


@pytest.mark.parametrize(
    "model, corpus, options, expected",
    [
        ("nothing", "a.spacy", [], "X304"),
        ("teacher", "nothing.spacy", [], "X101"),
        ("teacher", "teacher/meta.json", [], "X106"),
        ("teacher", "a.spacy", ["--store", "tag_a"], "X306"),
        ("teacher", "a.spacy", ["--store", "tag_a="], "X306"),
        ("teacher", "a.spacy", ["--store", "x=y"], "X012"),
    ],
)
def test_command_errors(saved, model, corpus, options, expected):
    code, output = run(saved / model, saved / corpus, saved / "b.spacy", *options)
    assert code == 1
    assert expected in output and "Traceback" not in output
    assert not (saved / "b.spacy").exists()


def test_score_log(tmp_path):
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 40)
    save_corpus(tmp_path / "gold.spacy", make_docs(nlp.vocab))
    log = create_score_log(str(tmp_path / "gold.spacy"), str(tmp_path / "logs" / "scores.jsonl"))
    for step, epoch in enumerate([0, 0, 1, 1]):
        log(nlp, {"epoch": epoch, "step": step})
    lines = list(srsly.read_jsonl(tmp_path / "logs" / "scores.jsonl"))
    assert [(line["epoch"], line["step"]) for line in lines] == [(0, 0), (1, 2)]
    assert all(line["f1"] == line["precision"] == line["recall"] == 1.0 for line in lines)


def test_score_log_without_gold(tmp_path):
    nlp = make_nlp()
    create_score_log(None, str(tmp_path / "scores.jsonl"))(nlp, {"epoch": 0, "step": 0})
    assert not (tmp_path / "scores.jsonl").exists()
    save_corpus(tmp_path / "raw.spacy", [make_doc(nlp.vocab, "Ana", None)])
    with pytest.raises(XnerError, match="X307.*raw.spacy"):
        create_score_log(str(tmp_path / "raw.spacy"), "")
    with pytest.raises(XnerError, match="X101.*nowhere"):
        create_score_log(str(tmp_path / "nowhere.spacy"), "")


def test_labels_by_confidence():
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 40)
    docs = [*make_docs(nlp.vocab), make_doc(nlp.vocab, "and so on", None), make_doc(nlp.vocab, "", None)]
    every = list(label_docs(nlp, docs))
    assert len(every) == 4
    scores = [min(nlp(doc.text).spans["xner"].attrs["scores"]) for doc in docs[:2]]
    between = sum(scores) / 2
    kept = [doc.text for doc in label_docs(nlp, docs, threshold=between)]
    assert kept == [docs[int(scores[0] < scores[1])].text, "and so on", ""]
    assert [doc.text for doc in label_docs(nlp, docs, drop_empty=True)] == [doc.text for doc in docs[:2]]
    with pytest.raises(XnerError, match="X011"):
        list(label_docs(spacy.blank("xx"), docs, threshold=0.5))


def test_unsure_tokens_stay_unlabelled():
    nlp = make_nlp()
    schemes = {"vectors": None, "tag": "bio"}
    doc = make_doc(nlp.vocab, "Ana met Bob in Rome", [(0, 1, "PER")], group="1")
    outside = numpy.array([0.1, 0.95, 0.5, 0.9, 0.2])
    rest = numpy.repeat((1 - outside)[:, None] / 4, 4, axis=1)
    set_soft_labels(doc, "tag", CLASSES["bio"], numpy.log(numpy.column_stack([outside, rest])))
    assert unlabel_unsure([doc, make_doc(nlp.vocab, "", [])], schemes, 0.89) == 2
    # An entity stays, however sure; what may be one has no annotation, and others are outside.
    assert [token.ent_iob_ for token in doc] == ["B", "O", "", "O", ""]
    assert (get_ents(doc), get_group(doc)) == ([(0, 1, "PER")], "1")
    assert unlabel_unsure([doc], schemes, 0.0) == 0


def test_relations_tell_what_is_outside():
    nlp = make_nlp()
    doc = make_doc(nlp.vocab, "Ana met Bob", [])
    none = numpy.full((3, 3), 0.9)
    # Ana and met may be neighbours; Bob may end an entity that met begins.
    none[0, 0], none[2, 2] = 0.6, 0.3
    # There is nothing behind Bob, nor before Ana: such cells do not count.
    none[2, 0] = none[0, 2] = 0.0
    logp = numpy.log(numpy.maximum(numpy.stack([none, 1 - none, none * 0, none * 0], axis=-1), 1e-6))
    set_soft_labels(doc, "relation", ["none", "neighbour", "LOC", "PER"], logp)
    numpy.testing.assert_allclose(least_related(none), [0.6, 0.3, 0.3])
    assert unlabel_unsure([doc], {"relation": "relation"}, 0.5) == 2
    assert [token.ent_iob_ for token in doc] == ["O", "", ""]


@pytest.mark.parametrize("schemes", [{"tag": "bio"}, {"start": "start"}, {}])
def test_unsure_tokens_without_distribution(schemes):
    nlp = make_nlp()
    doc = make_doc(nlp.vocab, "Ana met Bob", [])
    set_soft_labels(doc, "start", CLASSES["start"], numpy.zeros((3, 3)))
    with pytest.raises(XnerError, match="X309.*Ana met Bob"):
        unlabel_unsure([doc], schemes, 0.5)


def test_apply_from_the_command_line(tmp_path):
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 40)
    model, raw, taught, labelled, none = (
        tmp_path / name for name in ("model", "raw.spacy", "taught.spacy", "labelled.spacy", "none.spacy")
    )
    nlp.to_disk(model)
    docs = [*make_docs(nlp.vocab), make_doc(nlp.vocab, "and so on", None)]
    save_corpus(raw, docs)
    output = run_xner("apply", model, raw, labelled, "--outside", 0.5, code=1)
    assert "X309" in output and "Angela Merkel" in output and not labelled.exists()
    run_xner("teach", model, raw, taught)
    # Nothing is as sure as that: only entities are labelled.
    assert "stay unlabelled" in run_xner("apply", model, taught, labelled, "--outside", 1)
    found = list(read_docs(labelled, nlp.vocab))
    assert [get_ents(doc) for doc in found[:2]] == [get_ents(doc) for doc in docs[:2]]
    assert all(token.ent_type or not token.ent_iob for doc in found for token in doc)
    save_corpus(raw, docs[2:])
    assert "X123" in run_xner("apply", model, raw, none, "--drop-empty", code=1)
    assert not none.exists()
