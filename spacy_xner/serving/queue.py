"""Texts of all requests on their way to the pipelines, in batches across requests."""

import asyncio
import contextlib
from collections import OrderedDict
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from .limits import ServerLimits
from .pipelines import Found
from .refusal import refuse_busy, refuse_long
from .speed import Speed


class Request:
    """The texts of a request, and the answers that have come.

    model (str): the pipeline.
    texts (Sequence[str]): the texts.
    language (Optional[str]): their language; None if it is not known.
    """

    def __init__(self, model: str, texts: Sequence[str], language: Optional[str]) -> None:
        self.model = model
        self.texts = texts
        self.language = language
        # Number of its first text in the queue; the others follow it.
        self.first = 0
        self.answers: List[Optional[Found]] = [None] * len(texts)
        self.n_left = len(texts)
        self.done: asyncio.Future[List[Found]] = asyncio.get_running_loop().create_future()

    def answer(self, place: int, found: Found) -> None:
        """Put an answer in its place.

        place (int): which text it is for.
        found (Found): the answer.
        """
        self.answers[place] = found
        self.n_left -= 1
        if not self.n_left and not self.done.done():
            self.done.set_result([answer for answer in self.answers if answer is not None])


class Entry(NamedTuple):
    """A text in the queue.

    number (int): what came first has the lowest.
    request (Request): where it belongs.
    place (int): which of its texts it is.
    alone (bool): whether it is to be a batch by itself: a process died with it.
    """

    number: int
    request: Request
    place: int
    alone: bool

    @property
    def text(self) -> str:
        """RETURNS (str): the text."""
        return self.request.texts[self.place]


class Queue:
    """Texts that wait, for each pipeline in the order in which they came.

    limits (ServerLimits): those of the server.
    n_processes (int): how many processes take from it.
    """

    def __init__(self, limits: ServerLimits, n_processes: int) -> None:
        self.limits = limits
        self.speed = Speed(limits, n_processes)
        self.n_texts = 0
        self.n_characters = 0
        self._next = 0
        # By pipeline and number.
        self._waiting: Dict[str, OrderedDict[int, Entry]] = {}
        self._filled = asyncio.Event()

    def estimate_wait(self) -> float:
        """RETURNS (float): seconds until a text that comes now has its turn, as far as is known."""
        return self.speed.estimate_wait(self.n_characters)

    def put(self, request: Request) -> None:
        """Add the texts of a request.

        request (Request): the request.
        RAISES: X332 (status 413) if they would take too long even alone, X326 (status 503) if they would not have their
            turn in time.
        """
        own_time = self.speed.estimate_own(request.model, request.texts)
        if own_time > self.limits.timeout:
            self.speed.doubt(request.model)
            raise refuse_long(self.limits.timeout, own_time)
        wait = self.estimate_wait()
        if wait > self.limits.timeout:
            raise refuse_busy(self.limits.timeout, wait - self.limits.timeout / 2)
        own = self._waiting.setdefault(request.model, OrderedDict())
        request.first = self._next
        self._next += len(request.texts)
        for place in range(len(request.texts)):
            entry = Entry(request.first + place, request, place, alone=False)
            own[entry.number] = entry
            self._count(entry, 1)

    def forget(self, request: Request) -> None:
        """Remove the texts of a request that still wait: nobody waits for them any more.

        request (Request): a request that was put. Nothing happens if all of its texts were taken.
        """
        request.done.cancel()
        own = self._waiting[request.model]
        for place in range(len(request.texts)):
            entry = own.pop(request.first + place, None)
            if entry is not None:
                self._count(entry, -1)

    @contextlib.contextmanager
    def hold(self, request: Request) -> Iterator[None]:
        """Keep a request as long as somebody waits for it.

        request (Request): the request.
        YIELDS (None): meanwhile its texts are in the queue, or were taken.
        RAISES: X332 (status 413), X326 (status 503); see `put`.
        """
        self.put(request)
        try:
            yield
        finally:
            self.forget(request)

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Add texts again with which a process died, each as a batch by itself, before all others.

        entries (Sequence[Entry]): the texts, of one pipeline. Those that nobody waits for any more are left out.
        """
        for entry in reversed(entries):
            if not entry.request.done.done():
                own = self._waiting[entry.request.model]
                own[entry.number] = entry._replace(alone=True)
                own.move_to_end(entry.number, last=False)
                self._count(entry, 1)

    async def take(self) -> List[Entry]:
        """Wait for texts.

        RETURNS (List[Entry]): a batch of one pipeline: the text that has waited longest, and those after it.
        """
        while True:
            await self._filled.wait()
            if self.n_texts < self.limits.batch_size:
                await asyncio.sleep(self.limits.delay)
            batch = self._take_batch()
            if batch:
                return batch

    def _take_batch(self) -> List[Entry]:
        """RETURNS (List[Entry]): a batch; [] if all that waited was forgotten meanwhile."""
        batch: List[Entry] = []
        length = 0
        filled = [own for own in self._waiting.values() if own]
        own = min(filled, key=lambda own: next(iter(own)), default=OrderedDict())
        while own and len(batch) < self.limits.batch_size:
            entry = next(iter(own.values()))
            is_full = length + len(entry.text) > self.limits.batch_length
            if batch and (is_full or entry.alone or batch[0].alone):
                break
            del own[entry.number]
            self._count(entry, -1)
            batch.append(entry)
            length += len(entry.text)
        return batch

    def _count(self, entry: Entry, sign: int) -> None:
        self.n_texts += sign
        self.n_characters += sign * len(entry.text)
        if self.n_texts:
            self._filled.set()
        else:
            self._filled.clear()
