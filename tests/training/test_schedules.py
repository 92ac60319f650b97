"""Learning rates over the steps of a training, from Python, configs and the command line."""

from itertools import islice

import pytest
from spacy.cli import app as spacy_app
from spacy.util import load_config, registry
from trainings import write_config
from typer.testing import CliRunner
from util import run_xner

from spacy_xner.errors import XnerError
from spacy_xner.training.adamw import AdamW
from spacy_xner.training.optimizers import HeadsOptimizer
from spacy_xner.training.schedules import by_encoder, linear


@pytest.mark.parametrize(
    "warmup_steps, total_steps, expected",
    [
        (2, 6, [0.5, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]),
        (0.25, 8, [0.5, 1.0, 1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0.0]),
        (0, 4, [1.0, 0.75, 0.5, 0.25, 0.0]),
        (0.5, 2, [1.0, 1.0, 0.0]),
        (2, 2, [0.5, 1.0, 0.0]),
        (3, 0, [1 / 3, 2 / 3, 1.0, 1.0, 1.0]),
        (0, 0, [1.0, 1.0]),
        (0.0, 0, [1.0, 1.0]),
    ],
)
def test_linear(warmup_steps, total_steps, expected):
    found = list(islice(linear(10.0, warmup_steps, total_steps), len(expected)))
    assert found == pytest.approx([10 * rate for rate in expected])


@pytest.mark.parametrize(
    "settings, message",
    [
        ((0.1, 0), "X190.*0.1 is a share"),
        ((11, 10), "X191.*11 steps.*10 steps"),
        ((-1, 10), "X306.*'-1'.*'warmup_steps'"),
        ((0, -1), "X306.*'-1'.*'total_steps'"),
        ((float("nan"), 10), "X306.*'nan'"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(XnerError, match=message):
        linear(1e-4, *settings)


def make_rate(rate, warmup):
    steps = "${training.max_steps}"
    return {
        "@schedules": "spacy-xner.linear.v1",
        "initial_rate": rate,
        "warmup_steps": warmup,
        "total_steps": steps,
    }


def make_config(folder, warmup):
    rates = {"learn_rate": make_rate(1e-4, warmup), "heads_learn_rate": make_rate(0.01, warmup)}
    return write_config(folder, training={"optimizer": {"@optimizers": "spacy-xner.AdamW.v1", **rates}})


@pytest.mark.parametrize("schedule", [None, "warmup_linear.v1"])
def test_replaced_from_the_command_line(tmp_path, schedule):
    """By Thinc's schedule, whose first rate is zero."""
    config = make_config(tmp_path, 2)
    settings = ("--training.optimizer.learn_rate.@schedules", schedule) if schedule else ()
    result = CliRunner().invoke(spacy_app, ["train", str(config), "-o", str(tmp_path / "out"), *settings])
    assert result.exit_code == 0, result.output
    assert f"Initial learn rate: {0.0 if schedule else 5e-05}" in result.output
    trained = load_config(tmp_path / "out" / "model-last" / "config.cfg")["training"]["optimizer"]
    assert trained["learn_rate"]["@schedules"] == (schedule or "spacy-xner.linear.v1")
    assert trained["heads_learn_rate"]["@schedules"] == "spacy-xner.linear.v1"


def test_a_share_of_no_steps(tmp_path):
    config = make_config(tmp_path, 0.5)
    settings = ("--training.max_steps", 0, "--training.max_epochs", 1)
    printed = run_xner("train", config, "-o", tmp_path / "out", *settings, code=1)
    assert "X190" in printed


def test_rate_of_an_encoder_by_its_folder(tmp_path):
    """The folder of the workflow's encoder may stand for `hash`."""
    assert next(by_encoder(str(tmp_path), 0.1, 0.2)) == 0.2
    run_xner("encoder", "hash", tmp_path)
    assert next(by_encoder(str(tmp_path), 0.1, 0.2)) == next(by_encoder("hash", 0.1, 0.2)) == 0.1


def test_in_old_configs():
    rates = {"@schedules": "spacy-xner.by_encoder.v1", "encoder": "hash", "hash": 0.1, "transformer": 0.2}
    old = {"@optimizers": "spacy-xner.HeadsAdam.v1", "learn_rate": {**rates, "warmup_steps": 1}}
    old["heads_learn_rate"] = rates
    optimizer = registry.resolve({"optimizer": old})["optimizer"]
    assert isinstance(optimizer, HeadsOptimizer) and not isinstance(optimizer, AdamW)
    assert (optimizer.learn_rate, optimizer.heads_learn_rate) == (0.05, 0.1)
    optimizer.step_schedules()
    assert optimizer.learn_rate == 0.1
