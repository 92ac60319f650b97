"""The steps of a workflow, with those of other projects that it runs, and a folder where they are run.

A step is run once for its lines and what it reads: its outputs are kept, and links to them stand in the folders of all
rows that have the same step.
"""

import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import srsly
from spacy.cli._util import parse_config_overrides
from weasel.util import get_checksum, load_project_config

from spacy_xner.training.choice import FINISHED, read_choice

from .checkpoints import DEV, HOW, adapt

ROOT = Path(__file__).parents[2]
# Folders of the repository that the lines of a project name.
PARTS = ("assets", "configs", "examples", "projects")
NESTED = ["python", "-m", "spacy", "project", "run"]


class Step(NamedTuple):
    """A command of a project, run in a folder that stands for the repository.

    name (str): PROJECT/COMMAND.
    lines (Tuple[str, ...]): its command lines.
    deps, outputs (Tuple[str, ...]): what it reads and makes, in that folder.
    """

    name: str
    lines: Tuple[str, ...]
    deps: Tuple[str, ...]
    outputs: Tuple[str, ...]


def find_projects(root: Path = ROOT) -> List[str]:
    """RETURNS (List[str]): the folders with a project.yml, "." for the repository's own."""
    rooms = (".", "projects/*", "examples/*")
    paths = [path for room in rooms for path in sorted(root.glob(f"{room}/project.yml"))]
    return [path.parent.relative_to(root).as_posix() for path in paths]


def list_steps(
    project: str, workflow: str, own: Dict[str, Any], shared: Dict[str, Any], root: Path = ROOT
) -> Iterator[Step]:
    """Read a project and those that it runs.

    project (str): the folder of its project.yml in the repository, "." for the repository's own.
    workflow (str): the name of a workflow or of a command.
    own (Dict[str, Any]): vars of this project. They are set after `shared`; settings (`options*`) of both are joined.
    shared (Dict[str, Any]): vars of all projects that have them; in a name * stands for anything.
    root (Path): the repository.
    YIELDS (Step): the steps in order; `project run` in a line gives the steps that it would run.
    """
    known = srsly.read_yaml(root / project / "project.yml")["vars"]
    unknown = own.keys() - known.keys()
    if unknown:
        raise ValueError(f"{project}/project.yml has no vars {', '.join(sorted(unknown))}")
    named = {name: [key for key in shared if fnmatchcase(name, key)] for name in known}
    chosen = {name: shared.get(name, shared[max(keys, key=len)]) for name, keys in named.items() if keys}
    for name, value in own.items():
        chosen[name] = f"{chosen[name]} {value}" if name in chosen and name.startswith("options") else value
    if "root" in known:
        chosen["root"] = "."
    overrides = {f"vars.{key}": escape(value) for key, value in chosen.items()}
    config = load_project_config(root / project, overrides=overrides)
    commands = {command["name"]: command for command in config["commands"]}
    for name in config["workflows"].get(workflow, [workflow]):
        command, lines = commands[name], []
        for line in command["script"]:
            words = shlex.split(line)
            if words[:5] == NESTED:
                found = parse_config_overrides(words[7:], env_var=None)
                nested = {key.removeprefix("vars."): value for key, value in found.items()}
                yield from list_steps(words[6], words[5], nested, shared, root)
            else:
                lines.append(line)
        if lines:
            places = (tuple(map(os.path.normpath, command.get(key, ()))) for key in ("deps", "outputs"))
            yield Step(f"{project}/{name}", tuple(lines), *places)


def escape(value: Any) -> Any:
    """RETURNS (Any): the value of a var as it may stand in a line, whose quotes JSON must not end."""
    return value.replace('"', '\\"') if isinstance(value, str) else value


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Keep a path for this process, as soon as no other has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Folder:
    """Where the steps of one row are run.

    path (Path): the folder; the configs and assets of the repository are there by link.
    kept (Path): keeps what steps make.
    checkpoint (str): the rule by which one of each training goes on.
    source (str): code of the labelled language.
    trainings (Dict[str, Dict[str, Any]]): what each training chose, by its folder, in order.
    """

    def __init__(self, path: Path, kept: Path, checkpoint: str = "best", source: str = "en") -> None:
        self.path = path
        self.kept = kept
        self.checkpoint = checkpoint
        self.source = source
        self.trainings: Dict[str, Dict[str, Any]] = {}
        self.costs: List[Dict[str, float]] = []
        self.lines: List[str] = []
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        kept.mkdir(parents=True, exist_ok=True)
        for name in PARTS:
            (path / name).symlink_to(ROOT / name)

    def run(self, step: Step) -> None:
        """Run a step, or take what it made before. Another process may be at it: wait for that instead."""
        step = step._replace(lines=adapt(step.lines, self.checkpoint))
        if step.name == "./prepare" and self.checkpoint in HOW:
            step = step._replace(outputs=(*step.outputs, DEV))
        named = (name for line in step.lines for name in re.findall(r"[\w./-]*/[\w./-]+", line))
        places = sorted({*step.deps, *map(os.path.normpath, named)} - {*step.outputs})
        read = {place: get_checksum(self.path / place) for place in places if (self.path / place).exists()}
        # Both checkpoints are kept: only a step that reads one itself differs by rule.
        own = [place for place in step.outputs if place.endswith("/model-best")]
        rule = self.checkpoint if any(place in line for place in own for line in step.lines) else ""
        key = json.dumps([step.lines, step.outputs, read, rule], sort_keys=True)
        kept = self.kept / hashlib.sha1(key.encode("utf8")).hexdigest()[:16]
        with hold(kept):
            if not (kept / "done.json").exists():
                self.make(step, kept)
        for output in step.outputs:
            self.link(kept, Path(output))
        self.costs.append(srsly.read_json(kept / "done.json"))
        self.lines += step.lines

    def link(self, kept: Path, output: Path) -> None:
        """Link to what is kept of an output; of a training one checkpoint goes on, the last if nothing agrees."""
        made = kept / output
        if (made.parent / FINISHED).exists():
            told = read_choice(made.parent, self.source)
            decided = told.pop("decided") or self.checkpoint != "agreement"
            rule = self.checkpoint if decided and made.name == "model-best" else "last"
            name = "last" if rule == "last" else "best"
            self.trainings[str(output.parent)] = {"rule": rule, **told, "dev_f1": told[f"dev_f1_{name}"]}
            made = made.with_name(f"model-{name}")
        (self.path / output).unlink(missing_ok=True)
        (self.path / output.parent).mkdir(parents=True, exist_ok=True)
        (self.path / output).symlink_to(made)

    def make(self, step: Step, kept: Path) -> None:
        """Run a step and keep its outputs; trainings are kept whole, and one checkpoint goes on to the next line."""
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        outputs, costs = list(map(Path, step.outputs)), []
        for output in outputs:
            (kept / output.parent).mkdir(parents=True, exist_ok=True)
        with open(kept / "log.txt", "w", encoding="utf8") as log:
            for line in step.lines:
                costs.append(run_line(line, self.path, log))
                for output in outputs:
                    if (self.path / output.parent / FINISHED).exists():
                        (self.path / output.parent).rename(kept / output.parent)
                        self.link(kept, output)
        for output in outputs:
            if not (self.path / output).is_symlink():
                (self.path / output).rename(kept / output)
        seconds, peaks = zip(*costs, strict=True)
        srsly.write_json(kept / "done.json", {"seconds": sum(seconds), "peak_mib": max(peaks)})

    def sum_up(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): seconds, peak memory (MiB) and lines of all steps, and what trainings chose."""
        return {
            "seconds": round(sum(cost["seconds"] for cost in self.costs), 1),
            "peak_mib": round(max((cost["peak_mib"] for cost in self.costs), default=0.0), 1),
            "lines": self.lines,
            **next(reversed(self.trainings.values()), {}),
            "trainings": self.trainings,
        }


def run_line(line: str, folder: Path, log: Any) -> Tuple[float, float]:
    """Run a command line of a project. RETURNS (Tuple[float, float]): its seconds and its peak memory in MiB.

    RAISES: RuntimeError if it fails, with the end of what it printed.
    """
    words = [sys.executable if word == "python" else word for word in shlex.split(line)]
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = Path(log.name).read_text(encoding="utf8")[-2000:]
        raise RuntimeError(f"{line}\n{end}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024
