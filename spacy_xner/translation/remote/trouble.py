"""What goes wrong with a request, and whether to send it again."""

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Mapping, Optional

# Temporary states of a service.
_AGAIN = (408, 425, 429)
_KEY = (401, 403)
# A key is shown in part by some services.
_MASKED = re.compile(r"\S*\*{3,}\S*")


class Trouble(Exception):
    """A request that brought no answer that can be used.

    reason (str): what happened, for a message; no text of a service that may have the key.
    again (bool): whether the same request may succeed later.
    after (Optional[float]): how many seconds the service asks to wait, None if it does not.
    billed (bool): whether the service may charge for the request nevertheless.
    """

    def __init__(
        self, reason: str, *, again: bool, after: Optional[float] = None, billed: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.after = after
        self.billed = billed


def judge_status(status: int, headers: Mapping[str, str], message: str = "") -> Trouble:
    """Judge an answer of HTTP that is no success.

    status (int): the status.
    headers (Mapping[str, str]): the headers of the answer, in any case.
    message (str): what the service says.
    RETURNS (Trouble): whether to send the request again, and when. A key that was refused has no message, since
        services repeat it there.
    """
    phrase = (
        HTTPStatus(status).phrase if status in set(HTTPStatus) else "quota exceeded" if status == 456 else ""
    )
    reason = f"{status} {phrase}".strip()
    is_rate = status == 403 and "rate limit" in message.lower()  # as Google's
    if status in _KEY and not is_rate:
        return Trouble(f"{reason}: the key is wrong, or may not do this", again=False)
    if status in _AGAIN or status >= 500 or is_rate:
        found = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
        return Trouble(reason, again=True, after=read_retry_after(found))
    if 300 <= status < 400:
        return Trouble(f"{reason}: it points to another address", again=False)
    told = " ".join(_MASKED.sub("***", message).split())[:200].rstrip(". ")
    return Trouble(f"{reason}: {told}" if told else reason, again=False)


def judge_shape(what: str) -> Trouble:
    """Judge an answer that came but is not what the protocol says, as one that was cut.

    what (str): what is wrong with it.
    RETURNS (Trouble): to be sent again; the service may have charged for it.
    """
    return Trouble(f"the answer {what}", again=True, billed=True)


def check_count(found: int, expected: int) -> None:
    """Check that each text has its translation.

    found, expected (int): how many translations came, and how many texts were sent.
    RAISES: Trouble if they differ.
    """
    if found != expected:
        raise judge_shape(f"has {found} translations for {expected} texts")


def read_retry_after(value: Optional[str], now: Optional[datetime] = None) -> Optional[float]:
    """Read the header Retry-After.

    value (Optional[str]): a number of seconds, or a date; None if there is none.
    now (Optional[datetime]): the present time, by default that of the clock.
    RETURNS (Optional[float]): the seconds to wait, None if the header does not tell.
    """
    if value is None:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - (now or datetime.now(timezone.utc))).total_seconds())
