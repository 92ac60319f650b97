"""What the readers of all formats give: sentences as words with annotation, or as raw text with spans."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Optional, Union


@dataclass(frozen=True, kw_only=True)
class _Sentence:
    """line (int): the line of the file where the sentence begins.
    group, view, language (Optional[str]): metadata, where the format carries it.
    """

    line: int
    group: Optional[str] = None
    view: Optional[str] = None
    language: Optional[str] = None


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
    """

    text: str
    words: Optional[List[str]] = None
    spans: Optional[List[TextSpan]] = None


Record = Union[TokenRecord, TextRecord]
Reader = Callable[[Path], Iterator[Record]]
