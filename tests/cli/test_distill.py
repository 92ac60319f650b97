"""`xner distill`: one encoder learns what a pipeline finds, however many that has."""

import pytest
import spacy
import srsly
from trained import TEXTS, make_trained
from util import BRIDGE, get_ents, make_docs, make_nlp, run_xner, save_corpus, train

from spacy_xner.corpora.reader import make_example
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.evaluation.speed import measure_speed
from spacy_xner.metadata import get_soft_labels
from spacy_xner.teaching.distill import make_student

STEPS = [
    "--training.max_steps",
    "40",
    "--training.eval_frequency",
    "20",
    "--training.optimizer.learn_rate",
    "0.01",
]


@pytest.fixture
def corpus(tmp_path):
    return save_corpus(tmp_path / "corpus.spacy", make_docs(spacy.blank("xx").vocab))


def save(kind, folder):
    nlp = make_trained(kind)
    nlp.to_disk(folder)
    return nlp


@pytest.mark.parametrize("kind", ["xner", "students", "xner_dlbri", "xner_mcl", "xner_dualner"])
def test_student_finds_what_the_teacher_finds(kind, corpus, tmp_path):
    teacher = save(kind, tmp_path / "teacher")
    report = tmp_path / "report.json"
    shown = ["--test", corpus, "--report", report] if kind == "xner_dlbri" else []
    printed = run_xner(
        "distill", tmp_path / "teacher", corpus, tmp_path / "student", "--dev", corpus, *shown, *STEPS
    )
    student = spacy.load(tmp_path / "student" / "model-best")
    model, other = (nlp.get_pipe("xner").model for nlp in (student, teacher))
    assert set(model.attrs["encoders"].values()) == {0} and len(model.layers) == 2
    assert model.attrs["encoders"].keys() == other.attrs["encoders"].keys()
    assert model.attrs["heads"].keys() == other.attrs["heads"].keys()
    assert [get_ents(student(text)) for text in TEXTS] == [get_ents(teacher(text)) for text in TEXTS]
    taught = list(read_docs(tmp_path / "student" / "taught.spacy", student.vocab))
    assert all(
        get_soft_labels(doc, name) for doc in taught for name in teacher.get_pipe("xner").decoder.outputs
    )
    if shown:
        assert "original distilled" in printed and "words per second" in printed
        original, distilled = srsly.read_json(report)
        assert (original["model"], distilled["model"]) == ("original", "distilled")
        assert original["languages"] == distilled["languages"] and distilled["words_per_second"] > 0


def test_student_starts_from_the_teacher_or_anew(corpus, tmp_path):
    teacher = save("xner", tmp_path / "teacher")
    nlp = spacy.load(tmp_path / "teacher")
    kept = make_student(nlp, str(tmp_path / "teacher"), train=corpus, dev=corpus)
    anew = make_student(nlp, str(tmp_path / "teacher"), train=corpus, dev=corpus, encoder="hash")
    found = []
    for config in (kept, anew):
        student = spacy.util.load_model_from_config(config, auto_fill=True)
        student.initialize(
            lambda made=student: [make_example(doc, made.vocab, True) for doc in make_docs(made.vocab)]
        )
        assert student.get_pipe("xner").labels == ("LOC", "PER")
        found.append(student.get_pipe("xner").predict([student.make_doc(TEXTS[0])])["tag"][0])
    expected = teacher.get_pipe("xner").predict([teacher.make_doc(TEXTS[0])])["tag"][0]
    assert (found[0] == expected).all() and not (found[1] == expected).any()


def test_other_components_stay(corpus, tmp_path):
    teacher = make_trained("xner")
    teacher.add_pipe("sentencizer", first=True)
    teacher.to_disk(tmp_path / "teacher")
    run_xner("distill", tmp_path / "teacher", corpus, tmp_path / "student", "--dev", corpus, *STEPS)
    assert spacy.load(tmp_path / "student" / "model-best").pipe_names == ["sentencizer", "xner"]


def test_nothing_to_distil(corpus, tmp_path):
    nlp = make_nlp(BRIDGE)
    train(nlp, lambda: [make_example(doc, nlp.vocab) for doc in make_docs(nlp.vocab)], 1)
    nlp.to_disk(tmp_path / "bridge")
    with pytest.raises(XnerError, match="X024.*'xner' of .*bridge"):
        make_student(nlp, str(tmp_path / "bridge"), train=corpus, dev=corpus)
    assert "X024" in run_xner(
        "distill", tmp_path / "bridge", corpus, tmp_path / "student", "--dev", corpus, code=1
    )
    assert not (tmp_path / "student").exists()


def test_speed(corpus, tmp_path):
    nlp = make_trained("xner")
    docs = make_docs(nlp.vocab)
    before = [doc.to_bytes() for doc in docs]
    speeds = measure_speed(nlp, docs, repeats=2)
    assert len(speeds) == 2 and min(speeds) > 0
    assert [doc.to_bytes() for doc in docs] == before
