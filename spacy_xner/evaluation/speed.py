"""The speed of a pipeline."""

import gc
import time
from typing import Any, Callable, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from .predict import make_input


def measure_speed(
    nlp: Language, docs: Sequence[Doc], *, repeats: int = 3, batch_size: Optional[int] = None
) -> List[float]:
    """Measure the words per second of a pipeline, without tokenization.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents, which are not changed.
    repeats (int): number of measured runs, after one warm-up run.
    batch_size (Optional[int]): documents per batch, by default the pipeline's own setting.
    RETURNS (List[float]): words per second of each run. Other processes can only slow a run down.
    """

    def run(inputs: List[Doc]) -> None:
        for _ in nlp.pipe(inputs, batch_size=batch_size):
            pass

    seconds = time_runs(run, lambda: [make_input(nlp, doc) for doc in docs], repeats)
    n_words = sum(map(len, docs))
    return [n_words / second for second in seconds]


def time_runs(run: Callable[[Any], Any], prepare: Callable[[], Any], repeats: int) -> List[float]:
    """Measure the time of several runs, after one warm-up run.

    run (Callable): the function to measure, which is called with the result of `prepare`.
    prepare (Callable): creates the input of each run, which is not measured.
    repeats (int): number of measured runs.
    RETURNS (List[float]): the seconds of each run.
    """
    return [time_run(run, prepare()) for _ in range(1 + repeats)][1:]


def time_run(run: Callable[[Any], Any], inputs: Any) -> float:
    """Measure the time of one run.

    run (Callable): the function to measure.
    inputs (Any): its argument.
    RETURNS (float): the seconds.
    """
    # As in `timeit`: garbage collection comes at any time, and is slow in a large process.
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    try:
        run(inputs)
    finally:
        gc.enable()
    return time.perf_counter() - start
