import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from typer.testing import CliRunner
from util import run_xner

from spacy_xner.cli import app
from spacy_xner.corpora.store import write_docs
from spacy_xner.errors import XnerError
from spacy_xner.evaluation import metrics
from spacy_xner.evaluation.metrics import score_language, score_seqeval
from spacy_xner.evaluation.predict import TaskOutput, find_output, predict
from spacy_xner.evaluation.table import format_scores, format_table
from spacy_xner.files import write_bytes
from spacy_xner.metadata import get_group, get_language, set_metadata, set_tags
from spacy_xner.reporting.evaluate import evaluate

Answer = Tuple[int, int, str]
LABELS = ["LOC", "ORG", "PER"]
MERKEL, ROM, ANA = "Angela Merkel besucht Paris", "Bayern gewinnt in Rom", "Ana vive"
ANSWERS: List[List[Any]] = [
    [MERKEL, 0, 2, "PER"],  # right
    [MERKEL, 3, 4, "ORG"],  # span right, type wrong
    [ROM, 1, 2, "PER"],  # wrong
    [ROM, 3, 4, "LOC"],  # right
]
GOLD: Dict[str, List[Answer]] = {
    MERKEL: [(0, 2, "PER"), (3, 4, "LOC")],
    ROM: [(0, 1, "ORG"), (3, 4, "LOC")],
    ANA: [(0, 1, "PER")],
}
# Of the gold spans, the last token has the right type in three of four; Angela's does not count.
TYPES = {MERKEL: [0, 3, 0, 2], ROM: [2, 3, 0, 1], ANA: [0, 0]}


@Language.factory("test_xner_answers", default_config={"answers": []})
def make_answers(nlp: Language, name: str, answers: List[List[Any]]) -> "Answers":
    return Answers(answers)


class Answers:
    """Sets the entities it was given for a text."""

    def __init__(self, answers: List[List[Any]]) -> None:
        self.answers = answers

    def __call__(self, doc: Doc) -> Doc:
        assert not doc.has_annotation("ENT_IOB")
        doc.set_ents(
            [Span(doc, start, end, label) for text, start, end, label in self.answers if text == doc.text]
        )
        return doc


@dataclass
class StubDecoder:
    outputs: List[str]


@Language.factory("test_xner_types")
class Types:
    """Has what a `Recogniser` has, and gives the types of `TYPES`."""

    labels = tuple(LABELS)
    decoder = StubDecoder(["span", "second"])
    schemes = {"first": "type", "span": "span", "second": "type"}
    objectives, spans_key, renew, longest, model, threshold = {}, "xner", None, 0, None, 0.0

    def __init__(self, nlp: Language, name: str) -> None:
        self.name, self.vocab = name, nlp.vocab

    def predict(self, docs):
        raise NotImplementedError

    def extend(self, examples):
        raise NotImplementedError

    def set_annotations(self, docs, predictions):
        raise NotImplementedError

    def copy(self):
        raise NotImplementedError

    def __call__(self, doc: Doc) -> Doc:
        set_tags(doc, {"first": numpy.zeros(len(doc), "i"), "second": numpy.asarray(TYPES[doc.text], "i")})
        return doc


def make_doc(
    vocab: Vocab,
    words: List[str],
    ents: Optional[List[Answer]],
    language: str = "",
    spaces: Optional[List[bool]] = None,
) -> Doc:
    spaces = [i < len(words) - 1 for i in range(len(words))] if spaces is None else spaces
    doc = Doc(vocab, words=words, spaces=spaces)
    if ents is not None:
        doc.set_ents([Span(doc, *ent) for ent in ents])
    set_metadata(doc, language=language or None, group="g")
    return doc


def make_gold(vocab: Vocab, text: str, language: str = "") -> Doc:
    return make_doc(vocab, text.split(), GOLD[text], language)


@pytest.fixture
def nlp() -> Language:
    nlp = spacy.blank("xx")
    nlp.add_pipe("test_xner_answers", config={"answers": ANSWERS})
    return nlp


@pytest.fixture
def data(tmp_path) -> Path:
    """de.spacy holds a Spanish sentence as well; of es.spacy only one sentence can be scored."""
    vocab = Vocab()
    unlabelled = make_doc(vocab, ["Ana", "vive"], None)
    partly = make_gold(vocab, ANA)
    partly.set_ents([], missing=[partly[0:1]], default="unmodified")
    write_docs(
        tmp_path / "data" / "de.spacy",
        [make_gold(vocab, MERKEL), make_gold(vocab, ROM), make_gold(vocab, ANA, language="es")],
    )
    no_entities = make_doc(vocab, ["Hola"], [])
    write_docs(tmp_path / "data" / "es.spacy", [unlabelled, partly, Doc(vocab), no_entities])
    return tmp_path / "data"


def prf(precision: float, recall: float, f1: float) -> Dict[str, float]:
    return {"precision": pytest.approx(precision), "recall": pytest.approx(recall), "f1": pytest.approx(f1)}


def test_hand_worked_counts(nlp, data):
    result = evaluate(nlp, [data], model="stub")
    assert list(result["languages"]) == ["de", "es"]
    assert result["languages"]["de"] == {
        **prf(2 / 4, 2 / 4, 1 / 2),
        "per_type": {"LOC": prf(1, 1 / 2, 2 / 3), "ORG": prf(0, 0, 0), "PER": prf(1 / 2, 1, 2 / 3)},
        "span": prf(3 / 4, 3 / 4, 3 / 4),
        "seqeval": prf(2 / 4, 2 / 4, 1 / 2),
        "seqeval_checked": True,
        "span_output": None,
        "type_accuracy": pytest.approx(2 / 3),
        "type_accuracy_on": "found spans",
        "sentences": 2,
        "tokens": 8,
        "entities": 4,
        "unaligned": 0,
    }
    spanish = result["languages"]["es"]
    counts = (spanish["f1"], spanish["sentences"], spanish["tokens"], spanish["entities"])
    assert counts == (0, 3, 5, 1)  # of "Ana vive" only the second token is annotated
    assert result["skipped"] == {"es": 2}
    assert result["mean"] == {
        **prf(0.25, 0.25, 0.25),
        "span": prf(3 / 8, 3 / 8, 3 / 8),
        "span_output": None,
        "type_accuracy": 1 / 3,
    }
    assert result["micro"] == prf(2 / 4, 2 / 5, 4 / 9)
    assert json.loads(json.dumps(result)) == result


def test_type_accuracy_on_gold_spans(nlp, data, monkeypatch):
    nlp.add_pipe("test_xner_types")
    assert find_output(nlp, "type") == TaskOutput("second", ["O", *LABELS])  # the one that the decoder reads
    monkeypatch.setattr(Types, "decoder", None)
    assert find_output(nlp, "type") == TaskOutput("first", ["O", *LABELS])
    monkeypatch.undo()
    for retokenize in (False, True):
        scores = evaluate(nlp, [data / "de.spacy"], retokenize=retokenize)["languages"]["de"]
        assert scores["type_accuracy"] == 3 / 4
        assert scores["type_accuracy_on"] == "gold spans"


def test_type_accuracy_without_tags_or_type_output(nlp, data, monkeypatch):
    assert find_output(nlp, "type") is None
    nlp.add_pipe("test_xner_types")
    monkeypatch.setattr(Types, "__call__", lambda self, doc: doc)
    assert evaluate(nlp, [data])["languages"]["de"]["type_accuracy_on"] == "found spans"
    monkeypatch.setattr(Types, "schemes", {"tags": "bio"})
    assert find_output(nlp, "type") is None


def test_spans_before_they_have_types(nlp):
    # Two of two gold spans are in the output for spans, which has a third; the decoder left one out for want of a type.
    example = Example(
        make_doc(nlp.vocab, ["Ana", "in", "Rom"], [(0, 1, "PER")]),
        make_doc(nlp.vocab, ["Ana", "in", "Rom"], [(0, 1, "PER"), (2, 3, "LOC")]),
    )
    set_tags(example.predicted, {"span": numpy.asarray([1, 1, 1])})
    scores = score_language([example], None, "x", TaskOutput("span", ["O", "B", "I"]))
    assert scores["span"]["f1"] == pytest.approx(2 / 3)
    assert scores["span_output"] == pytest.approx(4 / 5)
    result = {"languages": {"de": scores}, "mean": dict(scores)}
    assert "Span model F1" in format_scores(result) and " 80.0 " in format_scores(result)
    result["mean"].pop("span_output")  # saved by an earlier version
    assert "Span model F1" not in format_scores(result)


def test_prediction_sees_tokens_and_identity_only(nlp):
    gold = make_doc(nlp.vocab, ["a", "-b", "c"], [(0, 1, "PER")], "de", spaces=[False, True, False])
    [example] = predict(nlp, [gold])
    assert [(t.text, t.whitespace_) for t in example.predicted] == [(t.text, t.whitespace_) for t in gold]
    assert not example.predicted.ents
    seen: List[Tuple[str, str]] = []
    nlp.get_pipe("test_xner_answers").answers = []

    @Language.component("test_xner_look")
    def look(doc: Doc) -> Doc:
        seen.append((get_language(doc), get_group(doc)))
        return doc

    nlp.add_pipe("test_xner_look")
    predict(nlp, [gold])
    predict(nlp, [gold], retokenize=True)
    assert seen == [("de", "g")] * 2


def test_retokenize_skips_the_check_where_tokens_differ(nlp, tmp_path):
    # The tokenizer gives "(", "Rom", ")"; one entity is right, the other lies within the gold token "x)".
    golds = [
        make_doc(nlp.vocab, ["(", "Rom", ")"], [(1, 2, "LOC")], spaces=[False] * 3),
        make_doc(nlp.vocab, ["(", "x)"], [(1, 2, "LOC")], spaces=[False] * 2),
    ]
    write_docs(tmp_path / "de.spacy", golds)
    nlp.get_pipe("test_xner_answers").answers = [["(Rom)", 1, 2, "LOC"], ["(x)", 1, 2, "LOC"]]
    result = evaluate(nlp, [tmp_path / "de.spacy"], retokenize=True)
    scores = result["languages"]["de"]
    assert result["retokenized"] and not scores["seqeval_checked"] and scores["seqeval"] is None
    assert {key: scores[key] for key in ("precision", "recall", "f1")} == prf(1, 1, 1)  # as spaCy has it
    assert scores["unaligned"] == 1 and scores["type_accuracy"] == 1
    write_docs(tmp_path / "de.spacy", golds[:1])
    assert evaluate(nlp, [tmp_path / "de.spacy"], retokenize=True)["languages"]["de"]["seqeval_checked"]


@pytest.mark.parametrize("gold", [[], [(0, 1, "PER")]])
@pytest.mark.parametrize("predicted", [[], [(1, 2, "PER")]])
def test_nothing_found_or_nothing_to_find(gold, predicted):
    vocab = Vocab()
    example = Example(make_doc(vocab, ["a", "b"], predicted), make_doc(vocab, ["a", "b"], gold))
    for type_output in (None, TaskOutput("type", ["O", "LOC"])):
        set_tags(example.predicted, {"type": numpy.zeros(2, "i")})
        scores = score_language([example], type_output, "x")
        assert scores["f1"] == scores["span"]["f1"] == scores["type_accuracy"] == 0
        assert scores["seqeval"] == prf(0, 0, 0)


@st.composite
def spans(draw: st.DrawFn, n: int) -> List[Answer]:
    cuts = sorted(draw(st.sets(st.integers(0, n))))
    labels = st.sampled_from(["PER", "LOC", "A-B", "-", "B-", "I-PER", "O", "micro avg", "É"])
    return [(a, b, draw(labels)) for a, b in zip(cuts, cuts[1:], strict=False) if draw(st.booleans())]


@st.composite
def annotated(draw: st.DrawFn) -> Tuple[List[str], List[Answer], List[Answer]]:
    words = draw(
        st.lists(
            st.one_of(st.sampled_from(["a", "B", " ", "İ", "Σ", "\n", "北"]), st.text(min_size=1)), min_size=1
        )
    )
    return words, draw(spans(len(words))), draw(spans(len(words)))


@settings(max_examples=150, deadline=None)
@given(sentences=st.lists(annotated(), min_size=1, max_size=4))
def test_spacy_and_seqeval_agree(sentences):
    vocab = Vocab()
    examples = [
        Example(make_doc(vocab, words, predicted), make_doc(vocab, words, gold))
        for words, gold, predicted in sentences
    ]
    scores = score_language(examples, None, "x")
    assert scores["seqeval"] == score_seqeval(examples)
    right = sum(len(set(gold) & set(predicted)) for _, gold, predicted in sentences)
    n = sum(len(gold) + len(predicted) for _, gold, predicted in sentences)
    assert scores["f1"] == pytest.approx(2 * right / n if n else 0)


def test_error_where_they_differ(nlp, data, monkeypatch):
    monkeypatch.setattr(
        metrics, "score_seqeval", lambda examples: {"precision": 0.5, "recall": 0.5, "f1": 0.4}
    )
    with pytest.raises(XnerError, match=r"X303.*de\.spacy.*0\.5 against 0\.4"):
        evaluate(nlp, [data / "de.spacy"])


def test_format_table(nlp, data):
    first = evaluate(nlp, [data], model="first-model")
    second = {**evaluate(nlp, [data / "es.spacy"], model="x"), "model": "x"}
    lines = [line.split() for line in format_table([first, second]).strip().splitlines()]
    assert lines[0] == ["F1", "first-model", "x"]
    assert lines[2:4] == [["de", "50.0", "-"], ["es", "0.0", "0.0"]]
    assert lines[-1] == ["mean", "25.0", "0.0"]


def test_languages_never_seen(nlp, data):
    """Those in a folder of this name have a mean of their own, unless there are no others."""
    (data / "unseen").mkdir()
    (data / "es.spacy").rename(data / "unseen" / "es.spacy")
    write_docs(data / "de.spacy", [make_gold(Vocab(), MERKEL), make_gold(Vocab(), ROM)])
    result = evaluate(nlp, [data], model="stub")
    assert list(result["languages"]) == ["de", "es"] and result["unseen"] == ["es"]
    assert (result["mean"]["f1"], result["mean_unseen"]["f1"]) == (0.5, 0.0)
    assert result["micro"] == prf(2 / 4, 2 / 4, 1 / 2)
    lines = [line.split() for line in format_table([result]).splitlines() if line.strip("- ")]
    assert lines == [
        ["F1", "stub"],
        ["de", "50.0"],
        ["mean", "50.0"],
        ["F1,", "never", "seen", "stub"],
        ["es", "0.0"],
        ["mean", "0.0"],
    ]
    starts = [line.split()[:1] for line in format_scores(result).splitlines() if line.strip("- ")]
    assert starts == [["P"], ["de"], ["mean"], ["never"], ["es"], ["mean"]]
    alone = evaluate(nlp, [data / "unseen"])
    assert alone["unseen"] == [] and alone["mean_unseen"] is None and alone["mean"]["f1"] == 0.0


def test_labels(nlp, data):
    result = evaluate(nlp, [data], labels=["PER", "LOC"])
    # Without ORG two of three are found, and one more.
    german = result["languages"]["de"]
    assert german["f1"] == pytest.approx(2 * 2 / 6) and german["entities"] == 3
    assert set(german["per_type"]) == {"LOC", "PER"}
    assert result["labels"] == ["LOC", "PER"]
    with pytest.raises(XnerError, match=r"X311.*\['MISC'\].*'LOC', 'ORG', 'PER'"):
        evaluate(nlp, [data], labels=["PER", "MISC"])


@pytest.fixture
def model(nlp, tmp_path) -> str:
    nlp.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


def run(*args: object) -> Tuple[int, str]:
    result = CliRunner().invoke(app, ["evaluate", *map(str, args)])
    return result.exit_code, " ".join(result.output.split())


def test_command(model, data, tmp_path):
    code, output = run(model, data / "de.spacy", data, "--output", tmp_path / "out" / "metrics.json")
    assert code == 0
    assert (
        "de 50.0 50.0 50.0 50.0 to 50.0 75.0 66.7 4" in output and "mean 25.0 25.0 25.0 37.5 33.3" in output
    )
    assert "2 sentences without annotation" in output
    result = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf8"))
    assert result["model"] == model
    assert result["languages"]["de"]["sentences"] == 2  # a file given twice counts once


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.csv", "mine.conll", "mine.parquet"])
def test_command_reads_other_formats(model, tmp_path, name):
    """As if `convert` had made a corpus of them; the language is given, or told by the file's name."""
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    vocab = Vocab()
    docs = [
        make_doc(vocab, ["Ana", "vive", "en", "Roma"], [(0, 1, "PER"), (3, 4, "LOC")], "de"),
        make_doc(vocab, ["nada"], [], "de"),
    ]
    write_docs(tmp_path / "de.spacy", docs)
    if name.endswith(".csv"):
        rows = [
            f"{i},{token.text},{token.ent_iob_}{'-' * bool(token.ent_type_)}{token.ent_type_}"
            for i, doc in enumerate(docs)
            for token in doc
        ]
        (tmp_path / name).write_text("\n".join(["sentence,token,tag", *rows]))
    else:
        run_xner("convert", tmp_path / "de.spacy", tmp_path / name)
    run_xner("evaluate", model, tmp_path / "de.spacy", "-o", tmp_path / "one.json")
    run_xner("evaluate", model, tmp_path / name, "--lang", "de", "-o", tmp_path / "two.json")
    one, two = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "two"))
    assert one == two and one["languages"]["de"]["sentences"] == 2
    if name == "mine.conll":  # which tells no language
        (tmp_path / name).rename(tmp_path / "test.pt.conll")
        result = evaluate(spacy.load(model), [tmp_path / "test.pt.conll"])
        assert list(result["languages"]) == ["pt"]


@pytest.mark.parametrize("unlabelled", [False, True])
def test_command_without_labels(model, tmp_path, unlabelled):
    """A folder of a workflow without test text, or with raw text: it goes on, with scores that say so."""
    (tmp_path / "test").mkdir()
    if unlabelled:
        write_docs(tmp_path / "test" / "pt.spacy", [make_doc(Vocab(), ["a"], None)])
    code, output = run(model, tmp_path / "test", "-o", tmp_path / "scores.json", "--labels", "PER")
    assert code == 0 and "no labelled text, so there are no scores" in output
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert (scores["languages"], scores["mean"]) == ({}, None) and "no labelled text" in scores["note"]
    assert scores["skipped"] == ({"pt": 1} if unlabelled else {})
    compared = run_xner("compare", tmp_path / "scores.json", tmp_path / "scores.json")
    assert "no labelled text" in compared
    if not unlabelled:
        assert "No page is made" in run_xner("report", model, tmp_path / "test", "-o", tmp_path / "report")
        assert not (tmp_path / "report").exists()
    run_xner("card", model, "--scores", tmp_path / "scores.json")
    assert "## Scores" not in (Path(model) / "README.md").read_text(encoding="utf8")


def test_comparison_with_a_pipeline_without_scores(nlp, data):
    result = evaluate(nlp, [data])
    lines = format_table([result, {**result, "languages": {}, "mean": None}]).splitlines()
    assert lines[-1].split() == ["mean", "25.0", "-"]


def test_command_errors(model, data, tmp_path):
    vocab = Vocab()
    write_docs(tmp_path / "raw.spacy", [make_doc(vocab, ["a"], None)])
    write_docs(tmp_path / "none.spacy", [])
    write_bytes(tmp_path / "broken.spacy", b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").touch()  # an empty one would be that of a workflow without test text
    (tmp_path / "training" / "model-best").mkdir(parents=True)
    (tmp_path / "training" / "model-best" / "config.cfg").touch()
    for args, expected in [
        (("no_such_model", data), "[X304] Can't load the pipeline 'no_such_model': no package and no folder"),
        (("", data), "[X304]"),
        ((tmp_path / "folder", data), "[X304]"),
        ((tmp_path / "training", data), "model-best"),
        ((model, tmp_path / "missing.spacy"), "[X101]"),
        ((model, tmp_path / "folder"), "[X111]"),
        ((model, tmp_path / "none.spacy"), "[X111]"),
        ((model, tmp_path / "broken.spacy"), "[X110]"),
        ((model, tmp_path / "raw.spacy"), "[X307]"),
        ((model, data, "-o", tmp_path / "folder"), "[X112]"),
    ]:
        code, output = run(*args)
        assert code == 1 and expected in output, output
        assert "Traceback" not in output


def test_command_without_gpu(model, data):
    try:
        spacy.require_gpu(0)
    except ValueError:
        code, output = run(model, data, "--gpu-id", 0)
        assert code == 1 and "[X302] --gpu-id 0 was given, but no GPU can be used" in output
    else:
        spacy.require_cpu()
        pytest.skip("there is a GPU")
