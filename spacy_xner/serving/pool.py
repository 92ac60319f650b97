"""The processes of a server, and the queue that they take texts from."""

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import AsyncIterator, Dict, List, Optional, Sequence

from .limits import ServerLimits
from .metrics import Metrics
from .pipelines import Description, Found
from .queue import Entry, Queue, Request
from .refusal import refuse_busy
from .worker import ServerWorker, WorkerDied

logger = logging.getLogger("spacy_xner")

# Seconds until a process that could not be started again is tried another time.
PAUSE = 1.0
# A process that takes so many times as long for a batch as a request may take counts as dead.
STUCK = 4
DIED = "its process ended"


class ServerPool:
    """Processes that recognise entities, and the queue that they take texts from.

    workers (Sequence[ServerWorker]): the processes, not started yet.
    limits (ServerLimits): those of the server.
    metrics (Metrics): where batches are counted.
    """

    def __init__(self, workers: Sequence[ServerWorker], limits: ServerLimits, metrics: Metrics) -> None:
        self.workers = workers
        self.limits = limits
        self.metrics = metrics
        self.models: Dict[str, Description] = {}
        self._queue = Queue(limits, len(workers))
        self._tasks: List[asyncio.Task[None]] = []
        metrics.watch("waiting_texts", "Texts that wait for their turn", lambda: self.n_waiting)
        metrics.watch("ready_processes", "Processes with the pipelines loaded", lambda: self.n_ready)

    @property
    def n_waiting(self) -> int:
        """RETURNS (int): the texts that wait."""
        return self._queue.n_texts

    @property
    def n_ready(self) -> int:
        """RETURNS (int): the processes that have the pipelines loaded."""
        return sum(worker.is_ready for worker in self.workers)

    def load(self) -> None:
        """Start the processes and wait until they have loaded the pipelines, unless that was done before.

        RAISES: X331, and what a pipeline raises that can't be loaded.
        """
        if self.models:
            return
        try:
            with ThreadPoolExecutor(len(self.workers)) as threads:
                self.models = list(threads.map(lambda worker: worker.start(), self.workers))[0]
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes."""
        for worker in self.workers:
            worker.stop()

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Let the processes take texts from the queue.

        YIELDS (None): meanwhile `recognise` works. Then the processes are ended.
        """
        await asyncio.to_thread(self.load)
        self._queue = Queue(self.limits, len(self.workers))  # one that belongs to this event loop
        self._tasks = [asyncio.create_task(self._serve(worker, self._queue)) for worker in self.workers]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.to_thread(self.stop)

    async def recognise(self, model: str, texts: Sequence[str], language: Optional[str]) -> List[Found]:
        """Recognise the entities of texts, in batches with those of others.

        model (str): the name of a pipeline.
        texts (Sequence[str]): the texts.
        language (Optional[str]): their language; None if it is not known.
        RETURNS (List[Found]): the answer to each.
        RAISES: X326 (status 503) if there is no time for them, X332 (status 413) if there never is.
        """
        request = Request(model, texts, language)
        try:
            with self._queue.hold(request):
                return await asyncio.wait_for(request.done, self.limits.timeout)
        except asyncio.TimeoutError:
            raise refuse_busy(self.limits.timeout, self._queue.estimate_wait()) from None

    async def _serve(self, worker: ServerWorker, queue: Queue) -> None:
        """Let a process take batches, and start it again where it ends."""
        while True:
            batch = await queue.take()
            try:
                found = await self._ask(worker, batch, queue)
            except WorkerDied:
                logger.error("A process ended with %d texts, and is started again", len(batch))
                self.metrics.restarts.inc()
                if len(batch) > 1:
                    queue.put_back(batch)
                else:
                    batch[0].request.answer(batch[0].place, DIED)
                await self._start_again(worker)
                continue
            except Exception as error:  # or nobody would take texts any more
                logger.error("%s with %d texts", type(error).__name__, len(batch))
                found = [type(error).__name__] * len(batch)
                await self._start_again(worker)  # its answer may still be on the way
            for entry, answer in zip(batch, found, strict=True):
                entry.request.answer(entry.place, answer)

    async def _ask(self, worker: ServerWorker, batch: Sequence[Entry], queue: Queue) -> List[Found]:
        texts = [entry.text for entry in batch]
        languages = [entry.request.language for entry in batch]
        model = batch[0].request.model
        start = time.perf_counter()
        found = await worker.ask(model, texts, languages, STUCK * self.limits.timeout)
        seconds = time.perf_counter() - start
        n_characters = sum(map(len, texts))
        queue.speed.learn(model, n_characters, seconds)
        self.metrics.batch_seconds.observe(seconds)
        self.metrics.batch_texts.observe(len(batch))
        self.metrics.texts.labels(model).inc(len(batch))
        self.metrics.characters.labels(model).inc(n_characters)
        for answer in found:
            if isinstance(answer, str):
                self.metrics.failures.labels(model).inc()
            else:
                for entity in answer["entities"]:
                    self.metrics.entities.labels(model, entity["label"]).inc()
        return found

    async def _start_again(self, worker: ServerWorker) -> None:
        worker.kill()
        while not worker.is_ready:
            try:
                await asyncio.to_thread(worker.restart)
            except Exception as error:  # whatever has changed on the disk meanwhile
                logger.error("A process can't be started again: %s", error)
                await asyncio.sleep(PAUSE)
