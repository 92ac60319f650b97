"""What became of sentences and entities on the way to another language."""

from collections import Counter
from dataclasses import dataclass, field
from typing import AbstractSet, Any, Dict
from typing import Counter as CounterT

from .entities import Projection


@dataclass
class Report:
    """Counts, to be printed and kept.

    sentences (Counter[str]): how many sentences met which fate; "kept" are those in the result.
    entities (Dict[str, Counter[str]]): for each type, how many entities were found in which way; "missing" are those
        that were not, "not capitalized" those that are no names there, "repeated" further places of names
        that were found.
    unsure (Counter[str]): for each type, how many of those found stay without annotation, their scores being too low.
    """

    sentences: CounterT[str] = field(default_factory=Counter)
    entities: Dict[str, CounterT[str]] = field(default_factory=dict)
    unsure: CounterT[str] = field(default_factory=Counter)

    def add(self, fate: str, projection: Projection, unsure: AbstractSet[str] = frozenset()) -> None:
        """Count a sentence and its entities.

        fate (str): "kept", or why the sentence is left out.
        projection (Projection): how its entities were found, and which were not.
        unsure (AbstractSet[str]): ids of the entities whose scores are too low, which are counted once more if found.
        """
        self.sentences[fate] += 1
        for span, how in zip(projection.spans, projection.found, strict=True):
            self.entities.setdefault(span.label_, Counter())[how] += 1
            if span.id_ in unsure:
                self.unsure[span.label_] += 1
        for ent in projection.missing:
            self.entities.setdefault(ent.label_, Counter())["missing"] += 1
        for span in projection.no_names:
            self.entities.setdefault(span.label_, Counter())["not capitalized"] += 1

    def rate(self, label: str = "") -> float:
        """Tell how many entities were found.

        label (str): a type, or "" for all.
        RETURNS (float): the share in [0, 1] of the source's entities that are not missing; 1 if there is none.
        """
        counts = [self.entities.get(label, Counter())] if label else list(self.entities.values())
        total = sum(count.total() - count["repeated"] for count in counts)
        return 1.0 - sum(count["missing"] for count in counts) / total if total else 1.0

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): all counts and rates, for a JSON file."""
        types = {
            label: {**dict(sorted(counts.items())), "rate": round(self.rate(label), 4)}
            for label, counts in sorted(self.entities.items())
        }
        counts = {"sentences": dict(self.sentences), "entities": types, "rate": round(self.rate(), 4)}
        return {**counts, "unsure": dict(sorted(self.unsure.items()))} if self.unsure else counts
