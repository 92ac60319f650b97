"""How fast the processes of a server are, as far as their batches tell."""

from typing import Dict, Sequence

from .limits import ServerLimits

# Share of the last batch in what is known of the speed.
FRESH = 0.2
# Characters from which on a batch tells how fast a process is. The time of a shorter one is what any batch takes, or
# that of something else; it only shows that a process is not slower.
TELLING = 1_000
# Least share of the timeout that a batch has to take to tell of long texts.
LONG = 0.1
# How much faster a process may be than was known, after each text that was refused for it: sooner or later one is
# tried, so that a moment in which the machine was slow does not refuse texts for ever.
DOUBT = 1.1


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
        tells = n_characters >= TELLING
        self._of_all = _mix(speed, self._of_all, tells)
        is_long = tells and seconds >= LONG * self.limits.timeout
        self._of_long[model] = _mix(speed, self._of_long.get(model, 0.0), is_long)

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

    def doubt(self, model: str) -> None:
        """Take note that texts were refused since they would take too long.

        model (str): the pipeline.
        """
        self._of_long[model] *= DOUBT


def _mix(speed: float, before: float, tells: bool) -> float:
    """RETURNS (float): the speed that is known now, 0 for none. tells (bool): whether the batch may lower it."""
    if not before:
        return speed if tells else 0.0
    return FRESH * speed + (1 - FRESH) * before if tells else max(speed, before)
