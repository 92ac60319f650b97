"""What a server counts, for Prometheus. No text, and nothing that a client could make many of, is part of a name."""

from typing import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of a server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

        def count(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"xner_{name}", what, labels, registry=self.registry)

        self.requests = count(
            "requests",
            "Requests by path and HTTP status, 0 for those whose client has gone",
            "path",
            "status",
        )
        self.texts = count("texts", "Texts that were recognised", "model")
        self.characters = count("characters", "Characters of these texts", "model")
        self.entities = count("entities", "Entities that were found in them", "model", "label")
        self.failures = count("failed_texts", "Texts that a pipeline failed on", "model")
        self.restarts = count("restarts", "Processes that ended, or did not answer, and were started again")
        self.seconds = Histogram(
            "xner_request_seconds",
            "Time from the headers of POST /recognise to its answer",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "xner_batch_seconds", "Time for a batch", buckets=SECONDS, registry=self.registry
        )
        self.batch_texts = Histogram(
            "xner_batch_texts", "Texts of a batch", buckets=SIZES, registry=self.registry
        )

    def watch(self, name: str, what: str, measure: Callable[[], float]) -> None:
        """Add what is measured when somebody looks.

        name (str): its name, without "xner_".
        what (str): what it is.
        measure (Callable): measures it.
        """
        Gauge(f"xner_{name}", what, registry=self.registry).set_function(measure)

    def write(self) -> bytes:
        """RETURNS (bytes): all of it in Prometheus's text format."""
        return generate_latest(self.registry)
