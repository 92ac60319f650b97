"""What a server takes on: its options and their defaults, without the packages of the extra."""

from typing import NamedTuple


class ServerLimits(NamedTuple):
    """What a server takes on.

    max_bytes (int): most bytes of a request.
    max_texts (int): most texts of a request.
    max_length (int): most characters of a text.
    timeout (float): most seconds for a request to arrive, to be answered, and to be read by who asked.
    max_held (int): most bytes of all requests that are being read or answered.
    max_connections (int): most connections at once.
    batch_size (int): most texts that a pipeline gets at once.
    batch_length (int): most characters of these, if they are more than one.
    delay (float): seconds that the first text of a batch waits for others.
    drain (float): seconds after the signal to stop in which a connection that is open may send another request.
    """

    max_bytes: int = 1_000_000
    max_texts: int = 256
    max_length: int = 20_000
    timeout: float = 30.0
    max_held: int = 16_000_000
    max_connections: int = 512
    batch_size: int = 64
    batch_length: int = 20_000
    delay: float = 0.003
    drain: float = 1.0
