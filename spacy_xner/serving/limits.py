"""What a server takes on, and how it says no."""

import math
from typing import Dict, NamedTuple, Optional

from starlette.exceptions import HTTPException

from ..errors import Errors


class Limits(NamedTuple):
    """What a server takes on.

    max_bytes (int): most bytes of a request.
    max_texts (int): most texts of a request.
    max_length (int): most characters of a text.
    timeout (float): most seconds for a request to arrive, to be answered, and to be read by who asked.
    max_held (int): most bytes of all requests that are being read or answered.
    max_connections (int): most connections at once.
    batch_size (int): most texts that a pipeline gets at once.
    batch_length (int): most characters of these, if they are more than one.
    delay (float): seconds that the first text of a batch waits for others.
    drain (float): seconds after the signal to stop in which a connection that is open may send another request.
    """

    max_bytes: int = 1_000_000
    max_texts: int = 256
    max_length: int = 20_000
    timeout: float = 30.0
    max_held: int = 16_000_000
    max_connections: int = 512
    batch_size: int = 64
    batch_length: int = 20_000
    delay: float = 0.003
    drain: float = 1.0


class Refusal(HTTPException):
    """A request that is not answered as it asks: a status from 400 on, a sentence, and maybe when to ask again."""

    def __init__(self, status: int, message: str, *, retry_after: Optional[float] = None) -> None:
        """Refuse a request.

        status (int): the HTTP status.
        message (str): why, and what to do.
        retry_after (Optional[float]): seconds after which the same request may be answered.
        """
        headers: Dict[str, str] = {}
        if retry_after is not None:
            headers["Retry-After"] = str(math.ceil(retry_after))
        super().__init__(status, message, headers)


def refuse_busy(timeout: float, wait: float) -> Refusal:
    """Refuse what can't be answered in time.

    timeout (float): seconds that a request may take.
    wait (float): seconds until there is room again, as far as is known.
    RETURNS (Refusal): status 503.
    """
    seconds = max(1, math.ceil(wait))
    return Refusal(503, Errors.X326.format(timeout=timeout, seconds=seconds), retry_after=seconds)


class Room:
    """The bytes of all requests that are being read or answered: what would grow if nobody were refused.

    limits (Limits): those of the server.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.held = 0

    def take(self, n_bytes: int) -> None:
        """Make room for a request.

        n_bytes (int): its length.
        RAISES: X326 (status 503) if there is none left.
        """
        if self.held + n_bytes > self.limits.max_held:
            raise refuse_busy(self.limits.timeout, 1.0)
        self.held += n_bytes

    def give_back(self, n_bytes: int) -> None:
        """Give back what was taken.

        n_bytes (int): the length of the request that is done.
        """
        self.held -= n_bytes
