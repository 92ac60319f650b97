"""Tables with separators: one text or one token per row."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from ...errors import Errors, XnerError
from ..lines import open_lines
from .objects import get_text, load_json, read_identity, refuse_unknown
from .raw import make_plain
from .read import describe_span, describe_tag
from .records import Found, Note, ReadOptions, TextRecord
from .spans import SpanError, parse_spans
from .tagged import make_record
from .tags import TagError, infer_scheme

DELIMITERS = ",;\t"
# Names of columns, in any case.
TOKENS, TAGS = ("token", "word"), ("tag", "ner_tag", "label")
TEXTS, SPANS = ("text",), ("spans", "entities", "label", "labels")
SENTENCES = ("sentence", "sentence_id", "sentence #")

# Columns of Label Studio's CSV export besides the text; the column of the spans is named after the control.
EXPORT = {"annotator", "annotation_id", "lead_time"}

Row = Tuple[int, Dict[str, str]]


def names_columns(line: str) -> bool:
    """Check whether the first line of a file is the header of a table.

    line (str): the line.
    RETURNS (bool): whether it has the column names of a table of texts or of tokens.
    """
    names = {name.strip().lower().strip('"') for name in re.split(f"[{DELIMITERS}]", line)}
    tokens = names & set(TOKENS) and names & set(TAGS)
    return len(names) > 1 and bool(tokens or (names & set(TEXTS) and names & {*SPANS, "id", *EXPORT}))


def read_csv(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read a table with a header, separated by commas, semicolons or tabs.

    A table of texts has one text per row, with the column `text` and optionally `spans` (JSON: a list of [start, end,
    label] or of objects; empty if unlabelled), `id`, `language` and `view`. A table of tokens has one token per row,
    with the columns `token` (or `word`), `tag` in any scheme, and `sentence`, which changes with each sentence or is
    filled for its first token only; without that column, blank rows separate sentences.

    path (Path): the file.
    options (ReadOptions): how to read it.
    YIELDS (Found): the sentences, with the line numbers where their rows begin; for an invalid one X116 (a row), X105
        (a tag) or X107 (a span).
    RAISES: X133 (no such columns), X153 (Label Studio's table), X116 (a malformed line), and those of `open_lines`.
    """
    rows = _read_rows(path)
    header = next(rows)[1]
    names = {name.lower(): name for name in header}
    if len(names) < len(header):
        raise XnerError(Errors.X133.format(path=path, found=list(header)))
    if set(names) >= {"annotator", "annotation_id"}:
        raise XnerError(Errors.X153.format(path=path))
    columns = (TOKENS, TAGS, _list_texts(options))
    token, tag, text = (next((names[n] for n in known if n in names), "") for known in columns)
    if token and tag:
        sentence = next((names[name] for name in SENTENCES if name in names), "")
        yield from _read_tokens(path, rows, (token, tag, sentence), options)
    elif text:
        spans = next((names[name] for name in SPANS if name in names), "")
        for line, row in rows:
            if row:
                yield _read_text(
                    path, line, {key: row[name] for key, name in names.items()}, spans.lower(), options
                )
    else:
        raise XnerError(Errors.X133.format(path=path, found=list(header)))


def read_text_rows(path: Path, options: ReadOptions = ReadOptions()) -> Iterator[TextRecord]:  # noqa: B008
    """Read the texts of a table with the other fields of their rows.

    path (Path): the file.
    options (ReadOptions): how to read it: the column of the text.
    YIELDS (TextRecord): the texts, which may be empty.
    RAISES: X133 (no column of texts), X116 (an invalid row), and those of `open_lines`.
    """
    rows = _read_rows(path)
    header = list(next(rows)[1])
    known = _list_texts(options)
    key = next((name for name in header if name.lower() in known), None)
    if key is None:
        raise XnerError(Errors.X133.format(path=path, found=header))
    for line, row in rows:
        if row:
            try:
                yield replace(make_plain(row, key), line=line)
            except ValueError as error:
                raise XnerError(Errors.X116.format(path=path, place=f"line {line}", reason=error)) from error


def _list_texts(options: ReadOptions) -> Tuple[str, ...]:
    """RETURNS (Tuple[str, ...]): names that the column of the texts may have, in small letters."""
    return TEXTS if options.text_key is None else (options.text_key.lower(),)


def _read_rows(path: Path) -> Iterator[Row]:
    """YIELDS (Row): the header, with its names as values, and the rows with their first lines; {} for a blank row.

    RAISES: X133 for duplicate columns, X116 for an invalid row.
    """
    lines = (f"{line}\n" for _, line in open_lines(path))
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        names = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error as error:
        raise XnerError(Errors.X116.format(path=path, place="line 1", reason=error)) from error
    if len(set(names)) < len(names):
        raise XnerError(Errors.X133.format(path=path, found=names))
    yield 1, dict(zip(names, names, strict=True))
    # In a tab-separated table of tokens, a quote is a token.
    plain = delimiter == "\t" and names_columns(first) and not {name.lower() for name in names} & set(TEXTS)
    reader = csv.reader(
        lines, delimiter=delimiter, strict=True, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    )
    line = 2
    try:
        for cells in reader:
            if not any(map(str.strip, cells)):
                yield line, {}
            elif len(cells) != len(names):
                raise ValueError(f"{len(cells)} cells, the first line has {len(names)}")
            else:
                yield line, dict(zip(names, cells, strict=True))
            line = reader.line_num + 2
    except (csv.Error, ValueError) as error:
        if isinstance(error, XnerError):
            raise
        raise XnerError(Errors.X116.format(path=path, place=f"line {line}", reason=error)) from error


def _read_text(path: Path, line: int, row: Dict[str, str], key: str, options: ReadOptions) -> Found:
    """RETURNS (Found): the text of a row, with its spans."""
    mended: Optional[List[Note]] = [] if options.repair else None
    try:
        text = get_text(row, options.text_key and options.text_key.lower())
        cell = row[key] if key else ""
        spans = parse_spans(load_json(cell), text, key, mended) if cell.strip() else None
        if not key and not options.unlabelled:
            lists = {name: cell for name, cell in row.items() if name not in TEXTS and cell.startswith("[")}
            refuse_unknown({name: load_json(cell) for name, cell in lists.items()}, ())
        return TextRecord(line=line, text=text, spans=spans, notes=tuple(mended or ()), **read_identity(row))
    except SpanError as error:
        return describe_span(path, f"line {line}", error)
    except ValueError as error:
        return XnerError(Errors.X116.format(path=path, place=f"line {line}", reason=error))


def _read_tokens(
    path: Path, rows: Iterable[Row], columns: Tuple[str, str, str], options: ReadOptions
) -> Iterator[Found]:
    sentences = list(_split_sentences(rows, columns))
    scheme = infer_scheme([tag for _, _, tag in found] for found in sentences)
    for found in sentences:
        lines, words, tags = zip(*found, strict=True)
        try:
            yield replace(make_record(words, tags, scheme, options), line=lines[0])
        except TagError as error:
            yield describe_tag(path, f"line {lines[error.index]}", error)
        except ValueError as error:
            line = next(line for line, word, _ in found if not word)
            yield XnerError(Errors.X116.format(path=path, place=f"line {line}", reason=error))


def _split_sentences(
    rows: Iterable[Row], columns: Tuple[str, str, str]
) -> Iterator[List[Tuple[int, str, str]]]:
    """YIELDS (List[Tuple[int, str, str]]): line, token and tag of each row of a sentence."""
    token, tag, sentence = columns
    found: List[Tuple[int, str, str]] = []
    last = ""
    for line, row in rows:
        if not row:
            if not sentence and found:
                yield found
                found = []
            continue
        name = row[sentence].strip() if sentence else ""
        if name and name != last and found:
            yield found
            found = []
        last = name or last
        found.append((line, row[token].strip(), row[tag].strip()))
    if found:
        yield found
