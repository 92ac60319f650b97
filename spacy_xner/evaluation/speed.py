"""How fast a pipeline is."""

import time
from typing import Sequence

from spacy.language import Language
from spacy.tokens import Doc

from .predict import make_input


def measure_speed(nlp: Language, docs: Sequence[Doc], *, repeats: int = 3, batch_size: int = 256) -> float:
    """Measure the words that a pipeline takes in a second, by the fastest of some runs, tokenization left out.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents; they are left as they are.
    repeats (int): runs by the clock, after one to warm up.
    batch_size (int): documents at once.
    RETURNS (float): words per second.
    """
    seconds = []
    for _ in range(1 + repeats):
        inputs = [make_input(nlp, doc) for doc in docs]
        start = time.perf_counter()
        for _ in nlp.pipe(inputs, batch_size=batch_size):
            pass
        seconds.append(time.perf_counter() - start)
    return sum(map(len, docs)) / min(seconds[1:])
