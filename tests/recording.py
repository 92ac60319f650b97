"""Recipes of `benchmarks/` without their trainings."""

import sys
from pathlib import Path
from typing import Any, Dict, List

from settings import has_setting

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from data import Data  # noqa: E402
from stages import Workspace  # noqa: E402


class Record(Workspace):
    """Runs no stage, but sees to it that each finds the settings it is given.

    trained (List[str]): the configs, in order.
    settings (List[Dict[str, Any]]): what each was given.
    keys (Dict[str, Any]): what corpora that are made together depend on.
    """

    def __init__(self, root: Path, encoder: str) -> None:
        super().__init__(root, {"vars.encoder": encoder, "system.seed": 0})
        self.trained: List[str] = []
        self.settings: List[Dict[str, Any]] = []
        self.keys: Dict[str, Any] = {}

    def train(self, name: str, config: str, overrides: Dict[str, Any]) -> Path:
        return self.assemble(name, config, overrides)

    def assemble(self, name: str, config: str, overrides: Dict[str, Any]) -> Path:
        path = ROOT / "configs" / f"{config}.cfg"
        for key in {**self.common, **self.use_static(path), **overrides}:
            assert has_setting(path, key), f"{config}: {key}"
        self.trained.append(config)
        self.settings.append(overrides)
        return Path(name)

    def corpus(self, name: str, key: Any, make: Any) -> Path:
        return Path(name)

    def corpora(self, name: str, key: Any, make: Any) -> Dict[str, Path]:
        self.keys[name] = key
        return {part: Path(name, part) for part in ("kept", "dropped")}

    def file(self, name: str, key: Any, write: Any) -> Path:
        return Path(name)


def make_data() -> Data:
    """RETURNS (Data): corpora that are nowhere."""
    names = (
        "en-es.parallel",
        "en-es.translated",
        "train",
        "dev",
        "train",
        "unlabelled",
        "views",
        "views-dev",
        "target",
        "target-dev",
    )
    return Data(("en", "es"), *map(Path, names))
