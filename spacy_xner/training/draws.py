"""The state of random number generators, and data drawn with a random state of its own."""

import random
from typing import Any, Dict, Iterable, Iterator, TypeVar

import numpy
import torch

T = TypeVar("T")
Draws = Dict[str, Any]


def get_draws() -> Draws:
    """Get the state of all random number generators of a training, except CuPy's, which can't be read.

    RETURNS (Draws): the states, as JSON values.
    """
    name, numbers, *rest = numpy.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": [name, numpy.asarray(numbers).tolist(), *rest],
        "torch": torch.get_rng_state().tolist(),
        "cuda": [state.tolist() for state in torch.cuda.get_rng_state_all()]
        if torch.cuda.is_available()
        else [],
    }


def set_draws(draws: Draws) -> None:
    """Set the state of the random number generators.

    draws (Draws): the states, from `get_draws`.
    """
    version, numbers, spare = draws["python"]
    random.setstate((version, tuple(numbers), spare))
    numpy.random.set_state(tuple(draws["numpy"]))
    torch.set_rng_state(torch.tensor(draws["torch"], dtype=torch.uint8))
    if torch.cuda.is_available():
        for device, state in enumerate(draws["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(torch.tensor(state, dtype=torch.uint8), device)


def draw_apart(items: Iterable[T], draws: Draws) -> Iterator[T]:
    """Iterate over randomly drawn items, independent of random numbers that are drawn elsewhere.

    items (Iterable): the items.
    draws (Draws): the random state from which the items are drawn.
    YIELDS (T): the items. Drawing them does not change the state of the generators.
    """
    iterator = iter(items)
    while True:
        others = get_draws()
        set_draws(draws)
        try:
            item = next(iterator)
        except StopIteration:
            return
        finally:
            draws = get_draws()
            set_draws(others)
        yield item
