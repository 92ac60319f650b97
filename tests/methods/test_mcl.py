"""MCL-NER as a component: overlaps, long entities, long documents, batches that lack something."""

import numpy
import pytest
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from util import (
    RELATIONS,
    SENTENCES,
    get_ents,
    get_scored,
    make_doc,
    make_docs,
    make_examples,
    make_nlp,
    misc,
    train,
)

from spacy_xner.components.entities import set_entities
from spacy_xner.components.loss import find_targets
from spacy_xner.corpora.reader import make_example
from spacy_xner.metadata import get_soft_labels, set_soft_labels
from spacy_xner.teaching.teach import teach
from spacy_xner.types import Entity

LABELS = ["LOC", "PER"]


def make_mcl(**settings):
    return make_nlp(RELATIONS, "xner_mcl", **settings)


def make_group(vocab, group="1"):
    """A sentence and its code-switched copy."""
    return [
        make_doc(vocab, "Ana Lopez met Bob", [(0, 2, "PER", "1"), (3, 4, "PER", "2")], group=group, view="s"),
        make_doc(
            vocab, "Ana Lopez traf Bob", [(0, 2, "PER", "1"), (3, 4, "PER", "2")], group=group, view="cs"
        ),
    ]


def to_examples(nlp, docs):
    return [make_example(doc, nlp.vocab) for doc in docs]


def get_losses(docs, **settings):
    """The losses of one update on these documents."""
    nlp = make_mcl(**settings)
    nlp.config["initialize"]["components"]["xner"] = {"labels": LABELS}
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    return nlp.update(to_examples(nlp, docs(nlp.vocab)), sgd=optimizer, drop=0.0)


@pytest.fixture(scope="module")
def trained():
    nlp = make_mcl()
    train(nlp, lambda: make_examples(nlp), 60, LABELS)
    return nlp


def test_all_objectives_fall_on_groups():
    losses = get_losses(lambda vocab: [*make_group(vocab, "1"), *make_group(vocab, "2")])
    assert set(losses) == {"xner", "xner_cross_entropy", "xner_semantic", "xner_relation"}
    assert losses["xner"] == pytest.approx(sum(v for k, v in losses.items() if k != "xner"), rel=1e-5)


@pytest.mark.parametrize(
    "docs,terms",
    [
        # One group has no negatives for eq. 3; one sentence of one token still has a relation to contrast.
        (lambda vocab: make_group(vocab), {"cross_entropy", "relation"}),
        (lambda vocab: make_group(vocab)[:1], {"cross_entropy", "relation"}),
        (lambda vocab: [make_doc(vocab, "Ana", [(0, 1, "PER")], view="s")], {"cross_entropy", "relation"}),
        # No view, no contrast.
        (lambda vocab: [make_doc(vocab, "Ana met Bob", [(0, 1, "PER")])], {"cross_entropy"}),
        (lambda vocab: [make_doc(vocab, "nobody came", [])], {"cross_entropy"}),
        (lambda vocab: [make_doc(vocab, "nobody came", None)], set()),
        (lambda vocab: [make_doc(vocab, "", [])], set()),
        (lambda vocab: [make_doc(vocab, "", []), *make_group(vocab)], {"cross_entropy", "relation"}),
    ],
)
def test_batches_that_lack_something(docs, terms):
    assert {name.removeprefix("xner_") for name in get_losses(docs)} - {"xner"} == terms


def test_unseen_label():
    with pytest.raises(ValueError, match="X001.*ORG"):
        get_losses(lambda vocab: [make_doc(vocab, "Acme sells", [(0, 1, "ORG")])])


def test_misaligned_tokens():
    """Gold tokens that the pipeline cuts otherwise: what is known is learnt."""

    def docs(nlp):
        gold = make_doc(nlp.vocab, "Ana Lopez met Bob", [(0, 2, "PER"), (3, 4, "PER")])
        return Doc(nlp.vocab, words=["Ana", "Lopez", "met", "B", "ob"], spaces=[1, 1, 1, 0, 0]), gold

    nlp = make_mcl()
    nlp.config["initialize"]["components"]["xner"] = {"labels": LABELS}
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    losses = nlp.update([Example(*docs(nlp))], sgd=optimizer)
    assert losses["xner_cross_entropy"] > 0


@pytest.mark.parametrize("max_length,width", [(None, 3), (1, 2), (5, 6)])
def test_longest_entity_is_learnt_or_given(max_length, width):
    config = {"model": {**RELATIONS["model"], "heads": {"relation": {"hidden": 4, "max_length": max_length}}}}
    nlp = make_nlp(config, "xner_mcl")
    if max_length == 1:
        with pytest.warns(
            UserWarning, match="W004.*2 of 4 gold entities.*longer than the 1 tokens.*longest: 2"
        ):
            nlp.initialize(lambda: make_examples(nlp))
    else:
        nlp.initialize(lambda: make_examples(nlp))
    assert nlp.get_pipe("xner").longest == 2
    logits = nlp.get_pipe("xner").predict([nlp.make_doc(SENTENCES[0][0])])["relation"][0]
    assert logits.shape == (8, width, 4)
    again = make_nlp(config, "xner_mcl").from_bytes(nlp.to_bytes())
    numpy.testing.assert_array_equal(
        again.get_pipe("xner").predict([again.make_doc(SENTENCES[0][0])])["relation"][0], logits
    )


@pytest.mark.parametrize("max_length", [0, -3])
def test_max_length_is_a_number_of_tokens(max_length):
    config = {"model": {**RELATIONS["model"], "heads": {"relation": {"max_length": max_length}}}}
    with pytest.raises(ValueError, match=f"X015.*{max_length}"):
        make_nlp(config, "xner_mcl")


def test_one_entity_of_many_tokens():
    """It makes the band as wide as it is long, so somebody should look at it."""
    nlp = make_mcl()
    long = make_example(make_doc(nlp.vocab, ["a"] * 40, [(0, 40, "PER")]), nlp.vocab)
    examples = [*make_examples(nlp) * 300, long]
    with pytest.warns(UserWarning, match="W005.*has 40 tokens.*at most 2"):
        nlp.initialize(lambda: examples)
    assert nlp.get_pipe("xner").longest == 40


def test_length_is_that_of_the_pipelines_tokens():
    """What is one token in the gold may be several here."""
    nlp = make_mcl()
    gold = make_doc(nlp.vocab, ["東京都", "へ"], [(0, 1, "LOC")])
    doc = Doc(nlp.vocab, words=["東", "京", "都", "へ"], spaces=[False, False, True, False])
    nlp.initialize(lambda: [Example(doc, gold)])
    assert nlp.get_pipe("xner").longest == 3


def test_longer_entities_count_in_the_score(trained):
    """An entity that the band does not hold is one that was not found."""
    nlp = trained
    words = ["Angela"] * 9
    gold = make_doc(nlp.vocab, words, [(0, 9, "PER")])
    with pytest.warns(UserWarning, match="W004.*1 of 1 gold entities.*the 2 tokens.*count as missed"):
        scores = nlp.evaluate([make_example(gold, nlp.vocab)])
    assert scores["ents_r"] == 0.0 and scores["ents_f"] == 0.0


def test_long_document_is_its_segments(trained):
    """Heads see segments with their context: across a cut entities are found as elsewhere."""
    pipe = trained.get_pipe("xner")
    words = SENTENCES[0][0].split() * 40
    doc = Doc(trained.vocab, words=words)
    whole = pipe.predict([doc])["relation"][0]
    before = pipe.model.attrs["segment"]
    pipe.model.attrs["segment"] = 17
    try:
        cut = pipe.predict([doc])["relation"][0]
        found = get_ents(trained(Doc(trained.vocab, words=words)))
    finally:
        pipe.model.attrs["segment"] = before
    assert cut.shape == whole.shape == (320, 3, 4)
    # The BiLSTM sees less on either side, the pairs are the same.
    assert (cut.argmax(-1) == whole.argmax(-1)).mean() > 0.999
    assert found == get_ents(trained(Doc(trained.vocab, words=words)))
    assert len(found) > 60


def test_nested():
    doc = make_doc(Vocab(), "a b c d", None)
    nested = [Entity(0, 3, "LOC", 0.7), Entity(1, 2, "PER", 0.9), Entity(3, 4, "PER", 0.5)]
    for found in (nested, nested, []):  # the second time they are there already
        set_entities(doc, found, "xner", overwrite=False)
        # All of them with their scores; of those that overlap, the best is an entity of the document.
        assert [span[:3] for span in get_scored(doc)] == [(0, 3, "LOC"), (1, 2, "PER"), (3, 4, "PER")]
        assert get_ents(doc) == [(1, 2, "PER"), (3, 4, "PER")]


@pytest.mark.parametrize("others", ["outside", "missing"])
def test_nested_gold_is_learnt(others):
    """From `doc.spans["sc"]`, as spaCy's spancat reads it, beside `doc.ents` or without any."""
    nlp = make_mcl(decoder=misc("RelationDecoder", output="relation", nested=True))
    spans = [(0, 4, "ORG"), (3, 4, "LOC"), (5, 7, "PER")]

    def make_gold():
        doc = make_doc(nlp.vocab, "the University of Hamburg invited Angela Merkel .", None)
        doc.set_ents([], default=others)
        doc.spans["sc"] = [Span(doc, *span[:2], label=span[2]) for span in spans]
        return [make_example(doc, nlp.vocab)]

    train(nlp, make_gold, 80)
    assert nlp.get_pipe("xner").labels == ("LOC", "ORG", "PER") and nlp.get_pipe("xner").longest == 4
    doc = nlp(make_gold()[0].reference.text)
    assert [span[:3] for span in get_scored(doc)] == spans
    assert len(doc.ents) == 2 and all(score > 0.5 for *_, score in get_scored(doc))


def test_nested_gold_is_not_read_by_taggers():
    nlp = make_nlp()
    doc = make_docs(nlp.vocab)[0]
    doc.spans["sc"] = [Span(doc, 0, 8, label="EVENT")]
    nlp.initialize(lambda: [make_example(doc, nlp.vocab)])
    assert nlp.get_pipe("xner").labels == ("LOC", "PER")


def test_stored_relations_of_another_width(trained):
    """Stage two may know of longer entities than stage one did: what is stored is used as far as it goes."""
    nlp = make_mcl(
        objectives={
            "error": {"@misc": "spacy-xner.SquaredError.v1", "output": "relation", "teacher": "relation"}
        }
    )
    long = make_doc(nlp.vocab, "a b c d e", [(0, 5, "PER")])
    nlp.initialize(lambda: [*make_examples(nlp), make_example(long, nlp.vocab)])
    (doc,) = teach(trained, [make_doc(trained.vocab, "Ana met Bob", None)])
    assert get_soft_labels(doc, "relation").logp.shape == (3, 3, 4)
    losses = nlp.update([make_example(doc, nlp.vocab)], sgd=None)
    assert losses["xner_error"] > 0
    # Cells without a second token do not count, though something is stored for them.
    pipe = nlp.get_pipe("xner")
    outputs = {"relation": torch.zeros(1, 3, 6, 4)}
    targets = find_targets(
        [make_example(doc, nlp.vocab)], outputs, pipe.objectives.values(), pipe.labels, pipe.schemes
    )
    assert targets.soft["relation"].mask.sum(dim=2).tolist() == [[2, 3, 2]]
    soft = get_soft_labels(doc, "relation")
    set_soft_labels(doc, "relation", [*soft.classes[:3], "X"], soft.logp)
    with pytest.raises(ValueError, match="X005"):
        nlp.update([make_example(doc, nlp.vocab)], sgd=None)


def test_any_objective_works_on_relations():
    nlp = make_mcl(
        objectives={
            "high": misc("HighConfidence", outputs=["relation", "relation"]),
            "low": misc("LowConfidence", outputs=["relation"]),
            "teacher": misc("Distillation", output="relation", teachers=["relation"]),
        }
    )
    nlp.initialize(lambda: make_examples(nlp))
    (doc,) = teach(nlp, [make_doc(nlp.vocab, "Ana met Bob", None)])
    losses = nlp.update([make_example(doc, nlp.vocab)], sgd=None)
    # It agrees with itself, as far as its probabilities are not floored.
    assert losses["xner_high"] > 0 and losses["xner_teacher"] == pytest.approx(0.0, abs=1e-3)
