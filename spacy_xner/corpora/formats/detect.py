"""Finding out the format of a file from its name and its first sentence."""

import re
from pathlib import Path
from typing import List, Optional, Set

from ..lines import open_lines
from .columns import DOCSTART, LAYOUTS, is_blank, split_columns
from .objects import load_object
from .tags import TAG

# A text file has no blank lines, so its "first sentence" might be all of it.
MAX_LINES = 100

BY_NAME = {".spacy": "spacy", ".parquet": "huggingface", ".csv": "csv"}


def detect_format(path: Path) -> Optional[str]:
    """Tell the format of a file. Columns in a `.txt` file are recognized before it is taken for raw text:
    CoNLL files often have that name.

    path (Path): the file.
    RETURNS (Optional[str]): the name of the format, None if nothing fits.
    """
    suffix = Path(path.stem if path.suffix == ".gz" else path.name).suffix.lower()
    if suffix in BY_NAME:
        return BY_NAME[suffix]
    lines = _get_first_lines(path)
    if lines and re.match(r"\[\s*(\{|\]|$)", lines[0]):
        return "label-studio"
    if suffix == ".jsonl" or (lines and re.match(r'\{\s*"', lines[0])):
        return _detect_objects(lines)
    for name in ("index", "wikiann", "conll"):
        if lines and _fits(lines, name):
            return name
    return "text" if suffix == ".txt" else None


def _detect_objects(lines: List[str]) -> str:
    """RETURNS (str): the format of JSON lines by what the first ones have that others don't; ours if nothing tells."""
    found: Set[str] = set()
    for line in lines:
        try:
            found.update(load_object(line))
        except ValueError:
            return "jsonl"  # whose reader says what is wrong
    if found & {"_input_hash", "_task_hash", "answer", "tokens"}:
        return "prodigy"
    return "doccano" if found & {"label", "labels", "entities"} and "spans" not in found else "jsonl"


def _get_first_lines(path: Path) -> List[str]:
    lines: List[str] = []
    for _, line in open_lines(path):
        if is_blank(line) or len(lines) == MAX_LINES:
            if lines:
                break
        elif not line.startswith((DOCSTART, "# ")):
            lines.append(line)
    return lines


def _fits(lines: List[str], name: str) -> bool:
    layout = LAYOUTS[name]
    rows = []
    for number, line in enumerate(lines):
        columns = split_columns(line, layout)
        if len(columns) < layout.min_columns or len(columns) > (layout.max_columns or len(columns)):
            return False
        try:
            rows.append(layout.parse(columns, number))
        except ValueError:
            return False
    # Half are enough, so that a wrong tag gets an error of its own; in raw text few lines end like a tag.
    n_tags = sum(TAG.fullmatch(row.tag) is not None for row in rows)
    return 2 * n_tags >= len(rows) and len({row.language for row in rows}) == 1
