"""What a training shows of itself."""

import io

import pytest
import spacy
import srsly
from settings import fill, find_configs
from trained import make_trained
from util import ENCODER, make_docs, run_xner, save_corpus

from spacy_xner.errors import XnerError
from spacy_xner.reporting.logger import create_training_logger, draw_training, find_columns, make_header

STEPS = [
    *["--training.max_steps", 20, "--training.eval_frequency", 10, "--training.max_epochs", 0],
    *[
        "--vars.encoder",
        "hash",
        "--components.xner.model.encoders.a.width",
        ENCODER["width"],
        "--vars.heads_learn_rate",
        0.01,
    ],
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def make_info(step, loss, score, epoch=0):
    losses = {"xner": 3 * loss, "xner_teacher_a": loss, "xner_teacher_b": 2 * loss}
    scores = {"ents_f": score, "ents_p": None}
    found = {"epoch": epoch, "step": step, "losses": losses, "other_scores": scores, "score": score}
    return {**found, "seconds": 2, "words": 100 * (step + 1), "checkpoints": []}


@pytest.fixture(scope="module")
def nlp():
    nlp = make_trained("students")
    nlp.config["training"]["eval_frequency"] = 10
    nlp.config["training"]["score_weights"] = {"ents_f": 1.0, "ents_p": 0.0, "ents_r": None}
    return nlp


def test_losses_of_objectives_are_means_of_steps(nlp, tmp_path):
    columns = find_columns(nlp)
    objectives = nlp.get_pipe("xner").objectives
    assert columns.losses == ["xner", *(f"xner_{name}" for name in objectives)]
    assert columns.scores == ["ents_f", "ents_p"]
    log, plot, printed = tmp_path / "new" / "log.jsonl", tmp_path / "new" / "plot.svg", io.StringIO()
    setup = create_training_logger(log_file=str(log), plot=str(plot))
    log_step, finalize = setup(nlp, printed, io.StringIO())
    log_step(make_info(0, 4.0, 0.1))
    for _ in range(9):
        log_step(None)
    log_step(make_info(10, 4.0, 0.5, epoch=1))
    finalize()
    first, second = srsly.read_jsonl(log)
    assert (first["epoch"], first["step"], first["score"]) == (0, 0, 0.1)
    assert (second["epoch"], second["step"], second["words_per_second"]) == (1, 10, 550)
    assert first["losses"]["xner_teacher_b"] == 8.0 and second["losses"]["xner_teacher_b"] == 0.8
    assert second["losses"]["xner_boundary"] == 0.0 and second["scores"] == {"ents_f": 0.5, "ents_p": 0.0}
    lines = printed.getvalue().splitlines()
    assert len(lines) == 4 and "LOSS XNER" in lines[0] and "TEACHER_A" in lines[0]
    assert lines[3].split()[:4] == ["1", "10", "1.2000", "0.4000"] and lines[3].split()[-1] == "550"
    assert plot.read_bytes().lstrip().startswith(b"<?xml")
    figure = draw_training([first, second])
    found = {line.get_label(): list(line.get_ydata()) for axis in figure.axes for line in axis.get_lines()}
    assert found["xner_teacher_a"] == [4.0, 0.4] and found["ents_f"] == [10.0, 50.0]


@pytest.mark.parametrize(
    "scores, expected",
    [
        ([0.5], ["model-best is of step 0, score 0.5000. That is after one update"]),
        ([0.1, 0.5], []),
        ([0.5, 0.5], []),  # of equal scores spaCy takes the last
        (
            [0.1, 0.5, 0.25],
            ["model-best is of step 10, score 0.5000; the last evaluation, at step 20, had 0.25"],
        ),
        ([0.5, 0.1], ["model-best is of step 0, ", "hardly learned"]),
    ],
)
def test_what_was_chosen_is_told(nlp, scores, expected):
    printed = io.StringIO()
    log_step, finalize = create_training_logger()(nlp, printed, io.StringIO())
    for k, score in enumerate(scores):
        log_step(make_info(10 * k, 1.0, score))
    n_rows = len(printed.getvalue().splitlines())
    finalize()
    told = "\n".join(printed.getvalue().splitlines()[n_rows:])
    assert bool(told) == bool(expected) and all(part in told for part in expected)


@pytest.mark.parametrize(
    "scores, patience, more, last, expected",
    [
        (
            [0.1, 0.5, 0.5],
            10,
            0,
            100,
            "Stopped early, at step 20 of 100: no score was better than 0.5000 of step 10",
        ),
        (
            [0.5, 0.1],
            12,
            2,
            0,
            "Stopped early, at step 12: no score was better than 0.5000 of step 0 for 12 steps",
        ),
        ([0.5, 0.1], 12, 1, 100, ""),  # stopped for another reason
        ([0.5, 0.1, 0.1], 10, 0, 20, ""),  # all steps were taken
        ([0.5, 0.1, 0.1], 0, 0, 100, ""),
    ],
)
def test_early_stop_is_told(nlp, monkeypatch, scores, patience, more, last, expected):
    """Where settings are variables of the config, as in configs/."""
    config = nlp.config.copy()
    config["vars"] = {"patience": patience}
    config["training"]["max_steps"] = last
    config["training"]["patience"] = "${vars.patience}"
    monkeypatch.setattr(nlp, "_config", config)
    printed = io.StringIO()
    log_step, finalize = create_training_logger()(nlp, printed, io.StringIO())
    for k, score in enumerate(scores):
        log_step(make_info(10 * k, 1.0, score))
        for _ in range(9 if k < len(scores) - 1 else more):
            log_step(None)
    finalize()
    assert ("Stopped early" in printed.getvalue()) == bool(expected) and expected in printed.getvalue()


@pytest.mark.parametrize("path", find_configs().values(), ids=lambda path: path.stem)
def test_losses_have_columns_of_their_own(path):
    """In every shipped config: names such as cross_entropy_a and cross_entropy_b are told apart."""
    names = list(fill(path)["components"]["xner"]["objectives"])
    header, widths = make_header(["E", "#", *names], [3, 6, *[6] * len(names)])
    assert len(set(header)) == len(names) + 2
    assert all(len(name) <= width for name, width in zip(header, widths, strict=True))


def test_names_that_are_alike_stay_whole():
    names = ["a_very_long_name_of_ours", "a_very_short_name_of_ours"]
    assert make_header(names, [6, 6])[0] == [name.upper() for name in names]


@pytest.mark.parametrize(
    "stream, bar, expected", [(io.StringIO, True, False), (Terminal, True, True), (Terminal, False, False)]
)
def test_bars_on_terminals_alone(nlp, stream, bar, expected):
    stderr = stream()
    log_step, finalize = create_training_logger(progress_bar=bar)(nlp, io.StringIO(), stderr)
    log_step(make_info(0, 1.0, 0.1))
    log_step(None)
    finalize()
    assert ("Epoch 1" in stderr.getvalue()) == expected and (stderr.getvalue() == "") != expected
    assert ("/10 [" in stderr.getvalue()) == expected  # and how far it is to the next evaluation


def test_nothing_is_written_where_it_cant_be(nlp, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf8")
    log_step, _ = create_training_logger(log_file=str(tmp_path / "file" / "log.jsonl"))(nlp, io.StringIO())
    with pytest.raises(XnerError, match="X112"):
        log_step(make_info(0, 1.0, 0.1))
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(XnerError, match="X125"):
        create_training_logger(plot="plot.png")
    create_training_logger(log_file="log.jsonl")


def test_command_logs_beside_the_checkpoints(nlp, tmp_path, monkeypatch, capfd):
    corpus = save_corpus(tmp_path / "corpus.spacy", make_docs(nlp.vocab))
    paths = ["--paths.train", corpus, "--paths.dev", corpus]
    config = "configs/source_only.cfg"
    run_xner("train", config, "-o", tmp_path / "out", *paths, *STEPS)
    saved = spacy.load(tmp_path / "out" / "model-best").config["training"]["logger"]
    assert saved["log_file"] is None and saved["plot"] is None  # or training with it again would write there
    lines = list(srsly.read_jsonl(tmp_path / "out" / "log.jsonl"))
    assert [line["step"] for line in lines] == [0, 10, 20]
    assert (
        lines[0]["losses"].keys() == {"xner"} and lines[0]["losses"]["xner"] > lines[2]["losses"]["xner"] > 0
    )
    assert (tmp_path / "out" / "training.png").read_bytes().startswith(b"\x89PNG")
    own = ["--training.logger.log_file", tmp_path / "own.jsonl"]
    run_xner("train", config, "-o", tmp_path / "other", *paths, *STEPS, *own)
    assert list(srsly.read_jsonl(tmp_path / "own.jsonl")) and not (tmp_path / "other" / "log.jsonl").exists()
    # The plot costs nothing to those who don't have matplotlib.
    monkeypatch.setattr("spacy_xner.reporting.logger.find_spec", lambda name: None)
    run_xner("train", config, "-o", tmp_path / "third", *paths, *STEPS)
    assert sorted(path.name for path in (tmp_path / "third").iterdir()) == [
        "finished.json",
        "log.jsonl",
        "model-best",
        "model-last",
    ]
