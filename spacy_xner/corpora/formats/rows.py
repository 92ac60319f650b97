"""The lines of column formats: one token per line, blank lines between sentences, and a layout of columns."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Counter, Dict, Iterator, List, NamedTuple, Optional

from ...errors import Errors, XnerError
from ..lines import open_lines
from .tags import LIKE_TAG

DOCSTART = "-DOCSTART-"
# From token and tag to the five columns of the German CoNLL-2003 files (lemma, part of speech, chunk).
MIN_COLUMNS, MAX_COLUMNS = 2, 5
# The number of lines from which the number of columns is found.
SAMPLE = 100
_LANGUAGE = re.compile(r"([a-z][a-z-]*):(.+)")
# Multiword tokens and empty nodes of CoNLL-U.
_RANGE = re.compile(r"\d+[-.]\d+")
# A tag in the last column of CoNLL-U, under the names that corpora use.
_MISC = re.compile(r"(?:^|[|\s])(?:name|tag|ner?|entity)=([^|\s]+)", re.IGNORECASE)
# MultiCoNER's comment above a sentence.
_ID = re.compile(r"#\s*id\s+(\S+)")
_DOMAIN = re.compile(r"\bdomain=([a-z]{2})\b")


class Row(NamedTuple):
    """A token, its tag, and the language if the line gives it."""

    line: int
    word: str
    tag: str
    language: Optional[str] = None


@dataclass
class Sentence:
    """A sentence of a column format.

    rows (List[Row]): the tokens.
    group, language (Optional[str]): metadata from the comments above it.
    error (Optional[XnerError]): the first error of its lines.
    """

    rows: List[Row] = field(default_factory=list)
    group: Optional[str] = None
    language: Optional[str] = None
    error: Optional[XnerError] = None


class Layout(NamedTuple):
    """The layout of a column format.

    parse (Callable): from columns and line number to the row, None if the line is no token; raises a ValueError if a
        column is invalid.
    min_columns (int): fewest columns of a line.
    max_columns (Optional[int]): most columns of a line; if it is set, all lines must have the same number.
    tabs_only (bool): whether only tabs separate columns.
    has_marks (bool): whether a token may begin with "#".
    """

    parse: Callable[[List[str], int], Optional[Row]]
    min_columns: int
    max_columns: Optional[int] = None
    tabs_only: bool = True
    has_marks: bool = False


def _parse_conll(columns: List[str], line: int) -> Row:
    return Row(line, columns[0], columns[-1])


def _parse_index(columns: List[str], line: int) -> Optional[Row]:
    return _parse_counted(columns[0], Row(line, columns[1], columns[2]))


def _parse_conllu(columns: List[str], line: int) -> Optional[Row]:
    misc = _MISC.search(columns[-1])
    return _parse_counted(columns[0], Row(line, columns[1], misc[1] if misc else columns[-1]))


def _parse_counted(index: str, row: Row) -> Optional[Row]:
    if _RANGE.fullmatch(index):
        return None
    if not index.isdecimal():
        raise ValueError(f"'{index}' is not the number of a token")
    return row


def _parse_wikiann(columns: List[str], line: int) -> Row:
    match = _LANGUAGE.fullmatch(columns[0])
    if match is None:
        raise ValueError(f"'{columns[0]}' is not of the form 'language:token'")
    return Row(line, match[2], columns[1], match[1])


LAYOUTS: Dict[str, Layout] = {
    "conll": Layout(_parse_conll, MIN_COLUMNS, MAX_COLUMNS, tabs_only=False, has_marks=True),
    "index": Layout(_parse_index, 3),
    "conllu": Layout(_parse_conllu, 3, tabs_only=False),
    "wikiann": Layout(_parse_wikiann, 2, 2),
}


def is_blank(line: str) -> bool:
    """Check whether a line separates sentences. Other white space than spaces and tabs may be a token.

    line (str): the line, without its line break.
    RETURNS (bool): whether it has only spaces and tabs.
    """
    return not line.strip(" \t")


def split_columns(line: str, layout: Layout) -> List[str]:
    """Split a line at tabs, or at spaces if it has no tabs and the layout allows it.

    line (str): the line.
    layout (Layout): the layout of the file.
    RETURNS (List[str]): the columns without surrounding spaces; empty columns at either end are left out.
    """
    stripped = line.strip(" \t")
    if "\t" in stripped or layout.tabs_only:
        return [cell.strip(" ") for cell in stripped.split("\t")]
    return re.split(" +", stripped)


def is_comment(line: str, layout: Layout, width: int) -> bool:
    """Check whether a line above a sentence is a comment.

    line (str): the line.
    layout (Layout): the layout of the file.
    width (int): the number of columns of its lines.
    RETURNS (bool): whether it is a comment. If tokens may begin with "#", a line whose last column looks like a tag is
        a token if it has the usual number of columns, has a tab, or begins with a word such as "#tag".
    """
    if not line.startswith("#") or not layout.has_marks:
        return line.startswith("#")
    columns = split_columns(line, layout)
    if not LIKE_TAG.fullmatch(columns[-1]):
        return columns[0] == "#" or " " in columns[0] or len(columns) != width
    return columns[0] == "#" and len(columns) != width and "\t" not in line


def find_width(path: Path, layout: Layout) -> int:
    """Find the number of columns of a file.

    path (Path): the file.
    layout (Layout): the layout of the file.
    RETURNS (int): the most frequent number in the first lines, without possible comments unless there are no other
        lines; 0 if there are no lines.
    """
    counts: Dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for _, line in open_lines(path):
        if not is_blank(line) and not line.startswith(DOCSTART):
            counts[line.startswith("#")][len(split_columns(line, layout))] += 1
            if counts[False].total() == SAMPLE:
                break
    most = (counts[False] or counts[True]).most_common(1)
    return most[0][0] if most else 0


def read_sentences(path: Path, layout: Layout, repair: bool = False) -> Iterator[Sentence]:
    """Read the sentences of a file without checking their tags.

    path (Path): the file.
    layout (Layout): the layout of the file.
    repair (bool): whether a line with only a tag is an empty token.
    YIELDS (Sentence): the sentences; an invalid one has the error X104 (number of columns) or X116 (a column).
    RAISES: those of `open_lines`.
    """
    width = find_width(path, layout)
    sentence = Sentence()
    for line, content in open_lines(path):
        if is_blank(content):
            if sentence.rows or sentence.error:
                yield sentence
                sentence = Sentence()
        elif content.startswith(DOCSTART):
            continue
        elif is_comment(content, layout, width) and not (sentence.rows and layout.has_marks):
            _read_comment(content, sentence)
        elif sentence.error is None:
            try:
                row = _read_row(content, line, layout, width, repair)
                sentence.rows += [row] if row is not None else []
            except ColumnError as error:
                found, expected = error.args
                sentence.error = XnerError(
                    Errors.X104.format(path=path, line=line, found=found, expected=expected)
                )
            except ValueError as error:
                sentence.error = XnerError(Errors.X116.format(path=path, place=f"line {line}", reason=error))
    if sentence.rows or sentence.error:
        yield sentence


class ColumnError(ValueError):
    """A line has another number of columns than it should."""


def _read_row(content: str, line: int, layout: Layout, width: int, repair: bool) -> Optional[Row]:
    columns = split_columns(content, layout)
    if repair and len(columns) == 1 and width > 1 and LIKE_TAG.fullmatch(columns[0]):
        return Row(line, "", columns[0])
    least, most = layout.min_columns, layout.max_columns
    if most is not None and least <= width <= most:
        least = most = width
    if len(columns) < least or (most is not None and len(columns) > most):
        raise ColumnError(len(columns), f"{least}" if most in (least, None) else f"{least}-{most}")
    return layout.parse(columns, line)


def _read_comment(content: str, sentence: Sentence) -> None:
    """Keep the id of a sentence, and its language where that is the domain.

    An id that is not MultiCoNER's mostly only counts the sentences of its file, and would make those of two files
    translations of one another.
    """
    found, domain = _ID.match(content), _DOMAIN.search(content)
    if found:
        sentence.group = found[1]
        sentence.language = domain[1] if domain else None
