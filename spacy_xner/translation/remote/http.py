"""Requests to services that have no client of their own that is kept."""

from typing import Any, Dict, Iterator

from .keys import Key
from .trouble import Trouble, judge_shape, judge_status

# What urllib3, httpx and azure-core raise before anything is sent.
_UNSENT = {
    "ConnectError",
    "ConnectTimeout",
    "ConnectTimeoutError",
    "NameResolutionError",
    "NewConnectionError",
    "ServiceRequestError",
    "ServiceRequestTimeoutError",
}


def post_json(url: str, body: Dict[str, Any], headers: Dict[str, str], key: Key, timeout: float) -> Any:
    """Send a JSON object and read the JSON of the answer.

    url (str): the address, without key.
    body (Dict[str, Any]): the object.
    headers (Dict[str, str]): further headers.
    key (Key): the key, which is in body or headers, and in no message.
    timeout (float): seconds to wait for a connection, and for each part of the answer.
    RETURNS (Any): the answer.
    RAISES: Trouble if there is none, or one that is no success or no JSON.
    """
    import requests

    try:
        # A redirection would take the key to another address.
        response = requests.post(url, json=body, headers=headers, timeout=timeout, allow_redirects=False)
    except requests.ReadTimeout as error:
        raise make_timeout(timeout) from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise make_unreachable(error) from error
    except requests.RequestException as error:
        raise Trouble(f"no request could be sent ({type(error).__name__})", again=False) from None
    if response.status_code != 200:
        raise judge_status(response.status_code, response.headers, key.redact(_find_message(response)))
    try:
        return response.json()
    except ValueError as error:
        raise judge_shape("is no whole JSON") from error


def make_timeout(timeout: float) -> Trouble:
    """Judge a request without an answer.

    timeout (float): how many seconds it was waited for.
    RETURNS (Trouble): to be sent again; the service may have charged for it.
    """
    return Trouble(f"no answer within {timeout:g} seconds", again=True, billed=True)


def make_unreachable(error: BaseException) -> Trouble:
    """Judge a connection that could not be made, or broke.

    error (BaseException): what a client raised.
    RETURNS (Trouble): to be sent again; the service may have charged for it if it was reached.
    """
    if any(type(cause).__name__ in _UNSENT for cause in _list_causes(error)):
        return Trouble("no connection", again=True)
    return Trouble("the connection broke", again=True, billed=True)


def _list_causes(error: BaseException) -> Iterator[BaseException]:
    """YIELDS (BaseException): an error, and those that are in it or before it."""
    inner = [error.__cause__ or error.__context__, *error.args, getattr(error, "reason", None)]
    yield error
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _list_causes(cause)


def _find_message(response: Any) -> str:
    """RETURNS (str): what an answer says of its error, as far as its JSON tells."""
    try:
        found = response.json()
    except ValueError:
        return ""
    error = found.get("error", found) if isinstance(found, dict) else ""
    return str(error.get("message", "") if isinstance(error, dict) else error)
