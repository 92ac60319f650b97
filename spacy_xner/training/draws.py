"""The state of the random numbers, and data that are drawn with random numbers of their own."""

import random
from typing import Any, Dict, Iterable, Iterator, TypeVar

import numpy
import torch

T = TypeVar("T")
Draws = Dict[str, Any]


def get_draws() -> Draws:
    """Get the state of all generators of random numbers that a training draws from, but CuPy's, which has none to get.

    RETURNS (Draws): what JSON can hold.
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
    """Set the state of the generators.

    draws (Draws): what `get_draws` gave.
    """
    version, numbers, spare = draws["python"]
    random.setstate((version, tuple(numbers), spare))
    numpy.random.set_state(tuple(draws["numpy"]))
    torch.set_rng_state(torch.tensor(draws["torch"], dtype=torch.uint8))
    if torch.cuda.is_available():
        for device, state in enumerate(draws["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(torch.tensor(state, dtype=torch.uint8), device)


def draw_apart(items: Iterable[T], draws: Draws) -> Iterator[T]:
    """Iterate over what is drawn at random, so that it depends on nothing that is drawn meanwhile elsewhere.

    items (Iterable): the items.
    draws (Draws): the state that the items are drawn from.
    YIELDS (T): the items; the generators are as they were before each was asked for.
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
