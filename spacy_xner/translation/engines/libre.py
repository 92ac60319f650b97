"""Translation by a LibreTranslate server, one's own or another's.

Its client libretranslatepy had its last release in April 2024 and sends one text a request, without time-out.
"""

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..remote.http import post_json
from ..remote.keys import check_address, read_key
from ..remote.sending import Sending
from ..remote.service import Access, Limits, Marks, choose_codes
from ..remote.translator import RemoteTranslator
from ..remote.trouble import check_count, judge_shape
from ..types import MakeTranslator, Translator

CODES = {"no": "nb", "nn": "nb"}


def create_libre_translator(
    address: str = "http://127.0.0.1:5000",
    key_variable: str = "LIBRETRANSLATE_API_KEY",
    marks: Marks = "tags",
    codes: Optional[Dict[str, str]] = None,
    parallel: int = 2,
    timeout: float = 120.0,
    retries: int = 5,
    backoff: float = 1.0,
) -> MakeTranslator:
    """Create the engine `spacy-xner.LibreTranslator.v1`.

    address (str): the address of the server.
    key_variable (str): the environment variable that has the key, if the server wants one.
    marks (str): how spans are marked: "tags" of HTML, "slots" (with numbers), "brackets", or "none".
    codes (Optional[Dict[str, str]]): the codes of the server for languages, where not the usual ones are wanted.
    parallel (int): most requests at once.
    timeout (float): seconds to wait for an answer.
    retries (int): how often a request is sent again.
    backoff (float): seconds before the first time, doubled each time.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X241 for settings that can't be used, when a translator is made; X240 for a key that can't be sent, before
        anything is sent.
    """
    access = Access(address, key_variable, marks, codes or {}, Sending(parallel, timeout, retries, backoff))

    def make_translator(source: str, target: str) -> Translator:
        return RemoteTranslator(LibreService((source, target), access), access)

    return make_translator


class LibreService:
    """A server of LibreTranslate.

    languages (Tuple[str, str]): codes of source and target.
    access (Access): address, key and form of texts.
    """

    licence = "that of the server's models"
    # What the public server takes.
    limits = Limits(texts=20, characters=2000)
    tags = "html"
    characters_per_token: Optional[float] = None

    def __init__(self, languages: Tuple[str, str], access: Access) -> None:
        self.address = check_address("libretranslate", access.address or "")
        self.variable = access.key_variable
        self.source, self.target = choose_codes(languages, access.codes, CODES)
        self.format = "html" if access.is_markup else "text"
        self.timeout = access.sending.timeout
        self.name = f"libretranslate:{self.source}-{self.target}"

    def connect(self) -> None:
        """See `Service`."""
        self.key = read_key("libretranslate", self.variable, required=False)

    def measure(self, texts: Sequence[str]) -> int:
        """Count characters as the server's limit does: those of tags count.

        texts (Sequence[str]): the texts with marks.
        RETURNS (int): the characters.
        """
        return sum(map(len, texts))

    def ask(self, texts: Sequence[str]) -> List[Optional[str]]:
        """Send a request.

        texts (Sequence[str]): the texts with marks.
        RETURNS (List[Optional[str]]): the translations in order.
        RAISES: Trouble.
        """
        body: Dict[str, Any] = {"q": list(texts), "source": self.source, "target": self.target}
        body["format"] = self.format
        if self.key:
            body["api_key"] = self.key.reveal()
        answer = post_json(f"{self.address}/translate", body, {}, self.key, self.timeout)
        found = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise judge_shape("has no list of translations")
        check_count(len(found), len(texts))
        return [str(text) for text in found]
