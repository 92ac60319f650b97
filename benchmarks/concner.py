"""ConCNER with the shipped configs: the steps of `spacy project run concner`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Tuple

from data import Data
from stages import Workspace


@dataclass(frozen=True)
class ConCNER:
    """The paper's recipe and its variants. With source sentences and nothing else it is source-only on that sample.

    sample (int): source sentences, 0 for all.
    views (Tuple[str, ...]): "s" for source sentences, "t" for their translations.
    label, translation (bool): the two contrasts.
    distillation (bool): the student; otherwise the teacher is the result.
    """

    sample: int = 1000
    views: Tuple[str, ...] = ("s", "t")
    label: bool = True
    translation: bool = True
    distillation: bool = True

    def __call__(self, work: Workspace, data: Data) -> Path:
        # Half for cross-entropy, half for the contrasts that there are (eq. 8 and the paper's ablations).
        n_contrasts = self.label + self.translation
        share = 0.5 / max(n_contrasts, 1)
        paths, known = (
            data.read_sources() if "t" in self.views or data.text == data.train else ([data.train], [""])
        )
        settings: Dict[str, Any] = {
            "paths.train": [str(path) for path in paths] if len(paths) > 1 else str(paths[0]),
            "paths.dev": str(data.dev),
            "vars.sample": self.sample,
            # 32 source sentences, with or without their translations: as many updates for every variant.
            "training.batcher.size": 32 * len(self.views),
            "vars.views": [view for view in known if view in ("", *self.views)],
            "vars.cross_entropy": 0.5 if n_contrasts else 1.0,
            "vars.label_contrast": self.label * share,
            "vars.translation_contrast": self.translation * share,
        }
        teacher = work.train("concner", "concner", settings)
        if not self.distillation:
            return teacher
        taught = work.teach("concner-taught", teacher, data.unlabelled, {"tag": "tag"})
        return work.train(
            "concner-student", "concner_student", {"paths.train": str(taught), "paths.dev": str(data.dev)}
        )
