"""What is wrong with a prediction: each entity of gold and prediction, paired, with the kind of its error."""

from collections import Counter
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.tokens import Span
from spacy.training import Example

# In the order in which they are told: right ones, errors of the type, of the span, of both, gold without prediction,
# prediction without gold.
KINDS = ("right", "type", "span", "both", "missed", "spurious")


class Pair(NamedTuple):
    """A gold entity, the found one that stands for it, and how they differ; one of them may be missing."""

    gold: Optional[Span]
    found: Optional[Span]
    kind: str


def pair_entities(example: Example) -> List[Pair]:
    """Pair each gold entity with the found one of the same span, else with one that overlaps it, of the same type if
    there is one. No entity is in two pairs.

    example (Example): a prediction with its gold. They have the same text, their tokens may differ.
    RETURNS (List[Pair]): all entities, in the order of the text. Kinds: "right"; "type" (same span, other type); "span"
        (they overlap, same type); "both" (they overlap, other type); "missed"; "spurious".
    """
    golds, founds = list(example.reference.ents), list(example.predicted.ents)
    pairs: List[Pair] = []
    for kind in KINDS[:4]:
        for gold in list(golds):
            found = next((found for found in founds if _compare(gold, found) == kind), None)
            if found is not None:
                pairs.append(Pair(gold, found, kind))
                golds.remove(gold)
                founds.remove(found)
    pairs += [Pair(gold, None, "missed") for gold in golds] + [
        Pair(None, found, "spurious") for found in founds
    ]
    return sorted(pairs, key=lambda pair: min(span.start_char for span in pair[:2] if span is not None))


def count_kinds(pairs: Iterable[Pair]) -> Dict[str, int]:
    """Count the kinds of mistakes.

    pairs (Iterable[Pair]): entities of gold and prediction, see `pair_entities`.
    RETURNS (Dict[str, int]): how many pairs of each of `KINDS` there are, 0 included.
    """
    counts = Counter(pair.kind for pair in pairs)
    return {kind: counts[kind] for kind in KINDS}


def count_confusions(pairs: Iterable[Pair], labels: Sequence[str]) -> List[List[int]]:
    """Count gold types against found ones. Pairs whose spans overlap count whether these are the same or not.

    pairs (Iterable[Pair]): entities of gold and prediction, see `pair_entities`.
    labels (Sequence[str]): all n types of the pairs, in the order of rows and columns.
    RETURNS (List[List[int]]): (n + 1, n + 1) counts of gold types (rows) and found types (columns), the last of both
        for entities without a partner.
    """
    index = {label: i for i, label in enumerate(labels)}
    counts = [[0] * (len(labels) + 1) for _ in range(len(labels) + 1)]
    for pair in pairs:
        row, column = (len(labels) if span is None else index[span.label_] for span in pair[:2])
        counts[row][column] += 1
    return counts


def count_lengths(pairs: Iterable[Pair], longest: int = 4) -> Dict[str, Tuple[int, int]]:
    """Count what was found of gold entities by their number of tokens.

    pairs (Iterable[Pair]): entities of gold and prediction, see `pair_entities`.
    longest (int): number of tokens from which on all lengths are one.
    RETURNS (Dict[str, Tuple[int, int]]): by the number of a gold entity's tokens, with a "+" for the longest and all
        above, how many were found right, and how many there are.
    """
    return _count_found(
        (f"{longest}+" if len(pair.gold) >= longest else str(len(pair.gold)), pair)
        for pair in pairs
        if pair.gold is not None
    )


def count_unseen(pairs: Iterable[Pair], seen: Set[str]) -> Dict[str, Tuple[int, int]]:
    """Count what was found of gold entities by whether their names were seen in training.

    pairs (Iterable[Pair]): entities of gold and prediction, see `pair_entities`.
    seen (Set[str]): the names of the training data, in lower case.
    RETURNS (Dict[str, Tuple[int, int]]): of gold entities whose name is "seen" and of the "unseen" others, how many
        were found right, and how many there are.
    """
    return _count_found(
        ("seen" if pair.gold.text.lower() in seen else "unseen", pair)
        for pair in pairs
        if pair.gold is not None
    )


def _count_found(pairs: Iterable[Tuple[str, Pair]]) -> Dict[str, Tuple[int, int]]:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for key, pair in pairs:
        total[key] += 1
        right[key] += pair.kind == "right"
    return {key: (right[key], total[key]) for key in sorted(total)}


def _compare(gold: Span, found: Span) -> str:
    if (gold.start_char, gold.end_char) == (found.start_char, found.end_char):
        return "right" if gold.label_ == found.label_ else "type"
    if gold.start_char < found.end_char and found.start_char < gold.end_char:
        return "span" if gold.label_ == found.label_ else "both"
    return ""
