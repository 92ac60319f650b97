"""Reading the texts of files and folders in any format with a reader. Annotation is not read."""

from pathlib import Path
from typing import Iterable, Iterator, List

from spacy.vocab import Vocab

from ..errors import Errors, XnerError
from .formats import READERS, ReadOptions, TokenRecord, detect_format
from .formats.parquet import list_columns
from .formats.records import TextRecord
from .lines import open_lines
from .store import read_docs
from .texts import check_name, read_texts

# Tab-separated files other than columns of tokens: translation memories, lexicons, gazetteers.
TABLES = (".tsv", ".tsv.gz")
PLAIN = (".jsonl", ".json", ".txt", ".tsv", ".csv", ".conll", ".iob", ".iob1", ".iob2", ".bio", ".bilou")
ENDINGS = (".spacy", ".parquet", *PLAIN, *(f"{ending}.gz" for ending in PLAIN))


def find_text_files(path: Path) -> List[Path]:
    """List the files with text at a path.

    path (Path): a file, or a folder that is searched with its sub-folders, without hidden files and folders.
    RETURNS (List[Path]): the files, sorted.
    RAISES: X101 if the path does not exist, X111 if a folder has no such file, X127 for a file with another ending.
    """
    if not path.exists():
        raise XnerError(Errors.X101.format(path=path))
    if path.is_file():
        check_name(path, ENDINGS)
        return [path]
    found = [file for file in sorted(path.rglob("*")) if _has_text(file, path)]
    if not found:
        raise XnerError(Errors.X111.format(path=path, detail=" (no file with text)"))
    return found


def gather_texts(paths: Iterable[Path]) -> Iterator[TextRecord]:
    """Read the texts of files and folders.

    paths (Iterable[Path]): files, or folders as in `find_text_files`.
    YIELDS (TextRecord): the texts, with tokens if the format has them; each cell of a table is a text.
    RAISES: X135 if a file's format is not recognized, those of `find_text_files`, and those of the readers.
    """
    for path in paths:
        for file in find_text_files(path):
            yield from _read(file)


def _has_text(file: Path, folder: Path) -> bool:
    """RETURNS (bool): whether a file in a folder holds text. Most `.json` files hold settings or scores."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    if hidden or not file.is_file() or not file.name.endswith(ENDINGS):
        return False
    return not file.name.endswith((".json", ".json.gz")) or detect_format(file) == "label-studio"


def _read(file: Path) -> Iterator[TextRecord]:
    if file.suffix == ".spacy":
        for number, doc in enumerate(read_docs(file, Vocab()), start=1):
            yield TextRecord(line=number, text=doc.text, words=[token.text for token in doc])
        return
    if file.name.endswith((".jsonl", ".jsonl.gz")) or (
        file.suffix == ".parquet" and "text" in list_columns(file)
    ):
        yield from read_texts(file)
        return
    name = detect_format(file)
    if name is None and file.name.endswith(TABLES):
        for number, line in open_lines(file):
            yield from (TextRecord(line=number, text=cell) for cell in line.split("\t") if cell.strip())
        return
    if name is None:
        raise XnerError(Errors.X135.format(path=file, detail="", expected=["spacy", *sorted(READERS)]))
    for found in READERS[name](file, ReadOptions(unlabelled=True)):
        if isinstance(found, XnerError):
            raise found
        if isinstance(found, TokenRecord):
            yield TextRecord(line=found.line, text=" ".join(found.words), words=found.words)
        elif isinstance(found, TextRecord):
            yield found
