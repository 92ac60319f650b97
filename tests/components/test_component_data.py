"""The component and its data: what counts in training, what is refused, what is reported."""

import numpy
import pytest
import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import SGD
from util import (
    BRIDGE,
    CLASSES,
    STUDENTS,
    TAGGER,
    get_torch_heads,
    get_weights,
    make_doc,
    make_docs,
    make_examples,
    make_nlp,
    make_soft_examples,
    misc,
    train,
)

from spacy_xner.components.targets import make_targets
from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError
from spacy_xner.metadata import set_soft_labels

CPU = torch.device("cpu")
SOFT = {"tag_a": "span", "tag_b": "span"}
LABELS = ["LOC", "PER"]


def example(nlp: Language, words, ents=(), **metadata) -> Example:
    return make_example(make_doc(nlp.vocab, words, ents, **metadata), nlp.vocab)


@pytest.fixture
def nlp() -> Language:
    """A pipeline after one step."""
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 1)
    return nlp


@pytest.mark.parametrize("sgd", [None, SGD(0.1)])
def test_nothing_to_learn_changes_nothing(nlp, sgd):
    before = get_weights(nlp)
    for batch in ([], [example(nlp, [])], [example(nlp, "Ana lives", None)] * 2):
        assert nlp.get_pipe("xner").update(batch, sgd=sgd) == {"xner": 0.0}
    assert get_weights(nlp) == before


def test_all_outside_batch(nlp):
    batch = [example(nlp, "Ana lives in Rome"), example(nlp, "so"), example(nlp, [])]
    optimizer = nlp.resume_training()
    first = nlp.update(batch, sgd=optimizer)["xner"]
    for _ in range(30):
        last = nlp.update(batch, sgd=optimizer)["xner"]
    assert last < 0.05 < first


def test_missing_tokens_do_not_count(nlp):
    pipe = nlp.get_pipe("xner")
    half, whole = example(nlp, "Ana lives", None), example(nlp, "Ana lives", [(0, 1, "PER")])
    half.reference.set_ents([Span(half.reference, 0, 1, "PER")], default="missing")
    outputs = pipe.model.begin_update([half.predicted])[0]
    logp = torch.log_softmax(outputs["tag"][0], dim=-1)
    # B-PER is class 3 and O class 0; the mean over known tokens.
    assert pipe.get_loss([half], outputs)[0] == pytest.approx(-float(logp[0, 3]), abs=1e-6)
    loss, gradient = pipe.get_loss([whole], outputs)
    assert loss == pytest.approx(-float(logp[0, 3] + logp[1, 0]) / 2, abs=1e-6)
    # The gradient is (p - 1) / 2 at the right class, p / 2 at others.
    expected = (logp.exp() - torch.eye(5)[[3, 0]]) / 2
    torch.testing.assert_close(gradient["tag"][0], expected)
    assert pipe.get_loss([half], outputs)[1]["tag"][0, 1].tolist() == [0.0] * 5


def test_gradient_accumulation(nlp):
    # The same batch twice, then one step: the step of twice the length on the batch once.
    other = make_nlp().from_bytes(nlp.to_bytes())
    before, start = get_weights(nlp), nlp.get_pipe("xner").model.layers[0].predict(make_docs(nlp.vocab))[0]
    for _ in range(2):
        nlp.get_pipe("xner").update(make_examples(nlp), sgd=None)
    assert get_weights(nlp) == before
    nlp.get_pipe("xner").finish_update(SGD(0.1, grad_clip=0.0))
    other.get_pipe("xner").update(make_examples(other), sgd=SGD(0.2, grad_clip=0.0))
    heads = [list(get_torch_heads(pipeline).parameters()) for pipeline in (nlp, other)]
    torch.testing.assert_close(*heads)
    encoders = [pipeline.get_pipe("xner").model.layers[0] for pipeline in (nlp, other)]
    Xs = [encoder.predict(make_docs(nlp.vocab))[0] for encoder in encoders]
    numpy.testing.assert_allclose(*Xs, rtol=1e-4, atol=1e-5)
    assert numpy.abs(Xs[0] - start).max() > 0.01


def targets_of(predicted, reference, ents, soft=None):
    """Targets of one sentence with other tokens than its reference: pairs of (words, spaces)."""
    vocab = make_nlp().vocab
    docs = [Doc(vocab, words=words, spaces=spaces) for words, spaces in (predicted, reference)]
    docs[1].set_ents(
        [Span(docs[1], *ent[:2], label=ent[2], span_id=ent[3]) for ent in ents], default="outside"
    )
    docs[1].user_data["xner"] = {"group": "g"}
    set_soft_labels(docs[1], "t", CLASSES["bio"], numpy.zeros((len(docs[1]), 5)))
    return make_targets([Example(*docs)], LABELS, {"tag": "bio"}, {"t": "tag"}, {}, CPU)


@pytest.mark.parametrize(
    "ents, gold, entities",
    [
        # "York-based" is two predicted tokens and one of the reference: what it holds is known if it is O
        # or a whole entity.
        ([(0, 1, "LOC", "1"), (2, 3, "PER", "2")], [1, 0, 0, 3], [1, 0, 0, 2]),
        ([(0, 2, "LOC", "1")], [1, 2, 2, 0], [1, 1, 1, 0]),
        ([(1, 2, "LOC", "1")], [0, 1, 2, 0], [0, 1, 1, 0]),
    ],
)
def test_reference_of_longer_tokens(ents, gold, entities):
    predicted = ["New", "York", "-based", "Ana"], [True, False, True, False]
    reference = ["New", "York-based", "Ana"], [True, True, False]
    targets = targets_of(predicted, reference, ents)
    assert targets.gold["tag"].tolist() == [gold]
    assert targets.entities.tolist() == [entities]
    # Distributions of other tokens can't be used.
    assert not targets.soft["t"].mask.any()


def test_reference_cut_elsewhere_is_missing():
    # "New York" ends within the predicted token "York-", so that entity can't be aligned; "based" is within
    # the token "-based", which is O.
    predicted = ["New", "York-", "based", "Ana"], [True, False, True, False]
    reference = ["New", "York", "-based", "Ana"], [True, False, True, False]
    targets = targets_of(predicted, reference, [(0, 2, "LOC", "1"), (3, 4, "PER", "2")])
    assert targets.gold["tag"].tolist() == [[-1, -1, 0, 3]]
    assert targets.labelled.tolist() == [[False, False, True, True]]


def test_targets_of_a_batch():
    nlp = make_nlp()
    ents = [(0, 1, "PER", "1"), (2, 3, "LOC", "2")]
    batch = [
        example(nlp, "Ana liebt Rom", ents, group="g", view="t", language="de"),
        example(nlp, "Rome", [(0, 1, "LOC", "2")], group="g", view="s", language="en"),
        example(nlp, "Rome", [(0, 1, "LOC", "2")]),
        example(nlp, "Bob", [(0, 1, "PER", "1")], group="h"),
    ]
    targets = make_targets(batch, LABELS, {"tag": "type", "vectors": None}, {}, {}, CPU)
    assert targets.mask.tolist() == [[True] * 3, *[[True, False, False]] * 3]
    assert targets.gold["tag"].tolist() == [[2, 0, 1], [1, -1, -1], [1, -1, -1], [2, -1, -1]]
    assert list(targets.gold) == ["tag"]
    assert targets.groups.tolist() == [0, 0, 1, 2]
    assert (targets.views, targets.languages) == (["t", "s", "", ""], ["de", "en", "", ""])
    # The same id in the same group is one entity; without a group there is nothing to be aligned with.
    assert targets.entities.tolist() == [[1, 0, 2], [2, 0, 0], [0, 0, 0], [3, 0, 0]]


def test_losses_of_each_objective():
    nlp = make_nlp(STUDENTS)
    losses = train(nlp, lambda: make_soft_examples(nlp, SOFT), 1, LABELS)
    names = ["teacher_a", "teacher_b", "high_confidence", "low_confidence", "boundary"]
    assert list(losses) == ["xner", *(f"xner_{name}" for name in names)]
    assert losses["xner"] == pytest.approx(sum(losses[f"xner_{name}"] for name in names))
    assert min(losses[f"xner_{name}"] for name in names if name != "low_confidence") > 0
    # Losses of the next batch are added.
    pipe = nlp.get_pipe("xner")
    alone = pipe.update(make_soft_examples(nlp, SOFT))
    both = pipe.update(make_soft_examples(nlp, SOFT), losses=dict(losses))
    assert both == pytest.approx({name: losses[name] + alone[name] for name in losses})


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_weights(weight):
    nlp = make_nlp()
    other = make_nlp(TAGGER, objectives={"tag": misc("CrossEntropy", output="tag", weight=weight)})
    losses = [train(pipeline, lambda: make_examples(nlp), 1) for pipeline in (nlp, other)]
    assert losses[1] == (
        {"xner": 0.0} if weight == 0 else pytest.approx({k: v / 2 for k, v in losses[0].items()})
    )


def test_unknown_label(nlp):
    for words, predicted in (("Ana Rot", None), ("Ana Rot", ["An", "a", "Rot"])):
        eg = example(nlp, words, [(0, 1, "COLOUR")])
        if predicted:
            eg = Example(Doc(nlp.vocab, words=predicted, spaces=[False, True, False]), eg.reference)
        with pytest.raises(XnerError, match=r"X001.*'COLOUR' in 'Ana Rot'.*\['LOC', 'PER'\]"):
            nlp.update([eg])


def test_no_labels():
    nlp = make_nlp()
    with pytest.raises(XnerError, match="X002.*'xner'"):
        train(nlp, lambda: [example(nlp, "Ana", None), example(nlp, "so")], 0)


def test_no_labels_for_want_of_a_teacher():
    nlp = make_nlp(TAGGER, objectives={"o": misc("SquaredError", output="tag", teacher="other")})
    with pytest.raises(XnerError, match=r"X022.*'xner'.*\['other'\].*spacy xner teach"):
        train(nlp, lambda: [example(nlp, "Ana", None)], 0)


@pytest.mark.filterwarnings("error")
def test_sentences_that_teach_something_without_a_distribution(nlp):
    nlp = make_nlp(TAGGER, objectives={"o": misc("Distillation", output="tag", teachers=["other"])})
    examples = [*make_soft_examples(nlp, {"other": "bio"}), example(nlp, "so"), example(nlp, [])]
    assert train(nlp, lambda: examples, 1, LABELS)["xner"] > 0


@pytest.mark.parametrize(
    "config, match",
    [
        (
            {"objectives": {"o": misc("CrossEntropy", output="x")}},
            r"X003.*'o' needs the output 'x'.*\['tag'\]",
        ),
        ({"decoder": misc("TagDecoder", outputs=["x"])}, r"X012.*no output 'x'.*\['tag'\]"),
        (
            {"decoder": misc("TagDecoder", outputs=["tag"], scheme="span")},
            "X021.*'decoder' reads the output 'tag' as one with the scheme 'span', but its scheme is 'bio'",
        ),
        (
            {"decoder": misc("RelationDecoder", output="tag")},
            "X021.*'decoder' reads the output 'tag' as one with the scheme 'relation', but its scheme is 'bio'",
        ),
        (
            {"decoder": misc("SubtaskDecoder", span=["tag"], type=["tag"])},
            "X021.*'decoder' reads the output 'tag' as one with the scheme 'type', but its scheme is 'bio'",
        ),
        (
            {"objectives": {"o": misc("DualTeaching", labels="tag", start="tag", end="tag")}},
            "X021.*'o' reads the output 'tag' as one with the scheme 'end'",
        ),
    ],
)
def test_unknown_outputs(config, match):
    with pytest.raises(XnerError, match=match):
        make_nlp(TAGGER, **config)


@pytest.mark.parametrize("classes", [["O", "B-PER", "I-PER"], ["O", "I", "B"]])
def test_soft_labels_of_other_classes(classes):
    nlp = make_nlp(STUDENTS)
    docs = make_docs(nlp.vocab)
    for doc in docs:
        for name in SOFT:
            set_soft_labels(doc, name, classes, numpy.zeros((len(doc), 3)))
    with pytest.raises(XnerError, match=r"X005.*'tag_a'.*\['O', 'B', 'I'\]"):
        train(nlp, lambda: [make_example(doc, nlp.vocab) for doc in docs], 1)


def test_soft_labels_of_another_name():
    """The output is told whose classes differ, not the name that they are stored under."""
    nlp = make_nlp(TAGGER, objectives={"o": misc("Distillation", output="tag", teachers=["other"])})
    with pytest.raises(XnerError, match="X005.*'other' have.*the output 'tag' has"):
        train(nlp, lambda: make_soft_examples(nlp, {"other": "span"}), 1, LABELS)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_loss_that_is_no_number(nlp, value):
    with torch.no_grad():
        get_torch_heads(nlp)["head:tag"].linear.bias[0] = value
    before = get_weights(nlp)
    with pytest.raises(XnerError, match="X008.*'tag' is nan"):
        nlp.update(make_examples(nlp), sgd=SGD(0.1))
    assert get_weights(nlp) == before


def test_distributions_are_found_by_name():
    nlp = make_nlp(TAGGER, objectives={"o": misc("Distillation", output="tag", teachers=["other"])})
    with pytest.warns(UserWarning, match=r"W006.*\['other'\]"):
        assert train(nlp, lambda: make_soft_examples(nlp, {"tag": "bio"}), 1, LABELS) == {"xner": 0.0}
    assert train(nlp, lambda: make_soft_examples(nlp, {"other": "bio"}), 1, LABELS)["xner"] > 0


def test_views_route_sentences_to_encoders():
    nlp = make_nlp(BRIDGE)
    docs = [make_doc(nlp.vocab, "Ana lives", view=view) for view in ("s", "t", "x")]
    train(nlp, lambda: [make_example(doc, nlp.vocab) for doc in docs], 0, LABELS)
    outputs = nlp.get_pipe("xner").predict(docs)
    assert [[bool(array.any()) for array in outputs[name]] for name in ("vectors_a", "vectors_b")] == [
        [True, False, False],
        [False, True, False],
    ]
