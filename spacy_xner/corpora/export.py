"""Export of documents to the formats of other tools."""

from pathlib import Path
from typing import Iterable, Iterator

from spacy.tokens import Doc

from ..errors import Errors, XnerError
from ..files import replace_file
from .formats.writers import FILES, LINES
from .lines import write_lines


def export_docs(path: Path, docs: Iterable[Doc], format: str) -> None:
    """Write documents atomically in a format.

    path (Path): the file, gzipped if its name ends in `.gz` and it is a text format.
    docs (Iterable[Doc]): the documents.
    format (str): a name of `WRITERS`.
    RAISES: X112 (the file can't be written), X131 (the format can't represent a document), X125 (pyarrow is missing).
    """
    n_seen, text = 0, ""

    def remember() -> Iterator[Doc]:
        nonlocal n_seen, text
        for doc in docs:
            n_seen, text = n_seen + 1, doc.text[:60]
            yield doc

    try:
        with replace_file(path) as temporary:
            if format in FILES:
                FILES[format](temporary, remember())
            else:
                write_lines(temporary, LINES[format](remember()), packed=path.suffix == ".gz")
    except XnerError:
        raise
    except ValueError as error:
        shown = text.encode("utf8", "replace").decode("utf8")
        raise XnerError(Errors.X131.format(number=n_seen, text=shown, format=format, reason=error)) from error
