"""Rows of figures: how they are written, and where they come from: the code, the machine and the command."""

import json
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterable, List

from spacy_xner.architectures.precision import has_bfloat16, name_device
from spacy_xner.files import write_json

from .transfer.workflows import ROOT

Rows = List[Dict[str, Any]]
# What is not printed.
LONG = ("counts", "lines", "vars", "origin", "trainings")
COMMIT = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]


def collect(found: Iterable[Rows], out: Path) -> Rows:
    """Write all rows to a file whenever there are more. RETURNS (Rows): the rows."""
    rows: Rows = []
    for more in found:
        rows += more
        write_json(out, rows)
        for row in more:
            print(json.dumps({key: row[key] for key in row if key not in LONG}), flush=True)
    return rows


def tell_origin(gpu_id: int = -1) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): commit ("-dirty" after edits, "" without git), processor, precision, command."""
    device = "cpu" if gpu_id < 0 else "cuda"
    commit = subprocess.run(COMMIT, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    module = ".".join(Path(sys.argv[0]).with_suffix("").parts[-3:])
    return {
        "commit": commit,
        "processor": name_processor() if device == "cpu" else name_device(device),
        "precision": "bfloat16" if has_bfloat16(device) else "float32",
        "command": shlex.join(["python", "-m", module, *sys.argv[1:]]),
    }


def name_processor() -> str:
    """RETURNS (str): the name that Linux gives the CPU, elsewhere that of its kind."""
    path = Path("/proc/cpuinfo")
    names = re.findall("^model name.*: (.+)", path.read_text(encoding="utf8"), re.M) if path.exists() else []
    return f"{len(names)} x {names[0]}" if names else platform.machine()
