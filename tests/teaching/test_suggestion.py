"""`xner suggest`: how unsure a model is, what is chosen, and how it is written."""

import gzip
import json
from contextlib import nullcontext
from pathlib import Path

import numpy
import pytest
import spacy
from spacy.vocab import Vocab
from trained import make_trained
from util import SENTENCES, get_ents, get_scored, make_doc, run_xner, save_corpus

from spacy_xner.corpora.convert import convert, read_labelled
from spacy_xner.corpora.store import read_docs, unpack_docs
from spacy_xner.corpora.texts import make_text_key
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_fields, get_group, get_soft_labels, set_soft_labels
from spacy_xner.pipeline import load_pipeline, save_pipeline
from spacy_xner.schemes import get_scheme
from spacy_xner.teaching.suggestion import examine
from spacy_xner.teaching.suggestion.choose import choose_candidates, cover
from spacy_xner.teaching.suggestion.examine import Examined, Examiner, Finding, read_examined
from spacy_xner.teaching.suggestion.pool import Candidate, CandidatePool, Shares, find_size, read_shares
from spacy_xner.teaching.suggestion.uncertainty import (
    compute_divergence,
    compute_entropy,
    measure,
    split_class,
    sum_classes,
)

LABELS = ["LOC", "PER"]
TEXTS = [
    "Angela Merkel met Barack Obama in Berlin .",
    "angela merkel met Barack Obama in  Berlin!",
    "She was born in Hamburg .",
    "The company 3M of Saint Paul sold 17 .",
    "The company 3M of Saint Paul sold 18 .",
    "Nothing happened .",
    "Lara Noor visits Oslo",
    "¿Quién vive en Sevilla ?",
]
# Of these 2 are near-duplicates of others.
N_DIFFERENT = 6


# Numbers by hand.


def test_entropy_is_a_share_of_the_largest():
    p = numpy.asarray([[0.25, 0.25, 0.25, 0.25], [1.0, 0, 0, 0], [0.5, 0.5, 0, 0]])
    assert compute_entropy(p) == pytest.approx([1.0, 0.0, 0.5])
    assert compute_entropy(numpy.ones((3, 1))) == pytest.approx([0, 0, 0])


def test_divergence():
    one, other = numpy.asarray([[1.0, 0, 0]]), numpy.asarray([[0, 1.0, 0]])
    assert compute_divergence([one, one]) == pytest.approx([0.0])
    assert compute_divergence([one, other]) == pytest.approx([1.0])
    # H(0.75, 0.25) - (H(1, 0) + H(0.5, 0.5)) / 2 in units of log 2: 0.8113 - 0.5.
    half = numpy.asarray([[0.5, 0.5, 0]])
    assert compute_divergence([one, half]) == pytest.approx([0.3113], abs=1e-4)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("B-PER", ("B", "PER")),
        ("I-LOC", ("I", "LOC")),
        ("PER", ("", "PER")),
        ("O", ("O", "")),
        ("neighbour", ("neighbour", "")),
        ("B", ("B", "")),
    ],
)
def test_classes_are_split(name, expected):
    assert split_class(name, LABELS) == expected


def test_labels_with_hyphens():
    assert [split_class(name, ["A", "B-A"]) for name in ("B-A", "B-B-A", "I-A")] == [
        ("B", "A"),
        ("B", "B-A"),
        ("I", "A"),
    ]


def test_classes_are_summed():
    p = numpy.asarray([[0.1, 0.2, 0.3, 0.4]])
    assert sum_classes(p, ["O", "B", "O", "B"]).tolist()[0] == pytest.approx([0.4, 0.6])
    assert sum_classes(p, ["x", "y", "x", "y"], ["y", "x", "z"]).tolist()[0] == pytest.approx([0.6, 0.4, 0])


def test_measures_of_tags():
    # O, B-LOC, I-LOC, B-PER, I-PER: one token that is an entity for sure, and of which type it is not known.
    p = numpy.asarray([[0, 0.5, 0, 0.5, 0], [1.0, 0, 0, 0, 0]])
    found = measure({"tag": p}, {"tag": "bio"}, LABELS)
    assert found.measures["entities"] == pytest.approx([numpy.log(2) / numpy.log(3), 0])
    assert found.measures["boundaries"] == pytest.approx([0, 0])
    assert found.measures["margin"] == pytest.approx([1, 0])
    assert "disagreement" not in found.measures
    assert found.types.tolist() == [[0, 0.5, 0.5], [1, 0, 0]]
    assert found.tokens == pytest.approx([(numpy.log(2) / numpy.log(3) + 1) / 3, 0])


def test_measures_of_students_and_of_boundaries():
    sure = numpy.asarray([[1.0, 0, 0]])
    found = measure({"a": sure, "b": numpy.asarray([[0, 1.0, 0]])}, {"a": "span", "b": "span"}, LABELS)
    assert found.measures["disagreement"] == pytest.approx([1.0]) and "entities" not in found.measures
    assert found.types.shape == (1, 0)
    start = measure({"s": sure, "e": sure}, {"s": "start", "e": "end"}, LABELS)
    assert "disagreement" not in start.measures and start.measures["entities"] == pytest.approx([0])


def test_measures_of_token_pairs():
    """none, neighbour, LOC, PER: cells outside the sentence do not count."""
    p = numpy.zeros((2, 3, 4))
    p[..., 0] = 1
    p[0, 2] = 0.25  # token 0 with the one before it, which there is not
    p[1, 1] = [0, 0, 0.5, 0.5]  # token 1 with itself: an entity of one token
    found = measure({"r": p}, {"r": "relation"}, LABELS)
    assert found.measures["margin"] == pytest.approx([0, 1])
    assert found.types[1] == pytest.approx([0, 0.5, 0.5]) and found.types[0] == pytest.approx([1, 0, 0])


# Choosing.


def make_finding(key: int, score: float, language: str = "es", label: str = "PER", n: int = 5) -> Finding:
    return Finding(key, language, label, n, score, {"margin": score}, "x", b"")


def test_cover_takes_what_stands_for_others():
    """Three alike, two alike, and one that is like none: the outlier comes after them, although most unsure."""
    vectors = numpy.asarray([[3.0, 0, 0], [3.0, 0, 0], [3.0, 0, 0], [0, 3.0, 0], [0, 3.0, 0], [0, 0, 3.0]])
    vectors -= vectors.mean(axis=0)  # of which nothing is left to be taken away
    found = cover(numpy.asarray([1.0, 1.1, 1.0, 1.2, 1.2, 1.3]), vectors, 6)
    assert [item.number for item in found[:3]] == [1, 3, 5]
    assert [round(item.stands_for) for item in found[:3]] == [3, 2, 1]
    assert [item.novelty for item in found[:3]] == pytest.approx([1, 1, 1], abs=1e-3)
    assert [item.novelty for item in found[3:]] == pytest.approx([0, 0, 0], abs=1e-3)
    # score times the scores of what it stands for
    assert found[0].gain == pytest.approx(1.1 * 3.1, abs=1e-3) and found[1].gain == pytest.approx(
        1.2 * 2.4, abs=1e-3
    )


def test_cover_of_equal_vectors_and_of_scores_of_nought():
    assert sorted(item.number for item in cover(numpy.zeros(3), numpy.ones((3, 4)), 3)) == [0, 1, 2]
    (only,) = cover(numpy.ones(1), numpy.ones((1, 2)), 1)
    assert (only.number, only.stands_for, only.novelty) == (0, 1.0, 1.0)


def test_a_shorter_list_is_the_beginning_of_a_longer_one():
    rng = numpy.random.default_rng(0)
    scores, vectors = rng.random(50), rng.normal(size=(50, 8))
    longer = cover(scores, vectors, 30)
    assert cover(scores, vectors, 10) == longer[:10]
    gains = [item.gain for item in longer]
    assert gains == sorted(gains, reverse=True) and len({item.number for item in longer}) == 30


@pytest.mark.parametrize("n, expected", [(1, 20), (100, 2000), (1000, 5000), (4000, 8000)])
def test_candidates_are_compared_in_pairs(n, expected):
    assert find_size(n) == expected


@pytest.mark.parametrize(
    "weights, available, n, expected",
    [
        ({}, {"es": 9, "de": 9}, 4, {"es": 2, "de": 2}),
        ({"es": 3, "de": 1}, {"es": 9, "de": 9}, 8, {"es": 6, "de": 2}),
        ({}, {"es": 1, "de": 9}, 6, {"es": 1, "de": 5}),  # what one lacks goes to the other
        ({"es": 1}, {"es": 2, "de": 9}, 6, {"es": 2, "de": 0}),  # and to none that has no share
    ],
)
def test_shares(weights, available, n, expected):
    groups = {(language, ""): size for language, size in available.items()}
    found = Shares(weights, {}).divide(n, groups)
    assert {language: size for (language, _), size in found.items()} == expected


def test_shares_of_labels():
    shares = Shares({}, {"ORG": 2, "PER": 1})
    groups = {("es", "ORG"): 9, ("es", "PER"): 9, ("es", "LOC"): 9}
    assert list(shares.divide(6, groups).values()) == [4, 2, 0]
    assert shares.find_group(make_finding(1, 1.0)) == ("es", "PER")
    assert Shares({}, {}).find_group(make_finding(1, 1.0)) == ("es", "")


@pytest.mark.parametrize(
    "text, expected",
    [(None, {}), ("es", {"es": 1}), ("es=2, de", {"es": 2, "de": 1}), ("A-B=0.5", {"A-B": 0.5})],
)
def test_read_shares(text, expected):
    assert read_shares(text, "--label-shares") == expected


@pytest.mark.parametrize("text", ["", "es=", "es=x", "es=0", "=1", "es,,de", "es=-1"])
def test_shares_that_are_none(text):
    with pytest.raises(XnerError, match="X306.*--label-shares"):
        read_shares(text, "--label-shares")


def test_the_pool_keeps_the_most_unsure_once():
    pool = CandidatePool(2, Shares({}, {}), max_tokens=10)
    keys = [1, 2, 3, 1, 4, 5, 6, 7]
    scores = [3.0, 1.0, 2.0, 4.0, 0.5, 9.0, 8.0, 0.1]
    findings = [make_finding(k, s, n=11 if k == 5 else 5) for k, s in zip(keys, scores, strict=True)]
    pool.add(0, Examined(9, findings[:4], b""), frozenset({7}))
    pool.add(1, Examined(4, findings[4:], b""), frozenset({7}))
    (kept,) = pool.list_groups().values()
    assert [(item.finding.key, item.part, item.place) for item in kept] == [(6, 1, 2), (1, 0, 3)]
    assert (pool.n_inputs, pool.n_words, pool.n_long, pool.n_known) == (13, 8, 1, 1)
    assert max(len(group) for group in pool.groups.values()) < 4  # memory does not grow with the stream


@pytest.mark.parametrize(
    "shares, expected",
    [
        (Shares({}, {}), {("de", ""): [1], ("es", ""): [2, 3]}),
        # What has no share keeps nothing from what has one.
        (Shares({"es": 1}, {}), {("es", ""): [2, 1]}),
        (Shares({}, {"LOC": 1, "PER": 1}), {("de", "LOC"): [1], ("es", "LOC"): [3], ("es", "PER"): [2]}),
    ],
)
def test_no_two_candidates_are_alike_in_any_groups(shares, expected):
    pool = CandidatePool(2, shares)
    findings = [
        make_finding(1, 2.0, "es", "PER"),
        make_finding(1, 3.0, "de", "LOC"),
        make_finding(2, 2.5, "es", "PER"),
        make_finding(2, 1.5, "es", "LOC"),
        make_finding(3, 1.0, "es", "LOC"),
    ]
    pool.add(0, Examined(5, findings, b""))
    assert {
        name: [item.finding.key for item in items] for name, items in pool.list_groups().items()
    } == expected


def test_choose_from_groups():
    groups = {
        ("es", ""): [Candidate(make_finding(k, 3.0 - k), 0, k) for k in range(3)],
        ("de", ""): [Candidate(make_finding(9, 9.0, "de"), 0, 9)],
    }
    vectors = {("es", ""): numpy.eye(3), ("de", ""): numpy.ones((1, 3))}
    chosen = choose_candidates(groups, {("es", ""): 2, ("de", ""): 1}, vectors)
    assert [item.candidate.finding.key for item in chosen] == [9, 0, 1]
    (only,) = choose_candidates(groups, {("es", ""): 0, ("de", ""): 1}, vectors)
    assert only.covered.gain == pytest.approx(81.0)


@pytest.mark.parametrize(
    "one, other, same",
    [
        (TEXTS[0], TEXTS[1], True),
        ("12 May", "37 may.", True),
        ("Ａ", "a", True),
        ("...", "!!", False),
        ("a b", "a c", False),
        ("दिल", "दल", False),
    ],
)
def test_near_duplicates(one, other, same):
    assert (make_text_key(one) == make_text_key(other)) is same


# The command.


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for kind in ("xner", "students", "xner_mcl", "xner_dualner", "xner_dlbri"):
        save_pipeline(make_trained(kind), folder / kind)
    return folder


@pytest.fixture
def texts(tmp_path) -> Path:
    path = tmp_path / "texts.jsonl"
    rows = [{"id": i, "text": text, "source": f"s{i}"} for i, text in enumerate([*TEXTS, "", " "], start=1)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def read_tasks(path: Path) -> list:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf8")
    return json.loads(text) if ".json" in path.suffixes else [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("kind", ["xner", "students", "xner_mcl", "xner_dualner", "xner_dlbri"])
def test_prodigy(models, texts, tmp_path, kind):
    printed = run_xner("suggest", models / kind, texts, "-n", 4, "-o", tmp_path / "tasks.jsonl")
    assert "4 of 10 texts, 2 without words left out" in " ".join(printed.split())
    tasks = read_tasks(tmp_path / "tasks.jsonl")
    assert len(tasks) == 4 and [task["meta"]["xner_rank"] for task in tasks] == [1, 2, 3, 4]
    assert len({make_text_key(task["text"]) for task in tasks}) == 4
    nlp = spacy.load(models / kind)
    for task in tasks:
        assert "answer" not in task  # nobody has said that the spans are right
        assert task["meta"]["source"] == f"s{task['meta']['id']}"
        doc = nlp(task["text"])
        assert [(s["start"], s["end"], s["label"]) for s in task["spans"]] == [
            (ent.start_char, ent.end_char, ent.label_) for ent in doc.ents
        ]
        assert all(0 < span["score"] <= 1 for span in task["spans"])
        assert task["meta"]["xner_why"].startswith("unsure of ") and task["meta"]["xner_score"] > 0
        assert ("xner_disagreement" in task["meta"]) is (kind == "students")
        assert ("xner_entities" in task["meta"]) is (kind != "students")
    assert not list(tmp_path.glob(".*"))


def test_label_studio_and_doccano(models, texts, tmp_path):
    run_xner("suggest", models / "xner", texts, "-n", N_DIFFERENT, "-o", tmp_path / "prodigy.jsonl")
    expected = {
        task["text"]: [(s["start"], s["end"], s["label"], s["score"]) for s in task["spans"]]
        for task in read_tasks(tmp_path / "prodigy.jsonl")
    }
    assert sum(map(len, expected.values())) > 3
    run_xner("suggest", models / "xner", texts, "-n", N_DIFFERENT, "-o", tmp_path / "tasks.json")
    tasks = read_tasks(tmp_path / "tasks.json")
    assert all("annotations" not in task and len(task["predictions"]) == 1 for task in tasks)
    found = {
        task["data"]["text"]: [
            (r["value"]["start"], r["value"]["end"], *r["value"]["labels"], r["score"])
            for r in task["predictions"][0]["result"]
        ]
        for task in tasks
    }
    assert found == expected and all(task["data"]["xner_why"] for task in tasks)
    run_xner(
        "suggest", models / "xner", texts, "-n", N_DIFFERENT, "-o", tmp_path / "d.jsonl.gz", "--to", "doccano"
    )
    rows = read_tasks(tmp_path / "d.jsonl.gz")
    assert {
        row["text"]: [(*span, score) for span, score in zip(row["label"], row["xner_scores"], strict=True)]
        for row in rows
    } == expected
    assert all(row["xner_why"] and row["xner_unsure_of"] in LABELS for row in rows)


def test_spacy_format(models, texts, tmp_path):
    run_xner("suggest", models / "xner", texts, "-n", 3, "-o", tmp_path / "tasks.spacy")
    docs = list(read_docs(tmp_path / "tasks.spacy", Vocab()))
    nlp = spacy.load(models / "xner")
    for rank, doc in enumerate(docs, start=1):
        assert [span[:3] for span in get_scored(doc)] == get_ents(nlp(doc.text))
        assert not doc.ents and not doc.has_annotation("ENT_IOB")  # a prediction is no label
        assert get_fields(doc)["xner_rank"] == rank and get_fields(doc)["xner_why"] and get_group(doc)


FORMATS = ["prodigy", "label-studio", "doccano", "spacy"]


@pytest.mark.filterwarnings("always:.XW151")
@pytest.mark.parametrize("to", FORMATS)
def test_a_prediction_is_no_label(models, texts, tmp_path, to):
    """Until somebody has answered, or the labels are those of the corpus, which --keep-labels keeps."""
    out = tmp_path / ("t.spacy" if to == "spacy" else "t.json")
    run_xner("suggest", models / "xner", texts, "-n", 4, "-o", out, "--to", to)
    printed = run_xner("convert", out, tmp_path / "read.spacy")
    assert "4 sentences (4 unlabelled)" in printed and "0 entities" in printed
    assert ("nobody has answered" in printed) is (to != "spacy")
    docs = list(read_docs(tmp_path / "read.spacy", Vocab()))
    assert len(docs) == 4 and not any(doc.has_annotation("ENT_IOB") for doc in docs)
    corpus = make_corpus(tmp_path / "c.spacy")
    run_xner("suggest", models / "xner", corpus, "-n", 4, "-o", out, "--to", to, "--keep-labels")
    gold = {doc.text: get_ents(doc) for doc in read_docs(corpus, Vocab())}
    assert {doc.text: get_ents(doc) for doc in read_labelled(out, Vocab())} == gold


PREDICTED = {"label": [[0, 3, "PER"]], "xner_predicted": True, "xner_rank": 1}
MARKED = {"spans": [{"start": 0, "end": 3, "label": "PER"}]}
SCORED = {"spans": [{"start": 0, "end": 3, "label": "PER", "score": 0.9}], "tokens": None}


@pytest.mark.parametrize(
    "format, task, labelled",
    [
        ("prodigy", MARKED, True),
        ("prodigy", SCORED, False),
        ("prodigy", {**SCORED, "_is_binary": True}, False),
        ("prodigy", {**MARKED, "meta": {"xner_predicted": True}}, False),
        ("prodigy", {"spans": [], "meta": {"xner_predicted": True}}, False),
        ("prodigy", {**SCORED, "meta": {"xner_predicted": True}, "answer": "accept"}, True),
        ("doccano", PREDICTED, False),
        ("doccano", {**PREDICTED, "Comments": []}, True),  # as doccano exports it
        ("doccano", {"label": [[0, 3, "PER"]], "xner_rank": 1}, True),
    ],
)
def test_tasks_that_are_answered(tmp_path, format, task, labelled):
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps({"text": "Ana vive en Lima", **task}) + "\n")
    told = nullcontext() if labelled else pytest.warns(UserWarning, match="XW151.*nobody has answered")
    with told:
        found = convert(path, tmp_path / "out.spacy", format=format)
    (doc,) = read_docs(tmp_path / "out.spacy", Vocab())
    assert doc.has_annotation("ENT_IOB") is labelled and bool(doc.ents) is labelled
    assert any("nobody has answered" in kind for kind in found.notes) is not labelled


@pytest.mark.filterwarnings("ignore:.XW151.*nobody has answered")
@pytest.mark.parametrize("to", FORMATS)
def test_fields_of_the_texts_are_kept(models, tmp_path, to):
    """Names that suggest used to give to its own, or that a tool gives to labels."""
    own = {"rank": "first", "score": 3, "why": "asked", "entities": 2, "label": [[0, 3, "X"]], "scores": [1]}
    path, out = tmp_path / "texts.jsonl", tmp_path / ("t.spacy" if to == "spacy" else "t.json")
    path.write_text(json.dumps({"id": "a", "body": TEXTS[2], "text": "another", **own}) + "\n")
    run_xner("suggest", models / "xner", path, "-n", 1, "-o", out, "--to", to, "--text-key", "body")
    if to == "spacy":
        (doc,) = read_docs(out, Vocab())
        found, text = json.loads(json.dumps(get_fields(doc))), doc.text  # lists are tuples there
        expected = {**own, "text": "another"}
    elif to == "label-studio":
        (task,) = json.loads(out.read_text())
        found, text = task["data"], task["data"]["text"]
        expected = {**own, "other_text": "another"}
    else:
        task = json.loads(out.read_text())
        found, text, expected = task["meta"], task["text"], {**own, "text": "another"}
    assert {name: found[name] for name in expected} == expected and text == TEXTS[2]
    # and it can be read
    (doc,) = read_labelled(out, Vocab())
    assert doc.text == TEXTS[2] and get_group(doc) == "a"


def make_corpus(path: Path, *, stored: bool = False) -> Path:
    """Labelled sentences of two languages, with soft labels of a tagger or without."""
    vocab = Vocab()
    texts = [*SENTENCES, ("Ana vive en Lima", [(0, 1, "PER"), (3, 4, "LOC")]), ("Es war kalt", [])]
    docs = [
        make_doc(vocab, text, ents, group=f"g{i}", language="es" if i == 2 else "de")
        for i, (text, ents) in enumerate(texts)
    ]
    if stored:
        classes = get_scheme("bio").classes(LABELS)
        for doc in docs:
            logp = numpy.full((len(doc), len(classes)), numpy.log(1e-6), dtype="float32")
            logp[:, 0] = 0.0
            set_soft_labels(doc, "tag", classes, logp)
    return save_corpus(path, docs)


def test_languages_have_equal_shares(models, tmp_path):
    corpus = make_corpus(tmp_path / "c.spacy")
    run_xner("suggest", models / "xner", corpus, "-n", 2, "-o", tmp_path / "two.jsonl")
    assert sorted(task["meta"]["language"] for task in read_tasks(tmp_path / "two.jsonl")) == ["de", "es"]
    run_xner(
        "suggest", models / "xner", corpus, "-n", 2, "-o", tmp_path / "de.jsonl", "--language-shares", "de"
    )
    assert {task["meta"]["language"] for task in read_tasks(tmp_path / "de.jsonl")} == {"de"}
    printed = run_xner(
        "suggest", models / "xner", corpus, "-n", 1, "-o", tmp_path / "l.jsonl", "--label-shares", "LOC"
    )
    assert "most unsure of: LOC 1" in printed


def test_labels_of_the_corpus(models, tmp_path):
    """For a trial without annotators."""
    corpus = make_corpus(tmp_path / "c.spacy", stored=True)
    run_xner("suggest", models / "xner", corpus, "-n", 4, "-o", tmp_path / "t.spacy", "--keep-labels")
    gold = {doc.text: get_ents(doc) for doc in read_docs(corpus, Vocab())}
    docs = list(read_docs(tmp_path / "t.spacy", Vocab()))
    assert {doc.text: get_ents(doc) for doc in docs} == gold
    assert all(get_soft_labels(doc, "tag") is None and get_group(doc) for doc in docs)


def test_stored_distributions_are_taken(models, tmp_path, monkeypatch):
    corpus = make_corpus(tmp_path / "c.spacy", stored=True)
    nlp = load_pipeline(str(models / "xner"))

    def fail(docs):
        raise AssertionError("the model was run")

    monkeypatch.setattr(nlp.get_pipe("xner"), "predict", fail)
    worker = Examiner(str(models / "xner"), False, -1)
    (tmp_path / "part").write_bytes(worker.work(nlp, list(read_docs(corpus, nlp.vocab))))
    (found,) = read_examined([tmp_path / "part"])
    assert found.n_inputs == 4 and all(f.score < 1e-3 for f in found.findings)
    assert not any(doc.ents for doc in unpack_docs(found.docs, Vocab()))


def test_texts_that_are_labelled_already(models, texts, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("angela merkel met barack obama in berlin\nnothing happened\n")
    out = tmp_path / "tasks.jsonl"
    printed = run_xner("suggest", models / "xner", texts, "-n", 4, "-o", out, "--known", known)
    assert "3 labelled already" in " ".join(printed.split())
    assert not {TEXTS[0], TEXTS[1], TEXTS[5]} & {task["text"] for task in read_tasks(out)}


def test_long_texts(models, texts, tmp_path):
    printed = run_xner(
        "suggest", models / "xner", texts, "-n", 2, "-o", tmp_path / "t.jsonl", "--max-tokens", 5
    )
    assert "longer than 5 tokens left out" in " ".join(printed.split())
    assert all(len(task["tokens"]) <= 5 for task in read_tasks(tmp_path / "t.jsonl"))


def test_a_stopped_run_goes_on(models, texts, tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_xner.teaching.worker.PART", 3)
    run_xner("suggest", models / "xner", texts, "-n", 4, "-o", tmp_path / "whole.jsonl")
    make_finding, seen = examine.make_finding, []

    def stop(doc, *args):
        seen.append(doc.text)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return make_finding(doc, *args)

    monkeypatch.setattr(examine, "make_finding", stop)
    out = tmp_path / "tasks.jsonl"
    run_xner("suggest", models / "xner", texts, "-n", 4, "-o", out, code=130)
    assert not out.exists() and len(list(tmp_path.glob(".tasks.jsonl.parts/[0-9]*"))) == 1
    seen.clear()
    monkeypatch.setattr(
        examine, "make_finding", lambda doc, *args: seen.append(doc.text) or make_finding(doc, *args)
    )
    run_xner("suggest", models / "xner", texts, "-n", 4, "-o", out)
    assert seen[0] == TEXTS[3] and out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


# What can't be done.


def test_fewer_texts_than_asked_for(models, texts, tmp_path):
    out = tmp_path / "tasks.jsonl"
    printed = run_xner("suggest", models / "xner", texts, "-n", 7, "-o", out, code=1)
    assert "X318" in printed and f"{N_DIFFERENT} different texts" in " ".join(printed.split())
    assert not out.exists()
    run_xner("suggest", models / "xner", texts, "-n", N_DIFFERENT, "-o", out)


def test_no_decoder(models, texts, tmp_path):
    nlp = spacy.load(models / "xner", config={"components.xner.decoder": None})
    save_pipeline(nlp, tmp_path / "stage")
    printed = run_xner("suggest", tmp_path / "stage", texts, "-n", 1, "-o", tmp_path / "t.jsonl", code=1)
    assert "X319" in printed


def test_text_without_words(models, tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text('{"text": " "}\n{"text": ""}\n')
    printed = run_xner("suggest", models / "xner", path, "-n", 1, "-o", tmp_path / "t.jsonl", code=1)
    assert "X318" in printed and "0 different texts" in " ".join(printed.split())


def test_labels_that_there_are_not(models, texts, tmp_path):
    out = tmp_path / "t.jsonl"
    printed = run_xner("suggest", models / "xner", texts, "-n", 1, "-o", out, "--keep-labels", code=1)
    assert "X306" in printed and "as convert makes it" in " ".join(printed.split()) and not out.exists()


@pytest.mark.parametrize("to", ["prodigy", "label-studio", "doccano", "spacy"])
def test_labels_of_a_part(models, tmp_path, to):
    """Only .spacy can hold them."""
    doc = make_doc(Vocab(), "Ana vive en Lima", [(0, 1, "PER")])
    doc.set_ents(list(doc.ents), default="missing")
    corpus, out = save_corpus(tmp_path / "c.spacy", [doc]), tmp_path / f"t.{to.replace('prodigy', 'jsonl')}"
    options = ("-n", 1, "-o", out, "--keep-labels", "--to", to)
    printed = run_xner("suggest", models / "xner", corpus, *options, code=int(to != "spacy"))
    if to == "spacy":
        (found,) = read_docs(out, Vocab())
        assert found.to_array(["ENT_IOB"]).tolist() == doc.to_array(["ENT_IOB"]).tolist()
    else:
        assert "X131" in printed and "Ana vive" in printed and not out.exists()


@pytest.mark.parametrize(
    "name, to", [("t.csv", "auto"), ("t", "auto"), ("t.jsonl", "iob2"), ("t.spacy.gz", "auto")]
)
def test_formats_that_are_none_for_tasks(models, texts, tmp_path, name, to):
    printed = run_xner("suggest", models / "xner", texts, "-n", 1, "-o", tmp_path / name, "--to", to, code=1)
    assert "X132" in printed and "label-studio" in printed
