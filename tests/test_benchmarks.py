"""Every method of `benchmarks/transfer.py` sets what its configs have. What they score is measured, not tested."""

import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
from spacy.util import load_config

from spacy_xner.errors import XnerError

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from data import Data  # noqa: E402
from recipes import METHODS  # noqa: E402
from stages import Workspace  # noqa: E402


class Record(Workspace):
    """Runs no stage, but sees to it that each finds the settings it is given."""

    def __init__(self, root: Path, encoder: str) -> None:
        super().__init__(root, {"vars.encoder": encoder, "system.seed": 0})
        self.trained: List[str] = []

    def train(self, name: str, config: str, overrides: Dict[str, Any]) -> Path:
        return self.assemble(name, config, overrides)

    def assemble(self, name: str, config: str, overrides: Dict[str, Any]) -> Path:
        found = load_config(ROOT / "configs" / f"{config}.cfg")
        for key in {**self.common, **overrides}:
            section: Any = found
            for part in key.split("."):
                assert part in section, f"{config}: {key}"
                section = section[part]
        self.trained.append(config)
        return Path(name)

    def corpus(self, name: str, key: Any, make: Any) -> Path:
        return Path(name)

    def corpora(self, name: str, key: Any, make: Any) -> Dict[str, Path]:
        return {part: Path(name, part) for part in ("kept", "dropped")}

    def vectors(self, name: str, key: Any, make: Any) -> Path:
        return Path(name)


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setattr("parallel.read", lambda *args: [])
    paths = [Path(name) for name in ("en-es.parallel", "en-es.translated", "train", "dev", "unlabelled")]
    return Data(("en", "es"), *paths, Path("views"), Path("views-dev"), Path("target"))


@pytest.mark.parametrize("encoder", ["hash", "xlm-roberta-base"])
@pytest.mark.parametrize("method", METHODS)
def test_every_setting_of_a_method_is_one_of_its_configs(data, method, encoder, tmp_path):
    work = Record(tmp_path, encoder)
    assert METHODS[method](work, data).name
    assert work.trained


def test_target_labels_are_read_for_the_upper_bounds_alone(data, monkeypatch, tmp_path):
    monkeypatch.setattr(Data, "target_train", property(lambda self: pytest.fail("read")), raising=False)
    monkeypatch.setattr(Data, "__init__", lambda self, **fields: self.__dict__.update(fields))
    blind = Data(**{name: value for name, value in data.__dict__.items() if name != "target_train"})
    for name, method in METHODS.items():
        if not name.startswith("target-"):
            method(Record(tmp_path, "hash"), blind)


def test_methods_that_need_a_translation_say_so(data, tmp_path):
    without = Data(
        data.languages, None, None, *(data.train, data.dev, data.unlabelled), None, None, data.target_train
    )
    for name in ("crop", "mcl", "concner", "dualner-sure", "dlbri", "translate-train"):
        with pytest.raises(XnerError, match=r"X101.*\('en', 'es'\)"):
            METHODS[name](Record(tmp_path, "hash"), without)
