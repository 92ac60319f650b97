"""Export of documents to the formats of other tools."""

import contextlib
from pathlib import Path
from typing import Callable, Iterable, Iterator

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
    write = FILES.get(format)
    if write is None:
        export_lines(path, docs, LINES[format], format)
        return
    with replace_file(path) as temporary, tell_document(docs, format) as told:
        write(temporary, told)


def export_lines(
    path: Path, docs: Iterable[Doc], make_lines: Callable[[Iterable[Doc]], Iterator[str]], format: str
) -> None:
    """Write documents atomically as lines.

    path (Path): the file, gzipped if its name ends in `.gz`.
    docs (Iterable[Doc]): the documents.
    make_lines (Callable): makes the lines; it raises a ValueError with the reason for a document that it can't write.
    format (str): the name of the format, for the message.
    RAISES: X112 (the file can't be written), X131 (a document can't be).
    """
    with replace_file(path) as temporary, tell_document(docs, format) as told:
        write_lines(temporary, make_lines(told), packed=path.suffix == ".gz")


@contextlib.contextmanager
def tell_document(docs: Iterable[Doc], format: str) -> Iterator[Iterator[Doc]]:
    """Tell which document a format can't represent.

    docs (Iterable[Doc]): the documents.
    format (str): the name of the format, for the message.
    YIELDS (Iterator[Doc]): the documents, to be written one by one.
    RAISES: X131 in place of a ValueError.
    """
    n_seen, text = 0, ""

    def remember() -> Iterator[Doc]:
        nonlocal n_seen, text
        for doc in docs:
            n_seen, text = n_seen + 1, doc.text[:60]
            yield doc

    try:
        yield remember()
    except XnerError:
        raise
    except ValueError as error:
        shown = text.encode("utf8", "replace").decode("utf8")
        raise XnerError(Errors.X131.format(number=n_seen, text=shown, format=format, reason=error)) from error
