"""What spaCy's users expect of any component: earlier entities, blocked tokens, settings, scores of partial gold."""

import json

import numpy
import pytest
import spacy
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example
from spacy.util import ignore_error
from trained import make_trained
from util import SENTENCES, TAGGER, get_ents, get_scored, make_doc, make_nlp, save_corpus

from spacy_xner.errors import XnerError
from spacy_xner.evaluation.scorer import score_examples, score_output
from spacy_xner.metadata import set_tags
from spacy_xner.reporting.evaluate import evaluate
from spacy_xner.scores import get_scores

TEXT, ENTS = SENTENCES[0]


@pytest.fixture(scope="module")
def nlp():
    """A pipeline that knows SENTENCES; tests do not change it."""
    return make_trained("xner")


@pytest.fixture(scope="module")
def expected(nlp):
    return get_scored(nlp(TEXT))


@pytest.fixture
def other(nlp, tmp_path):
    """The same pipeline, to be changed."""
    nlp.to_disk(tmp_path / "other")
    return spacy.load(tmp_path / "other")


# Documents that have entities already.


def store(nlp, doc):
    return next(
        iter(DocBin(store_user_data=True).from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(nlp.vocab))
    )


def test_second_run_of_a_stored_document(nlp, expected):
    again = next(iter(nlp.pipe([store(nlp, nlp(TEXT))])))
    assert get_ents(again) == ENTS and get_scored(again) == expected


@pytest.mark.parametrize("settings", [{}, {"spans_key": "more"}, {"overwrite": True}])
def test_second_component(nlp, other, expected, settings):
    second = make_nlp(TAGGER, **settings).from_bytes(nlp.to_bytes()).get_pipe("xner")
    second.name = "second"
    doc = second(other(TEXT))
    assert get_ents(doc) == ENTS and get_scored(doc) == expected
    # A component with a key of its own adds nothing where the entities are those of the first.
    assert get_scored(doc, "more" if "spans_key" in settings else "xner") == (
        [] if "spans_key" in settings else expected
    )


def test_second_component_by_source(other, expected):
    other.add_pipe("xner", source=spacy.load(other.path), name="xner2")
    doc = other(TEXT)
    assert get_ents(doc) == ENTS and get_scored(doc) == expected


def test_scores_of_what_was_removed_are_found_anew(nlp, expected):
    doc = nlp(TEXT)
    doc.ents = doc.ents[1:]
    assert get_scored(nlp.get_pipe("xner")(doc)) == expected  # once each, in the order of the text


def test_a_group_whose_spans_were_changed_has_no_scores(nlp, expected):
    doc = nlp(TEXT)
    group = doc.spans["xner"]
    doc.spans["xner"] = SpanGroup(doc, name="xner", spans=list(group)[1:], attrs=group.attrs)
    assert get_scored(nlp.get_pipe("xner")(doc)) == []
    assert get_ents(doc) == ENTS


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "blocked, left", [([(0, 2)], [1, 2]), ([(1, 2)], [1, 2]), ([(0, 1), (6, 7)], [1]), ([(2, 3)], [0, 1, 2])]
)
def test_blocked_tokens_get_no_entity(nlp, blocked, left, overwrite):
    pipe = make_nlp(TAGGER, overwrite=overwrite).from_bytes(nlp.to_bytes()).get_pipe("xner")
    doc = nlp.make_doc(TEXT)
    doc.set_ents([], blocked=[doc[slice(*span)] for span in blocked], default="missing")
    pipe(doc)
    assert get_ents(doc) == [ENTS[i] for i in left]
    assert [span[:3] for span in get_scored(doc)] == get_ents(doc)
    tokens = {i for span in blocked for i in range(*span)}
    assert {token.i for token in doc if token.ent_iob_ == "B" and not token.ent_type} == tokens
    assert get_ents(pipe(doc)) == [ENTS[i] for i in left]  # and stay so


def test_blocked_tokens_of_spacy(nlp):
    """A document without tokens, and one that is blocked as a whole."""
    assert get_ents(nlp(Doc(nlp.vocab))) == []
    doc = nlp.make_doc(TEXT)
    doc.set_ents([], blocked=[doc[:]], default="missing")
    assert get_ents(nlp.get_pipe("xner")(doc)) == []


# `Doc.from_docs`, as docs/troubleshooting.md tells.


@pytest.mark.parametrize("texts", [[TEXT], [TEXT, TEXT], [TEXT, "so it goes", TEXT], [SENTENCES[1][0], TEXT]])
def test_from_docs(nlp, texts):
    docs = [nlp(text) for text in texts]
    doc = Doc.from_docs(docs)  # a warning would be an error
    doc.spans["xner"].attrs["scores"] = [
        score for part in docs for score in part.spans["xner"].attrs["scores"]
    ]
    assert get_scores(doc) == [score for part in docs for score in get_scores(part)]
    assert len(doc.ents) == sum(len(part.ents) for part in docs)


# Uses that gave spaCy's users trouble with other components; the numbers are those of spaCy's issues.


def test_ids_of_earlier_entities(nlp):
    """7959."""
    doc = nlp.make_doc(TEXT)
    doc.ents = [Span(doc, 0, 2, label="NP", kb_id="Q1", span_id="e1")]
    first = nlp.get_pipe("xner")(doc).ents[0]
    assert (first.label_, first.kb_id_, first.ent_id_) == ("NP", "Q1", "e1")


def test_renamed(other, expected, tmp_path):
    """4747."""
    other.rename_pipe("xner", "names")
    loaded = load(other, tmp_path / "saved")
    assert get_scored(loaded(TEXT)) == expected
    example = Example(loaded.make_doc(TEXT), make_doc(loaded.vocab, TEXT, ENTS))
    assert loaded.evaluate([example], per_component=True)["names"]["names_tag"] == 1.0


def test_one_document_fails(other, expected, monkeypatch):
    """4847: the others come out, each with its context."""
    pipe = other.get_pipe("xner")
    predict = pipe.predict

    def fail(docs):
        docs = list(docs)
        if any(doc.text == "bad" for doc in docs):
            raise ValueError("bad")
        return predict(docs)

    monkeypatch.setattr(pipe, "predict", fail)
    other.set_error_handler(ignore_error)
    found = list(other.pipe([(TEXT, 1), ("bad", 2), (TEXT, 3)], as_tuples=True, batch_size=1))
    assert [(get_scored(doc), context) for doc, context in found] == [(expected, 1), (expected, 3)]


def test_document_of_another_vocabulary(nlp):
    """4769 and 10595: labels are known to the document that has them."""
    doc = nlp.get_pipe("xner")(spacy.blank("en")(TEXT))
    assert get_ents(doc) == ENTS and Doc(doc.vocab).from_bytes(doc.to_bytes()).ents[0].label_ == "PER"


def test_documents_without_user_data_keep_their_scores(nlp, expected):
    """9190."""
    stored = DocBin(docs=[nlp(TEXT)], store_user_data=False).to_bytes()
    assert get_scored(next(iter(DocBin().from_bytes(stored).get_docs(nlp.vocab)))) == expected


def test_json_of_a_document(nlp):
    """13374: its entities come back, without what JSON does not hold; a text has no user data of ours."""
    assert nlp(TEXT).user_data == {}
    doc = Doc(nlp.vocab).from_json(json.loads(json.dumps(nlp(TEXT).to_json())))
    assert get_ents(doc) == ENTS and get_scores(nlp.get_pipe("xner")(doc)) == [None] * 3


def test_a_sentence_as_a_document(nlp):
    """5249: what was stored of the whole document fits its part no more, and is left alone."""
    part = nlp(TEXT)[3:].as_doc(copy_user_data=True)
    assert [ent.text for ent in nlp.get_pipe("xner")(part).ents] == ["Barack Obama", "Berlin"]


def test_gold_that_does_not_fit_the_tokens(other):
    """5727: its tokens are missing, not outside, in training and scoring alike."""
    with pytest.warns(UserWarning, match="W030"):
        example = Example.from_dict(other.make_doc(TEXT), {"entities": [(0, 4, "PER"), (18, 30, "PER")]})
    assert [token.ent_iob for token in example.reference] == [0, 2, 2, 3, 1, 2, 2, 2]
    assert other.update([example], sgd=other.resume_training())["xner"] > 0


def test_an_entity_of_another_component_over_ours(other, expected):
    """3608: with spaCy's ruler that overwrites, what it found has no score, the others keep theirs."""
    ruler = other.add_pipe("entity_ruler", config={"overwrite_ents": True})
    ruler.add_patterns([{"label": "PRESIDENT", "pattern": "Barack Obama in"}])
    doc = other(TEXT)
    assert [ent.label_ for ent in doc.ents] == ["PER", "PRESIDENT", "LOC"]
    assert get_scores(doc) == [expected[0][3], None, expected[2][3]]


# The threshold.


def load(nlp, path, **settings):
    nlp.to_disk(path)
    return spacy.load(path, config={"components": {"xner": settings}} if settings else {})


def test_threshold_set_in_python_is_saved(other, tmp_path):
    assert other.get_pipe("xner").threshold == 0.0
    other.get_pipe("xner").threshold = 0.9
    assert load(other, tmp_path / "saved").get_pipe("xner").threshold == 0.9
    again = load(load(other, tmp_path / "saved"), tmp_path / "twice")
    assert again.get_pipe("xner").threshold == 0.9
    assert spacy.util.load_model_from_config(other.config).from_bytes(other.to_bytes()).get_pipe(
        "xner"
    ).threshold == (0.9)


def test_threshold_of_a_sourced_component(other, tmp_path):
    other.add_pipe("xner", source=spacy.load(other.path), name="xner2")
    other.get_pipe("xner2").threshold = 0.8
    saved = load(other, tmp_path / "saved")
    assert [saved.get_pipe(name).threshold for name in ("xner", "xner2")] == [0.0, 0.8]


def test_threshold_decides(other, expected):
    scores = sorted(score for *_, score in expected)
    other.get_pipe("xner").threshold = (scores[0] + scores[1]) / 2
    assert len(other(TEXT).ents) == 2
    other.get_pipe("xner").threshold = 0
    assert len(other(TEXT).ents) == 3


@pytest.mark.parametrize("given", [0.0, 0.3, 1])
def test_threshold_of_the_config_is_stronger_than_what_was_saved(other, tmp_path, given):
    other.get_pipe("xner").threshold = 0.9
    assert load(other, tmp_path / "saved", threshold=given).get_pipe("xner").threshold == given


def test_config_and_python(nlp, tmp_path):
    other = make_nlp(TAGGER, threshold=0.2).from_bytes(nlp.to_bytes())
    other.get_pipe("xner").threshold = 0.4
    assert load(other, tmp_path / "saved").get_pipe("xner").threshold == 0.4
    assert load(other, tmp_path / "saved", threshold=0.1).get_pipe("xner").threshold == 0.1


@pytest.mark.parametrize("value", [90, -0.1, float("nan"), 1.0001, True, "0.5", None])
def test_what_is_no_threshold(other, tmp_path, value):
    with pytest.raises(XnerError, match="X027.*threshold"):
        other.get_pipe("xner").threshold = value
    if (
        type(value) in (int, float) and value == value
    ):  # of others spaCy itself says that a config can't have them
        with pytest.raises(XnerError, match="X027"):
            load(other, tmp_path / "saved", threshold=value)


# Labels.


@pytest.mark.parametrize("label", ["PER", "LOC"])
def test_add_a_label_that_there_is(nlp, label):
    assert nlp.get_pipe("xner").add_label(label) == 0


@pytest.mark.parametrize("label", ["ORG", "per"])
def test_a_new_label_changes_nothing_before_training(other, expected, tmp_path, label):
    assert other.get_pipe("xner").add_label(label) == 1 and other.get_pipe("xner").add_label(label) == 0
    assert other.get_pipe("xner").labels == ("LOC", "PER", label)
    for found in (other(TEXT), load(other, tmp_path / "saved")(TEXT)):
        assert [span[:3] for span in get_scored(found)] == [span[:3] for span in expected]
        scores = [span[3] for span in get_scored(found)]
        assert scores == pytest.approx([span[3] for span in expected], abs=1e-3)


def test_add_label_tells_where_labels_come_from(nlp):
    with pytest.raises(XnerError, match=r"X170.*training data.*initialize\.components\.xner\.labels"):
        nlp.get_pipe("xner").add_label("")
    with pytest.raises(XnerError, match="X170"):
        make_nlp().get_pipe("xner").add_label("ORG")


# Gold that is not annotated everywhere.


def make_partial(gold, found, missing="default", words="Lara Noor visits Oslo and Bergen"):
    """Gold with entities, the rest missing (or outside but for the tokens `missing`), and a prediction."""
    vocab = make_nlp().vocab
    reference, predicted = (make_doc(vocab, words, ents) for ents in (None, found))
    spans = [Span(reference, *ent[:2], label=ent[2]) for ent in gold]
    if missing == "default":
        reference.set_ents(spans, default="missing")
    else:
        gaps = [Span(reference, i, i + 1) for i in missing]
        reference.set_ents(spans, missing=gaps, default="outside")
    return Example(predicted, reference)


LARA, OSLO, BERGEN = (0, 2, "PER"), (3, 4, "LOC"), (5, 6, "LOC")
PARTIAL = [
    (([LARA], [LARA, OSLO]), (1.0, 1.0)),
    (([LARA], [OSLO]), (0.0, 0.0)),
    (([LARA], [(0, 3, "PER")]), (0.0, 0.0)),  # its last token is not annotated
    (([LARA, BERGEN], [LARA, OSLO, (5, 6, "PER")], [3]), (0.5, 0.5)),
    (([LARA], [LARA, OSLO, BERGEN], [3]), (0.5, 1.0)),
    (([], [LARA, OSLO], [0]), (0.0, 0.0)),
    (([LARA], [LARA, OSLO], []), (0.5, 1.0)),
]


@pytest.mark.parametrize("case, expected", PARTIAL)
def test_predictions_on_missing_tokens_are_left_alone(case, expected):
    example = make_partial(*case)
    found = score_examples([example], name="xner", schemes={}, labels=["PER", "LOC"])
    assert (found["ents_p"], found["ents_r"]) == expected
    theirs = get_ner_prf([example])
    assert {key: found[key] for key in ("ents_p", "ents_r", "ents_f")} == {
        key: theirs[key] for key in ("ents_p", "ents_r", "ents_f")
    }
    assert found["ents_per_type"] == theirs["ents_per_type"]
    assert make_nlp().get_pipe("xner").score([example])["ents_p"] == expected[0]


def test_other_tokens_than_gold():
    example = make_partial([LARA], [])
    predicted = Doc(
        example.predicted.vocab,
        words=["Lara Noor", "visits", "Os", "lo", "and", "Bergen"],
        spaces=[True, True, False, True, True, False],
    )
    predicted.ents = [Span(predicted, 0, 1, label="PER"), Span(predicted, 2, 3, label="LOC")]
    found = score_examples(
        [Example(predicted, example.reference)], name="xner", schemes={}, labels=["PER", "LOC"]
    )
    assert (found["ents_p"], found["ents_r"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    "scheme, classes, tags, expected",
    [
        ("span", ["O", "B", "I"], [1, 2, 0, 1, 0, 0], 1.0),
        ("bio", ["O", "B-PER", "I-PER"], [1, 2, 0, 1, 0, 0], 1.0),
        ("start", ["O", "PER"], [1, 0, 0, 1, 0, 0], 1.0),
        ("end", ["O", "PER"], [0, 1, 0, 1, 0, 1], 2 / 3),
    ],
)
def test_sub_tasks_leave_missing_tokens_alone(scheme, classes, tags, expected):
    example = make_partial([LARA], [], [3])
    set_tags(example.predicted, {"out": numpy.asarray(tags)})
    assert score_output([example], "out", scheme, classes) == pytest.approx(expected)


@pytest.mark.parametrize("missing", [[], [0, 1], [2, 6], [6]])
def test_spacy_and_our_evaluate_agree(nlp, tmp_path, missing):
    """Gold without Berlin, which the pipeline finds, and with tokens that are not annotated."""
    doc = make_doc(nlp.vocab, TEXT, [])
    gold = [Span(doc, *ent[:2], label=ent[2]) for ent in ENTS[:2] if ent[0] not in missing]
    doc.set_ents(gold, missing=[doc[i : i + 1] for i in missing], default="outside")
    theirs = nlp.evaluate([Example(nlp.make_doc(doc.text), doc)])
    ours = evaluate(nlp, [save_corpus(tmp_path / "en.spacy", [doc])])["languages"]["en"]
    assert [ours[key] for key in ("precision", "recall", "f1")] == pytest.approx(
        [theirs[key] for key in ("ents_p", "ents_r", "ents_f")]
    )
    assert ours["precision"] == (1.0 if 6 in missing else len(gold) / (len(gold) + 1))
