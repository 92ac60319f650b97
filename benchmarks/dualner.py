"""DualNER with the shipped configs: the steps of `spacy project run dualner`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional

from data import Data
from parallel import learn_vectors, pair_text, use_vectors
from stages import NOISY_LABELS, Workspace, read

OUTPUTS = ("labels", "start", "end")


@dataclass(frozen=True)
class DualNER:
    """The paper's recipe and its variants.

    labels, boundaries (bool): the paradigms of stage 1; both is MLT.
    rounds (int): of stage 2, 0 for stage 1 alone. A round starts from, and is taught by, the best model so far.
    target (Optional[str]): "raw" text, the "translations" of the source, or None.
    dual (float): weight of what one paradigm learns from the other.
    self_teaching (float): weight of what each learns from itself (selfKL).
    regularization (float): weight of the distance between entities of a type.
    normalize, reduction (str): how that distance is scaled, see `entity_regularization`.
    share (float): share of the source sentences whose labels are read; the others count as unlabelled.
    threshold, outside (float): least probability of a class of the teacher, other than O and O, for a target token to
        have a pseudo-label; the paper: 0.
    agreed (bool): only target entities on which the teacher's tags and boundaries agree; the paper: all.
    unmatched (str): what target tokens of a boundary without partner become, "outside" or "missing".
    teacher_frequency (int): steps between comparisons of student and teacher within a round, 0 for none.
    vectors (bool): static vectors learnt from all text of the transfer, for the `hash` encoder in both stages (ours).
    noise (bool): the regularization of `NOISY_LABELS` in stage 2 (ours).
    """

    labels: bool = True
    boundaries: bool = True
    rounds: int = 2
    target: Optional[str] = "raw"
    dual: float = 1.0
    self_teaching: float = 0.0
    regularization: float = 0.5
    normalize: str = "none"
    reduction: str = "mean"
    share: float = 1.0
    threshold: float = 0.0
    outside: float = 0.0
    agreed: bool = False
    unmatched: str = "outside"
    teacher_frequency: int = 250
    vectors: bool = False
    noise: bool = False

    def __call__(self, work: Workspace, data: Data) -> Path:
        common: Dict[str, Any] = {"paths.train": str(data.train), "paths.dev": str(data.dev)}
        off = [name for name in OUTPUTS if not (self.labels if name == "labels" else self.boundaries)]
        weights = {f"components.xner.objectives.{name}.weight": 0.0 for name in off}
        read_from = {} if self.boundaries else {"vars.read": "labels"}
        share: Dict[str, Any] = {"corpora.train.share": self.share} if self.share < 1 else {}
        share.update(work.as_long("dualner", self.share))
        vectors: Dict[str, Any] = {}
        if self.vectors and work.common["vars.encoder"] == "hash":
            vectors = use_vectors(learn_vectors(work, pair_text(work, data)), "a")
        model = work.train("dualner", "dualner", {**common, **weights, **read_from, **share, **vectors})
        for k in range(self.rounds):
            model = self.teach(work, data, model, k + 1, vectors)
        return model

    def teach(self, work: Workspace, data: Data, teacher: Path, k: int, vectors: Dict[str, Any]) -> Path:
        """One round of stage 2. RETURNS (Path): the folder of the best model on dev: a student, or the teacher."""
        names = {name: name for name in OUTPUTS}
        settings: Dict[str, Any] = {
            **(NOISY_LABELS if self.noise else {}),
            **vectors,
            "paths.train": str(work.teach(f"dual-source-{k}", teacher, data.train, names)),
            "paths.dev": str(data.dev),
            "paths.init": str(teacher),
            "vars.dual": self.dual,
            "vars.source_dual": self.dual / 2,
            "vars.self_teaching": self.self_teaching,
            "vars.source_self_teaching": self.self_teaching / 2,
            "vars.regularization": self.regularization,
            "vars.normalize": self.normalize,
            "vars.reduction": self.reduction,
            "vars.share": self.share,
            "vars.rest_ratio": float(self.share < 1),
            "vars.target_ratio": float(self.target is not None),
            "vars.threshold": self.threshold,
            "vars.outside": self.outside,
            "vars.agreed": self.agreed,
            "vars.unmatched": self.unmatched,
            "vars.teacher_frequency": self.teacher_frequency,
        }
        if self.target is not None:
            text = data.unlabelled if self.target == "raw" else self.translations(work, data)
            settings["paths.target"] = str(work.teach(f"dual-target-{k}", teacher, text, names))
        return work.train(f"dualner-student-{k}", "dualner_student", settings)

    def translations(self, work: Workspace, data: Data) -> Path:
        views = data.require_views()
        return work.corpus("translations", [str(views)], lambda: read(views, "t"))
