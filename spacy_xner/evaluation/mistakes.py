"""The mistakes of a prediction: gold and predicted entities in pairs, with the kind of each error."""

from collections import Counter
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.tokens import Span
from spacy.training import Example

# In the order of reports: correct, wrong type, wrong span, both wrong, gold without prediction, prediction without
# gold.
KINDS = ("right", "type", "span", "both", "missed", "spurious")


class Pair(NamedTuple):
    """A gold entity, the predicted entity for it, and how they differ. One of the two may be missing."""

    gold: Optional[Span]
    found: Optional[Span]
    kind: str


def pair_entities(example: Example) -> List[Pair]:
    """Pair gold entities with predicted ones.

    A gold entity is paired with the predicted entity of the same span, else with an overlapping one, preferably of the
    same type. No entity is in two pairs.

    example (Example): a prediction with its gold. Both have the same text, but may have different tokens.
    RETURNS (List[Pair]): all entities, in the order of the text. Kinds: "right"; "type" (same span, other type); "span"
        (overlapping, same type); "both" (overlapping, other type); "missed"; "spurious".
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
    """Count the pairs of each kind.

    pairs (Iterable[Pair]): the pairs from `pair_entities`.
    RETURNS (Dict[str, int]): the number of pairs for each of `KINDS`, including zeros.
    """
    counts = Counter(pair.kind for pair in pairs)
    return {kind: counts[kind] for kind in KINDS}


def count_confusions(pairs: Iterable[Pair], labels: Sequence[str]) -> List[List[int]]:
    """Compute the confusion matrix of types. Pairs with different spans count as well.

    pairs (Iterable[Pair]): the pairs from `pair_entities`.
    labels (Sequence[str]): all n types of the pairs, in the order of rows and columns.
    RETURNS (List[List[int]]): (n + 1, n + 1) counts of gold types (rows) and predicted types (columns). The last row
        and column are for entities without a partner.
    """
    index = {label: i for i, label in enumerate(labels)}
    counts = [[0] * (len(labels) + 1) for _ in range(len(labels) + 1)]
    for pair in pairs:
        row, column = (len(labels) if span is None else index[span.label_] for span in pair[:2])
        counts[row][column] += 1
    return counts


def count_lengths(pairs: Iterable[Pair], longest: int = 4) -> Dict[str, Tuple[int, int]]:
    """Count how many gold entities were found, by their number of tokens.

    pairs (Iterable[Pair]): the pairs from `pair_entities`.
    longest (int): longer entities are counted together with those of this length.
    RETURNS (Dict[str, Tuple[int, int]]): for each number of tokens, with a "+" after the largest, how many gold
        entities were found correctly, and how many there are.
    """
    return _count_found(
        (f"{longest}+" if len(pair.gold) >= longest else str(len(pair.gold)), pair)
        for pair in pairs
        if pair.gold is not None
    )


def count_unseen(pairs: Iterable[Pair], seen: Set[str]) -> Dict[str, Tuple[int, int]]:
    """Count how many gold entities were found, by whether their names occur in the training data.

    pairs (Iterable[Pair]): the pairs from `pair_entities`.
    seen (Set[str]): the names of the training data, in lower case.
    RETURNS (Dict[str, Tuple[int, int]]): for "seen" and "unseen" names, how many gold entities were found correctly,
        and how many there are.
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
