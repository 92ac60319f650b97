"""Pairs of tokens as MCL-NER's relation contrast sees them (its figures 4 and 5)."""

import numpy
import pytest
import torch
from trained import make_trained
from util import make_doc, make_docs, run_xner, save_corpus

from spacy_xner.errors import XnerError
from spacy_xner.pipeline import get_heads
from spacy_xner.reporting.embedding import find_encoders, make_untrained
from spacy_xner.reporting.pairs import (
    choose_pairs,
    compare_pairs,
    embed_pairs,
    encode_cells,
    find_copy,
    map_pairs,
)
from spacy_xner.reporting.views import view_encoders


@pytest.fixture(scope="module")
def nlp():
    return make_trained("xner_mcl")


def test_vectors_are_what_the_objectives_read(nlp):
    docs = make_docs(nlp.vocab)
    model = nlp.get_pipe("xner").model
    weights = model.to_bytes()
    cells = encode_cells(find_encoders(nlp), docs)
    width = cells[0].shape[1]
    assert [found.shape for found in cells] == [(8, width, 2, 8), (6, width, 2, 8)]
    h = torch.from_numpy(model.layers[0].predict(docs[:1])[0])[None]
    head = get_heads(model)["head:relation"]
    head.train()
    _, _, *projections = head([h], torch.ones(1, 8, dtype=torch.bool))
    for view, values in enumerate(projections):
        expected = torch.nn.functional.normalize(values[0], dim=-1).detach().numpy()
        numpy.testing.assert_allclose(cells[0][:, :, view], expected, rtol=1e-4, atol=1e-5)
    entities = embed_pairs(find_encoders(nlp), docs)
    assert entities.shape == (4, 16)
    numpy.testing.assert_array_equal(entities[1], cells[0][4, 2].flatten())  # from Obama back to Barack
    numpy.testing.assert_array_equal(entities[2], cells[0][6, 1].flatten())  # from Berlin to itself
    # Heads before any training are others; those of the pipeline stay as they are.
    assert not numpy.allclose(embed_pairs(make_untrained(nlp, docs), docs), entities)
    assert model.to_bytes() == weights


def test_an_entity_longer_than_the_band(nlp):
    width = encode_cells(find_encoders(nlp), make_docs(nlp.vocab))[0].shape[1]
    words = " ".join(f"w{i}" for i in range(width + 2))
    doc = make_doc(nlp.vocab, words, [(0, width, "LOC"), (width, width + 1, "LOC")])
    found = embed_pairs(find_encoders(nlp), [doc])
    assert numpy.isnan(found[0]).all() and not numpy.isnan(found[1]).any()
    golds = {"en": [doc, *make_docs(nlp.vocab)], "es": make_docs(nlp.vocab)}
    views = view_encoders(nlp, golds, None, 10, "pairs")
    assert [picture.name for picture in views.pictures] == ["entities-untrained", "entities-trained"]


def test_pairs_of_a_sentence(nlp):
    doc, _ = make_docs(nlp.vocab)
    found = choose_pairs(doc, 3)
    assert [tuple(pair) for pair in found[:5]] == [
        (1, 2, "Angela … Merkel PER"),
        (4, 2, "Barack … Obama PER"),
        (6, 1, "Berlin LOC"),
        (0, 0, "Angela Merkel"),
        (3, 0, "Barack Obama"),
    ]
    # As many neighbours without a relation, of which there are five.
    assert [pair.name for pair in found[5:]] == [
        "Merkel met",
        "met Barack",
        "Obama in",
        "in Berlin",
        "Berlin .",
    ]
    assert [pair.name for pair in choose_pairs(doc, 2)][:2] == ["Berlin LOC", "Angela Merkel"]
    assert len(choose_pairs(doc, 3, most=2)) == 2 and choose_pairs(make_doc(nlp.vocab, "so it goes"), 3) == []


def make_copies(vocab):
    """A sentence and its translation, in which the entities stand the other way round."""
    doc = make_doc(
        vocab, "Merkel met Obama", [(0, 1, "PER", "1"), (2, 3, "PER", "2")], group="g", language="en"
    )
    copy = make_doc(
        vocab, "A Obama lo vio Merkel", [(1, 2, "PER", "2"), (4, 5, "PER", "1")], group="g", language="es"
    )
    return doc, copy


def test_a_sentence_and_its_translation(nlp):
    doc, copy = make_copies(nlp.vocab)
    lone = make_doc(nlp.vocab, "Merkel met Obama", [(0, 1, "PER")])
    assert find_copy(doc, [lone, doc, copy]) is copy and find_copy(lone, [lone, doc]) is None
    shown = map_pairs(doc, copy, 3)
    assert [[pair.name for pair in pairs[:2]] for pairs in shown.pairs] == [["Merkel PER", "Obama PER"]] * 2
    encoders = find_encoders(nlp)
    values = compare_pairs(encoders, shown)
    rows, columns = (encode_cells(encoders, [one])[0] for one in (doc, copy))
    views = [rows[0, 1, view] @ columns[4, 1, view] for view in (0, 1)]
    assert values[0, 0] == pytest.approx(numpy.mean(views), abs=1e-5) and abs(values).max() <= 1 + 1e-5
    # A sentence alone: its views with each other.
    alone = compare_pairs(encoders, map_pairs(doc, None, 3))
    assert alone[0, 1] == pytest.approx(rows[0, 1, 0] @ rows[2, 1, 1], abs=1e-5)


def test_map_of_the_page(nlp):
    doc, copy = make_copies(nlp.vocab)
    views = view_encoders(
        nlp, {"en": [doc], "es": [copy], "fr": [make_doc(nlp.vocab, "rien")]}, nlp, 10, "pairs"
    )
    assert [shown["title"].split(", ")[1] for shown in views.maps] == [
        "a sentence and another rendering of it: en",
        "a sentence and another rendering of it: es",
    ]
    first, _ = views.maps
    assert [len(first["rows"]), len(first["columns"])] == [4, 4] and first["columns"][0] == "Merkel PER"
    assert [panel["title"] for panel in first["panels"]] == ["before", "trained"]
    assert "relation of their last and first tokens" in views.note


def test_a_pipeline_without_relations(tmp_path, nlp):
    tagger = make_trained("xner")
    tagger.to_disk(tmp_path / "tagger")
    data = save_corpus(tmp_path / "en.spacy", make_docs(tagger.vocab))
    printed = run_xner(
        "report", tmp_path / "tagger", data, "-o", tmp_path / "out", "--vectors", "pairs", code=1
    )
    assert "[X306]" in printed and "no relations of tokens" in printed and not (tmp_path / "out").exists()
    with pytest.raises(XnerError, match="X306"):
        view_encoders(nlp, {"en": make_docs(nlp.vocab)}, tagger, 10, "pairs")
