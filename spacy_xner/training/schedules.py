from typing import Iterator

from ..errors import Errors, XnerError
from ..hub import is_hash


def by_encoder(encoder: str, hash: float, transformer: float, warmup_steps: int = 0) -> Iterator[float]:
    """Choose the learning rate by the encoder, so that one config can be used with both kinds.

    encoder (str): the encoder's name or folder, as `spacy-xner.Encoder.v1` reads it.
    hash (float): the rate for the encoder "hash", which is trained from scratch.
    transformer (float): the rate for any other encoder, which starts from pretrained weights.
    warmup_steps (int): steps over which the rate rises linearly to its value.
    YIELDS (float): the rate of each step.
    """
    rate = hash if is_hash(encoder) else transformer
    for step in range(warmup_steps):
        yield rate * (step + 1) / (warmup_steps + 1)
    while True:
        yield rate


def linear(initial_rate: float, warmup_steps: float = 0, total_steps: int = 0) -> Iterator[float]:
    """Let the learning rate rise linearly to its value, then fall linearly to zero.

    The arguments are those of Thinc's `warmup_linear.v1`; unlike there, the rate of the first step is not zero.

    initial_rate (float): the highest rate.
    warmup_steps (float): the step that first has this rate; a value below 1 is a share of `total_steps`.
    total_steps (int): the step from which on the rate is zero. With 0, for a training whose length is given in epochs,
        the rate stays constant after the warm-up.
    RETURNS (Iterator[float]): the rate of each step.
    RAISES: X190 (a share of no number), X191 (a warm-up longer than the training), X306 (a negative number).
    """
    for option, value in (("warmup_steps", warmup_steps), ("total_steps", total_steps)):
        if not value >= 0:
            raise XnerError(
                Errors.X306.format(found=value, expected="a number from 0 up", option=f"'{option}'")
            )
    if 0 < warmup_steps < 1 and not total_steps:
        raise XnerError(Errors.X190.format(found=warmup_steps))
    warmup = round(warmup_steps * total_steps) if warmup_steps < 1 else int(warmup_steps)
    if total_steps and warmup > total_steps:
        raise XnerError(Errors.X191.format(found=warmup, total=total_steps))
    return _rise_and_fall(initial_rate, warmup, total_steps)


def _rise_and_fall(rate: float, warmup: int, total: int) -> Iterator[float]:
    for step in range(1, warmup):
        yield rate * step / warmup
    if warmup:
        yield rate
    for step in range(warmup, total):
        yield rate * (total - step) / (total - warmup)
    while True:
        yield 0.0 if total else rate
