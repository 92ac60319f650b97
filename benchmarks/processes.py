"""Work in processes that are spawned for it. One that the system kills, for want of memory as a rule, is an error of
its own work alone; `multiprocessing.Pool` would wait for it for ever."""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.pool import ThreadPool
from typing import Any, Callable, Iterable, Iterator, Optional, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Processes:
    """One process at a time, which is spawned when there is work.

    fresh (bool): a new one for each call, or one for all of them.
    """

    def __init__(self, *, fresh: bool = True) -> None:
        self.fresh = fresh
        self._executor: Optional[ProcessPoolExecutor] = None

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: Any) -> None:
        self._close()

    def apply(self, function: Callable[..., Result], args: Iterable[Any] = ()) -> Result:
        """RETURNS (Result): what the function returns there. RAISES: what it raises; ChildProcessError if its process
        ended first, after which the next call has a new one."""
        if self._executor is None:
            self._executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            return self._executor.submit(function, *args).result()
        except BrokenProcessPool as error:
            self._close()
            raise ChildProcessError(
                "The process ended before its work did. Was it killed for memory?"
            ) from error
        finally:
            if self.fresh:
                self._close()

    def _close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None


def run_each(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    jobs: int,
    fail: Callable[[Task, Exception], Result],
) -> Iterator[Result]:
    """Do tasks, each in a process of its own, so many at once.

    fail (Callable[[Task, Exception], Result]): makes the result of a task whose process ended first.
    YIELDS (Result): the results, as they come. RAISES: what a function raises.
    """

    def run(task: Task) -> Result:
        try:
            return Processes().apply(function, (task,))
        except ChildProcessError as error:
            return fail(task, error)

    with ThreadPool(jobs) as threads:
        yield from threads.imap_unordered(run, tasks)
