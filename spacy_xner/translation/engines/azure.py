"""Translation by Azure AI Translator, with Microsoft's client."""

import logging
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..remote.clients import import_client
from ..remote.http import make_timeout, make_unreachable
from ..remote.keys import check_address, read_key
from ..remote.sending import Sending
from ..remote.service import Access, Limits, Marks, choose_codes
from ..remote.translator import RemoteTranslator
from ..remote.trouble import Trouble, check_count, judge_shape, judge_status
from ..types import MakeTranslator, Translator

ADDRESS = "https://api.cognitive.microsofttranslator.com"
# Azure's codes where they are others.
CODES = {"zh": "zh-Hans", "no": "nb", "nn": "nb", "sr": "sr-Latn", "tl": "fil"}
PACKAGE = "azure-ai-translation-text"


def create_azure_translator(
    address: Optional[str] = None,
    region: Optional[str] = None,
    key_variable: str = "AZURE_TEXT_TRANSLATION_APIKEY",
    deployment: Optional[str] = None,
    marks: Marks = "tags",
    codes: Optional[Dict[str, str]] = None,
    parallel: int = 4,
    timeout: float = 60.0,
    retries: int = 5,
    backoff: float = 1.0,
) -> MakeTranslator:
    """Create the engine `spacy-xner.AzureTranslator.v1`.

    address (Optional[str]): the address of the service, None for that of all regions.
    region (Optional[str]): the region of the resource, such as "westeurope", if it has one.
    key_variable (str): the environment variable that has the key.
    deployment (Optional[str]): the name of a deployed model, None for the usual one.
    marks (str): how spans are marked: "tags" of HTML, "slots" (with numbers), "brackets", or "none".
    codes (Optional[Dict[str, str]]): the codes of the service for languages, where not its usual ones are wanted.
    parallel (int): most requests at once.
    timeout (float): seconds to wait for an answer.
    retries (int): how often a request is sent again.
    backoff (float): seconds before the first time, doubled each time.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X241 for settings that can't be used, when a translator is made; X206 without the package
        azure-ai-translation-text and X240 without a key, before anything is sent.
    """
    access = Access(address, key_variable, marks, codes or {}, Sending(parallel, timeout, retries, backoff))

    def make_translator(source: str, target: str) -> Translator:
        return RemoteTranslator(AzureService((source, target), access, region, deployment), access)

    return make_translator


class AzureService:
    """Azure AI Translator. For the other arguments see `create_azure_translator`.

    languages (Tuple[str, str]): codes of source and target.
    access (Access): address, key and form of texts.
    """

    licence = "terms of Azure"
    limits = Limits(texts=100, characters=10_000)
    tags = "html"
    characters_per_token: Optional[float] = None

    def __init__(
        self, languages: Tuple[str, str], access: Access, region: Optional[str], deployment: Optional[str]
    ) -> None:
        self.address = check_address("azure", access.address or ADDRESS)
        self.variable, self.region = access.key_variable, region
        self.timeout = access.sending.timeout
        self.source, target = choose_codes(languages, access.codes, CODES)
        self.target = {"language": target, **({"deploymentName": deployment} if deployment else {})}
        self.text_type = "Html" if access.is_markup else "Plain"
        self.name = f"azure:{self.source}-{target}{f':{deployment}' if deployment else ''}"

    def connect(self) -> None:
        """See `Service`."""
        module = import_client("azure", "azure.ai.translation.text", PACKAGE)
        self.azure = import_client("azure", "azure.core.exceptions", PACKAGE)
        credentials = import_client("azure", "azure.core.credentials", PACKAGE)
        self.key = read_key("azure", self.variable)
        # Retries are ours: the client's would not be counted. A redirection would take the key elsewhere.
        # And it would log a traceback for each page of an error that is no JSON.
        logging.getLogger("azure.ai.translation.text").setLevel(logging.ERROR)
        self.client = module.TextTranslationClient(
            endpoint=self.address,
            credential=credentials.AzureKeyCredential(self.key.reveal()),
            region=self.region,
            retry_total=0,
            permit_redirects=False,
            connection_timeout=self.timeout,
            read_timeout=self.timeout,
        )

    def measure(self, texts: Sequence[str]) -> int:
        """Count characters as Azure does: those of tags count, and those beyond the first 65,536 of Unicode twice.

        texts (Sequence[str]): the texts with marks.
        RETURNS (int): the characters.
        """
        return sum(len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts)

    def ask(self, texts: Sequence[str]) -> List[Optional[str]]:
        """Send a request.

        texts (Sequence[str]): the texts with marks.
        RETURNS (List[Optional[str]]): the translations in order.
        RAISES: Trouble.
        """
        azure, options = self.azure, {"language": self.source, "textType": self.text_type}
        body: Dict[str, Any] = {
            "inputs": [{"text": text, **options, "targets": [self.target]} for text in texts]
        }
        try:
            rows = self.client.translate(body=body)
            found: List[Optional[str]] = [str(row.translations[0].text) for row in rows]
        except azure.HttpResponseError as error:
            raise self._judge(error) from None
        except azure.ServiceResponseTimeoutError as error:
            raise make_timeout(self.timeout) from error
        except (azure.ServiceRequestError, azure.ServiceResponseError) as error:
            raise make_unreachable(error) from error
        except azure.AzureError as error:
            raise Trouble(type(error).__name__, again=False) from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise judge_shape("is not of the protocol") from error
        check_count(len(found), len(texts))
        return found

    def _judge(self, error: Any) -> Trouble:
        status = error.status_code
        if status is None or status < 300:  # an answer that can't be read, such as JSON that was cut
            return judge_shape("is no whole JSON of the protocol")
        message = error.error.message if error.error is not None else ""
        return judge_status(status, error.response.headers, self.key.redact(str(message)))
