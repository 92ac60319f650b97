"""Short trainings that are killed, and what they leave."""

from pathlib import Path

import pytest
import srsly
from spacy.language import Language
from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST
from spacy.util import load_config
from util import ENCODER, make_docs, run_xner, save_corpus

from spacy_xner.tokenizer import get_blank

CONFIG = Path(__file__).parent.parent / "configs" / "source_only.cfg"
N_STEPS, EVERY = 12, 4


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def kill(*args, **kwargs):
    """Stands for anything during which a training dies."""
    raise Killed


def write_config(folder, **settings):
    """A config of a short training, with changes of its sections by their names."""
    save_corpus(folder / "train.spacy", make_docs(get_blank().vocab) * 3)
    save_corpus(folder / "dev.spacy", make_docs(get_blank().vocab))
    config = load_config(CONFIG)
    config["vars"]["encoder"] = "hash"
    config["paths"].update({name: str(folder / f"{name}.spacy") for name in ("train", "dev")})
    config["components"]["xner"]["model"]["encoders"]["a"].update(ENCODER)
    config["training"].update(
        {"max_steps": N_STEPS - 1, "eval_frequency": EVERY, "max_epochs": 0, "dropout": 0.2}
    )
    config["training"]["batcher"]["size"] = 3
    config["training"]["optimizer"]["learn_rate"] = 0.005
    config["training"]["logger"]["progress_bar"] = False
    for name, values in settings.items():
        section = config
        for part in name.split("__"):
            section = section.setdefault(part, {})
        section.update(values)
    config.to_disk(folder / "config.cfg")
    return folder / "config.cfg"


def snapshot(folder):
    """All files of the pipelines, and the log without times."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for name in (DIR_MODEL_BEST, DIR_MODEL_LAST)
        for path in (folder / name).rglob("*")
        if path.is_file()
    }
    log = [
        {key: value for key, value in line.items() if key != "words_per_second"}
        for line in srsly.read_jsonl(folder / "log.jsonl")
    ]
    assert len(files) > 10 and len(log) == N_STEPS // EVERY
    return files, log


def kill_at(monkeypatch, step):
    """Let the training die at an update."""
    calls = []
    update = Language.update

    def die(*args, **kwargs):
        calls.append(1)
        if len(calls) == step + 1:
            raise Killed
        return update(*args, **kwargs)

    monkeypatch.setattr(Language, "update", die)


def train_and_kill(monkeypatch, step, *args):
    """Run a training that dies at a step, counted from that where the process began."""
    with monkeypatch.context() as patch:
        kill_at(patch, step)
        with pytest.raises(Killed):
            run_xner("train", *args)


THINC = {"training": {"optimizer": {"@optimizers": "Adam.v1", "learn_rate": 0.005, "use_averages": False}}}
ADAMW = {
    "training": {
        "optimizer": {
            "@optimizers": "spacy-xner.AdamW.v1",
            "learn_rate": {
                "@schedules": "spacy-xner.linear.v1",
                "initial_rate": 0.005,
                "total_steps": N_STEPS,
            },
            "heads_learn_rate": 0.005,
        }
    }
}
