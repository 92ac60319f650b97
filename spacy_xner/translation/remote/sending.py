"""Sending requests: time-outs, bounded retries with back-off, and pauses that a service asks for."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional, TypeVar

from ...errors import Errors, XnerError
from .budget import Budget, Usage
from .trouble import Trouble

T = TypeVar("T")


@dataclass(frozen=True)
class Sending:
    """How requests are sent.

    parallel (int): most requests at once.
    timeout (float): seconds to wait for an answer.
    retries (int): how often a request is sent again.
    backoff (float): seconds before the first time, doubled each time; a random part of up to a half is left out.
    longest (float): most seconds to wait, also where the service asks for more.
    """

    parallel: int = 4
    timeout: float = 60.0
    retries: int = 5
    backoff: float = 1.0
    longest: float = 300.0

    def check(self, engine: str) -> "Sending":
        """Check the settings.

        engine (str): the engine, for the message.
        RETURNS (Sending): the same.
        RAISES: X241 if a number is too small.
        """
        least = {"parallel": 1, "retries": 0, "backoff": 0, "longest": 0}
        for setting, lowest in least.items():
            if not getattr(self, setting) >= lowest:
                reason = f"must be at least {lowest}"
                raise XnerError(Errors.X241.format(setting=setting, engine=engine, reason=reason))
        if not self.timeout > 0:
            raise XnerError(
                Errors.X241.format(setting="timeout", engine=engine, reason="must be more than 0")
            )
        return self


class Sender:
    """Sends the requests of an engine, from several threads.

    engine (str): the engine, for messages.
    settings (Sending): how requests are sent.
    """

    def __init__(self, engine: str, settings: Sending) -> None:
        self.engine = engine
        self.settings = settings.check(engine)
        self.budget = Budget()
        self.usage = Usage()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._ready_at = 0.0

    def send(self, ask: Callable[[], T], size: int, *, again: bool = False) -> T:
        """Send a request until it is answered.

        ask (Callable[[], T]): sends it once; raises Trouble.
        size (int): its characters.
        again (bool): whether it asks once more for what was answered badly.
        RETURNS (T): the answer.
        RAISES: X209 if there is none after all retries, or if everything was stopped before it could be sent; X242 if
            the service refuses the request, X243 if too few characters are left.
        """
        for attempt in range(self.settings.retries + 1):
            self._pause()
            if self._stopped.is_set():
                reason = "was stopped before a request was sent"
                raise XnerError(Errors.X209.format(engine=self.engine, reason=reason))
            self.budget.reserve(size)
            try:
                answer = ask()
            except Trouble as trouble:
                self._count_trouble(trouble, size)
                if not trouble.again:
                    raise XnerError(
                        Errors.X242.format(engine=self.engine, reason=trouble.reason)
                    ) from trouble
                seconds = self._choose_wait(trouble, attempt)
                if (
                    seconds is None
                    or attempt == self.settings.retries
                    or not self._postpone(seconds, trouble)
                ):
                    raise XnerError(self._describe(trouble, attempt + 1)) from trouble
            else:
                with self._lock:
                    self.usage.requests += 1
                    self.usage.retries += attempt
                    if again:
                        self.usage.again += size
                    else:
                        self.usage.characters += size
                return answer
        raise AssertionError("the last attempt returns or raises")

    def stop(self) -> None:
        """Send nothing any more: requests that wait give up."""
        self._stopped.set()

    def start(self) -> None:
        """Send again, after `stop`."""
        self._stopped.clear()

    def _count_trouble(self, trouble: Trouble, size: int) -> None:
        if not trouble.billed:
            self.budget.release(size)
            return
        with self._lock:
            self.usage.again += size

    def _choose_wait(self, trouble: Trouble, attempt: int) -> Optional[float]:
        """RETURNS (Optional[float]): seconds to wait, None if that is longer than allowed."""
        if trouble.after:
            return trouble.after if trouble.after <= self.settings.longest else None
        seconds = min(self.settings.longest, self.settings.backoff * 2**attempt)
        return seconds * random.uniform(0.5, 1.0)

    def _postpone(self, seconds: float, trouble: Trouble) -> bool:
        """Wait before the next attempt; all requests wait if the service asked for it.

        RETURNS (bool): False if everything was stopped meanwhile.
        """
        if trouble.after:
            with self._lock:
                self._ready_at = max(self._ready_at, time.monotonic() + seconds)
            self._pause()
        else:
            rest(self._stopped, seconds)
        return not self._stopped.is_set()

    def _pause(self) -> None:
        """Wait until the service is to be asked again."""
        with self._lock:
            seconds = self._ready_at - time.monotonic()
        if seconds > 0:
            rest(self._stopped, seconds)

    def _describe(self, trouble: Trouble, n_attempts: int) -> str:
        asked = "" if trouble.after is None else f"; it asks to wait {trouble.after:g} seconds"
        times = "once" if n_attempts == 1 else f"{n_attempts} times"
        reason = f"was asked {times} without success ({trouble.reason}{asked})"
        return Errors.X209.format(engine=self.engine, reason=reason)


def rest(stopped: threading.Event, seconds: float) -> None:
    """Wait, unless everything is stopped.

    stopped (threading.Event): set when nothing is to be sent any more.
    seconds (float): how long.
    """
    stopped.wait(seconds)
