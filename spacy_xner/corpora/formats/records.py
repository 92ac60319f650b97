"""What the readers of all formats give: sentences as words with annotation, or as raw text with spans."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ...errors import XnerError


class Note(NamedTuple):
    """What a reader mended or decided in a sentence, for the user.

    kind (str): what it was, in the same words wherever it happens, so that it can be counted.
    detail (str): what it was here.
    loses (bool): whether annotation was lost.
    """

    kind: str
    detail: str
    loses: bool = False


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file.

    text_key (Optional[str]): the key of the text in JSON, or the column in a table; None for the usual ones.
    names (Optional[List[str]]): what tags that are numbers stand for, in order.
    repair (bool): mend tags that break the scheme, spans that are there twice and empty tokens, and note it.
    unlabelled (bool): the annotation is not wanted, so it may be missing.
    """

    text_key: Optional[str] = None
    names: Optional[List[str]] = None
    repair: bool = False
    unlabelled: bool = False


@dataclass(frozen=True, kw_only=True)
class _Sentence:
    """line, unit (int, str): where the sentence begins: a line of the file, or the number of an item, row or task.
    group, view, language (Optional[str]): metadata, where the format carries it.
    notes (Tuple[Note, ...]): what the reader mended or decided.
    """

    line: int = 0
    unit: str = "line"
    group: Optional[str] = None
    view: Optional[str] = None
    language: Optional[str] = None
    notes: Tuple[Note, ...] = ()

    @property
    def place(self) -> str:
        """RETURNS (str): where the sentence begins, as "line 3"."""
        return f"{self.unit} {self.line}"


@dataclass(frozen=True, kw_only=True)
class TokenRecord(_Sentence):
    """A sentence whose tokens the file gives.

    words (List[str]): the tokens.
    iob (List[int]): for each token, as in `schemes`: inside, outside or begin.
    types (List[str]): for each token, the label of its entity, "" outside.
    """

    words: List[str]
    iob: List[int]
    types: List[str]


class TextSpan(NamedTuple):
    """An entity: characters [start, end) of the text, its label, and the id of aligned entities or ""."""

    start: int
    end: int
    label: str
    id: str


@dataclass(frozen=True, kw_only=True)
class TextRecord(_Sentence):
    """A sentence of raw text.

    text (str): the raw text.
    words (Optional[List[str]]): its tokens, where the format gives them; None if it is still to be tokenized.
    spans (Optional[List[TextSpan]]): its entities in order, without overlap; None if it is unlabelled.
    partial (bool): whether nothing is known of what lies outside the spans.
    rejected (List[TextSpan]): spans that are no entities of their labels.
    fields (Dict[str, Any]): what else the file has of it, where that is kept.
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
# A sentence, or what is wrong with it where the reader can go on behind it, or a note on what is none.
Found = Union[Record, XnerError, Note]
Reader = Callable[[Path, ReadOptions], Iterator[Found]]
