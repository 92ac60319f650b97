"""Components that merge or split tokens after ours: what is read is read by characters."""

import json

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from trained import make_trained
from util import SENTENCES, get_scored, make_doc, make_docs, run_xner, save_corpus

from spacy_xner.corpora.store import read_docs
from spacy_xner.evaluation.predict import predict
from spacy_xner.reporting.evaluate import evaluate
from spacy_xner.scores import get_scores
from spacy_xner.teaching.label import label_docs

TEXTS = [text for text, _ in SENTENCES]


@Language.component("test_merge_all_but_last")
def merge_all_but_last(doc: Doc) -> Doc:
    """Merge what is no entity, with one."""
    if len(doc) > 2:
        with doc.retokenize() as retokenizer:
            retokenizer.merge(doc[: len(doc) - 2])
    return doc


@Language.component("test_split_met")
def split_met(doc: Doc) -> Doc:
    """Split a token that is in no entity."""
    with doc.retokenize() as retokenizer:
        for token in doc:
            if token.text == "met":
                retokenizer.split(token, ["m", "et"], heads=[token, token])
    return doc


@Language.component("test_split_entity")
def split_entity(doc: Doc) -> Doc:
    """Split a token of an entity, and make another entity of a part."""
    for token in doc:
        if token.text == "Hamburg":
            i = token.i
            with doc.retokenize() as retokenizer:
                retokenizer.split(token, ["Ham", "burg"], heads=[token, token])
            doc.ents = [Span(doc, i + 1, i + 2, label="ORG")]
            break
    return doc


KINDS = ["merge_entities", "test_split_met", "merge_entities+test_split_met", "test_split_met+merge_entities"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "model"
    make_trained("xner").to_disk(path)
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return save_corpus(tmp_path_factory.mktemp("corpus") / "en.spacy", make_docs(spacy.blank("xx").vocab))


def add(plain, folder, kinds, first=False):
    nlp = spacy.load(plain)
    for kind in kinds.split("+"):
        nlp.add_pipe(kind, first=first or None)
    nlp.to_disk(folder / "merged")
    return folder / "merged"


def apply(model, tmp_path, name="out.jsonl"):
    (tmp_path / "in.txt").write_text("".join(text + "\n" for text in TEXTS), encoding="utf8")
    run_xner("apply", model, tmp_path / "in.txt", tmp_path / name)
    return tmp_path / name


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


@pytest.mark.parametrize("kinds", KINDS)
def test_apply(plain, tmp_path, kinds):
    model = add(plain, tmp_path, kinds)
    expected = read(apply(plain, tmp_path, "expected.jsonl"))
    assert [span["label"] for row in expected for span in row["spans"]] == ["PER", "PER", "LOC", "LOC"]
    assert all("score" in span for row in expected for span in row["spans"])
    assert read(apply(model, tmp_path)) == expected
    # Documents keep the tokens that they had.
    vocab = spacy.blank("xx").vocab
    docs, wanted = (
        list(read_docs(apply(path, tmp_path, f"{name}.spacy"), vocab))
        for path, name in ((model, "docs"), (plain, "wanted"))
    )
    assert [[token.text for token in doc] for doc in docs] == [
        [token.text for token in doc] for doc in wanted
    ]
    assert [get_scored(doc) for doc in docs] == [get_scored(doc) for doc in wanted]
    assert [get_scores(doc) for doc in docs] == [get_scores(doc) for doc in wanted]


@pytest.mark.parametrize("kinds", KINDS)
def test_evaluate_and_report(plain, corpus, tmp_path, kinds):
    model = add(plain, tmp_path, kinds)
    expected = evaluate(spacy.load(plain), [corpus])
    assert expected["languages"]["en"]["f1"] == 1.0
    assert {**evaluate(spacy.load(model), [corpus]), "model": ""} == {**expected, "model": ""}
    run_xner("evaluate", model, corpus, "-o", tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text())["languages"]["en"]["f1"] == 1.0
    run_xner("report", model, corpus, "-o", tmp_path / "report", "--no-embeddings", "--bootstrap", 10)
    (numbers,) = json.loads((tmp_path / "report" / "report.json").read_text()).values()
    assert numbers["en"]["kinds"]["right"] == 4


@pytest.mark.parametrize("kinds", KINDS)
def test_recognise(plain, tmp_path, kinds):
    printed = run_xner("recognise", add(plain, tmp_path, kinds), *TEXTS)
    assert printed == run_xner("recognise", plain, *TEXTS)
    assert "Angela Merkel PER 1.00" in printed and "Hamburg LOC 1.00" in printed


@pytest.mark.parametrize("kinds", KINDS)
def test_spacy_evaluate(plain, tmp_path, kinds):
    """The scorer of the component, by which `spacy train` and `spacy evaluate` go."""
    nlp = spacy.load(add(plain, tmp_path, kinds))
    scores = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in make_docs(nlp.vocab)])
    assert scores["ents_f"] == 1.0


def test_merged_before(plain, corpus, tmp_path):
    """Merged before our component: scores and tags are those of the merged tokens, for the tokens of the gold."""
    nlp = spacy.load(add(plain, tmp_path, "test_merge_all_but_last", first=True))
    gold = make_docs(nlp.vocab)
    for example, doc in zip(predict(nlp, gold), gold, strict=True):
        assert [token.text for token in example.predicted] == [token.text for token in doc]
    evaluate(nlp, [corpus])


def test_an_entity_within_a_token(plain, tmp_path):
    """Rows have its characters, documents the whole token."""
    model = add(plain, tmp_path, "test_split_entity")
    row = read(apply(model, tmp_path))[1]
    assert [row["text"][span["start"] : span["end"]] for span in row["spans"]] == ["burg"]
    nlp = spacy.load(model)
    docs = list(label_docs(nlp, [make_doc(nlp.vocab, TEXTS[1], None)]))
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [("Hamburg", "ORG")]
    assert "burg ORG" in run_xner("recognise", model, TEXTS[1])


# What `recognise` shows.


def add_ruler(nlp, **settings):
    nlp.add_pipe("entity_ruler", **settings).add_patterns([{"label": "VERB", "pattern": "born"}])
    return nlp


def test_recognise_entities_of_all_components(plain, tmp_path):
    add_ruler(spacy.load(plain)).to_disk(tmp_path / "after")
    add_ruler(spacy.load(plain), before="xner").to_disk(tmp_path / "before")
    for name in ("after", "before"):
        printed = run_xner("recognise", tmp_path / name, TEXTS[1])
        assert "born VERB Hamburg LOC 1.00" in printed and "no component" not in printed


def test_recognise_spans_of_a_group_without_scores(plain, tmp_path):
    nlp = spacy.load(plain)
    nlp.add_pipe("span_ruler").add_patterns([{"label": "CITY", "pattern": "Hamburg"}])
    nlp.to_disk(tmp_path / "model")
    printed = run_xner("recognise", tmp_path / "model", TEXTS[1])
    assert "Hamburg CITY" in printed and "Hamburg LOC 1.00" in printed


def test_recognise_without_our_component(tmp_path):
    add_ruler(spacy.blank("xx")).to_disk(tmp_path / "ruler")
    printed = run_xner("recognise", tmp_path / "ruler", TEXTS[1])
    assert "no component of this package" in printed and "entity_ruler" in printed and "born VERB" in printed


def test_recognise_nothing(tmp_path):
    spacy.blank("xx").to_disk(tmp_path / "blank")
    assert "no component of this package" in run_xner("recognise", tmp_path / "blank", "", " ", "Rome")
