"""Tables as spreadsheets save them: a text in each row, or a token."""

import csv
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ...errors import Errors, XnerError
from ..lines import open_lines
from .objects import SpanError, check_spans, get_text, load_json, make_span, parse_spans, read_identity
from .records import Record, TextRecord, TextSpan, TokenRecord
from .tags import TagError, infer_scheme, read_tags

DELIMITERS = ",;\t"
# Names of columns, in any case.
TOKENS, TAGS = ("token", "word"), ("tag", "ner_tag", "label")
TEXTS, SPANS = ("text",), ("spans", "entities", "label", "labels")
SENTENCES = ("sentence", "sentence_id", "sentence #")

Row = Tuple[int, Dict[str, str]]


def read_csv(path: Path) -> Iterator[Record]:
    """Read a table whose first line names the columns, separated by commas, semicolons or tabs. Either one text a row:
    `text`, and where they are `spans` (JSON: a list of [start, end, label] or of objects; empty if unlabelled), `id`,
    `language` and `view`. Or one token a row: `token` (or `word`), `tag` in any scheme, and `sentence`, which is
    another for each sentence, or empty but for its first token; without that column blank rows part sentences.

    path (Path): the file.
    YIELDS (Record): the sentences; numbers of lines are those where a row begins.
    RAISES: X133 (no such columns), X116 (a row is not what it should be), X105 (a tag), X107 (a span), and those of
        `open_lines`.
    """
    rows = _read_rows(path)
    header = next(rows)[1]
    names = {name.lower(): name for name in header}
    if len(names) < len(header):
        raise XnerError(Errors.E133.format(path=path, found=list(header)))
    token, tag, text = (next((names[n] for n in known if n in names), "") for known in (TOKENS, TAGS, TEXTS))
    if token and tag:
        sentence = next((names[name] for name in SENTENCES if name in names), "")
        yield from _read_tokens(path, rows, token, tag, sentence)
    elif text:
        spans = next((names[name] for name in SPANS if name in names), "")
        yield from _read_texts(path, rows, names, spans)
    else:
        raise XnerError(Errors.E133.format(path=path, found=list(header)))


def _read_rows(path: Path) -> Iterator[Row]:
    """YIELDS (Row): the header, with its names as values, and the rows, each with the line where it begins; {} for a
    blank one. RAISES: X133 for two columns of a name, X116 for a row that is not what it should be."""
    lines = (f"{line}\n" for _, line in open_lines(path))
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        names = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error as error:
        raise XnerError(Errors.E116.format(path=path, line=1, reason=error)) from error
    if len(set(names)) < len(names):
        raise XnerError(Errors.E133.format(path=path, found=names))
    yield 1, dict(zip(names, names, strict=True))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
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
        raise XnerError(Errors.E116.format(path=path, line=line, reason=error)) from error


def _read_texts(path: Path, rows: Iterable[Row], names: Dict[str, str], spans: str) -> Iterator[TextRecord]:
    for line, row in rows:
        if not row:
            continue
        try:
            known = {key: row[name] for key, name in names.items()}
            text = get_text(known)
            found = _parse_spans(row[spans], len(text)) if spans else None
            yield TextRecord(line=line, text=text, spans=found, **read_identity(known))
        except SpanError as error:
            wrong = error.span._asdict()
            raise XnerError(Errors.E107.format(path=path, line=line, reason=error, **wrong)) from error
        except ValueError as error:
            raise XnerError(Errors.E116.format(path=path, line=line, reason=error)) from error


def _parse_spans(cell: str, length: int) -> Optional[List[TextSpan]]:
    if not cell.strip():
        return None
    found: Any = load_json(cell)
    if not isinstance(found, list):
        raise ValueError("the spans are not a list")
    if found and isinstance(found[0], dict):
        return parse_spans(found, length)
    if any(not isinstance(span, list) or len(span) != 3 for span in found):
        raise ValueError("a span is not [start, end, label]")
    return check_spans((make_span(*span) for span in found), length)


def _read_tokens(
    path: Path, rows: Iterable[Row], token: str, tag: str, sentence: str
) -> Iterator[TokenRecord]:
    sentences: List[List[Row]] = []
    last, ended = "", True
    for line, row in rows:
        if not row:
            ended = ended or not sentence
            continue
        name = row[sentence].strip() if sentence else ""
        if ended or (name and name != last):
            sentences.append([])
        ended = False
        last = name or last
        word = row[token].strip()
        if not word:
            raise XnerError(Errors.E116.format(path=path, line=line, reason="the token is empty"))
        sentences[-1].append((line, {"word": word, "tag": row[tag].strip()}))
    scheme = infer_scheme([row["tag"] for _, row in found] for found in sentences)
    for found in sentences:
        tags = [row["tag"] for _, row in found]
        try:
            iob, types = read_tags(tags, scheme)
        except TagError as error:
            line = found[error.index][0]
            raise XnerError(
                Errors.E105.format(path=path, line=line, tag=tags[error.index], reason=error.reason)
            ) from error
        yield TokenRecord(line=found[0][0], words=[row["word"] for _, row in found], iob=iob, types=types)
