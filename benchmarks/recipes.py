"""What each method does with the shipped configs: source labels, unlabelled target text, views in, pipeline out."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

import spacy
from concner import ConCNER
from crop import CROP
from data import Data
from dualner import DualNER
from mcl import MCL
from stages import Workspace

Pairs = Tuple[Tuple[str, str], ...]
ALL_PAIRS: Pairs = (("s", "si"), ("si", "ti"), ("ti", "t"))


@dataclass(frozen=True)
class DLBri:
    """The recipe of the workflow, which puts the teacher first in the divergence of students, and its ablations.

    pairs (Pairs): views to bridge in turn; none for no bridging.
    share (bool): one encoder in bridging instead of two.
    direction (str): whose probabilities weigh that divergence; the paper prints "student-teacher".
    factor (float): standard deviations below the mean of the threshold of high and low confidence.
    views_ratio (float): how often teachers see the labelled views beside the source text; the paper: 0.
    threshold (Optional[float]): fixed threshold of high confidence; 0 accepts every label.
    low (float): weight of low confidence.
    boundary (float): weight of boundary consistency.
    combination (str): "full", "none" (better student of each sub-task) or "no-interaction".
    shared (bool): one encoder for both sub-tasks of a teacher or student (`sha`).
    """

    pairs: Pairs = ALL_PAIRS
    share: bool = False
    direction: str = "teacher-student"
    factor: float = 2.0
    views_ratio: float = 0.0
    threshold: Optional[float] = None
    low: float = 1.0
    boundary: float = 1.0
    combination: str = "full"
    shared: bool = False

    def __call__(self, work: Workspace, data: Data) -> Path:
        bridge = self.bridge(work, data)
        tasks = ("span", "type")
        students = {
            task: self.students(work, data, "shared" if self.shared else task, bridge) for task in tasks
        }
        paths = {f"paths.{task}_students": str(path) for task, path in students.items()}
        sources = {"paths.train": str(data.train), "paths.dev": str(data.dev)}
        if self.combination == "none":
            return work.assemble("students", "dlbri_no_combination", {**sources, **paths})
        corpus = data.unlabelled
        for task, path in students.items():
            names = {output: f"{task}_{output[-1]}" for output in self._outputs(task)}
            corpus = work.teach(f"taught-{task}", path, corpus, names)
        plain = {
            "components.xner.model.heads.combination.interaction": False,
            "paths.span_labels": None,
            "paths.type_labels": None,
        }
        settings: Dict[str, Any] = plain if self.combination == "no-interaction" else {}
        if self.shared:
            settings.update(_shared_parts())
        return work.train(
            "combine", "dlbri_combine", {**sources, **paths, **settings, "paths.train": str(corpus)}
        )

    def bridge(self, work: Workspace, data: Data) -> Optional[Path]:
        path: Optional[Path] = None
        for pair in self.pairs:
            settings = {
                "paths.train": str(data.require_views()),
                "paths.dev": str(data.views_dev),
                "paths.init": str(path) if path else None,
                "vars.pair": list(pair),
                **self._share(),
            }
            path = work.train(f"bridge-{'-'.join(pair)}", "dlbri_bridge", settings)
        return path

    def students(self, work: Workspace, data: Data, task: str, bridge: Optional[Path]) -> Path:
        config = "dlbri_shared" if task == "shared" else "dlbri"
        common = {"paths.dev": str(data.dev), "paths.init": str(bridge) if bridge else None}
        if task != "shared":
            common["vars.task"] = task
        inputs = {"paths.train": str(data.train), "paths.views": str(data.require_views())}
        ratio: Dict[str, Any] = {"vars.views_ratio": self.views_ratio}
        if self.views_ratio and work.common["vars.encoder"] == "hash":
            # Four views of a sentence in one epoch: as many steps as the paper's recipe makes in four.
            ratio["training.max_epochs"] = work.common.get("training.max_epochs", 1)
        teachers = work.train(f"teachers-{task}", f"{config}_teachers", {**common, **inputs, **ratio})
        outputs = [*self._outputs("span"), *self._outputs("type")]
        corpus = work.teach(f"taught-{task}", teachers, data.unlabelled, {name: name for name in outputs})
        boundary = 0.0 if task == "type" else self.boundary
        inputs = {"paths.train": str(corpus), "paths.source": str(data.train)}
        weights: Dict[str, Any] = {
            "vars.boundary": boundary,
            "vars.source_ratio": 1.0 if boundary else 0.0,
            "vars.direction": self.direction,
        }
        if not boundary and work.common["vars.encoder"] != "hash":
            weights["training.batcher.size"] = 16  # as many target sentences as beside source sentences
        for suffix in ("_span", "_type") if task == "shared" else ("",):
            weights[f"components.xner.objectives.high_confidence{suffix}.threshold"] = self.threshold
            weights[f"components.xner.objectives.low_confidence{suffix}.weight"] = self.low
            for objective in ("high_confidence", "low_confidence"):
                weights[f"components.xner.objectives.{objective}{suffix}.factor"] = self.factor
        return work.train(f"students-{task}", f"{config}_students", {**common, **inputs, **weights})

    def _outputs(self, task: str) -> Tuple[str, str]:
        return (f"{task}_a", f"{task}_b") if self.shared else ("tag_a", "tag_b")

    def _share(self) -> Dict[str, Any]:
        return {"components.xner.model.share": {"b": "a"}} if self.share else {}


def _shared_parts() -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): overrides with which the combination has one encoder, too, and starts from one student,
    that whose spans are better."""
    settings: Dict[str, Any] = {"components.xner.model.share": {"type": "span"}}
    for task in ("span", "type"):
        for part in ("encoder", "labels", "classifier"):
            prefix = f"initialize.components.xner.parts.{task}_{part}"
            settings.update({f"{prefix}.best.{k}": f"xner_span_{k}" for k in "ab"})
            if part != "encoder":
                settings[f"{prefix}.source"] = f"head:{task}_*.linear"
    return settings


def combined_tags(work: Workspace, data: Data) -> Path:
    """DLBri's ablation `ctag`: bridging and co-matching on combined tags instead of sub-tasks, and of the students the
    better one, as without combination."""
    recipe = DLBri()
    students = recipe.students(work, data, "bio", recipe.bridge(work, data))

    def choose(path: Path) -> None:
        scores = json.loads((students / "meta.json").read_text(encoding="utf8"))["performance"]
        best = max(("tag_a", "tag_b"), key=lambda name: scores[f"xner_{name}"])
        config = {"components": {"xner": {"decoder": {"outputs": [best]}}}}
        spacy.load(students, config=config).to_disk(path)

    return work.file("ctag", str(students), choose)


@dataclass(frozen=True)
class FineTuning:
    """Fine-tuning on labelled text of one language, on whose dev text the checkpoint is chosen.

    config (str): "source_only", or "decomposed" for span and type apart.
    on_target (bool): train on target text: the upper bound, and the other side of the gap study.
    share (float): share of the sentences, which are read so much oftener.
    """

    config: str
    on_target: bool = False
    share: float = 1.0

    def __call__(self, work: Workspace, data: Data) -> Path:
        train, dev = (data.target_train, data.target_dev) if self.on_target else (data.train, data.dev)
        share: Dict[str, Any] = {"corpora.train.share": self.share} if self.share < 1 else {}
        share.update(work.as_long(self.config, self.share))
        paths = {"paths.train": str(train), "paths.dev": str(dev)}
        return work.train("fine-tuning", self.config, {**paths, **share})


def translate_train(work: Workspace, data: Data) -> Path:
    """Fine-tuning on source text and its labelled translation."""
    settings = {"paths.train": [str(data.train), str(data.require_views())], "paths.dev": str(data.dev)}
    return work.train("translate-train", "source_only", {**settings, "corpora.train.views": ["", "t"]})


ONE_ROUND = DualNER(rounds=1)
SAMPLED = ConCNER(views=("s",), label=False, translation=False, distillation=False)
TSL = replace(SAMPLED, distillation=True)
PAPER = DLBri()
VIEWS = replace(PAPER, views_ratio=1.0)
PLAIN = CROP(
    tagger="source_only", fallback="none", translations=False, vectors=False, vote=False, capitals=False
)
BEST = CROP(students=(0.0, 0.5, 0.7), invented=True)

METHODS: Dict[str, Callable[[Workspace, Data], Path]] = {
    "source-only": FineTuning("source_only"),
    "decomposed": FineTuning("decomposed"),
    "translate-train": translate_train,
    "target-supervised": FineTuning("source_only", on_target=True),
    "target-decomposed": FineTuning("decomposed", on_target=True),
    "best": BEST,
    "best-one-student": CROP(rounds=1, invented=True),
    "best-no-invented": replace(BEST, invented=False),
    "best-no-invented-one-student": CROP(rounds=1),
    "best-no-vote": replace(BEST, vote=False),
    "best-no-vectors": replace(BEST, vectors=False),
    "best-no-translations": replace(BEST, translations=False),
    "best-one-tagger": replace(BEST, tagger="source_only"),
    "crop": CROP(),
    "crop-plain": PLAIN,
    "crop-plain-fallback": replace(PLAIN, fallback="casefold"),
    "crop-drop-repeated": CROP(repeated="drop"),
    "crop-no-translations": CROP(translations=False),
    "crop-no-vectors": CROP(vectors=False),
    "crop-one-tagger": CROP(tagger="source_only"),
    "crop-no-vote": CROP(vote=False),
    "crop-no-capitals": CROP(capitals=False),
    "crop-no-self-training": CROP(rounds=1),
    "crop-no-relabelling": CROP(relabel="none"),
    "crop-no-alignment": CROP(aligner=None),
    "crop-translate-train": CROP(rounds=0),
    "mcl": MCL(),
    "mcl-stage-1": MCL(self_training=False),
    "mcl-all-outside": MCL(outside=0.0),
    "mcl-paper": MCL(outside=0.0, repeats=1.0),
    "mcl-no-sc": MCL(semantic=False, self_training=False),
    "mcl-no-tc": MCL(relation=False, self_training=False),
    "mcl-no-contrast": MCL(semantic=False, relation=False, self_training=False),
    "mcl-no-switching": MCL(switched=False, semantic=False, self_training=False),
    "mcl-no-sc-self-training": MCL(semantic=False),
    "mcl-no-tc-self-training": MCL(relation=False),
    "mcl-no-contrast-self-training": MCL(semantic=False, relation=False),
    "mcl-no-switching-self-training": MCL(switched=False, semantic=False),
    "dualner": DualNER(),
    "dualner-cla": DualNER(boundaries=False, rounds=0),
    "dualner-span": DualNER(labels=False, rounds=0),
    "dualner-stage-1": DualNER(rounds=0),
    "dualner-one-round": ONE_ROUND,
    "dualner-vectors": DualNER(vectors=True, rounds=0),
    "dualner-sure": DualNER(vectors=True, noise=True, threshold=0.999, outside=0.8, regularization=0.0),
    "dualner-share-20": replace(ONE_ROUND, share=0.2),
    "dualner-no-regularization": replace(ONE_ROUND, regularization=0.0),
    "dualner-cosine": replace(ONE_ROUND, normalize="cosine"),
    "dualner-layer-norm": replace(ONE_ROUND, normalize="layer_norm"),
    "dualner-agreed": replace(ONE_ROUND, agreed=True),
    "dualner-unmatched-missing": replace(ONE_ROUND, unmatched="missing"),
    "dualner-fixed-teacher": replace(ONE_ROUND, teacher_frequency=0),
    "dualner-self-kl": replace(ONE_ROUND, dual=0.0, self_teaching=1.0),
    "dualner-no-target": replace(ONE_ROUND, target=None),
    "dualner-translations": replace(ONE_ROUND, target="translations"),
    "source-only-1000": SAMPLED,
    "tsl-1000": TSL,
    "concner": ConCNER(),
    **{f"source-only-{n}": replace(SAMPLED, sample=n) for n in (500, 2000)},
    **{f"tsl-{n}": replace(TSL, sample=n) for n in (500, 2000)},
    **{f"concner-{n}": ConCNER(sample=n) for n in (500, 2000)},
    "concner-all": ConCNER(sample=0),
    "concner-teacher": ConCNER(distillation=False),
    "concner-no-tcl": ConCNER(translation=False),
    "concner-no-lcl": ConCNER(label=False),
    "concner-no-contrast": ConCNER(label=False, translation=False),
    "concner-trans": ConCNER(views=("t",), label=False, translation=False, distillation=False),
    "concner-en-trans": ConCNER(label=False, translation=False, distillation=False),
    "concner-en-lcl": ConCNER(views=("s",), translation=False, distillation=False),
    "concner-trans-lcl": ConCNER(views=("t",), translation=False, distillation=False),
    "concner-en-trans-lcl": ConCNER(translation=False, distillation=False),
    "dlbri": PAPER,
    "dlbri-views": VIEWS,
    "dlbri-printed": replace(PAPER, direction="student-teacher"),
    "dlbri-factor-1": replace(PAPER, factor=1.0),
    "dlbri-factor-3": replace(PAPER, factor=3.0),
    "dlbri-no-bridging": replace(PAPER, pairs=()),
    "dlbri-one-encoder": replace(PAPER, share=True),
    "dlbri-pair-1": replace(PAPER, pairs=ALL_PAIRS[:1]),
    "dlbri-pairs-1-2": replace(PAPER, pairs=ALL_PAIRS[:2]),
    "dlbri-direct-pair": replace(PAPER, pairs=(("s", "t"),)),
    "dlbri-no-high": replace(PAPER, threshold=0.0),
    "dlbri-no-low": replace(PAPER, low=0.0),
    "dlbri-no-boundary": replace(PAPER, boundary=0.0),
    "dlbri-no-combination": replace(PAPER, combination="none"),
    "dlbri-no-interaction": replace(PAPER, combination="no-interaction"),
    "dlbri-ctag": combined_tags,
    "dlbri-sha": replace(PAPER, shared=True),
}
