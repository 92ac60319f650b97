"""The component's scores, counted by hand."""

import copy

import numpy
import pytest
import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from util import BRIDGE, CLASSES, TAGGER, make_doc, make_examples, make_nlp, train

from spacy_xner.corpora.reader import make_example
from spacy_xner.evaluation.scorer import create_scorer, score_output
from spacy_xner.metadata import set_tags

NLP = make_nlp()
LABELS = ["LOC", "PER"]
# Sentences with gold entities, predicted entities and predicted classes of each output.
CASES = [
    (
        "Ana lives in New York",
        [(0, 1, "PER"), (3, 5, "LOC")],
        [(0, 1, "PER"), (3, 5, "PER")],
        {
            "span": [1, 0, 0, 1, 2],
            "type": [2, 0, 0, 0, 1],
            "bio": [3, 0, 0, 1, 4],
            "start": [2, 0, 0, 1, 0],
            "end": [2, 0, 0, 0, 2],
        },
    ),
    ("Bob", [(0, 1, "PER")], [], {"span": [0], "type": [1], "bio": [3], "start": [2], "end": [0]}),
    ("so", [], [(0, 1, "LOC")], {"span": [1], "type": [2], "bio": [0], "start": [1], "end": [0]}),
    (
        "not annotated",
        None,
        [(0, 1, "LOC")],
        {"span": [1, 1], "type": [2, 2], "bio": [1, 1], "start": [1, 1], "end": [1, 1]},
    ),
]


def make_case(text, gold, found, tags) -> Example:
    example = make_example(make_doc(NLP.vocab, text, gold), NLP.vocab)
    example.predicted.set_ents([Span(example.predicted, *ent) for ent in found])
    set_tags(example.predicted, {name: numpy.asarray(values, dtype="uint8") for name, values in tags.items()})
    return example


def score(cases, name="xner", **kwargs):
    schemes = {**{scheme: scheme for scheme in ("span", "type", "bio", "start", "end")}, "vectors": None}
    examples = [make_case(*case) for case in cases]
    return create_scorer()(iter(examples), name=name, schemes=schemes, labels=LABELS, **kwargs)


def test_scores():
    scores = score(CASES)
    # Entities: of three found one is right, of three to be found one was found.
    assert (scores["ents_p"], scores["ents_r"], scores["ents_f"]) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    # PER: Ana right, New York wrong, Bob not found. LOC: nothing right.
    assert scores["ents_per_type"]["PER"] == pytest.approx({"p": 1 / 2, "r": 1 / 2, "f": 1 / 2})
    assert scores["ents_per_type"]["LOC"] == {"p": 0.0, "r": 0.0, "f": 0.0}
    # Spans: Ana and New York right, Bob not found, "so" wrong: P and R are 2/3.
    assert scores["xner_span"] == pytest.approx(2 / 3)
    # Types at the last tokens: Ana and York right, Bob wrong.
    assert scores["xner_type"] == pytest.approx(2 / 3)
    # Tags: Ana and Bob right, B-LOC I-PER are two entities and none of them New York: P 2/4, R 2/3, F 4/7.
    assert scores["xner_bio"] == pytest.approx(4 / 7)
    # Starts: Ana, New and Bob right, "so" wrong: P 3/4, R 1. Ends: Ana right, York of the wrong type: P 1/2, R 1/3.
    assert scores["xner_start"] == pytest.approx(6 / 7)
    assert scores["xner_end"] == pytest.approx(2 / 5)
    assert "xner_vectors" not in scores


def test_name_and_settings():
    # What `nlp.evaluate` may hand on does not disturb.
    scores = score(CASES, name="second", attr="x", getter=None, has_annotation=None)
    assert {"second_span", "second_type", "second_bio"} < scores.keys()


@pytest.mark.parametrize("cases", [[], CASES[3:], [("so", [], [], {"span": [0], "type": [0], "bio": [0]})]])
def test_nothing_to_score(cases):
    scores = score(cases)
    assert [scores[f"xner_{output}"] for output in ("span", "type", "bio")] == [None] * 3


def test_without_tags():
    # The tags of another component.
    assert score([(*CASES[0][:3], {"span": [1, 0, 0, 1, 2]})])["xner_type"] is None


@pytest.mark.parametrize(
    "words, spaces",
    [
        (["New", "York-based", "Ana"], [True, True, False]),
        # As many tokens as predicted, but others.
        (["New", "York-based", "An", "a"], [True, True, False, False]),
    ],
)
def test_other_tokens(words, spaces):
    reference = Doc(NLP.vocab, words=words, spaces=spaces)
    reference.set_ents([Span(reference, 0, 2, "LOC"), Span(reference, 2, len(words), "PER")])
    predicted = Doc(NLP.vocab, words=["New", "York", "-based", "Ana"], spaces=[True, False, True, False])
    # New York-based is three predicted tokens, Ana is one.
    set_tags(predicted, {"span": numpy.asarray([1, 2, 2, 1]), "type": numpy.asarray([0, 0, 1, 2])})
    for output in ("span", "type"):
        assert score_output([Example(predicted, reference)], output, output, CLASSES[output]) == 1.0


@pytest.fixture(scope="module")
def nlp() -> Language:
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 60)
    return nlp


def test_evaluate(nlp):
    scores = nlp.evaluate(make_examples(nlp))
    assert (scores["ents_f"], scores["xner_tag"]) == (1.0, 1.0)


def test_scorer_is_an_option(nlp):
    other = make_nlp(TAGGER, scorer=None).from_bytes(nlp.to_bytes())
    assert not {"ents_f", "xner_tag"} & other.evaluate(make_examples(other)).keys()


def make_bridge(encoder=None, n=3, adjacent=True):
    """A bridge after one step, and a function that gives its examples: n pairs of views."""
    config = copy.deepcopy(BRIDGE)
    if encoder:
        for name in "ab":
            config["model"]["encoders"][name] = {"@architectures": "spacy-xner.Encoder.v1", "name": encoder}
    nlp = make_nlp(config)
    ents = [(0, 1, "PER", "1"), (2, 3, "PER", "2")]
    docs = {
        view: [make_doc(nlp.vocab, f"Ana {verb} Bob {i}", ents, group=str(i), view=view) for i in range(n)]
        for view, verb in (("s", "met"), ("t", "traf"))
    }
    pairs = [doc for pair in zip(docs["s"], docs["t"], strict=True) for doc in pair]
    chosen = pairs if adjacent else docs["s"] + docs["t"]
    train(nlp, lambda: [make_example(doc, nlp.vocab) for doc in pairs], 1)
    return nlp, lambda: [make_example(doc, nlp.vocab) for doc in chosen]


def test_score_of_a_stage_without_decoder():
    nlp, get_examples = make_bridge()
    pipe = nlp.get_pipe("xner")
    outputs = pipe.model.begin_update([eg.predicted for eg in get_examples()])[0]
    loss = pipe.get_loss(get_examples(), outputs)[0]
    assert loss > 0
    examples = [make_example(Doc(nlp.vocab), nlp.vocab), *get_examples()]
    expected = {"xner_dev_loss": loss, "xner_score": 1 / (1 + loss)}
    assert pipe.score(examples) == pytest.approx(expected, abs=1e-6)
    assert nlp.evaluate(examples)["xner_score"] == pytest.approx(expected["xner_score"], abs=1e-6)


def test_score_falls_with_the_loss():
    nlp, get_examples = make_bridge()
    before = nlp.evaluate(get_examples())
    optimizer = nlp.resume_training()
    for _ in range(10):
        nlp.update(get_examples(), sgd=optimizer)
    after = nlp.evaluate(get_examples())
    assert after["xner_dev_loss"] < before["xner_dev_loss"] and after["xner_score"] > before["xner_score"]


def test_score_keeps_groups_together():
    # 140 sentences are three batches of whole groups (32, 32 and 6 pairs) in whatever order they come.
    scores = [
        nlp.get_pipe("xner").score(get())
        for nlp, get in (make_bridge(n=70), make_bridge(n=70, adjacent=False))
    ]
    assert scores[0] == pytest.approx(scores[1], rel=1e-4)
    assert scores[0]["xner_dev_loss"] > 0


def test_score_is_the_same_each_time(tiny_transformer):
    nlp, get_examples = make_bridge(tiny_transformer)
    state = torch.get_rng_state()
    scores = [nlp.get_pipe("xner").score(get_examples()) for _ in range(2)]
    # Transformers have a dropout of their own; it stays off, and training goes on as if nothing happened.
    assert scores[0] == scores[1]
    assert torch.equal(torch.get_rng_state(), state)


def test_nothing_to_bridge():
    nlp, get_examples = make_bridge()
    alone = [eg for eg in get_examples() if eg.reference[1].text == "met"]
    assert nlp.get_pipe("xner").score(alone) == {"xner_dev_loss": None, "xner_score": None}
    assert nlp.get_pipe("xner").score([]) == {"xner_dev_loss": None, "xner_score": None}
