"""Translation by Google Cloud Translation, with a key.

The edition "Basic" (v2) alone takes keys. Google's client for it, in google-cloud-translate, takes neither a key nor a
time-out, and needs gRPC; the one request that there is goes through `requests`, which spaCy has anyway.
"""

from typing import Dict, List, Optional, Sequence, Tuple

from ..remote.http import post_json
from ..remote.keys import check_address, read_key
from ..remote.sending import Sending
from ..remote.service import Access, Limits, Marks, choose_codes
from ..remote.translator import RemoteTranslator
from ..remote.trouble import check_count, judge_shape
from ..types import MakeTranslator, Translator

ADDRESS = "https://translation.googleapis.com"
# Google's codes where they are others.
CODES = {"zh": "zh-CN", "nb": "no", "nn": "no"}


def create_google_translator(
    address: Optional[str] = None,
    key_variable: str = "GOOGLE_API_KEY",
    marks: Marks = "tags",
    codes: Optional[Dict[str, str]] = None,
    parallel: int = 4,
    timeout: float = 60.0,
    retries: int = 5,
    backoff: float = 1.0,
) -> MakeTranslator:
    """Create the engine `spacy-xner.GoogleTranslator.v1`.

    address (Optional[str]): the address of the service, None for Google's.
    key_variable (str): the environment variable that has the key.
    marks (str): how spans are marked: "tags" of HTML, "slots" (with numbers), "brackets", or "none".
    codes (Optional[Dict[str, str]]): the codes of the service for languages, where not its usual ones are wanted.
    parallel (int): most requests at once.
    timeout (float): seconds to wait for an answer.
    retries (int): how often a request is sent again.
    backoff (float): seconds before the first time, doubled each time.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X241 for settings that can't be used, when a translator is made; X240 without a key, before anything is
        sent.
    """
    access = Access(address, key_variable, marks, codes or {}, Sending(parallel, timeout, retries, backoff))

    def make_translator(source: str, target: str) -> Translator:
        return RemoteTranslator(GoogleService((source, target), access), access)

    return make_translator


class GoogleService:
    """Google Cloud Translation, Basic.

    languages (Tuple[str, str]): codes of source and target.
    access (Access): address, key and form of texts.
    """

    licence = "terms of Google Cloud"
    limits = Limits(texts=128, characters=5000)
    tags = "html"
    characters_per_token: Optional[float] = None

    def __init__(self, languages: Tuple[str, str], access: Access) -> None:
        self.address = check_address("google", access.address or ADDRESS)
        self.variable = access.key_variable
        self.source, self.target = choose_codes(languages, access.codes, CODES)
        self.format = "html" if access.is_markup else "text"
        self.timeout = access.sending.timeout
        self.name = f"google:{self.source}-{self.target}"

    def connect(self) -> None:
        """See `Service`."""
        self.key = read_key("google", self.variable)

    def measure(self, texts: Sequence[str]) -> int:
        """Count characters as Google does: those of tags count.

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
        body = {"q": list(texts), "source": self.source, "target": self.target, "format": self.format}
        # Not in the address, which messages and logs show.
        headers = {"X-Goog-Api-Key": self.key.reveal()}
        url = f"{self.address}/language/translate/v2"
        answer = post_json(url, body, headers, self.key, self.timeout)
        try:
            found: List[Optional[str]] = [
                str(item["translatedText"]) for item in answer["data"]["translations"]
            ]
        except (KeyError, TypeError) as error:
            raise judge_shape("has no translations") from error
        check_count(len(found), len(texts))
        return found
