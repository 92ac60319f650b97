"""`xner train --from`: a trained pipeline is trained further on a few labelled sentences."""

import json
import logging
from pathlib import Path

import pytest
import spacy
from spacy.util import logger
from trained import TEXTS, make_trained
from util import get_ents, get_scored, run_xner

from spacy_xner.corpora.reader import create_corpus_reader, create_mixed_reader

CONFIG = Path(__file__).parents[2] / "configs" / "finetune.cfg"
SETTINGS = ("--vars.steps", "60", "--vars.eval_frequency", "30", "--vars.heads_learn_rate", "0.01")
FEW = [
    ("Angela Merkel bought Phone in Berlin", [(0, 13, "PER"), (21, 26, "PRODUCT"), (30, 36, "LOC")]),
    ("She was born in Hamburg .", [(16, 23, "LOC")]),
]
# Prodigy's yes and no about one span each: nothing else is known of their sentences.
PARTIAL = [
    {"text": "Ada sold Phone", "spans": [{"start": 9, "end": 14, "label": "PRODUCT"}], "answer": "accept"},
    {"text": "Ada sold Phone", "spans": [{"start": 0, "end": 3, "label": "LOC"}], "answer": "reject"},
]


@pytest.fixture(autouse=True)
def quiet():
    before = logger.level
    yield
    logger.setLevel(before)
    logging.getLogger("spacy").setLevel(before)


def write_few(path: Path) -> Path:
    rows = [
        {"text": text, "spans": [{"start": a, "end": b, "label": label} for a, b, label in spans]}
        for text, spans in FEW
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def finetune(model: Path, out: Path, target: Path, *more: str) -> str:
    paths = ("--paths.target", target, "--paths.dev", target, "--paths.source", "null", "--paths.pseudo")
    return run_xner("train", CONFIG, "--from", model, "-o", out, *paths, "null", *SETTINGS, *more)


@pytest.mark.filterwarnings("ignore:\\[W")
@pytest.mark.parametrize("kind", ["xner", "xner_dlbri", "xner_mcl", "xner_dualner"])
def test_any_pipeline_learns_a_new_label(tmp_path, kind):
    nlp = make_trained(kind)
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "model")
    few = write_few(tmp_path / "few.jsonl")
    printed = finetune(tmp_path / "model", tmp_path / "out", few)
    assert "Labels that are new: PRODUCT" in printed
    found = spacy.load(tmp_path / "out" / "model-last")
    assert found.pipe_names == ["xner", "sentencizer"] and found.resume_training().heads_learn_rate > 0
    assert found.get_pipe("xner").labels == ("LOC", "PER", "PRODUCT")
    assert get_ents(found(FEW[0][0])) == [(0, 2, "PER"), (3, 4, "PRODUCT"), (5, 6, "LOC")]
    assert get_ents(found(TEXTS[1])) == [(4, 5, "LOC")]
    # The pipeline that it came from is as it was, and what is finished is not done again.
    assert get_scored(spacy.load(tmp_path / "model")(TEXTS[0])) == get_scored(nlp(TEXTS[0]))
    assert "This training is finished" in finetune(tmp_path / "model", tmp_path / "out", few, "--resume")


@pytest.mark.filterwarnings("ignore:\\[W")
def test_sentences_that_are_labelled_in_part(tmp_path):
    make_trained("xner").to_disk(tmp_path / "model")
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps({**row, "_is_binary": True}) + "\n" for row in PARTIAL))
    finetune(tmp_path / "model", tmp_path / "out", few)
    found = spacy.load(tmp_path / "out" / "model-last")
    assert (2, 3, "PRODUCT") in get_ents(found("Ada sold Phone"))
    assert (6, 7, "LOC") in get_ents(found(TEXTS[0]))  # nothing told it to forget


def test_without_a_folder_for_what_is_made(tmp_path):
    printed = run_xner("train", CONFIG, "--from", tmp_path, code=1)
    assert "X306" in printed and "--output" in printed


@pytest.mark.filterwarnings("ignore:\\[W")
def test_it_does_not_remove_what_it_starts_from(tmp_path):
    """The second round of a user who names the same output again."""
    (tmp_path / "out").mkdir()
    make_trained("xner").to_disk(tmp_path / "out" / "model-last")
    few = write_few(tmp_path / "few.jsonl")
    printed = run_xner(
        *("train", CONFIG, "--from", tmp_path / "out" / "model-last", "-o", tmp_path / "out"),
        *(
            "--paths.target",
            few,
            "--paths.dev",
            few,
            "--paths.source",
            "null",
            "--paths.pseudo",
            "null",
            *SETTINGS,
        ),
        code=1,
    )
    assert "X137" in printed and "model-last" in printed
    assert spacy.load(tmp_path / "out" / "model-last").pipe_names == ["xner"]


def test_tasks_that_nobody_has_answered_are_told(tmp_path):
    """They train nothing, and their sentences keep their pseudo-labels."""
    tasks, pseudo = tmp_path / "tasks.jsonl", write_few(tmp_path / "pseudo.jsonl")
    rows = [{"text": FEW[0][0], "label": [[0, 13, "PER"]], "xner_predicted": True, "xner_rank": 1}]
    rows += [{"text": FEW[1][0], "label": [[16, 23, "LOC"]]}]
    tasks.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    read = create_mixed_reader(
        {"target": create_corpus_reader(tasks), "pseudo": create_corpus_reader(pseudo)},
        without={"pseudo": "target"},
    )
    with pytest.warns(UserWarning, match=r"XW151.*1 tasks that nobody has answered"):
        found = list(read(spacy.blank("xx")))
    assert [(eg.reference.text, bool(eg.reference.ents)) for eg in found] == [
        (FEW[0][0], False),
        (FEW[1][0], True),
        (FEW[0][0], True),
    ]
