"""The rows of `run.py`: each is a workflow with vars.

A method that has a folder in projects/ or examples/ needs no line here: it is a row by the folder's name, as its
project.yml tells it.

`--vars` and budgets reach every row, a method as what it is compared with, but not a var that the row itself sets; of
settings (`options*`) the row gets both, its own last. So a row sets nothing but what it changes.
"""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import srsly

from .workflows import ROOT, Step, find_projects, list_steps

BASELINE = "training/source_only/model-best"
# Vars of all projects by amount of text; a name with * stands for all those that have no entry of their own. A stage
# and its baseline take as many batches, of as many sentences, besides which a batch of 32 has as many translations or
# sentences without labels; a bridge goes once through 4,000 sentences and their counterparts, the combination starts
# from what is trained.
SOME = {"batch": 16, **dict.fromkeys(("batch_span_students", "batch_student", "batch_pairs"), 32)}
SOME.update(batch_bridge=64, eval_frequency=200, patience=500)
STEPS = {"steps*": 500, "steps_bridge": 125, "steps_combine": 250}
BUDGETS: Dict[str, Dict[str, Any]] = {
    "sample": {},
    "4000": {**SOME, **STEPS},
    # Of the hash encoder, which starts from nothing.
    "hash": {**SOME, **{name: 4 * n for name, n in STEPS.items()}},
}
NO_CONTRAST = {"options_target": "--vars.target_contrast 0"}


class Method(NamedTuple):
    """A row.

    project (str): the folder of its project.yml, "." for the repository's own.
    vars (Dict[str, Any]): vars of that project.
    workflow (str): what of it is run, "" for nothing.
    skip (Tuple[str, ...]): commands of it that are not.
    model (str): the folder of the pipeline to judge, by default the var `model`.
    on_target (bool): the target is the labelled language: the upper bound.
    start (Method): what makes the pipeline that it starts from, where that is another method.
    """

    project: str
    vars: Dict[str, Any] = {}
    workflow: str = "model"
    skip: Tuple[str, ...] = ()
    model: str = ""
    on_target: bool = False
    start: Optional["Method"] = None

    def steps(self, shared: Dict[str, Any]) -> List[Step]:
        """RETURNS (List[Step]): the steps. shared (Dict[str, Any]): vars of all projects."""
        left_out = {f"{self.project}/{name}" for name in self.skip}
        found = list(list_steps(self.project, self.workflow, self.vars, shared)) if self.workflow else []
        if shared.get("start") == "start-parallel" and any(step.name == "./translate" for step in found):
            found = [*list_steps(".", "start-parallel", {}, shared), *found]
            left_out.add("./translate")
        if self.start is not None:
            found = [*self.start.steps(shared), *found]
        return [step for step in dict.fromkeys(found) if step.name not in left_out]

    @property
    def result(self) -> str:
        """RETURNS (str): the folder of the pipeline to judge."""
        return self.model or srsly.read_yaml(ROOT / self.project / "project.yml")["vars"]["model"]


def vary(project: str, rows: Dict[str, Any], option: str = "", **same: Any) -> Dict[str, Method]:
    """RETURNS (Dict[str, Method]): rows of one project that differ in its vars, or in the settings of one of them."""
    found = {name: {option: own} if own and isinstance(own, str) else own or {} for name, own in rows.items()}
    return {name: Method(project, own, **same) for name, own in found.items()}


def plain(workflow: str = "start", **settings: Any) -> Method:
    """RETURNS (Method): fine-tuning on labelled text, which is what methods start from."""
    return Method(".", workflow=workflow, model=BASELINE, **settings)


def weigh(*names: str, setting: str = "weight 0") -> str:
    """RETURNS (str): a setting of these objectives, by default that they don't count."""
    return " ".join(f"--components.xner.objectives.{name}.{setting}" for name in names)


BOTH = """--paths.train '["corpus/source/train.spacy", "corpus/views/train"]' --corpora.train.views '["", "t"]'"""
DECOMPOSED = {"config_baseline": "decomposed", "names": ""}
NO_BOUNDARY = "--vars.boundary 0 --vars.source_ratio 0"
DLBRI = {
    # As in the paper, and with either of our changes.
    "dlbri-paper": {"views_ratio": 0, "direction": "student-teacher"},
    "dlbri-no-views": {"views_ratio": 0},
    "dlbri-printed": {"direction": "student-teacher"},
    "dlbri-factor-1": {"options_students": weigh("high_confidence", "low_confidence", setting="factor 1")},
    "dlbri-factor-3": {"options_students": weigh("high_confidence", "low_confidence", setting="factor 3")},
    "dlbri-one-encoder": {"options_bridge": '--components.xner.model.share \'{"b": "a"}\''},
    "dlbri-pair-1": {"bridge": "training/dlbri/bridge_1/model-best"},
    "dlbri-pairs-1-2": {"bridge": "training/dlbri/bridge_2/model-best"},
    "dlbri-direct-pair": {"pair": '["s", "t"]', "bridge": "training/dlbri/bridge_1/model-best"},
    "dlbri-no-high": {"options_students": weigh("high_confidence", setting="threshold 0")},
    "dlbri-no-low": {"options_students": weigh("low_confidence")},
    "dlbri-no-boundary": {"options_students": NO_BOUNDARY, "batch_span_students": "${vars.batch}"},
    "dlbri-no-interaction": {
        "options_combine": "--components.xner.model.heads.combination.interaction false "
        "--paths.span_labels null --paths.type_labels null"
    },
}
MCL = {
    "mcl-paper": {"outside": 0},
    "mcl-aligned": {"aligner": "--aligner eflomal"},
    "mcl-no-sc-self-training": {"options": weigh("semantic")},
    "mcl-no-tc-self-training": {"options": weigh("relation"), **NO_CONTRAST},
    "mcl-no-contrast-self-training": {"options": weigh("semantic", "relation"), **NO_CONTRAST},
}
MCL_SOURCE = {
    "mcl-stage-1": {},
    "mcl-no-sc": {"options": weigh("semantic")},
    "mcl-no-tc": {"options": weigh("relation")},
    "mcl-no-contrast": {"options": weigh("semantic", "relation")},
    "mcl-no-switching": {"options_source": f"--corpora.train.views '[\"s\"]' {weigh('semantic')}"},
}
# Of stage 2, in one round.
DUALNER = {
    "dualner-one-round": "",
    "dualner-no-regularization": "--vars.regularization 0",
    "dualner-cosine": "--vars.normalize cosine",
    "dualner-layer-norm": "--vars.normalize layer_norm",
    "dualner-agreed": "--vars.agreed true",
    "dualner-unmatched-missing": "--vars.unmatched missing",
    "dualner-fixed-teacher": "--vars.teacher_frequency 0",
    "dualner-self-kl": "--vars.dual 0 --vars.source_dual 0 --vars.self_teaching 1 --vars.source_self_teaching 0.5",
    # Without target text the whole batch is source text.
    "dualner-no-target": {"options_student": "--vars.target_ratio 0", "batch_student": "${vars.batch}"},
    "dualner-translations": {"start": "start-translated", "text": "corpus/views/train"},
}
TEACHERS = {
    "dualner-stage-1": "",
    "dualner-cla": f"{weigh('start', 'end')} --vars.read labels",
    "dualner-span": weigh("labels"),
}
ROUND_1 = "training/dualner/round_1/model-best"
TEACHER = "training/dualner/teacher/model-best"
CROP_ROUND_1 = "training/crop/round1/model-best"
CROP = {
    "crop-fallback": {"fallback": "casefold"},
    "crop-drop-repeated": {"options_project": "--repeated drop"},
    "crop-aligned": {"options_project": "--aligner eflomal"},
    "crop-capitals": {"options_project": "--aligner eflomal --capitals auto"},
    "crop-no-relabelling": {"relabel": "none"},
}
ENSEMBLE = {"ensemble-no-translations": {"views_ratio": 0}, "ensemble-no-vectors": {"static_vectors": False}}
# Settings of the teacher, which reads as many source sentences at once with or without their translations.
CROSS_ENTROPY = "--vars.cross_entropy 1 --vars.label_contrast 0 --vars.translation_contrast 0"
LABEL_CONTRAST = "--vars.label_contrast 0.5 --vars.translation_contrast 0"
SOURCE, TRANSLATIONS = (f"--vars.batch ${{vars.batch}} --vars.views '[\"{view}\"]'" for view in ("s", "t"))
CONCNER = {
    "concner": "",
    "concner-no-tcl": LABEL_CONTRAST,
    "concner-no-lcl": "--vars.label_contrast 0 --vars.translation_contrast 0.5",
    "concner-no-contrast": CROSS_ENTROPY,
}
CONCNER_TEACHERS = {
    "concner-teacher": "",
    "concner-trans": f"{TRANSLATIONS} {CROSS_ENTROPY}",
    "concner-en-trans": CROSS_ENTROPY,
    "concner-en-lcl": f"{SOURCE} {LABEL_CONTRAST}",
    "concner-trans-lcl": f"{TRANSLATIONS} {LABEL_CONTRAST}",
    "concner-en-trans-lcl": LABEL_CONTRAST,
}
CONCNER_SOURCE = "training/concner/source_only/model-best"


def vary_teacher(rows: Dict[str, str], **same: Any) -> Dict[str, Method]:
    """RETURNS (Dict[str, Method]): rows of ConCNER with these settings of the teacher, of a thousand sentences."""
    settings = {
        name: {"sample": 1000, **({"options_teacher": own} if own else {})} for name, own in rows.items()
    }
    return vary("projects/concner", settings, **same)


def vary_sample(name: str, sizes: Sequence[int] = (500, 1000, 2000), **same: Any) -> Dict[str, Method]:
    """RETURNS (Dict[str, Method]): rows of ConCNER by number of source sentences."""
    own = same.pop("vars", {})
    return vary("projects/concner", {f"{name}-{n}": {"sample": n, **own} for n in sizes}, **same)


METHODS: Dict[str, Method] = {
    **{Path(folder).name: Method(folder) for folder in find_projects() if folder != "."},
    "source-only": plain(),
    "decomposed": plain(vars=DECOMPOSED),
    "translate-train": plain("start-translated", vars={"options_baseline": BOTH}),
    "target-supervised": plain(on_target=True),
    "target-decomposed": plain(vars=DECOMPOSED, on_target=True),
    "dlbri": Method("."),
    "finetune": Method(".", workflow="finetune-suggested", model="training/finetune/model-last"),
    **vary(".", DLBRI),
    "dlbri-no-bridging": Method(".", {"bridge": "null"}, skip=("bridge",)),
    "dlbri-no-combination": Method(".", workflow="no-combination", model="training/dlbri/better_students"),
    **vary("projects/mcl", MCL),
    **vary("projects/mcl", MCL_SOURCE, skip=("target",), model="training/mcl/source/model-best"),
    **vary("projects/dualner", DUALNER, "options_student", skip=("round-2",), model=ROUND_1),
    **vary("projects/dualner", TEACHERS, "options_teacher", skip=("round-1", "round-2"), model=TEACHER),
    **vary("projects/crop", CROP),
    **vary("projects/crop", {"crop-no-self-training": {}}, skip=("round-2",), model=CROP_ROUND_1),
    **vary("projects/ensemble", ENSEMBLE),
    "concner-all": Method("projects/concner"),
    **vary_sample("concner", (500, 2000)),
    **vary_sample("source-only", skip=("teacher", "student"), model=CONCNER_SOURCE),
    # The student of a teacher that has read source sentences alone.
    **vary_sample("tsl", vars={"teacher": CONCNER_SOURCE}, skip=("teacher",)),
    **vary_teacher(CONCNER),
    **vary_teacher(CONCNER_TEACHERS, skip=("student",), model="training/concner/teacher/model-best"),
}
