"""A student that beats its teacher takes its place, and the training examples get its distributions."""

import copy
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from spacy.cli.train import train as train_with_spacy
from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST
from spacy.util import load_config
from trainings import snapshot, train_and_kill, write_config
from util import DUAL, ENCODER, STUDENTS, TAGGER, make_docs, make_examples, make_nlp, run_xner

from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_soft_labels, set_soft_labels
from spacy_xner.teaching import replace_teacher
from spacy_xner.teaching.replace_teacher import create_teacher_replacement
from spacy_xner.teaching.teach import teach

OUTPUTS = ("labels", "start", "end")


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    monkeypatch.setattr("spacy_xner.reporting.logger.find_spec", lambda name: None)


@pytest.fixture
def student():
    """DualNER's student, and examples with the distributions of the model that it starts from."""
    nlp = make_nlp(DUAL, "xner_dualner")
    nlp.config["training"]["max_steps"] = 0
    nlp.initialize(lambda: make_examples(nlp), sgd=None)
    docs = list(teach(nlp, make_docs(nlp.vocab)))
    return nlp, [make_example(doc, nlp.vocab) for doc in docs]


def give_scores(monkeypatch, scores):
    """Let the student have these scores, one after the other."""
    left = iter(scores)
    monkeypatch.setattr(replace_teacher, "_score", lambda nlp: next(left))


def get_logp(examples):
    return [[get_soft_labels(eg.reference, name).logp for name in OUTPUTS] for eg in examples]


def are_equal(one, other):
    return all(
        numpy.allclose(a, b, atol=1e-5)
        for x, y in zip(one, other, strict=True)
        for a, b in zip(x, y, strict=True)
    )


def test_a_better_student_becomes_the_teacher(student, monkeypatch):
    nlp, examples = student
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    first = get_logp(examples)
    callback = create_teacher_replacement(2)
    # Its own score at step 0, then worse, equal, better, better than before but not than the teacher.
    give_scores(monkeypatch, [0.5, 0.4, 0.5, 0.7, 0.6])
    known, student_at = [], {}
    for step in range(9):
        callback(nlp, {"step": step, "epoch": 0})
        student_at[step] = [
            [get_soft_labels(doc, name).logp for name in OUTPUTS] for doc in teach(nlp, make_docs(nlp.vocab))
        ]
        nlp.update(examples, sgd=optimizer)
        known.append(get_logp(examples))
    assert not are_equal(student_at[0], student_at[6])
    for step in range(6):
        assert are_equal(known[step], first)
    # From step 6 on they are what the student said then, however it goes on.
    for step in range(6, 9):
        assert are_equal(known[step], student_at[6]) and not are_equal(known[step], student_at[8])
    assert {get_soft_labels(eg.reference, "start").version for eg in examples} == {
        1
    } and callback.version == 1
    assert [(line["step"], line["score"], line["teacher"], line["replaced"]) for line in callback.lines] == [
        (0, 0.5, 0.5, False),
        (2, 0.4, 0.5, False),
        (4, 0.5, 0.5, False),
        (6, 0.7, 0.5, True),
        (8, 0.6, 0.7, False),
    ]


def test_examples_are_renewed_when_they_are_read(student, monkeypatch):
    nlp, (first, second) = student
    before = get_logp([first, second])
    callback = create_teacher_replacement(1)
    give_scores(monkeypatch, [0.1, 0.2, 0.3])
    callback(nlp, {"step": 0, "epoch": 0})
    nlp.update([first], sgd=nlp.resume_training())
    callback(nlp, {"step": 1, "epoch": 0})
    nlp.update([first])
    assert not are_equal(get_logp([first]), before[:1]) and are_equal(get_logp([second]), before[1:])
    callback(nlp, {"step": 2, "epoch": 0})
    nlp.update([second])
    assert [get_soft_labels(eg.reference, "labels").version for eg in (first, second)] == [1, 2]
    # What has no distributions gets none; one without tokens does no harm.
    bare = make_examples(nlp)[0]
    nlp.update([bare, make_example(nlp.make_doc(""), nlp.vocab)])
    assert get_soft_labels(bare.reference, "labels") is None


def test_state_in_bytes(student, monkeypatch):
    nlp, examples = student
    callback = create_teacher_replacement(1)
    give_scores(monkeypatch, [0.1, 0.2, 0.0])
    optimizer = nlp.resume_training()
    for step in range(2):
        callback(nlp, {"step": step, "epoch": 0})
        nlp.update(examples, sgd=optimizer)
    expected = get_logp(examples)
    again = create_teacher_replacement(1).from_bytes(callback.to_bytes())
    assert again.to_bytes() == callback.to_bytes()  # also before it is called
    fresh = [make_example(doc, nlp.vocab) for doc in teach(nlp, make_docs(nlp.vocab))]
    again(nlp, {"step": 2, "epoch": 0})
    nlp.update(fresh)
    assert are_equal(get_logp(fresh), expected)
    assert again.version == 1 and [line["score"] for line in again.lines] == [0.1, 0.2, 0.0]


@pytest.mark.parametrize("encoder", ["hash", "transformer"])
def test_a_copy_has_weights_of_its_own(encoder, request):
    config = copy.deepcopy(DUAL)
    if encoder == "transformer":
        name = request.getfixturevalue("tiny_transformer")
        config["model"]["encoders"]["a"] = {"@architectures": "spacy-xner.Encoder.v1", "name": name}
    nlp = make_nlp(config, "xner_dualner")
    nlp.initialize(lambda: make_examples(nlp))
    pipe = nlp.get_pipe("xner")
    other = pipe.copy()
    docs = make_docs(nlp.vocab)
    before = pipe.predict(docs)["labels"]
    assert all(map(numpy.array_equal, other.predict(docs)["labels"], before))
    examples = [make_example(doc, nlp.vocab) for doc in teach(nlp, docs)]
    for _ in range(3):
        nlp.update(examples, sgd=nlp.resume_training())
    assert not numpy.allclose(pipe.predict(docs)["labels"][0], before[0], atol=1e-4)
    assert all(map(numpy.array_equal, other.predict(docs)["labels"], before))


def test_bad_settings(monkeypatch):
    with pytest.raises(XnerError, match="X306.*-1.*frequency"):
        create_teacher_replacement(-1)
    give_scores(monkeypatch, [0.1])
    for config, factory, found in ((TAGGER, "xner", r"\[\]"), (TWO_TEACHERS, "xner", r"\['one', 'two'\]")):
        nlp = make_nlp(config, factory)
        nlp.config["training"]["max_steps"] = 0
        nlp.initialize(lambda nlp=nlp: give_soft(nlp))
        create_teacher_replacement(0)(nlp, {"step": 0, "epoch": 0})
        with pytest.raises(XnerError, match=f"X040.*{found}"):
            create_teacher_replacement(250)(nlp, {"step": 0, "epoch": 0})
    # A training that ends before the first comparison is left alone.
    nlp.config["training"]["max_steps"] = 100
    create_teacher_replacement(250)(nlp, {"step": 0, "epoch": 0})
    with pytest.raises(XnerError, match="X011"):
        create_teacher_replacement(250)(spacy.blank("xx"), {"step": 0, "epoch": 0})


TWO_TEACHERS = {
    **STUDENTS,
    "objectives": {
        "both": {"@misc": "spacy-xner.Distillation.v1", "output": "tag_a", "teachers": ["one", "two"]}
    },
}


def give_soft(nlp):
    examples = make_examples(nlp)
    for eg in examples:
        for name in ("one", "two"):
            set_soft_labels(eg.reference, name, ["O", "B", "I"], numpy.zeros((len(eg.reference), 3)))
    return examples


# In trainings


def write_student(folder):
    """A config of a short stage 2, whose first teacher knows nothing."""
    common = load_config(write_config(folder))
    for name, stage in (("teacher", "dualner"), ("student", "dualner_student")):
        config = load_config(CONFIGS / f"{stage}.cfg")
        config["vars"]["encoder"] = "hash"
        config["paths"]["dev"] = common["paths"]["dev"]
        config["components"]["xner"]["model"]["encoders"]["a"].update(ENCODER)
        for key in ("max_steps", "eval_frequency", "max_epochs", "dropout", "logger"):
            config["training"][key] = common["training"][key]
        config["training"]["batcher"]["size"] = 3
        config["training"]["optimizer"].update({"learn_rate": 0.01, "heads_learn_rate": 0.01})
        if name == "teacher":
            config["paths"]["train"] = common["paths"]["train"]
            config["training"].update({"max_steps": 1, "eval_frequency": 1})
            config["training"]["optimizer"].update({"learn_rate": 1e-6, "heads_learn_rate": 1e-6})
        else:
            paths = {"train": folder / "source.spacy", "target": folder / "target.spacy", "init": TEACHER}
            config["paths"].update({key: str(folder / path) for key, path in paths.items()})
            config["vars"]["teacher_frequency"] = 3
            config["training"]["before_update"]["output"] = str(folder / "replaced.jsonl")
        config.to_disk(folder / f"{name}.cfg")
    run_xner("train", folder / "teacher.cfg", "-o", folder / "teacher")
    for name in ("source", "target"):
        run_xner("teach", folder / TEACHER, folder / "train.spacy", folder / f"{name}.spacy")
    return folder / "student.cfg"


CONFIGS = Path(__file__).parents[2] / "configs"
TEACHER = Path("teacher", DIR_MODEL_LAST)


def read_replaced(folder):
    return [(line["step"], line["replaced"]) for line in srsly.read_jsonl(folder / "replaced.jsonl")]


def score_weights(nlp):
    """A score that depends on the weights alone."""
    heads = nlp.get_pipe("xner").model.get_ref("heads").shims[0]._model
    return -float(sum(parameter.detach().abs().sum() for parameter in heads.parameters()))


def test_killed_training_keeps_its_teacher(tmp_path, monkeypatch):
    monkeypatch.setattr(replace_teacher, "_score", score_weights)
    config = write_student(tmp_path)
    run_xner("train", config, "-o", tmp_path / "whole")
    expected = read_replaced(tmp_path)
    assert expected == [(0, False), (3, True), (6, True), (9, False)]
    fixed = ("--vars.teacher_frequency", 0)
    run_xner("train", config, "-o", tmp_path / "fixed", *fixed)
    assert snapshot(tmp_path / "fixed") != snapshot(tmp_path / "whole")
    for moment in (0, 7, 2, 5):
        train_and_kill(monkeypatch, moment, config, "-o", tmp_path / "killed", "--resume")
    run_xner("train", config, "-o", tmp_path / "killed", "--resume")
    assert snapshot(tmp_path / "killed") == snapshot(tmp_path / "whole")
    assert read_replaced(tmp_path) == expected


def test_score_is_what_checkpoints_are_chosen_by(tmp_path):
    config = write_student(tmp_path)
    run_xner("train", config, "-o", tmp_path / "out", "--vars.teacher_frequency", 4)
    first, second, _ = srsly.read_jsonl(tmp_path / "replaced.jsonl")
    teacher = spacy.load(tmp_path / TEACHER)
    docs = make_docs(teacher.vocab)
    assert first["score"] == teacher.evaluate([make_example(doc, teacher.vocab) for doc in docs])["ents_f"]
    assert second["teacher"] == first["score"]


def test_spacys_own_training(tmp_path, monkeypatch):
    monkeypatch.setattr(replace_teacher, "_score", score_weights)
    config = write_student(tmp_path)
    run_xner("train", config, "-o", tmp_path / "ours")
    expected = read_replaced(tmp_path)
    train_with_spacy(config, tmp_path / "spacy")
    assert read_replaced(tmp_path) == expected
    for name in (DIR_MODEL_BEST, DIR_MODEL_LAST):
        one, other = (
            {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            for folder in (tmp_path / "spacy" / name, tmp_path / "ours" / name)
        )
        assert one == other
