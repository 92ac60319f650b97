"""The rows of `run.py`: each is a workflow with vars. A method that has a folder in projects/ or examples/ needs no
line here: it is a row by the folder's name, as its project.yml tells it.
"""

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import srsly

from .workflows import ROOT, Step, list_steps

BASELINE = "training/source_only/model-best"
# Vars of all projects by amount of text. A stage and its baseline take as many batches, of as many sentences; a bridge
# goes once through 4,000 sentences and their counterparts, the combination starts from what is trained.
BUDGETS: Dict[str, Dict[str, Any]] = {
    "sample": {},
    "4000": {
        "batch": 16,
        "batch_span_students": 32,
        "eval_frequency": 200,
        "patience": 500,
        "options_bridge": "--vars.batch 64",
        "steps_bridge": 125,
        "steps_combine": 250,
        **dict.fromkeys(
            (
                "steps",
                "steps_baseline",
                "steps_span_teachers",
                "steps_span_students",
                "steps_type_teachers",
                "steps_type_students",
                "steps_source",
                "steps_target",
                "steps_teacher",
                "steps_student",
                "steps_tagger",
                "steps_students",
            ),
            500,
        ),
    },
}
# Of the hash encoder, which starts from nothing.
BUDGETS["hash"] = {
    key: 4 * value if key.startswith("steps") else value for key, value in BUDGETS["4000"].items()
}
OBJECTIVES = "--components.xner.objectives"
NO_TARGET = "--vars.target_ratio 0"


class Method(NamedTuple):
    """A row.

    project (str): the folder of its project.yml, "." for the repository's own.
    vars (Dict[str, Any]): vars of that project.
    workflow (str): what of it is run.
    skip (Tuple[str, ...]): commands of it that are not.
    model (str): the folder of the pipeline to judge, by default the var `model`.
    on_target (bool): the target is the labelled language: the upper bound.
    """

    project: str
    vars: Dict[str, Any] = {}
    workflow: str = "model"
    skip: Tuple[str, ...] = ()
    model: str = ""
    on_target: bool = False

    def steps(self, shared: Dict[str, Any]) -> List[Step]:
        """RETURNS (List[Step]): the steps. shared (Dict[str, Any]): vars of all projects."""
        left_out = {f"{self.project}/{name}" for name in self.skip}
        found = list_steps(self.project, self.workflow, self.vars, shared)
        return [step for step in found if step.name not in left_out]

    @property
    def result(self) -> str:
        """RETURNS (str): the folder of the pipeline to judge."""
        return self.model or srsly.read_yaml(ROOT / self.project / "project.yml")["vars"]["model"]


def vary(project: str, rows: Dict[str, Dict[str, Any]]) -> Iterator[Tuple[str, Method]]:
    """YIELDS (Tuple[str, Method]): rows of one project that differ in its vars."""
    for name, own in rows.items():
        yield name, Method(project, own)


def plain(**settings: Any) -> Method:
    """RETURNS (Method): fine-tuning on labelled text, which is what methods start from."""
    return Method(".", workflow="start", model=BASELINE, **settings)


def weigh(*names: str) -> str:
    """RETURNS (str): settings without these objectives."""
    return " ".join(f"{OBJECTIVES}.{name}.weight 0" for name in names)


def find_folders() -> Dict[str, Method]:
    """RETURNS (Dict[str, Method]): the methods that have a folder, as they are."""
    paths = [
        path for room in ("projects", "examples") for path in sorted((ROOT / room).glob("*/project.yml"))
    ]
    return {path.parent.name: Method(path.parent.relative_to(ROOT).as_posix()) for path in paths}


DLBRI = {
    # As in the paper, and with either of our changes.
    "dlbri-paper": {"views_ratio": 0, "direction": "student-teacher"},
    "dlbri-no-views": {"views_ratio": 0},
    "dlbri-printed": {"direction": "student-teacher"},
    **{
        f"dlbri-factor-{n}": {
            "options_students": f"{OBJECTIVES}.high_confidence.factor {n} {OBJECTIVES}.low_confidence.factor {n}"
        }
        for n in (1, 3)
    },
    "dlbri-one-encoder": {"options_bridge": '--components.xner.model.share \'{"b": "a"}\''},
    "dlbri-pair-1": {"bridge": "training/dlbri/bridge_1/model-best"},
    "dlbri-pairs-1-2": {"bridge": "training/dlbri/bridge_2/model-best"},
    "dlbri-direct-pair": {"pair": '["s", "t"]', "bridge": "training/dlbri/bridge_1/model-best"},
    "dlbri-no-high": {"options_students": f"{OBJECTIVES}.high_confidence.threshold 0"},
    "dlbri-no-low": {"options_students": weigh("low_confidence")},
    "dlbri-no-boundary": {"options_students": "--vars.boundary 0"},
    "dlbri-no-interaction": {
        "options_combine": "--components.xner.model.heads.combination.interaction false "
        "--paths.span_labels null --paths.type_labels null"
    },
}
MCL = {
    "mcl-paper": {"outside": 0},
    "mcl-aligned": {"aligner": "--aligner eflomal"},
    "mcl-no-sc-self-training": {"options": weigh("semantic")},
    "mcl-no-tc-self-training": {"options": weigh("relation"), "options_target": "--vars.target_contrast 0"},
    "mcl-no-contrast-self-training": {
        "options": weigh("semantic", "relation"),
        "options_target": "--vars.target_contrast 0",
    },
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
    "dualner-no-target": NO_TARGET,
}
DUALNER_TEACHERS = {
    "dualner-stage-1": "",
    "dualner-cla": f"{weigh('start', 'end')} --vars.read labels",
    "dualner-span": weigh("labels"),
}
CROP = {
    "crop-fallback": {"fallback": "casefold"},
    "crop-drop-repeated": {"options_project": "--repeated drop"},
    "crop-aligned": {"options_project": "--aligner eflomal"},
    "crop-capitals": {"options_project": "--aligner eflomal --capitals auto"},
    "crop-no-relabelling": {"relabel": "none"},
}
ENSEMBLE = {
    "ensemble-no-translations": {"views_ratio": 0},
    "ensemble-no-vectors": {"vectors": ""},
}
# Of the teacher: what it reads, the weights of both contrasts; half is for cross-entropy (eq. 8), or all.
CONCNER = {
    "no-tcl": (("s", "t"), 0.5, 0),
    "no-lcl": (("s", "t"), 0, 0.5),
    "no-contrast": (("s", "t"), 0, 0),
    "trans": (("t",), 0, 0),
    "en-trans": (("s", "t"), 0, 0),
    "en-lcl": (("s",), 0.5, 0),
    "trans-lcl": (("t",), 0.5, 0),
    "en-trans-lcl": (("s", "t"), 0.5, 0),
}
# With a student, as the paper's ablations.
DISTILLED = ("no-tcl", "no-lcl", "no-contrast")


def concner_options(views: Sequence[str], label: float, translation: float) -> str:
    """RETURNS (str): settings of a teacher, which reads 32 source sentences with or without their translations."""
    wanted = srsly.json_dumps(list(views))
    return (
        f"--vars.views '{wanted}' --vars.batch {32 * len(views)} --vars.cross_entropy "
        f"{0.5 if label or translation else 1} --vars.label_contrast {label} --vars.translation_contrast {translation}"
    )


def concner_rows() -> Iterator[Tuple[str, Method]]:
    """YIELDS (Tuple[str, Method]): the rows of the paper's tables, of a thousand sentences where no number is told."""
    folder = "projects/concner"
    for n in (500, 1000, 2000):
        own, suffix = {"sample": n}, "" if n == 1000 else f"-{n}"
        baseline = f"{BASELINE.replace('source_only', 'concner/source_only')}"
        yield f"source-only-{n}", Method(folder, own, skip=("teacher", "student"), model=baseline)
        yield f"concner{suffix}", Method(folder, own)
        # TSL: the student of a teacher that has read source sentences alone.
        only = {**own, "options_teacher": concner_options("s", 0, 0)}
        yield f"tsl-{n}", Method(folder, only)
    for name, setting in CONCNER.items():
        own = {"sample": 1000, "options_teacher": concner_options(*setting)}
        student = (
            {}
            if name in DISTILLED
            else {"skip": ("student",), "model": "training/concner/teacher/model-best"}
        )
        yield f"concner-{name}", Method(folder, own, **student)
    yield "concner-all", Method(folder)
    teacher = "training/concner/teacher/model-best"
    yield "concner-teacher", Method(folder, {"sample": 1000}, skip=("student",), model=teacher)


METHODS: Dict[str, Method] = {
    **find_folders(),
    "source-only": plain(),
    "decomposed": plain(vars={"config_baseline": "decomposed", "names": ""}),
    "translate-train": plain(
        vars={
            "options_baseline": '--paths.train \'["corpus/source/train.spacy", "corpus/views/train"]\' '
            '--corpora.train.views \'["", "t"]\''
        }
    )._replace(workflow="start-translated"),
    "target-supervised": plain(on_target=True),
    "target-decomposed": plain(vars={"config_baseline": "decomposed", "names": ""}, on_target=True),
    "dlbri": Method("."),
    **dict(vary(".", DLBRI)),
    "dlbri-no-bridging": Method(".", {"bridge": "null"}, skip=("bridge",)),
    "dlbri-no-combination": Method(".", workflow="no-combination", model="training/dlbri/better_students"),
    **dict(vary("projects/mcl", MCL)),
    **{
        name: Method("projects/mcl", own, skip=("target",), model="training/mcl/source/model-best")
        for name, own in MCL_SOURCE.items()
    },
    **{
        name: Method(
            "projects/dualner",
            {"options_student": own},
            skip=("round-2",),
            model="training/dualner/round_1/model-best",
        )
        for name, own in DUALNER.items()
    },
    "dualner-translations": Method(
        "projects/dualner",
        {"start": "start-translated", "text": "corpus/views/train"},
        skip=("round-2",),
        model="training/dualner/round_1/model-best",
    ),
    **{
        name: Method(
            "projects/dualner",
            {"options_teacher": own},
            skip=("round-1", "round-2"),
            model="training/dualner/teacher/model-best",
        )
        for name, own in DUALNER_TEACHERS.items()
    },
    **dict(vary("projects/crop", CROP)),
    "crop-no-self-training": Method(
        "projects/crop", skip=("round-2",), model="training/crop/round1/model-best"
    ),
    **dict(vary("projects/ensemble", ENSEMBLE)),
    **dict(concner_rows()),
}
