"""How much is sent to a service, and how much may be."""

import threading
from dataclasses import dataclass
from typing import Optional

from ...errors import Errors, XnerError


class Budget:
    """The characters that may be sent in a run, by all requests together. Several threads may use it.

    limit (Optional[int]): the characters, None for any number.
    """

    def __init__(self, limit: Optional[int] = None) -> None:
        self.limit = limit
        self.spent = 0
        self._lock = threading.Lock()

    def reserve(self, size: int) -> None:
        """Take characters for a request before it is sent.

        size (int): its characters.
        RAISES: X243 if fewer are left.
        """
        with self._lock:
            if self.limit is not None and self.spent + size > self.limit:
                left = self.limit - self.spent
                raise XnerError(Errors.X243.format(size=size, left=left, limit=self.limit))
            self.spent += size

    def release(self, size: int) -> None:
        """Give back the characters of a request that the service did not take.

        size (int): its characters.
        """
        with self._lock:
            self.spent -= size


@dataclass
class Usage:
    """What was sent in a run, for its report.

    characters (int): the characters of requests whose answers were used.
    again (int): further characters that were sent once more after a bad answer; the service may charge for them.
    requests (int): how many requests were answered.
    retries (int): how often a request was sent again.
    """

    characters: int = 0
    again: int = 0
    requests: int = 0
    retries: int = 0
