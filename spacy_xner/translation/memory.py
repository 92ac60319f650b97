"""The files of translation memories: parallel text and word alignments."""

import re
import unicodedata
from pathlib import Path
from typing import Iterator, List, Tuple

from ..corpora.lines import open_lines
from ..errors import Errors, XnerError
from .types import Alignment

# Names of the columns of a parallel file.
HEADER = {"source", "target", "src", "tgt", "trg", "source text", "target text", "text", "translation"}
# A cell in quotes, with doubled quotes in its text.
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def normalize_key(text: str) -> str:
    """Normalize a text for looking it up in a memory.

    text (str): a sentence.
    RETURNS (str): the text with single spaces, in Unicode's composed form (NFC).
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def read_pairs(path: Path) -> Iterator[Tuple[str, str]]:
    """Read the sentence pairs of a parallel file.

    Blank lines and a header are skipped. Quotes that a spreadsheet puts around cells are removed.

    path (Path): lines of source text, tab, target text; `.gz` or plain, UTF-8.
    YIELDS (Tuple[str, str]): source and target of each line.
    RAISES: X202 (not two columns with text), X101 to X103 and X115.
    """
    cells = [(number, line.split("\t")) for number, line in open_lines(path) if line.strip()]
    quoted = all(_QUOTED.fullmatch(cell.strip()) for _, columns in cells for cell in columns)
    for number, columns in cells:
        if len(columns) != 2 or not all(column.strip() for column in columns):
            reason = f"{len(columns)} columns" if len(columns) != 2 else "an empty column"
            raise XnerError(Errors.X202.format(path=path, line=number, reason=reason))
        source, target = (_unquote(column.strip(), quoted) for column in columns)
        if not _is_header(number, (source, target), path):
            yield source, target


def _unquote(cell: str, quoted: bool) -> str:
    """RETURNS (str): the text of a cell.

    Its quotes are removed if all cells have quotes, or if it has doubled quotes inside.
    """
    inner = cell[1:-1]
    if _QUOTED.fullmatch(cell) and (quoted or '"' in inner):
        return inner.replace('""', '"').strip() or cell
    return cell


def _is_header(number: int, pair: Tuple[str, str], path: Path) -> bool:
    names = [text.lower() for text in pair]
    codes = path.name.removesuffix(".gz").removesuffix(".tsv").lower().split("-")
    return number == 1 and (set(names) <= HEADER or names == codes)


def read_alignments(path: Path, pairs: List[Tuple[str, str]], memory: Path) -> Iterator[Alignment]:
    """Read the word alignments of a parallel file.

    path (Path): the alignments.
    pairs (List[Tuple[str, str]]): the lines of the parallel file.
    memory (Path): the parallel file, for messages.
    YIELDS (Alignment): the alignment of each pair.
    RAISES: X201, X203 and those of `open_lines`.
    """
    lines = list(open_lines(path))
    if len(lines) != len(pairs):  # a line for each of the memory's, of which some are no pairs
        numbers = [number for number, line in open_lines(memory) if line.strip()]
        kept = numbers[len(numbers) - len(pairs) :]
        n_lines = sum(1 for _ in open_lines(memory))
        if len(lines) != n_lines:
            raise XnerError(
                Errors.X201.format(left=memory, n_left=len(pairs), right=path, n_right=len(lines))
            )
        lines = [lines[number - 1] for number in kept]
    for (number, line), (source, target) in zip(lines, pairs, strict=True):
        limits = len(source.split()), len(target.split())
        try:
            alignment = parse_alignment(line)
        except ValueError as error:
            found = str(error)
            raise XnerError(
                Errors.X203.format(path=path, line=number, found=found, reason="is not a pair")
            ) from error
        for left, right in alignment:
            if left >= limits[0] or right >= limits[1]:
                reason = f"points past the sentence of {limits[0]} and {limits[1]} tokens"
                found = f"{left}-{right}"
                raise XnerError(Errors.X203.format(path=path, line=number, found=found, reason=reason))
        yield alignment


def parse_alignment(line: str) -> Alignment:
    """Read the word alignment of a sentence pair.

    line (str): pairs "i-j" separated by spaces; may be empty.
    RETURNS (Alignment): pairs of source and target token, from 0.
    RAISES: ValueError with the item that is not a pair.
    """
    alignment = set()
    for item in line.split():
        left, _, right = item.partition("-")
        if not (left.isdecimal() and right.isdecimal()):
            raise ValueError(item)
        alignment.add((int(left), int(right)))
    return alignment
