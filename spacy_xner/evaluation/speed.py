"""How fast a pipeline is."""

import gc
import time
from typing import Any, Callable, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from .predict import make_input


def measure_speed(
    nlp: Language, docs: Sequence[Doc], *, repeats: int = 3, batch_size: Optional[int] = None
) -> List[float]:
    """Measure the words that a pipeline takes in a second, tokenization left out.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents; they are left as they are.
    repeats (int): runs by the clock, after one to warm up.
    batch_size (Optional[int]): documents at once, by default the pipeline's own number.
    RETURNS (List[float]): words per second of each run. A machine that others use is slow at times, never fast.
    """

    def run(inputs: List[Doc]) -> None:
        for _ in nlp.pipe(inputs, batch_size=batch_size):
            pass

    seconds = time_runs(run, lambda: [make_input(nlp, doc) for doc in docs], repeats)
    n_words = sum(map(len, docs))
    return [n_words / second for second in seconds]


def time_runs(run: Callable[[Any], Any], prepare: Callable[[], Any], repeats: int) -> List[float]:
    """Run something so many times by the clock, after once to warm up.

    run (Callable): what is timed, on what `prepare` gives it.
    prepare (Callable): makes the input anew for each run, before the clock starts.
    repeats (int): the runs.
    RETURNS (List[float]): the seconds of each.
    """
    return [time_run(run, prepare()) for _ in range(1 + repeats)][1:]


def time_run(run: Callable[[Any], Any], inputs: Any) -> float:
    """Run something once by the clock.

    run (Callable): what is timed.
    inputs (Any): what it is run on.
    RETURNS (float): the seconds.
    """
    # As `timeit` does: a collection takes as long as the process is large, and comes when it likes.
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    try:
        run(inputs)
    finally:
        gc.enable()
    return time.perf_counter() - start
