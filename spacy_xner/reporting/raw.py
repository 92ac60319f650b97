"""Text without labels, of which a report shows some sentences in the place of labelled ones."""

from pathlib import Path
from typing import Dict, List, Sequence, TypeVar

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..corpora.convert import list_labelled, name_language, read_labelled
from ..errors import Errors, XnerError
from ..metadata import get_language

T = TypeVar("T")


def read_raw(path: Path, vocab: Vocab, language: str = "") -> Dict[str, List[Doc]]:
    """Read text by language.

    path (Path): a file in any format that `convert` reads, or a folder of `.spacy` files.
    vocab (Vocab): the vocabulary of the documents.
    language (str): the language of sentences that don't tell theirs, by default the name of their file.
    RETURNS (Dict[str, List[Doc]]): the sentences of each language, in alphabetical order of these; labels that are
        there are theirs still.
    RAISES: X101, X110, X111 for missing, unreadable and empty files, and what `convert` raises for other formats.
    """
    found: Dict[str, List[Doc]] = {}
    for file in list_labelled(path):
        for doc in read_labelled(file, vocab, language or name_language(file)):
            found.setdefault(get_language(doc), []).append(doc)
    if not found:
        raise XnerError(Errors.X111.format(path=path, detail=""))
    return dict(sorted(found.items()))


def spread(found: Sequence[T], most: int) -> List[T]:
    """Choose some of many at equal distances.

    found (Sequence[T]): what to choose from.
    most (int): how many at most.
    RETURNS (List[T]): all, or so many of them, in order.
    """
    step = max(1.0, len(found) / max(most, 1))
    return [found[int(k * step)] for k in range(min(len(found), most))]
