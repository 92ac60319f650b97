"""The component: it learns, keeps what it learnt, and holds with odd documents and odd data."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from trained import KINDS, TEXTS, make_trained
from util import (
    GOLD,
    STUDENTS,
    TAGGER,
    get_ents,
    get_scored,
    get_weights,
    make_doc,
    make_examples,
    make_nlp,
    train,
)

from spacy_xner.components.entities import set_entities
from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_tags
from spacy_xner.types import Entity


@pytest.fixture(scope="module")
def trained():
    """Each kind of pipeline, trained; tests do not change them."""
    return {kind: make_trained(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_overfits(trained, kind):
    docs = [trained[kind](text) for text in TEXTS]
    assert [get_ents(doc) for doc in docs] == KINDS[kind][-1]
    for doc in docs:
        assert [span[:3] for span in get_scored(doc)] == get_ents(doc)
        assert all(0.5 < span[3] <= 1 for span in get_scored(doc))
        scores = doc.spans["xner"].attrs["scores"]  # numbers, as `print` and `json` know them
        assert all(type(score) is float for score in scores) and json.loads(json.dumps(scores)) == scores
        assert doc.has_annotation("ENT_IOB", require_complete=True)


def test_training_only_outputs_are_left_out(trained):
    nlp = trained["xner_concner"]
    assert list(nlp.get_pipe("xner").predict([nlp.make_doc(TEXTS[0])])) == ["tag"]


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_result(trained, kind):
    assert get_weights(make_trained(kind)) == get_weights(trained[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_serialization(trained, kind, tmp_path):
    nlp = trained[kind]
    nlp.to_disk(tmp_path)
    from_disk = spacy.load(tmp_path)
    from_bytes = spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())
    alone = make_nlp(*KINDS[kind][:2])
    alone.get_pipe("xner").from_bytes(nlp.get_pipe("xner").to_bytes())
    copied = spacy.blank("xx", config={"nlp": {"tokenizer": nlp.config["nlp"]["tokenizer"]}})
    copied.add_pipe("xner", source=nlp)
    expected = [get_scored(nlp(text)) for text in TEXTS]
    for other in (from_disk, from_bytes, alone, copied):
        assert [get_scored(other(text)) for text in TEXTS] == expected
        assert other.get_pipe("xner").labels == ("LOC", "PER")
        assert get_weights(other) == get_weights(nlp)


@pytest.mark.parametrize("n_process", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_pipe_is_call(trained, kind, n_process):
    nlp = trained[kind]
    texts = [*TEXTS, "", "Berlin", "  ", "Merkel met Obama"] * 2
    singly = [nlp(text) for text in texts]
    piped = list(nlp.pipe(texts, batch_size=3, n_process=n_process))
    assert [get_ents(doc) for doc in piped] == [get_ents(doc) for doc in singly]
    for one, other in zip(piped, singly, strict=True):
        numpy.testing.assert_allclose(
            one.spans["xner"].attrs["scores"], other.spans["xner"].attrs["scores"], atol=2e-4
        )
        # Scoring reads tags in the process that predicts; bytes of a document do not hold them.
        expected = {name: tags.tolist() for name, tags in get_tags(other).items()} if n_process == 1 else {}
        assert {name: tags.tolist() for name, tags in get_tags(one).items()} == expected


@pytest.mark.parametrize("kind", KINDS)
def test_pickle(trained, kind):
    other = pickle.loads(pickle.dumps(trained[kind]))
    assert other.get_pipe("xner").vocab is other.vocab
    assert [get_scored(other(text)) for text in TEXTS] == [get_scored(trained[kind](text)) for text in TEXTS]
    assert get_weights(other) == get_weights(trained[kind])


PROCESSES = """
import multiprocessing
import sys

import torch
from util import COMBINATION, make_examples, make_nlp

torch.set_num_threads(2)
nlp = make_nlp(COMBINATION, "xner_dlbri")
nlp.initialize(lambda: make_examples(nlp))
text = "Angela Merkel met Obama . " * 100
expected = nlp(text).to_bytes()
multiprocessing.set_start_method(sys.argv[1])
assert [doc.to_bytes() for doc in nlp.pipe([text] * 4, n_process=2, batch_size=1)] == [expected] * 4
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes(method):
    # Forked ones must not wait for torch's threads. In a process of its own: what hangs is to fail.
    command = [sys.executable, "-c", PROCESSES, method]
    subprocess.run(command, cwd=Path(__file__).parents[1], timeout=240, check=True)


def test_a_forked_process_has_no_gpu(trained, monkeypatch):
    pipe = pickle.loads(pickle.dumps(trained["xner"])).get_pipe("xner")
    monkeypatch.setattr(pipe, "_process", -1)
    pipe.model.ops = SimpleNamespace(name="cupy")
    with pytest.raises(XnerError, match="X023.*'xner' is on a GPU.*n_process"):
        pipe.predict([])


def test_initialize_again_starts_anew(trained):
    nlp = make_nlp()
    train(nlp, lambda: [make_example(make_doc(nlp.vocab, "a b", [(0, 1, "X")]), nlp.vocab)], 5)
    assert nlp.get_pipe("xner").labels == ("X",)
    train(nlp, lambda: make_examples(nlp), KINDS["xner"][3])
    assert nlp.get_pipe("xner").labels == ("LOC", "PER")
    assert get_weights(nlp) == get_weights(trained["xner"])


def test_labels(trained):
    pipe = trained["xner"].get_pipe("xner")
    assert pipe.labels == ("LOC", "PER")
    assert pipe.label_data == ["LOC", "PER"]
    assert make_nlp().get_pipe("xner").labels == ()


def test_labels_from_config_keep_their_order():
    nlp = make_nlp()
    train(nlp, lambda: make_examples(nlp), 0, ["PER", "ORG", "LOC"])
    assert nlp.get_pipe("xner").labels == ("PER", "ORG", "LOC")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [[], ["Berlin"], ["\n"], [" ", "  "], ["北", "京"]])
def test_odd_docs(trained, kind, words):
    nlp = trained[kind]
    doc = nlp(Doc(nlp.vocab, words=words))
    assert len(doc.spans["xner"]) == len(doc.spans["xner"].attrs["scores"]) == len(doc.ents)
    assert [len(tags) for tags in get_tags(doc).values()] == [len(words)] * len(get_tags(doc))
    # Relations are no tags.
    assert bool(get_tags(doc)) == (bool(words) and kind != "xner_mcl")


@pytest.mark.parametrize("keep", [False, True])
def test_overwrite(trained, keep):
    nlp = make_nlp(TAGGER, overwrite=not keep).from_bytes(trained["xner"].to_bytes())
    doc = nlp.make_doc(TEXTS[0])
    # "Merkel met" overlaps "Angela Merkel"; "." overlaps nothing.
    doc.set_ents([Span(doc, 1, 3, "ORG"), Span(doc, 7, 8, "MISC")])
    new = [(0, 2, "PER"), (3, 5, "PER"), (6, 7, "LOC")]
    kept = [(1, 3, "ORG"), (3, 5, "PER"), (6, 7, "LOC"), (7, 8, "MISC")]
    assert get_ents(nlp.get_pipe("xner")(doc)) == (kept if keep else new)
    # Scores belong to the component's own entities only.
    assert [span[:3] for span in get_scored(doc)] == (new[1:] if keep else new)


def test_gradients_of_parts_are_added():
    """A batch of four in two parts: the mean of what the halves give, and one step for both."""
    nlp = make_nlp(accumulate_gradient=2)
    train(nlp, lambda: make_examples(nlp), 1, ["LOC", "PER"])
    pipe = nlp.get_pipe("xner")
    empty = make_example(Doc(nlp.vocab), nlp.vocab)
    examples = [*make_examples(nlp), make_examples(nlp)[1], empty]

    def learn(batch):
        losses = pipe.update(batch, losses={})
        (shim,) = (shim for node in pipe.model.get_ref("heads").walk() for shim in node.shims)
        found = {name: weights.grad.clone() for name, weights in shim._model.named_parameters()}
        shim._model.zero_grad()
        return losses, found

    losses, gradients = learn(examples)
    pipe.accumulate_gradient = 1
    assert pipe.update([], losses={}) == {"xner": 0.0}
    halves = [learn(examples[::2]), learn(examples[1::2])]
    for name, value in losses.items():
        assert value == pytest.approx(sum(half[0][name] for half in halves) / 2, rel=1e-5)
    for name, gradient in gradients.items():
        expected = sum(half[1][name] for half in halves) / 2
        numpy.testing.assert_allclose(gradient.numpy(), expected.numpy(), rtol=1e-4, atol=1e-6)
        assert gradient.any()
    other = make_nlp(accumulate_gradient=2)
    assert pickle.loads(pickle.dumps(other.get_pipe("xner"))).accumulate_gradient == 2
    with pytest.raises(XnerError, match="X306.*accumulate_gradient"):
        make_nlp(accumulate_gradient=0)


def test_threshold(trained):
    nlp = trained["xner"]
    scores = sorted(score for _, _, _, score in get_scored(nlp(TEXTS[0])))
    assert len(set(scores)) == 3
    # All, all but the least sure, none.
    for threshold, n in [(0.0, 3), ((scores[0] + scores[1]) / 2, 2), (1.0, 0)]:
        other = make_nlp(TAGGER, threshold=threshold).from_bytes(nlp.to_bytes())
        assert len(other(TEXTS[0]).ents) == len(get_scored(other(TEXTS[0]))) == n


def test_spans_key(trained):
    nlp = make_nlp(TAGGER, spans_key="sc").from_bytes(trained["xner"].to_bytes())
    doc = nlp(TEXTS[1])
    assert list(doc.spans) == ["sc"]
    assert [span[:3] for span in get_scored(doc, "sc")] == [(4, 5, "LOC")]


def test_decoder(trained):
    # The label of untyped entities is the decoder's; without a decoder nothing is annotated but the tags.
    for decoder, ents in [({**STUDENTS["decoder"], "label": "X"}, [(4, 5, "X")]), (None, [])]:
        nlp = make_nlp(STUDENTS, decoder=decoder).from_bytes(trained["students"].to_bytes())
        doc = nlp(TEXTS[1])
        assert get_ents(doc) == ents
        assert ("xner" in doc.spans) is doc.has_annotation("ENT_IOB") is (decoder is not None)
        assert get_tags(doc)["tag_a"].tolist() == GOLD["span"][1]


def test_tags_of_many_labels():
    labels = [f"L{i}" for i in range(130)]
    nlp = make_nlp()
    train(nlp, lambda: [make_example(make_doc(nlp.vocab, "a"), nlp.vocab)], 0, labels)
    # O, then B and I of each label: 259 is B-L129.
    doc = make_doc(nlp.vocab, "a", None)
    nlp.get_pipe("xner").set_annotations([doc], {"tag": [numpy.eye(261, dtype="float32")[[259]]]})
    assert get_ents(doc) == [(0, 1, "L129")]
    assert get_tags(doc)["tag"].tolist() == [259]


def test_white_space_is_no_entity():
    doc = Doc(make_nlp().vocab, words=["Ana", "\n", "Rome", " "], spaces=[False] * 4)
    found = [Entity(0, 2, "PER", 0.9), Entity(2, 3, "LOC", 0.8), Entity(3, 4, "LOC", 0.7)]
    set_entities(doc, found, "xner", overwrite=False)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Rome", "LOC")]
    assert doc.spans["xner"].attrs["scores"] == pytest.approx([0.8])
