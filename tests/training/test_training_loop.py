"""A training that is ended at any moment goes on as if it had not been; it trains what spaCy's own does."""

import pytest
import spacy
import srsly
import torch
from spacy.cli.train import train as train_with_spacy
from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST
from spacy.util import registry
from trainings import ADAMW, THINC, Killed, kill, snapshot, train_and_kill, write_config
from util import make_docs, run_xner, save_corpus

from spacy_xner.tokenizer import get_blank
from spacy_xner.training.checkpoint import read_progress
from spacy_xner.training.loop import CHECKPOINT, FINISHED
from spacy_xner.types import Objective


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    monkeypatch.setattr("spacy_xner.reporting.logger.find_spec", lambda name: None)


# Who draws random numbers: dropout of Thinc and of torch, the order of the data, and a parser's cuts of sentences.
@registry.misc("test.AtTimes.v1")
def create_at_times(output: str):
    """An objective for a head of its own that the small batch of each epoch has nothing for."""

    def loss(outputs, targets):
        return outputs[output].pow(2).sum() if len(targets.mask) == 5 else None

    return Objective(loss, [output], 0.1)


# The batch after each evaluation is a small one: momentum moves that head all the same.
AT_TIMES = {
    "training__batcher": {"size": 5},
    "components__xner__model__heads__rare": {
        "@architectures": "spacy-xner.TokenClassifier.v1",
        "encoder": "a",
        "scheme": "bio",
    },
    "components__xner__objectives__rare": {"@misc": "test.AtTimes.v1", "output": "rare"},
}
WITH_NER = {
    "nlp": {"pipeline": ["ner", "xner"]},
    "components__ner": {"factory": "ner"},
    "components__xner__scorer": {},
}
STREAM = {"training": {"max_epochs": -1}}
AVERAGED = {**THINC, "training__optimizer": {"use_averages": True}}


@pytest.mark.parametrize("last", [8, 11], ids=["ends with an evaluation", "ends without"])
def test_trains_what_spacy_does(tmp_path, last):
    config = write_config(tmp_path, **{**AVERAGED, "training": {**AVERAGED["training"], "max_steps": last}})
    train_with_spacy(config, tmp_path / "spacy")
    run_xner("train", config, "-o", tmp_path / "ours")
    for name in (DIR_MODEL_BEST, DIR_MODEL_LAST):
        one, other = (
            {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            for folder in (tmp_path / "spacy" / name, tmp_path / "ours" / name)
        )
        assert one == other
    left = {path.name for path in (tmp_path / "ours").iterdir()}
    assert left == {DIR_MODEL_BEST, DIR_MODEL_LAST, "log.jsonl", FINISHED}


@pytest.mark.parametrize(
    "settings",
    [THINC, WITH_NER, STREAM, AVERAGED, {**THINC, **AT_TIMES}, {**ADAMW, **WITH_NER, **AT_TIMES}],
    ids=["thinc", "ner", "stream", "averages", "at times", "torch"],
)
def test_killed_training_goes_on(tmp_path, monkeypatch, settings):
    config = write_config(tmp_path, **settings)
    run_xner("train", config, "-o", tmp_path / "whole")
    for moment in (0, 7, 2, 5):  # before the first evaluation; at steps 7, 7 and 10, after the last one
        train_and_kill(monkeypatch, moment, config, "-o", tmp_path / "killed", "--resume")
    assert (tmp_path / "killed" / CHECKPOINT).is_file()
    run_xner("train", config, "-o", tmp_path / "killed", "--resume")
    assert snapshot(tmp_path / "killed") == snapshot(tmp_path / "whole")
    assert not (tmp_path / "killed" / CHECKPOINT).exists()


@pytest.mark.parametrize("settings", [THINC, {**ADAMW, **AT_TIMES}], ids=["thinc", "torch"])
def test_killed_transformer_goes_on(tmp_path, monkeypatch, tiny_transformer, settings):
    config = write_config(tmp_path, vars={"encoder": tiny_transformer}, **settings)
    run_xner("train", config, "-o", tmp_path / "whole")
    train_and_kill(monkeypatch, 7, config, "-o", tmp_path / "killed")
    run_xner("train", config, "-o", tmp_path / "killed", "--resume")
    assert snapshot(tmp_path / "killed") == snapshot(tmp_path / "whole")


def test_a_short_training_is_evaluated_at_its_end(tmp_path):
    config = write_config(tmp_path, training={"max_steps": 3, "eval_frequency": 10})
    run_xner("train", config, "-o", tmp_path / "out")
    assert [line["step"] for line in srsly.read_jsonl(tmp_path / "out" / "log.jsonl")] == [0, 3]


def test_a_training_killed_after_its_last_evaluation_goes_on(tmp_path, monkeypatch):
    config = write_config(tmp_path, training={"max_steps": 8})
    run_xner("train", config, "-o", tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr("spacy_xner.training.loop.tell_choice", kill)
        with pytest.raises(Killed):
            run_xner("train", config, "-o", tmp_path / "killed")
    assert read_progress(tmp_path / "killed" / CHECKPOINT).evaluations[-1]["step"] == 4
    run_xner("train", config, "-o", tmp_path / "killed", "--resume")
    assert snapshot(tmp_path / "killed") == snapshot(tmp_path / "whole")


def test_a_training_without_a_last_step_can_go_on_from_its_first(tmp_path, monkeypatch):
    config = write_config(tmp_path, training={**THINC["training"], "max_steps": 0, "max_epochs": 4})
    train_and_kill(monkeypatch, 2, config, "-o", tmp_path / "killed")
    assert read_progress(tmp_path / "killed" / CHECKPOINT).evaluations[-1]["step"] == 0


def test_nothing_is_done_twice(tmp_path):
    config = write_config(tmp_path)
    run_xner("train", config, "-o", tmp_path / "out")
    before = (tmp_path / "out" / "log.jsonl").stat().st_mtime_ns
    assert "This training is finished" in run_xner("train", config, "-o", tmp_path / "out", "--resume")
    assert (tmp_path / "out" / "log.jsonl").stat().st_mtime_ns == before
    save_corpus(tmp_path / "train.spacy", make_docs(get_blank().vocab) * 2)
    assert "finished" not in run_xner("train", config, "-o", tmp_path / "out", "--resume")
    assert (tmp_path / "out" / "log.jsonl").stat().st_mtime_ns > before


def test_other_settings_begin_anew(tmp_path, monkeypatch):
    config = write_config(tmp_path)
    train_and_kill(monkeypatch, 7, config, "-o", tmp_path / "out")
    other = ("--training.dropout", 0.1)
    assert "begins anew" in run_xner("train", config, "-o", tmp_path / "out", "--resume", *other)
    run_xner("train", config, "-o", tmp_path / "whole", *other)
    assert snapshot(tmp_path / "out") == snapshot(tmp_path / "whole")


def test_damaged_checkpoint(tmp_path, monkeypatch):
    config = write_config(tmp_path)
    train_and_kill(monkeypatch, 7, config, "-o", tmp_path / "out")
    path = tmp_path / "out" / CHECKPOINT
    path.write_bytes(path.read_bytes()[:1000])
    kept = snapshot_files(tmp_path / "out")
    assert "X030" in run_xner("train", config, "-o", tmp_path / "out", "--resume", code=1)
    assert snapshot_files(tmp_path / "out") == kept
    run_xner("train", config, "-o", tmp_path / "out")


def snapshot_files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@registry.misc("test.Spoilt.v1")
def create_spoilt(output: str, at: int):
    """An objective whose gradient at one batch, the first time it is seen, is infinite: the next loss is not finite."""
    calls = []

    def loss(outputs, targets):
        if not outputs[output].requires_grad:
            return None
        calls.append(1)
        value = outputs[output].sum() * 0
        return value + (outputs[output].abs().sum() * 0).sqrt() if len(calls) == at else value

    return Objective(loss, [output], 1.0)


def test_losses_that_are_not_finite(tmp_path):
    spoilt = {"@misc": "test.Spoilt.v1", "output": "tag", "at": 7}
    config = write_config(tmp_path, components__xner__objectives__spoilt=spoilt)
    assert "X008" in run_xner("train", config, "-o", tmp_path / "stop", code=1)
    assert len(spacy.load(tmp_path / "stop" / DIR_MODEL_LAST)("Ana")) == 1  # of the last evaluation
    printed = run_xner("train", config, "-o", tmp_path / "restore", "--on-nan", "restore")
    assert "without the batches of steps [6, 7]" in printed
    _, log = snapshot(tmp_path / "restore")
    assert [line["step"] for line in log] == [0, 4, 8]
    weights = spacy.load(tmp_path / "restore" / DIR_MODEL_LAST).get_pipe("xner").model.get_ref("heads")
    assert all(bool(torch.isfinite(p).all()) for p in weights.shims[0]._model.parameters())


def test_bad_options(tmp_path):
    config = write_config(tmp_path)
    assert "X306" in run_xner("train", config, "--resume", code=1)
    assert "X306" in run_xner("train", config, "-o", tmp_path / "out", "--on-nan", "pray", code=1)
    assert "X306" in run_xner("train", config, "--on-nan", "restore", code=1)
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").write_text("")
    assert "X112" in run_xner("train", config, "-o", tmp_path / "out", code=1)
