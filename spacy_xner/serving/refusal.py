"""How a server says no, and the room that it has."""

import contextlib
import math
from typing import Callable, Iterator, Optional

from starlette.exceptions import HTTPException

from ..errors import Errors
from .limits import ServerLimits


class Refusal(HTTPException):
    """A request that is not answered as it asks: a status from 400 on, a sentence, and maybe when to ask again."""

    def __init__(self, status: int, message: str, *, retry_after: Optional[int] = None) -> None:
        """Refuse a request.

        status (int): the HTTP status.
        message (str): why, and what to do.
        retry_after (Optional[int]): seconds after which the same request may be answered.
        """
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(status, message, headers)


def refuse_busy(timeout: float, wait: float) -> Refusal:
    """Refuse what can't be answered in time.

    timeout (float): seconds that a request may take.
    wait (float): seconds until there is room again, as far as is known.
    RETURNS (Refusal): status 503.
    """
    seconds = max(1, math.ceil(wait))
    return Refusal(503, Errors.X326.format(timeout=timeout, seconds=seconds), retry_after=seconds)


def refuse_long(timeout: float, seconds: float) -> Refusal:
    """Refuse what could not be answered in time even if nothing else were asked.

    timeout (float): seconds that a request may take.
    seconds (float): seconds that its texts take, as far as is known.
    RETURNS (Refusal): status 413.
    """
    return Refusal(413, Errors.X332.format(timeout=timeout, seconds=math.ceil(seconds)))


class Room:
    """The bytes of all requests that are being read or answered: what would grow if nobody were refused.

    limits (ServerLimits): those of the server.
    """

    def __init__(self, limits: ServerLimits) -> None:
        self.limits = limits
        self.held = 0

    @contextlib.contextmanager
    def hold(self) -> Iterator[Callable[[int], None]]:
        """Hold room for a request, for as much of it as has come.

        YIELDS (Callable[[int], None]): takes room for so many more bytes; it raises X326 (status 503) if there is none
            left. All is given back in the end.
        """
        taken = 0

        def take(n_bytes: int) -> None:
            nonlocal taken
            if self.held + n_bytes > self.limits.max_held:
                raise refuse_busy(self.limits.timeout, 1.0)
            self.held += n_bytes
            taken += n_bytes

        try:
            yield take
        finally:
            self.held -= taken
