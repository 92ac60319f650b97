"""A lexicon: names with their renderings in other languages."""

from pathlib import Path
from typing import Dict, List

from ..corpora.lines import open_lines
from ..errors import Errors, XnerError

Lexicon = Dict[str, List[str]]


def read_lexicon(path: Path, source: str, target: str) -> Lexicon:
    """Read two columns of a lexicon.

    path (Path): tab-separated values with a header line that names the languages; other columns are left alone.
    source, target (str): the languages.
    RETURNS (Lexicon): renderings by name, case folded.
    RAISES: X205 (no such columns), X202 (a line with another number of columns).
    """
    lexicon: Lexicon = {}
    header: List[str] = []
    for number, line in open_lines(path):
        columns = line.split("\t")
        if not header:
            header = columns
            if source not in header or target not in header:
                raise XnerError(
                    Errors.E205.format(path=path, line=number, source=source, target=target, found=header)
                )
            continue
        if len(columns) != len(header):
            reason = f"{len(columns)} columns, the header has {len(header)}"
            raise XnerError(Errors.E202.format(path=path, line=number, reason=reason))
        row = dict(zip(header, columns, strict=True))
        lexicon.setdefault(row[source].casefold(), []).append(row[target])
    return lexicon
