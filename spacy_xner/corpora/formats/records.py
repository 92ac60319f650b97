"""The output of the readers: sentences as words with annotation, or as raw text with spans."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ...errors import XnerError


class Note(NamedTuple):
    """A repair or decision of a reader, for the user.

    kind (str): the kind of the note, by which notes are counted.
    detail (str): what it concerns.
    loses (bool): whether annotation was lost.
    """

    kind: str
    detail: str
    loses: bool = False


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file.

    text_key (Optional[str]): the key of the text in JSON, or its column in a table; None for the usual names.
    names (Optional[List[str]]): the names of numeric tags, in order.
    repair (bool): repair tags that break the scheme, duplicate spans and empty tokens, with a note.
    unlabelled (bool): the annotation will be dropped, so it may be missing.
    """

    text_key: Optional[str] = None
    names: Optional[List[str]] = None
    repair: bool = False
    unlabelled: bool = False


@dataclass(frozen=True, kw_only=True)
class _Sentence:
    """A sentence of any format.

    line, unit (int, str): where the sentence begins: a line of the file, or the number of an item, row or task.
    group, view, language (Optional[str]): metadata, if the format has it.
    notes (Tuple[Note, ...]): the reader's repairs and decisions.
    """

    line: int = 0
    unit: str = "line"
    group: Optional[str] = None
    view: Optional[str] = None
    language: Optional[str] = None
    notes: Tuple[Note, ...] = ()

    @property
    def place(self) -> str:
        """RETURNS (str): where the sentence begins, such as "line 3"."""
        return f"{self.unit} {self.line}"


@dataclass(frozen=True, kw_only=True)
class TokenRecord(_Sentence):
    """A sentence of tokens.

    words (List[str]): the tokens.
    iob (List[int]): inside, outside or begin for each token, as in `schemes`.
    types (List[str]): the label of each token's entity, "" outside.
    """

    words: List[str]
    iob: List[int]
    types: List[str]


class TextSpan(NamedTuple):
    """An entity: characters [start, end) of the text, its label, and the id that aligned entities share, or ""."""

    start: int
    end: int
    label: str
    id: str


@dataclass(frozen=True, kw_only=True)
class TextRecord(_Sentence):
    """A sentence of raw text.

    text (str): the raw text.
    words (Optional[List[str]]): its tokens, if the format gives them; None if it must be tokenized.
    spans (Optional[List[TextSpan]]): its entities in order, without overlap; None if it is unlabelled.
    partial (bool): whether the annotation outside of the spans is missing.
    rejected (List[TextSpan]): spans that are not entities with their labels.
    fields (Dict[str, Any]): other fields of the file, if they are kept.
    error (str): why it can't be used, "" if it can.
    """

    text: str
    words: Optional[List[str]] = None
    spans: Optional[List[TextSpan]] = None
    partial: bool = False
    rejected: List[TextSpan] = field(default_factory=list)
    fields: Dict[str, Any] = field(default_factory=dict)
    error: str = ""


Record = Union[TokenRecord, TextRecord]
# A sentence; or the error of a sentence, after which the reader goes on; or a note about something left out.
Found = Union[Record, XnerError, Note]
Reader = Callable[[Path, ReadOptions], Iterator[Found]]
