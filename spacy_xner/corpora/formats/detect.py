"""Detecting the format of a file from its name and its first sentences."""

import re
from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ..lines import open_lines
from .csv_table import names_columns
from .doccano import LABELS
from .huggingface import TAGS, TOKENS
from .items import read_items
from .regions import is_region
from .rows import DOCSTART, LAYOUTS, Row, is_blank, split_columns
from .tags import LIKE_TAG

# Most lines, or items of JSON, to inspect.
SAMPLE = 100
# A column format: half of the lines end like a tag, or a fifth if almost all have the same number of columns. In raw
# text few lines do. Invalid lines are reported later.
ENOUGH, FEW, EVEN = 0.5, 0.2, 0.8

BY_NAME = {".spacy": "spacy", ".parquet": "huggingface", ".csv": "csv"}
# A token and a tag with another separator than the readers know; a sentence per line, with the tag at each word.
_OTHER_COLUMNS = re.compile(r"\S+\s*[,;|]\s*(O|[BILUES]-\w+)")
_TAGGED = re.compile(r"\S+[|/](O|[BILUES]-\w+)")
# Marks around names, as in OpenNLP and flair.
_MARKED = re.compile(r"<START(:\S+)?> .+ <END>|\S <[BILUES]-[A-Z_]+>")
# Parts of the brackets of CoNLL-2012.
_BRACKETS = re.compile(r"\*\)*|\(\w+\*?\)?")
# How JSON begins: an object, or an array of them or of arrays.
_JSON = re.compile(r'\s*(\{\s*("|$)|\[\s*(\{|\[|\]|$))')
_PRODIGY = {"_input_hash", "_task_hash", "answer", "_is_binary"}
_TASK = {"annotation_id", "lead_time", "completions"}


class Fit(NamedTuple):
    """How well a file matches a column format.

    format (str): the column format.
    share (float): the share of the first lines that match it.
    """

    format: str
    share: float


class RawLine(NamedTuple):
    """A line of a file.

    content (str): the line.
    begins (bool): whether it is the first line of its sentence.
    """

    content: str
    begins: bool


def detect_format(path: Path) -> Optional[str]:
    """Detect the format of a file.

    CoNLL files are often named `.txt`, so columns are recognized before such a file counts as raw text.

    path (Path): the file.
    RETURNS (Optional[str]): the name of the format, None if it is not recognized.
    """
    suffix = Path(path.stem if path.suffix == ".gz" else path.name).suffix.lower()
    if suffix in BY_NAME:
        return BY_NAME[suffix]
    lines = _get_first_lines(path)
    begin = lines[0].content if lines else ""
    if suffix in (".jsonl", ".json") or _JSON.match(begin):
        return _detect_objects(path)
    if names_columns(begin):
        return "csv"
    likeliest = _find_likeliest(lines)
    if likeliest is not None and likeliest.share >= ENOUGH:
        return likeliest.format
    n_others = sum(map(_has_other_columns, lines))
    marked = any(_MARKED.search(line.content) for line in lines)
    return "text" if suffix == ".txt" and n_others < ENOUGH * len(lines) and not marked else None


def is_brat(path: Path) -> bool:
    """Check for brat's format, which has the entities of `a.txt` in `a.ann`.

    path (Path): the file.
    RETURNS (bool): whether it is a text with such entities, or the file of the entities.
    """
    return path.suffix == ".ann" or (path.suffix == ".txt" and path.with_suffix(".ann").is_file())


def _has_other_columns(line: RawLine) -> bool:
    """RETURNS (bool): whether a line belongs to a table, or has tags or marks that the readers do not know."""
    words, cells = line.content.split(), line.content.strip().split("\t")
    return (
        len(cells) > 2
        or (len(cells) == 2 and LIKE_TAG.fullmatch(cells[1]) is not None)
        or _OTHER_COLUMNS.fullmatch(line.content) is not None
        or all(map(_TAGGED.fullmatch, words))
        or (len(words) > 5 and sum(_BRACKETS.fullmatch(word) is not None for word in words) > 1)
    )


def find_likeliest(path: Path) -> Optional[str]:
    """Find the column format that is closest to a file whose format was not recognized.

    path (Path): the file.
    RETURNS (Optional[str]): the format, None if no line matches any.
    """
    likeliest = _find_likeliest(_get_first_lines(path))
    return likeliest.format if likeliest is not None and likeliest.share else None


def _get_first_lines(path: Path) -> List[RawLine]:
    lines: List[RawLine] = []
    begins = True
    for _, line in open_lines(path):
        if len(lines) == SAMPLE:
            break
        if is_blank(line):
            begins = True
        elif not line.startswith((DOCSTART, "# ", "#\t")):
            lines.append(RawLine(line, begins))
            begins = False
    return lines


def _find_likeliest(lines: List[RawLine]) -> Optional[Fit]:
    fits = [Fit(name, find(lines)) for name, find in _SHARES.items()] if lines else []
    return next(
        (fit for fit in fits if fit.share >= ENOUGH), max(fits, key=lambda fit: fit.share, default=None)
    )


def _parse(line: str, name: str) -> Optional[Row]:
    """RETURNS (Optional[Row]): the row of a line, None if it does not match the layout or does not end like a tag."""
    layout = LAYOUTS[name]
    columns = split_columns(line, layout)
    if len(columns) < layout.min_columns:
        return None
    try:
        row = layout.parse(columns, 0)
    except ValueError:
        return None
    return row if row is not None and LIKE_TAG.fullmatch(row.tag) else None


def _share_counted(lines: List[RawLine], name: str) -> float:
    """RETURNS (float): the share of rows whose first column is the number of the token in its sentence."""
    n_good = n_rows = last = 0
    for line in lines:
        index = split_columns(line.content, LAYOUTS[name])[0]
        last = 0 if line.begins else last
        if index.isdecimal():
            n_good += int(index) == last + 1 and _parse(line.content, name) is not None
            last = int(index)
        n_rows += index.isdecimal() or not index[:1].isdecimal()  # not the ranges of CoNLL-U
    return n_good / max(1, n_rows)


def _share_wikiann(lines: List[RawLine]) -> float:
    """RETURNS (float): the share of tokens in the language of their sentence, 0 unless it is almost 1."""
    n_good, language = 0, None
    for line in lines:
        row = _parse(line.content, "wikiann")
        language = row.language if line.begins and row is not None else language
        n_good += row is not None and row.language == language
    return n_good / len(lines) if n_good >= EVEN * len(lines) else 0.0


def _share_conll(lines: List[RawLine]) -> float:
    share = sum(_parse(line.content, "conll") is not None for line in lines) / len(lines)
    widths = Counter(len(split_columns(line.content, LAYOUTS["conll"])) for line in lines)
    width, n_lines = widths.most_common(1)[0]
    even = width > 1 and n_lines >= EVEN * len(lines)
    return max(share, ENOUGH) if even and share >= FEW else share


# In the order in which they are tried.
_SHARES: Dict[str, Callable[[List[RawLine]], float]] = {
    "index": partial(_share_counted, name="index"),
    "conllu": partial(_share_counted, name="conllu"),
    "wikiann": _share_wikiann,
    "conll": _share_conll,
}


def _detect_objects(path: Path) -> str:
    """RETURNS (str): the format of JSON, by keys of the first objects that other formats lack.

    By default it is our own format, whose reader reports what is wrong.
    """
    values = [item.value for item in islice(read_items(path), SAMPLE)]
    if not values and path.name.removesuffix(".gz").endswith(".json"):
        return "label-studio"  # an empty list of tasks
    kinds = [kind for value in values if isinstance(value, dict) and (kind := _find_kind(value))]
    return kinds[0] if kinds else "jsonl"


def _find_kind(data: Dict[str, Any]) -> Optional[str]:
    """RETURNS (Optional[str]): the format of an object, None if it can belong to several."""
    tokens = next((data[key] for key in TOKENS if key in data), None)
    if isinstance(data.get("ents"), list):
        return "doccano" if tokens is None else "prodigy"
    if "tokenized_text" in data:
        return "gliner"
    if _TASK & set(data) or isinstance(data.get("data"), dict) or any(map(_has_regions, data.values())):
        return "label-studio"
    if isinstance(tokens, list) and set(TAGS) & set(data) and all(isinstance(token, str) for token in tokens):
        return "huggingface"
    if _PRODIGY & set(data) or tokens is not None:
        return "prodigy"
    if "spans" in data:
        return "jsonl"
    return "doccano" if set(LABELS) & set(data) else None


def _has_regions(value: Any) -> bool:
    return isinstance(value, list) and any(map(is_region, value))
