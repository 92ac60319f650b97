"""Lexicons: words and names with their translations."""

from pathlib import Path
from typing import Dict, List

from ..corpora.lines import read_table
from ..errors import Errors, XnerError

Lexicon = Dict[str, List[str]]


def read_lexicon(path: Path, source: str, target: str) -> Lexicon:
    """Read two columns of a lexicon.

    path (Path): tab-separated values with a header of language codes. Other columns, and lines in which one of the two
        cells is empty, are ignored.
    source, target (str): the languages.
    RETURNS (Lexicon): translations by case-folded name.
    RAISES: X205 (no such columns), X117 (not a table).
    """
    lexicon: Lexicon = {}
    for _, row in read_table(path):
        if source not in row or target not in row:
            raise XnerError(Errors.X205.format(path=path, source=source, target=target, found=list(row)))
        if row[source] and row[target]:
            lexicon.setdefault(row[source].casefold(), []).append(row[target])
    return lexicon
