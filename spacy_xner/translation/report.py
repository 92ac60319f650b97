"""What became of sentences and entities on the way to another language."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict
from typing import Counter as CounterT

from .projection import Projection


@dataclass
class Report:
    """Counts, to be printed and kept.

    sentences (Counter[str]): how many sentences met which fate; "kept" are those in the result.
    entities (Dict[str, Counter[str]]): for each type, how many entities were found in which way; "missing" are those
        that were not, "not capitalized" those that are no names there.
    """

    sentences: CounterT[str] = field(default_factory=Counter)
    entities: Dict[str, CounterT[str]] = field(default_factory=dict)

    def add(self, fate: str, projection: Projection) -> None:
        """Count a sentence and its entities."""
        self.sentences[fate] += 1
        for span, how in zip(projection.spans, projection.found, strict=True):
            self.entities.setdefault(span.label_, Counter())[how] += 1
        for ent in projection.missing:
            self.entities.setdefault(ent.label_, Counter())["missing"] += 1
        for span in projection.no_names:
            self.entities.setdefault(span.label_, Counter())["not capitalized"] += 1

    def rate(self, label: str = "") -> float:
        """RETURNS (float): the share of the entities that were found, of a type or ("") of all; 1 if there is none."""
        counts = [self.entities.get(label, Counter())] if label else list(self.entities.values())
        total = sum(count.total() for count in counts)
        return 1.0 - sum(count["missing"] for count in counts) / total if total else 1.0

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): all counts and rates, for a JSON file."""
        types = {
            label: {**dict(sorted(counts.items())), "rate": round(self.rate(label), 4)}
            for label, counts in sorted(self.entities.items())
        }
        return {"sentences": dict(self.sentences), "entities": types, "rate": round(self.rate(), 4)}
