from typing import Iterator


def by_encoder(encoder: str, hash: float, transformer: float, warmup_steps: int = 0) -> Iterator[float]:
    """A learning rate that suits the encoder, so that one config serves both kinds.

    encoder (str): the encoder's name, as `spacy-xner.Encoder.v1` reads it.
    hash (float): the rate for the encoder "hash", which starts from nothing.
    transformer (float): the rate for any other, which starts from pretrained weights.
    warmup_steps (int): steps over which the rate rises linearly to its value.
    YIELDS (float): the rate of each step.
    """
    rate = hash if encoder == "hash" else transformer
    for step in range(warmup_steps):
        yield rate * (step + 1) / (warmup_steps + 1)
    while True:
        yield rate
