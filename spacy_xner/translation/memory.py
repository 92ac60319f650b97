"""A translation memory: sentences with their translations, with or without word alignments."""

from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..corpora.lines import open_lines
from ..errors import Errors, XnerError
from .types import Alignment


class Translation(NamedTuple):
    """text: the translation. alignment: pairs of source and target token, from 0; None if it is not known."""

    text: str
    alignment: Optional[Alignment]


def read_memory(path: Path, alignments: Optional[Path] = None) -> Dict[str, Translation]:
    """Read a translation memory.

    path (Path): lines of source text, tab, target text; `.gz` or plain, UTF-8.
    alignments (Optional[Path]): as many lines of pairs "i-j"; the texts must then be tokenized by spaces.
    RETURNS (Dict[str, Translation]): the translations by source text, its spaces made single. Of several
        translations of a text the first counts.
    RAISES: X201 (lines do not pair up), X202 (no tab), X203 (bad alignment), X101 to X103 and X115.
    """
    pairs = list(read_pairs(path))
    aligned: List[Optional[Alignment]] = [None] * len(pairs)
    if alignments is not None:
        aligned = list(read_alignments(alignments, pairs, path))
    memory: Dict[str, Translation] = {}
    for (source, target), alignment in zip(pairs, aligned, strict=True):
        memory.setdefault(normalize_key(source), Translation(target, alignment))
    return memory


def normalize_key(text: str) -> str:
    """Bring text into the form under which a memory keeps its translation.

    text (str): a sentence.
    RETURNS (str): the text with single spaces.
    """
    return " ".join(text.split())


def read_pairs(path: Path) -> Iterator[Tuple[str, str]]:
    """Read the sentence pairs of a parallel file.

    path (Path): lines of source text, tab, target text; `.gz` or plain, UTF-8.
    YIELDS (Tuple[str, str]): source and target of each line.
    RAISES: X202 (not two columns with text), X101 to X103 and X115.
    """
    for number, line in open_lines(path):
        columns = line.split("\t")
        if len(columns) != 2 or not all(column.strip() for column in columns):
            reason = f"{len(columns)} columns" if len(columns) != 2 else "an empty column"
            raise XnerError(Errors.E202.format(path=path, line=number, reason=reason))
        yield columns[0].strip(), columns[1].strip()


def read_alignments(path: Path, pairs: List[Tuple[str, str]], memory: Path) -> Iterator[Alignment]:
    """Read the word alignments of a parallel file.

    path (Path): the alignments.
    pairs (List[Tuple[str, str]]): the lines of the parallel file.
    memory (Path): the parallel file, for messages.
    YIELDS (Alignment): the alignment of each pair.
    RAISES: X201, X203 and those of `open_lines`.
    """
    lines = list(open_lines(path))
    if len(lines) != len(pairs):
        raise XnerError(Errors.E201.format(left=memory, n_left=len(pairs), right=path, n_right=len(lines)))
    for (number, line), (source, target) in zip(lines, pairs, strict=True):
        limits = len(source.split()), len(target.split())
        try:
            alignment = parse_alignment(line)
        except ValueError as error:
            found = str(error)
            raise XnerError(
                Errors.E203.format(path=path, line=number, found=found, reason="is not a pair")
            ) from error
        for left, right in alignment:
            if left >= limits[0] or right >= limits[1]:
                reason = f"points past the sentence of {limits[0]} and {limits[1]} tokens"
                found = f"{left}-{right}"
                raise XnerError(Errors.E203.format(path=path, line=number, found=found, reason=reason))
        yield alignment


def parse_alignment(line: str) -> Alignment:
    """Read the word alignment of a sentence pair.

    line (str): pairs "i-j" with spaces between; may be empty.
    RETURNS (Alignment): pairs of source and target token, from 0.
    RAISES: ValueError, whose text is the item that is not a pair.
    """
    alignment = set()
    for item in line.split():
        left, _, right = item.partition("-")
        if not (left.isdecimal() and right.isdecimal()):
            raise ValueError(item)
        alignment.add((int(left), int(right)))
    return alignment
