"""Column formats: one token a line, blank lines between sentences. A layout says where its columns stand."""

import re
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...metadata import get_language
from ..lines import open_lines
from .documents import list_spans
from .records import Reader, TokenRecord
from .tags import TagError, infer_scheme, read_tags

DOCSTART = "-DOCSTART-"
# From token and tag to the five columns of the German CoNLL-2003 files (lemma, part of speech, chunk).
MIN_COLUMNS, MAX_COLUMNS = 2, 5
_LANGUAGE = re.compile(r"([a-z][a-z-]*):(.+)")


class Row(NamedTuple):
    """A token, its tag, and the language if the line gives it."""

    line: int
    word: str
    tag: str
    language: Optional[str] = None


class Layout(NamedTuple):
    """parse(columns, line): the row; ValueError with the reason if a column is not what it should be.
    min_columns (int), max_columns (Optional[int]): how many columns a line has; one number for the whole
        file if there is a maximum.
    skip (str): lines that begin with this are no tokens.
    tabs_only (bool): whether blanks are part of a column.
    """

    parse: Callable[[List[str], int], Row]
    min_columns: int
    max_columns: Optional[int] = None
    skip: str = DOCSTART
    tabs_only: bool = True


def _parse_conll(columns: List[str], line: int) -> Row:
    return Row(line, columns[0], columns[-1])


def _parse_index(columns: List[str], line: int) -> Row:
    index, word, tag = columns[:3]
    if not index.isdecimal():
        raise ValueError(f"'{index}' is not the number of a token")
    if not word:
        raise ValueError("the token is empty")
    return Row(line, word, tag)


def _parse_wikiann(columns: List[str], line: int) -> Row:
    match = _LANGUAGE.fullmatch(columns[0])
    if match is None:
        raise ValueError(f"'{columns[0]}' is not of the form 'language:token'")
    return Row(line, match[2], columns[1], match[1])


LAYOUTS: Dict[str, Layout] = {
    "conll": Layout(_parse_conll, MIN_COLUMNS, MAX_COLUMNS, tabs_only=False),
    "index": Layout(_parse_index, 3, skip="#"),
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
    RETURNS (List[str]): the columns; an empty one at either end is no column.
    """
    if "\t" in line or layout.tabs_only:
        return line.strip("\t").split("\t")
    return re.split(" +", line.strip(" "))


def read_rows(path: Path, layout: Layout) -> Iterator[List[Row]]:
    """Read the sentences of a file without looking at their tags.

    path (Path): the file.
    layout (Layout): how it is laid out.
    YIELDS (List[Row]): the rows of one sentence.
    RAISES: X104 (number of columns), X116 (a column is not what it should be), and those of `open_lines`.
    """
    rows: List[Row] = []
    least, most = layout.min_columns, layout.max_columns
    for line, content in open_lines(path):
        if is_blank(content):
            if rows:
                yield rows
            rows = []
        elif not content.startswith(layout.skip):
            columns = split_columns(content, layout)
            found = len(columns)
            if found < least or (most is not None and found > most):
                expected = str(least) if most in (least, None) else f"{least}-{most}"
                raise XnerError(Errors.E104.format(path=path, line=line, found=found, expected=expected))
            if most is not None:
                least = most = found
            try:
                rows.append(layout.parse(columns, line))
            except ValueError as error:
                raise XnerError(Errors.E116.format(path=path, line=line, reason=error)) from error
    if rows:
        yield rows


def read_columns(path: Path, *, layout: str, scheme: Optional[str]) -> Iterator[TokenRecord]:
    """Read a column format.

    path (Path): the file.
    layout (str): where token and tag stand, a key of `LAYOUTS`.
    scheme (Optional[str]): the tag scheme; None to infer it, which needs the whole file first.
    YIELDS (TokenRecord): the sentences, with the language of their first token.
    RAISES: X105 (a tag is malformed or breaks the scheme), and those of `read_rows`.
    """
    sentences = read_rows(path, LAYOUTS[layout])
    if scheme is None:
        listed = list(sentences)
        scheme = infer_scheme([row.tag for row in rows] for rows in listed)
        sentences = iter(listed)
    for rows in sentences:
        try:
            iob, types = read_tags([row.tag for row in rows], scheme)
        except TagError as error:
            row = rows[error.index]
            raise XnerError(
                Errors.E105.format(path=path, line=row.line, tag=row.tag, reason=error.reason)
            ) from error
        words = [row.word for row in rows]
        yield TokenRecord(line=rows[0].line, language=rows[0].language, words=words, iob=iob, types=types)


def list_tags(doc: Doc, scheme: str) -> List[str]:
    """Write the entities of a document as tags.

    doc (Doc): a labelled document.
    scheme (str): "iob2", "iob1" or "bilou".
    RETURNS (List[str]): a tag for each token.
    RAISES: ValueError if the document is not, or only in part, labelled.
    """
    spans = list_spans(doc)
    if spans is None:
        raise ValueError("it is unlabelled")
    tags = ["O"] * len(doc)
    for ent in doc.ents:
        letters = ["B"] + ["I"] * (len(ent) - 1)
        if scheme == "bilou":
            letters = ["U"] if len(ent) == 1 else [*letters[:-1], "L"]
        elif scheme == "iob1" and not (ent.start and tags[ent.start - 1][2:] == ent.label_):
            letters[0] = "I"
        tags[ent.start : ent.end] = [f"{letter}-{ent.label_}" for letter in letters]
    return tags


def format_columns(doc: Doc, *, scheme: str, languages: bool = False) -> str:
    """Write a sentence, one token and its tag a line.

    doc (Doc): a labelled document.
    scheme (str): the tag scheme.
    languages (bool): whether the document's language stands before each token, as in WikiAnn.
    RETURNS (str): the lines.
    RAISES: ValueError if it is not, or only in part, labelled, or a token, label or language can't stand in a column.
    """
    language = get_language(doc)
    if languages and not re.fullmatch("[a-z][a-z-]*", language):
        raise ValueError(f"its language '{language}' is no code")
    lines = []
    for token, tag in zip(doc, list_tags(doc, scheme), strict=True):
        # A line must be read as what was written: not as a comment, a blank line, or a document's start.
        if any(map(str.isspace, token.text)) or token.text.startswith(DOCSTART):
            raise ValueError(f"its token {token.text!r} can't stand in a column")
        if any(map(str.isspace, tag)):
            raise ValueError(f"its label '{tag[2:]}' has white space")
        lines.append(f"{f'{language}:' if languages else ''}{token.text}\t{tag}\n")
    return "".join(lines)


COLUMN_READERS: Dict[str, Reader] = {
    "iob2": partial(read_columns, layout="conll", scheme="iob2"),
    "iob1": partial(read_columns, layout="conll", scheme="iob1"),
    "bilou": partial(read_columns, layout="conll", scheme="bilou"),
    "conll": partial(read_columns, layout="conll", scheme=None),
    "index": partial(read_columns, layout="index", scheme="iob2"),
    "wikiann": partial(read_columns, layout="wikiann", scheme="iob2"),
}
