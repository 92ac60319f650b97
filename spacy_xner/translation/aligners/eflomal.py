"""The statistical aligner eflomal (Östling and Tiedemann 2016), run as an external program because of its GPL."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from ...errors import Errors, XnerError, tell_install
from ..aligned import read_memory
from ..engines.origins import describe_origin
from ..memory import parse_alignment
from ..programs import run_group
from ..types import Aligner, Alignment
from .symmetrize import get_rule

PROGRAM = "eflomal-align"


class EflomalAligner:
    """See `create_eflomal_aligner`."""

    def __init__(self, symmetrize: str, iterations: float, extra: Optional[str], timeout: float) -> None:
        self.name = f"eflomal:{symmetrize}:{iterations}" + (f":{describe_origin(extra)}" if extra else "")
        self.symmetrize = get_rule(symmetrize)
        self.iterations = iterations
        self.extra = extra
        self.timeout = timeout

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Learn from all pairs, and align them.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): the alignment of each pair, empty if a side is empty.
        RAISES: X206 (eflomal is not installed), X209 (it failed or took too long).
        """
        program = find_program()
        used = [k for k, (source, target) in enumerate(pairs) if _join(source) and _join(target)]
        lines = [(_join(pairs[k][0]), _join(pairs[k][1])) for k in used]
        if not lines:
            return [set() for _ in pairs]
        if self.extra is not None:
            lines += [(source, target.text) for source, target in read_memory(Path(self.extra)).items()]
        with tempfile.TemporaryDirectory() as folder:
            forward, backward = _run(program, lines, Path(folder), self.iterations, self.timeout)
        found: List[Alignment] = [set() for _ in pairs]
        for k, one, other in zip(used, forward, backward, strict=False):  # the extra pairs are at the end
            found[k] = self.symmetrize(parse_alignment(one), parse_alignment(other))
        return found


def create_eflomal_aligner(
    symmetrize: str = "backward",
    iterations: float = 1.0,
    extra: Optional[str] = None,
    timeout: float = 3600.0,
) -> Aligner:
    """Create the aligner `spacy-xner.EflomalAligner.v1`.

    It learns from the pairs that it aligns, so it needs thousands of them. Its sampling has no seed: alignments differ
    slightly between runs, and the cache keeps those of the first run.

    symmetrize (str): how to combine the two directions, see `SYMMETRIZE`. "backward", with at most one source token for
        each target token, projects entities best.
    iterations (float): number of sampling iterations, relative to eflomal's own choice.
    extra (Optional[str]): an additional parallel file to learn from.
    timeout (float): timeout in seconds.
    RETURNS (Aligner): the aligner.
    """
    return EflomalAligner(symmetrize, iterations, extra, timeout)


def find_program() -> str:
    """RETURNS (str): the path of the program; Python's own folder is searched first. RAISES: X206 if there is none."""
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        command = tell_install("eflomal")
        raise XnerError(Errors.X206.format(engine="eflomal", what=f"the program {PROGRAM}", command=command))
    return found


def _run(
    program: str, lines: Sequence[Tuple[str, str]], folder: Path, iterations: float, timeout: float
) -> Tuple[List[str], List[str]]:
    names = {flag: folder / flag for flag in ("s", "t", "f", "r")}
    for k, flag in enumerate("st"):
        names[flag].write_text("".join(f"{line[k]}\n" for line in lines), encoding="utf8")
    files = [part for flag, path in names.items() for part in (f"-{flag}", str(path))]
    command = [program, *files, "--length", str(iterations), "--overwrite"]
    # The program starts another one, which must be killed with it.
    try:
        status, _, messages = run_group(command, timeout)
    except subprocess.TimeoutExpired as error:
        raise XnerError(Errors.X209.format(engine="eflomal", reason=f"took over {timeout:g} s")) from error
    results = [
        path.read_text(encoding="utf8").splitlines() if path.exists() else [] for path in names.values()
    ]
    if status or any(len(result) != len(lines) for result in results[2:]):
        last = (messages.decode("utf8", "replace").strip().splitlines() or [f"exit status {status}"])[-1]
        raise XnerError(Errors.X209.format(engine="eflomal", reason=f"failed ({last})"))
    return results[2], results[3]


def _join(tokens: Sequence[str]) -> str:
    # One space between tokens and none inside; eflomal folds the case itself.
    return " ".join("_".join(token.split()) or "_" for token in tokens)
