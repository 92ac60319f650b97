"""Entities of long documents: none is lost, doubled or cut where segments and windows meet."""

import random

import pytest
from spacy.tokens import Doc, Span
from trained import KINDS
from util import make_nlp, train

from spacy_xner.corpora.reader import make_example

FILLER = [
    "she",
    "was",
    "born",
    "in",
    "a",
    "small",
    "town",
    "and",
    "then",
    "went",
    "to",
    "see",
    "the",
    "old",
    "sea",
]
NAMES = [["Hamburg"], ["Barack", "Obama"]]
LABELS = ["LOC", "PER"]
# A prime number, so that every place of a window or segment is met.
EVERY = 97


def make_words(n, every, rng):
    """Words with an entity at each of so many, and the entities."""
    words, entities = [], []
    while len(words) < n:
        words += (rng.choice(FILLER) for _ in range(every - len(words) % every))
        kind = rng.randrange(2)
        entities.append((len(words), len(words) + len(NAMES[kind]), LABELS[kind]))
        words += NAMES[kind]
    return words, entities


def make_doc(nlp, words, entities):
    doc = Doc(nlp.vocab, words=words)
    doc.set_ents([Span(doc, start, end, label=label) for start, end, label in entities], default="outside")
    return doc


def make_trained(kind, encoder=None):
    config, factory, _, steps, _ = KINDS[kind]
    if encoder is not None:
        config = {"model": {"encoder": {**config["model"]["encoder"], "name": encoder}}}
    objectives = {"span": "span", "type": "type"} if kind == "xner_dlbri" else {}
    settings = {}
    if objectives:
        settings["objectives"] = {
            name: {"@misc": "spacy-xner.CrossEntropy.v1", "output": output}
            for name, output in objectives.items()
        }
    nlp = make_nlp(config, factory, **settings)
    rng = random.Random(0)
    # Sentences of another length than the windows, with entities at any place.
    docs = [make_doc(nlp, *make_words(30, rng.randint(3, 9), rng)) for _ in range(12)]
    train(nlp, lambda: [make_example(doc, nlp.vocab) for doc in docs], 2 * steps)
    return nlp


def assert_all_found(nlp, n):
    words, entities = make_words(n, EVERY, random.Random(1))
    (doc,) = nlp.pipe([Doc(nlp.vocab, words=words)])
    found = [(ent.start, ent.end, ent.label_) for ent in doc.ents]
    short = []
    for start in range(0, len(words), EVERY):
        piece = Doc(nlp.vocab, words=words[start : start + EVERY + 2])
        short += [(start + ent.start, start + ent.end, ent.label_) for ent in nlp(piece).ents]
    in_long = len(set(found) & set(entities)) / len(entities)
    assert in_long >= len(set(short) & set(entities)) / len(entities)
    assert in_long > 0.99 and len(found) <= 1.01 * len(entities)
    assert len(doc.spans["xner"]) == len(found)


@pytest.mark.parametrize("kind", ["xner", "xner_dlbri", "xner_mcl", "xner_dualner", "xner_concner"])
def test_entities_planted_in_a_long_document(kind):
    assert_all_found(make_trained(kind), 50_000)


def test_entities_planted_across_windows(tiny_transformer):
    assert_all_found(make_trained("xner", tiny_transformer), 5_000)
