"""GLiNER's JSON: https://github.com/urchade/GLiNER"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator

from ...errors import Errors
from .objects import check_string, check_strings, read_identity
from .read import read_objects
from .records import Found, ReadOptions, TokenRecord
from .tagged import make_spanned


def read_gliner(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read `{"tokenized_text": [...], "ner": [[first, last, label]]}`, with the first and last token of each entity.

    path (Path): the file, with one object per line or one array.
    options (ReadOptions): how to read it.
    YIELDS (Found): the sentences; X116 for an invalid one.
    RAISES: those of `open_lines`.
    """
    return read_objects(path, partial(_parse, options=options), Errors.X116)


def _parse(data: Dict[str, Any], options: ReadOptions) -> TokenRecord:
    words = check_strings(data.get("tokenized_text"), "tokenized_text")
    found = data.get("ner")
    if not isinstance(found, list) or not all(isinstance(span, list) and len(span) == 3 for span in found):
        raise ValueError("'ner' is not a list of [first, last, label]")
    for span in found:
        if not all(isinstance(place, int) and not isinstance(place, bool) for place in span[:2]):
            raise ValueError(f"the span {span} is not [first, last, label]")
    labels = [check_string(span[2], "label") for span in found]
    record = make_spanned(words, [span[:2] for span in found], labels, options)
    return replace(record, **read_identity(data))
