"""The lines of column formats: one token a line, blank lines between sentences. A layout says where columns stand."""

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
# The lines that tell how many columns a file has.
SAMPLE = 100
_LANGUAGE = re.compile(r"([a-z][a-z-]*):(.+)")
# Tokens of CoNLL-U that are written as one, and those that are not written.
_RANGE = re.compile(r"\d+[-.]\d+")
# A tag among what CoNLL-U has in its last column, as corpora name it.
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
    """rows (List[Row]): the tokens. group, language (Optional[str]): what the comments above tell. error
    (Optional[XnerError]): the first that is wrong with its lines."""

    rows: List[Row] = field(default_factory=list)
    group: Optional[str] = None
    language: Optional[str] = None
    error: Optional[XnerError] = None


class Layout(NamedTuple):
    """parse(columns, line): the row, None if the line is no token; ValueError with the reason if a column is not what
        it should be.
    min_columns (int), max_columns (Optional[int]): how many columns a line has; one number for the whole
        file if there is a maximum.
    tabs_only (bool): whether blanks are part of a column.
    has_marks (bool): whether a token may begin a line with "#".
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
    """Tell whether a line separates sentences. Other white space may be a token.

    line (str): the line, without its end.
    RETURNS (bool): whether there are only spaces and tabs in it.
    """
    return not line.strip(" \t")


def split_columns(line: str, layout: Layout) -> List[str]:
    """Split a line at tabs, or at blanks if it has none and the layout allows it.

    line (str): the line.
    layout (Layout): how the file is laid out.
    RETURNS (List[str]): the columns without blanks around them; an empty one at either end is no column.
    """
    stripped = line.strip(" \t")
    if "\t" in stripped or layout.tabs_only:
        return [cell.strip(" ") for cell in stripped.split("\t")]
    return re.split(" +", stripped)


def is_comment(line: str, layout: Layout, width: int) -> bool:
    """Tell whether a line above a sentence is a comment.

    line (str): the line.
    layout (Layout): how the file is laid out.
    width (int): how many columns its lines have.
    RETURNS (bool): whether it is no token. Where "#" may be one, what is like a tag in the last column makes it one: of
        as many columns as others have, behind a tab, or of a word that begins with "#".
    """
    if not line.startswith("#") or not layout.has_marks:
        return line.startswith("#")
    columns = split_columns(line, layout)
    if not LIKE_TAG.fullmatch(columns[-1]):
        return columns[0] == "#" or " " in columns[0] or len(columns) != width
    return columns[0] == "#" and len(columns) != width and "\t" not in line


def find_width(path: Path, layout: Layout) -> int:
    """Find out how many columns the lines of a file have.

    path (Path): the file.
    layout (Layout): how it is laid out.
    RETURNS (int): the number that most of the first lines have, of those that can't be comments if there are such; 0 if
        there are no lines.
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
    """Read the sentences of a file without looking at their tags.

    path (Path): the file.
    layout (Layout): how it is laid out.
    repair (bool): whether a tag alone in its line is one of an empty token.
    YIELDS (Sentence): the sentences, with X104 (number of columns) or X116 (a column is not what it should be) for one
        that is wrong.
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
                    Errors.E104.format(path=path, line=line, found=found, expected=expected)
                )
            except ValueError as error:
                sentence.error = XnerError(Errors.E116.format(path=path, place=f"line {line}", reason=error))
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
    """Keep the id of a sentence, and its language where that is the domain. An id that is not MultiCoNER's mostly only
    counts the sentences of its file, and would make those of two files translations of one another."""
    found, domain = _ID.match(content), _DOMAIN.search(content)
    if found:
        sentence.group = found[1]
        sentence.language = domain[1] if domain else None
