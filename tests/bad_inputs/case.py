"""A bad input: what is there, what is run, and what must come of it."""

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Dict, NamedTuple, Tuple, Union

from util import run_xner

from spacy_xner.errors import Errors

# What was there before, to be overwritten if all goes well.
OUTPUTS = ("out.spacy", "out.jsonl", "out.json", "out.iob", "out.tsv", "out/kept.txt")


class Case(NamedTuple):
    """A command that can't be done.

    name (str): what is wrong.
    code (str): of the error.
    command (str): the arguments of `spacy xner`, in a folder with what `make_world` puts there.
    files (Dict[str, Union[str, bytes]]): the files that are wrong, or None for one that is missing.
    says (Tuple[str, ...]): what the message must name; by default the first of the files.
    """

    name: str
    code: str
    command: str
    files: Dict[str, Union[str, bytes]] = {}
    says: Tuple[str, ...] = ()


def read_all(folder: Path) -> Dict[str, bytes]:
    """RETURNS (Dict[str, bytes]): each file of a folder and what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def find_remedy(code: str) -> str:
    """RETURNS (str): what an error tells to do, as far as it is the same for all inputs."""
    sentences = re.split(r"(?<=[.:;]) ", getattr(Errors, f"X{code}"))
    return sentences[-1].split("{")[0].strip()


def check(case: Case, world: Path, folder: Path) -> None:
    """Run a case in a copy of the world: it ends with its error, which says what to do, and harms nothing."""
    shutil.copytree(world, folder, dirs_exist_ok=True)
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
    before = read_all(folder)
    here = os.getcwd()
    os.chdir(folder)
    try:
        printed = run_xner(*shlex.split(case.command), code=1)
    finally:
        os.chdir(here)
    assert f"[X{case.code}]" in printed, printed
    flat = re.sub(r"\s", "", printed)  # long lines are wrapped, also within a path
    for part in case.says or tuple(case.files)[:1]:
        assert re.sub(r"\s", "", part) in flat, (part, printed)
    remedy = find_remedy(case.code)
    assert remedy and re.sub(r"\s", "", remedy) in flat, (remedy, printed)
    after = read_all(folder)
    assert {name: after.get(name) for name in before} == before
