"""The contract of a service that translates, and the languages and sizes that services differ in."""

from dataclasses import dataclass, field
from typing import Dict, List, Literal, NamedTuple, Optional, Protocol, Sequence, Tuple

from .sending import Sending

Marks = Literal["tags", "slots", "brackets", "none"]


class Limits(NamedTuple):
    """The size of a request.

    texts (int): most texts.
    characters (int): most characters of all texts, unless one text alone has more.
    """

    texts: int
    characters: int


@dataclass(frozen=True)
class Access:
    """What the engines of all services let one set.

    address (Optional[str]): the address, None for the usual one.
    key_variable (Optional[str]): the environment variable that has the key, None for no key.
    marks (str): how spans are marked: "tags" as the service keeps them, "slots" (with numbers), "brackets", or "none".
    codes (Dict[str, str]): the codes of the service for languages, where not its usual ones are wanted.
    sending (Sending): how requests are sent.
    """

    address: Optional[str]
    key_variable: Optional[str]
    marks: Marks = "tags"
    codes: Dict[str, str] = field(default_factory=dict)
    sending: Sending = Sending()

    @property
    def is_markup(self) -> bool:
        """RETURNS (bool): whether texts are sent as XML or HTML."""
        return self.marks == "tags"


class Service(Protocol):
    """A service for one direction. Its methods are called from several threads.

    name (str): service, model and all settings that affect the result, without address and key.
    licence (str): the terms that hold for what it writes.
    limits (Limits): the size of a request.
    tags (str): the style of marks that it keeps, a key of `STYLES`.
    characters_per_token (Optional[float]): about how many characters a token of English text has, if the service
        charges for tokens; None if it charges for characters.
    """

    name: str
    licence: str
    limits: Limits
    tags: str
    characters_per_token: Optional[float]

    def connect(self) -> None:
        """Load the client and read the key, before the first request. Without it one can still measure.

        RAISES: X206 if the client is not installed, X240 if the key is missing or can't be sent.
        """
        ...

    def measure(self, texts: Sequence[str]) -> int:
        """Count the characters that a request is charged for.

        texts (Sequence[str]): its texts, with marks.
        RETURNS (int): the characters.
        """
        ...

    def ask(self, texts: Sequence[str]) -> List[Optional[str]]:
        """Send a request, once.

        texts (Sequence[str]): the texts, with marks.
        RETURNS (List[Optional[str]]): the translations with marks, in order; None for a text without one.
        RAISES: Trouble if there is no answer, or one that can't be read.
        """
        ...


def choose_codes(
    languages: Tuple[str, str],
    given: Dict[str, str],
    own: Dict[str, str],
    targets: Optional[Dict[str, str]] = None,
) -> Tuple[str, str]:
    """Translate codes of languages to those of a service.

    languages (Tuple[str, str]): codes of source and target, of ISO 639-1 or of the service.
    given (Dict[str, str]): the codes that the user wants.
    own (Dict[str, str]): the codes of the service where they differ.
    targets (Optional[Dict[str, str]]): those that differ for targets alone.
    RETURNS (Tuple[str, str]): the codes of the service.
    """
    source, target = languages
    return {**own, **given}.get(source, source), {**own, **(targets or {}), **given}.get(target, target)
