"""Heads with classes for new labels: the old classes as they were, the new ones below "outside"."""

from dataclasses import replace

import pytest
import spacy
import torch
from spacy.tokens import Span
from trained import KINDS, TEXTS, make_trained
from util import get_ents, get_torch_heads, make_doc

from spacy_xner.components.extend import MARGIN, add_rows
from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError
from spacy_xner.teaching.finetune import learn_from_labels


def test_rows_of_new_classes():
    weights, biases = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0.5, -0.5])
    assert add_rows(weights, [3]).tolist() == [[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]
    assert add_rows(biases, [4]).tolist() == [0.5, -0.5, 0.5 - MARGIN, 0.5 - MARGIN]
    assert add_rows(weights, [2]) is weights
    number = torch.tensor(3.0)
    assert add_rows(number, []) is number


@pytest.mark.parametrize("kind", ["xner", "students", "xner_dlbri", "xner_mcl", "xner_dualner"])
def test_old_predictions_are_unchanged(kind):
    nlp = make_trained(kind)
    pipe, text = nlp.get_pipe("xner"), TEXTS[0]
    doc = nlp.make_doc(text)
    before = [get_ents(nlp(text)) for text in TEXTS]
    logits = {name: values[0] for name, values in pipe.predict([doc]).items()}
    assert before == KINDS[kind][4]
    assert [pipe.add_label(label) for label in ("ORG", "ANY")] == [1, 1]
    assert [get_ents(nlp(text)) for text in TEXTS] == before
    after = {name: values[0] for name, values in pipe.predict([doc]).items()}
    assert after.keys() == logits.keys()
    for name, values in logits.items():
        n_classes = values.shape[-1]
        if kind != "xner_dlbri":  # whose label attention sees the new labels
            assert after[name][..., :n_classes] == pytest.approx(values, abs=1e-5)
        new = after[name][..., n_classes:]
        assert new.size == 0 or new == pytest.approx(
            (after[name][..., :1] - MARGIN).repeat(new.shape[-1], axis=-1), abs=1e-4
        )


def test_a_new_label_is_learnt_and_old_ones_stay():
    nlp = make_trained("xner")
    gold = [(0, 2, "PER"), (3, 4, "PRODUCT"), (5, 6, "LOC")]
    doc = make_doc(nlp.vocab, "Angela Merkel bought Phone in Berlin", gold)
    half = make_doc(nlp.vocab, "the Phone in Hamburg", None)
    half.set_ents([Span(half, 1, 2, label="PRODUCT")], default="missing")  # labelled in part
    nlp.config["corpora"] = {"train": {"@readers": "spacy-xner.Corpus.v1", "path": None}}
    examples = [make_example(found, nlp.vocab) for found in (doc, half)]
    assert nlp.get_pipe("xner").add_label("PRODUCT") == 1
    before = get_torch_heads(nlp)["head:tag"].linear.weight.detach().clone()
    assert before.shape[0] == 7
    optimizer = nlp.resume_training()
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    assert get_ents(nlp(doc.text)) == gold
    assert (1, 2, "PRODUCT") in get_ents(nlp(half.text)) and (3, 4, "LOC") in get_ents(nlp(half.text))


def test_what_is_decoded_learns_from_labels(tmp_path):
    """DLBri's last stage learned from its students' distributions alone."""
    nlp = make_trained("xner_dlbri")
    path = tmp_path / "few.jsonl"
    path.write_text('{"text": "Ada bought it", "spans": [{"start": 0, "end": 3, "label": "ORG"}]}\n')
    nlp.config["corpora"] = {"train": {"@readers": "spacy-xner.Corpus.v1", "path": str(path)}}
    assert learn_from_labels(nlp) == ["ORG"]
    pipe = nlp.get_pipe("xner")
    assert list(pipe.objectives) == ["span", "type"] and pipe.labels == ("LOC", "PER", "ORG")
    assert nlp.get_pipe_config("xner")["objectives"]["type"]["output"] == "type"
    assert learn_from_labels(nlp) == []


@pytest.mark.parametrize("limit", [None, 2])
def test_longer_entities_are_learnt(limit, recwarn):
    """A head that relates tokens is wide enough for the new text, or what it can't find is told."""
    nlp = make_trained("xner_mcl")
    pipe = nlp.get_pipe("xner")
    head, (kind,) = pipe.model.attrs["heads"], pipe.model.attrs["heads"]
    head[kind] = replace(head[kind], max_length=limit)
    assert pipe.longest == 2
    before = [get_ents(nlp(text)) for text in TEXTS]
    gold = [(1, 6, "ORG")]
    docs = [make_doc(nlp.vocab, "the United Mills of New Ulm opened", gold) for _ in range(4)]
    examples = [make_example(doc, nlp.vocab) for doc in docs]
    assert pipe.extend(iter(examples)) == ["ORG"] and pipe.longest == 5
    assert [get_ents(nlp(text)) for text in TEXTS] == before
    optimizer = nlp.resume_training()
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    found = [str(warning.message) for warning in recwarn if "XW004" in str(warning.message)]
    if limit is None:
        again = spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())
        assert get_ents(nlp(docs[0].text)) == get_ents(again(docs[0].text)) == gold and found == []
    else:
        assert found and "4 of 4 gold entities are longer than the 2 tokens" in found[0]


def test_labels_of_nested_entities_are_new_labels():
    nlp = make_trained("xner_mcl")
    doc = make_doc(nlp.vocab, "the United Mills of Ulm", [(1, 5, "LOC")])
    doc.spans["sc"] = [Span(doc, 4, 5, label="CITY")]
    assert nlp.get_pipe("xner").extend([make_example(doc, nlp.vocab)]) == ["CITY"]


def test_new_labels_of_a_pipeline_without_types(tmp_path):
    """What finds spans alone learns where the labelled entities are, and says that it does not learn what they are."""
    nlp = make_trained("students")
    path = tmp_path / "few.jsonl"
    path.write_text('{"text": "Ada bought it", "spans": [{"start": 0, "end": 3, "label": "ORG"}]}\n')
    nlp.config["corpora"] = {"train": {"@readers": "spacy-xner.Corpus.v1", "path": str(path)}}
    with pytest.warns(match="XW009.*'xner'.*'ORG'"):
        assert learn_from_labels(nlp) == ["ORG"]


def test_what_finds_no_entities_has_nothing_to_learn():
    nlp = make_trained("xner")
    nlp.get_pipe("xner").decoder = None
    with pytest.raises(XnerError, match="X024.*'xner'"):
        learn_from_labels(nlp)
