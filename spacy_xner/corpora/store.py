"""Reading and writing `.spacy` files, with metadata. Files are written atomically."""

from pathlib import Path
from typing import Iterable, Iterator, List, Union

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab
from srsly.msgpack import Packer, Unpacker

from ..errors import Errors, XnerError, explain
from ..files import write_bytes

# All annotation that stages need, including the ids of entities.
ATTRS = ["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE", "ENT_ID"]


def find_corpora(path: Union[str, Path]) -> List[Path]:
    """List the `.spacy` files at a path.

    path (Union[str, Path]): a file, or a folder that is searched with its sub-folders.
    RETURNS (List[Path]): the files, sorted.
    RAISES: X101 if the path does not exist, X111 if a folder holds no `.spacy` file.
    """
    path = Path(path)
    if not path.exists():
        raise XnerError(Errors.X101.format(path=path))
    if path.is_file():
        return [path]
    found = sorted(path.rglob("*.spacy"))
    if not found:
        raise XnerError(Errors.X111.format(path=path, detail=" (no .spacy file)"))
    return found


def read_docs(path: Union[str, Path], vocab: Vocab) -> Iterator[Doc]:
    """Read the documents of a `.spacy` file, or of all files in a folder, in order.

    path (Union[str, Path]): file or folder.
    vocab (Vocab): the vocabulary of the documents.
    YIELDS (Doc): the documents with annotation and metadata. They are created one by one.
    RAISES: X101, X111 (no file), X110 (not readable as a corpus).
    """
    for file in find_corpora(path):
        try:
            yield from _unpack(DocBin().from_disk(file), vocab)
        except Exception as error:  # zlib, msgpack and numpy each raise their own on a damaged file
            raise XnerError(Errors.X110.format(path=file, reason=explain(error))) from error


def write_docs(path: Union[str, Path], docs: Iterable[Doc]) -> int:
    """Write documents to a `.spacy` file, atomically.

    path (Union[str, Path]): the file; missing folders are created.
    docs (Iterable[Doc]): the documents. They are packed one by one, so they need not fit into memory together.
    RETURNS (int): the number of documents written.
    RAISES: X112 if the file can't be written.
    """
    n_docs = 0

    def count() -> Iterator[Doc]:
        nonlocal n_docs
        for doc in docs:
            n_docs += 1
            yield doc

    write_bytes(Path(path), pack_docs(count()))
    return n_docs


def pack_docs(docs: Iterable[Doc]) -> bytes:
    """Pack documents with annotation and metadata.

    docs (Iterable[Doc]): the documents, of any vocabulary.
    RETURNS (bytes): the content of a `.spacy` file.
    """
    doc_bin = DocBin(attrs=ATTRS)
    packer = Packer(use_bin_type=True)
    user_data = []
    for doc in docs:
        doc_bin.add(doc)
        user_data.append(packer.pack(doc.user_data))
    doc_bin.store_user_data = True
    doc_bin.user_data = user_data
    return doc_bin.to_bytes()


def unpack_docs(data: bytes, vocab: Vocab) -> List[Doc]:
    """Unpack documents.

    data (bytes): the packed documents, from `pack_docs`.
    vocab (Vocab): the vocabulary of the documents.
    RETURNS (List[Doc]): the documents, in order.
    """
    return list(_unpack(DocBin().from_bytes(data), vocab))


def _unpack(doc_bin: DocBin, vocab: Vocab) -> Iterator[Doc]:
    """YIELDS (Doc): the documents. One unpacker is used for all; spaCy creates one for each document, which is slow."""
    user_data = doc_bin.user_data
    doc_bin.user_data = [None] * len(doc_bin)
    # Tuples, as spaCy reads them: the keys of extension attributes are tuples and must stay hashable.
    unpacker = Unpacker(raw=False, use_list=False, strict_map_key=False)
    for doc, data in zip(doc_bin.get_docs(vocab), user_data, strict=True):
        if data is not None:
            unpacker.feed(data)
            doc.user_data.update(unpacker.unpack())
        yield doc


def remove_others(folder: Path, names: Iterable[str], suffix: str = ".spacy") -> None:
    """Remove files that an earlier run left in a folder, since stages read whole folders.

    folder (Path): the folder.
    names (Iterable[str]): the names of the files to keep, without suffix.
    suffix (str): the suffix of the files.
    RAISES: X112 if a file can't be removed.
    """
    kept = set(names)
    for path in folder.glob(f"*{suffix}"):
        if path.stem not in kept:
            try:
                path.unlink()
            except OSError as error:
                raise XnerError(Errors.X112.format(path=path, reason=explain(error))) from error
