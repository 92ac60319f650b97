"""The rows of `run.py`: each is a workflow with vars.

A method that has a folder in projects/ or examples/ needs no line here: it is a row by the folder's name, as its
project.yml tells it. The others stand in methods.yml.

`--vars` and budgets reach every row, a method as what it is compared with, but not a var that the row itself sets; of
settings (`options*`) the row gets both, its own last. So a row sets nothing but what it changes.
"""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import srsly

from .workflows import ROOT, Step, find_projects, list_steps

# Vars of all projects by amount of text; a name with * stands for all those that have no entry of their own. A stage
# and its baseline take as many batches, of as many sentences, besides which a batch of 16 has as many translations or
# sentences without labels; only DLBri's teachers read translations among the 8, unless views_ratio is 0. A bridge goes
# once through all sentences and their counterparts, the combination starts from what is trained. Batches are small,
# since E5 learns by their number more than by their size.
SOME = {"batch": 8, **dict.fromkeys(("batch_span_students", "batch_student", "batch_pairs"), 16)}
SOME.update({"batch_bridge": 16, "eval_frequency*": 250, "patience": 1000})
STEPS = {"steps*": 1000, "steps_bridge": 250, "steps_combine": 500}  # each is evaluated at its end
BUDGETS: Dict[str, Dict[str, Any]] = {
    "sample": {},
    "4000": {**SOME, **STEPS},
    "2000": {**SOME, **{name: n // 2 for name, n in STEPS.items()}, "eval_frequency*": 125},
    # Of the hash encoder, which starts from nothing.
    "hash": {**SOME, **{name: 4 * n for name, n in STEPS.items()}},
}


class Method(NamedTuple):
    """A row.

    project (str): the folder of its project.yml, "." for the repository's own.
    vars (Dict[str, Any]): vars of that project.
    workflow (str): what of it is run, "" for nothing.
    skip (Sequence[str]): commands of it that are not.
    model (str): the folder of the pipeline to judge, by default the var `model`.
    on_target (bool): the target is the labelled language: the upper bound.
    start (Method): what makes the pipeline that it starts from, where that is another method.
    base (str): the row that it is compared with; a row may be its own.
    paper (str): the sign of that difference in the paper, and where it is; "" for none.
    """

    project: str
    vars: Dict[str, Any] = {}
    workflow: str = "model"
    skip: Sequence[str] = ()
    model: str = ""
    on_target: bool = False
    start: Optional["Method"] = None
    base: str = "source-only"
    paper: str = ""

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


def read_rows(path: Path) -> Dict[str, Method]:
    """RETURNS (Dict[str, Method]): the rows of a file of groups; of the vars of a group a row may set more."""
    found = {}
    for group in srsly.read_yaml(path):
        for name, own in group.pop("rows").items():
            both = {**group.get("vars", {}), **own.get("vars", {})}
            found[name] = Method(**{**group, **own, "vars": both})
    return found


METHODS: Dict[str, Method] = {
    **{Path(folder).name: Method(folder) for folder in find_projects() if folder != "."},
    **read_rows(Path(__file__).with_name("methods.yml")),
}
