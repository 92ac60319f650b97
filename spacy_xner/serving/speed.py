"""How fast the processes of a server are, as far as their batches tell."""

from typing import Dict, Sequence

from .limits import ServerLimits

# Share of the last batch in what is known of the speed.
FRESH = 0.2
# Least share of the timeout that a batch has to take to tell of long texts: in a shorter one, what each batch costs,
# however short its texts are, would make them look slow.
TELLING = 0.1


class Speed:
    """Characters that a process recognises in a second.

    limits (ServerLimits): those of the server.
    n_processes (int): how many processes work at once.
    """

    def __init__(self, limits: ServerLimits, n_processes: int) -> None:
        self.limits = limits
        self.n_processes = n_processes
        self._of_all = 0.0
        self._of_long: Dict[str, float] = {}

    def learn(self, model: str, n_characters: int, seconds: float) -> None:
        """Take note of how long a batch took.

        model (str): the pipeline.
        n_characters (int): its characters.
        seconds (float): its time.
        """
        speed = n_characters / max(seconds, 1e-6)
        self._of_all = _mix(speed, self._of_all)
        if seconds >= TELLING * self.limits.timeout:
            self._of_long[model] = _mix(speed, self._of_long.get(model, 0.0))

    def estimate_wait(self, n_characters: int) -> float:
        """Estimate how long what waits will take.

        n_characters (int): its characters.
        RETURNS (float): seconds; 0 if no speed is known.
        """
        return n_characters / (self._of_all * self.n_processes) if self._of_all else 0.0

    def estimate_own(self, model: str, texts: Sequence[str]) -> float:
        """Estimate how long texts will take once it is their turn.

        model (str): the pipeline.
        texts (Sequence[str]): the texts, of which each is for one process.
        RETURNS (float): seconds; 0 if no speed is known for long texts.
        """
        speed = self._of_long.get(model, 0.0)
        lengths = [len(text) for text in texts]
        return max(sum(lengths) / self.n_processes, *lengths) / speed if speed else 0.0


def _mix(speed: float, before: float) -> float:
    return FRESH * speed + (1 - FRESH) * before if before else speed
