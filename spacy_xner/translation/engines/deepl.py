"""Translation by DeepL, with its own client."""

import html
import re
import threading
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..remote.clients import import_client
from ..remote.http import make_unreachable
from ..remote.keys import check_address, read_key
from ..remote.sending import Sending
from ..remote.service import Access, Limits, Marks, choose_codes
from ..remote.translator import RemoteTranslator
from ..remote.trouble import Trouble, check_count, judge_shape, judge_status
from ..types import MakeTranslator, Translator

# DeepL's codes where they are others; English and Portuguese are targets in their variants only.
CODES = {"no": "NB", "nn": "NB"}
TARGETS = {"en": "EN-US", "pt": "PT-PT"}
_TAG = re.compile(r"<[^<>]*>")


def create_deepl_translator(
    address: Optional[str] = None,
    key_variable: str = "DEEPL_AUTH_KEY",
    formality: Optional[str] = None,
    glossary: Optional[str] = None,
    marks: Marks = "tags",
    codes: Optional[Dict[str, str]] = None,
    parallel: int = 4,
    timeout: float = 60.0,
    retries: int = 5,
    backoff: float = 1.0,
) -> MakeTranslator:
    """Create the engine `spacy-xner.DeepLTranslator.v1`.

    address (Optional[str]): the address of the service, None for DeepL's, which the key tells.
    key_variable (str): the environment variable that has the key.
    formality (Optional[str]): "less", "more", "prefer_less" or "prefer_more", None for DeepL's choice.
    glossary (Optional[str]): the id of a glossary of the account.
    marks (str): how spans are marked: "tags" of XML, "slots" (with numbers), "brackets", or "none".
    codes (Optional[Dict[str, str]]): the codes of the service for languages, where not its usual ones are wanted.
    parallel (int): most requests at once.
    timeout (float): seconds to wait for an answer.
    retries (int): how often a request is sent again.
    backoff (float): seconds before the first time, doubled each time. DeepL's client does not tell how long the service
        asks to wait.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X241 for settings that can't be used, when a translator is made; X206 without the package deepl and X240
        without a key, before anything is sent.
    """
    access = Access(address, key_variable, marks, codes or {}, Sending(parallel, timeout, retries, backoff))

    def make_translator(source: str, target: str) -> Translator:
        return RemoteTranslator(DeepLService((source, target), access, formality, glossary), access)

    return make_translator


class DeepLService:
    """DeepL. For the other arguments see `create_deepl_translator`.

    languages (Tuple[str, str]): codes of source and target.
    access (Access): address, key and form of texts.
    """

    licence = "terms of DeepL"
    limits = Limits(texts=50, characters=20_000)
    tags = "xml"
    characters_per_token: Optional[float] = None

    def __init__(
        self, languages: Tuple[str, str], access: Access, formality: Optional[str], glossary: Optional[str]
    ) -> None:
        self.address = None if access.address is None else check_address("deepl", access.address)
        self.access = access
        source, target = choose_codes(languages, access.codes, CODES, TARGETS)
        self.options: Dict[str, Any] = {
            "source_lang": source.upper(),
            "target_lang": target.upper(),
            "split_sentences": "0",
            "preserve_formatting": True,
            "tag_handling": "xml" if access.is_markup else None,
            "formality": formality,
            "glossary": glossary,
        }
        self.is_markup = access.is_markup
        self.name = f"deepl:{source.upper()}-{target.upper()}"
        chosen = {"formality": formality, "glossary": glossary}
        self.name += "".join(f":{key}={value}" for key, value in chosen.items() if value is not None)
        # A session of the library requests is for one thread.
        self._local = threading.local()

    def connect(self) -> None:
        """See `Service`."""
        self.deepl = import_client("deepl", "deepl")
        self.key = read_key("deepl", self.access.key_variable)
        # Retries are ours: the client's would not be counted. It can be told only for all clients of the process.
        self.deepl.http_client.max_network_retries = 0
        self.deepl.http_client.min_connection_timeout = self.access.sending.timeout

    def measure(self, texts: Sequence[str]) -> int:
        """Count characters as DeepL does: those of tags do not count.

        texts (Sequence[str]): the texts with marks.
        RETURNS (int): the characters.
        """
        if not self.is_markup:
            return sum(map(len, texts))
        return sum(len(html.unescape(_TAG.sub("", text))) for text in texts)

    def ask(self, texts: Sequence[str]) -> List[Optional[str]]:
        """Send a request.

        texts (Sequence[str]): the texts with marks.
        RETURNS (List[Optional[str]]): the translations in order.
        RAISES: Trouble.
        """
        deepl = self.deepl
        try:
            found = self._get_client().translate_text(list(texts), **self.options)
        except deepl.ConnectionException as error:
            raise make_unreachable(error) from error
        except deepl.DeepLException as error:
            status, message = error.http_status_code, self.key.redact(str(error))
            trouble = Trouble(message, again=False) if status is None else judge_status(status, {}, message)
            raise trouble from None
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # what the client reads without a check
            raise judge_shape("is not of the protocol") from error
        check_count(len(found), len(texts))
        return [result.text for result in found]

    def _get_client(self) -> Any:
        if not hasattr(self._local, "client"):
            self._local.client = self.deepl.DeepLClient(self.key.reveal(), server_url=self.address)
        return self._local.client
