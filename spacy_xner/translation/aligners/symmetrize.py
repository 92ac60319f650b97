"""Combining the alignments of two directions."""

from typing import Callable, Dict, Set

from ...errors import Errors, XnerError
from ..types import Alignment

_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def grow_diag(forward: Alignment, backward: Alignment) -> Alignment:
    """Start from the intersection, and add neighbouring pairs of the union with an unaligned token (Koehn et al. 2003).

    forward, backward (Alignment): pairs of source and target token, found in either direction.
    RETURNS (Alignment): the pairs.
    """
    union = forward | backward
    found = forward & backward
    sources, targets = {i for i, _ in found}, {j for _, j in found}
    queue = sorted(found)
    for i, j in queue:  # grows while it is read
        for di, dj in _NEIGHBOURS:
            pair = (i + di, j + dj)
            if pair in union and pair not in found and (pair[0] not in sources or pair[1] not in targets):
                found.add(pair)
                sources.add(pair[0])
                targets.add(pair[1])
                queue.append(pair)
    return found


def grow_diag_final_and(forward: Alignment, backward: Alignment) -> Alignment:
    """Apply `grow_diag`, then add pairs of either direction whose tokens are both unaligned (Koehn et al. 2003).

    forward, backward (Alignment): pairs of source and target token, found in either direction; forward pairs are added
        first.
    RETURNS (Alignment): the pairs.
    """
    found = grow_diag(forward, backward)
    for direction in (forward, backward):
        for i, j in sorted(direction):
            if all(i != left and j != right for left, right in found):
                found.add((i, j))
    return found


SYMMETRIZE: Dict[str, Callable[[Set, Set], Alignment]] = {
    "intersection": lambda forward, backward: forward & backward,
    "union": lambda forward, backward: forward | backward,
    "forward": lambda forward, backward: set(forward),
    "backward": lambda forward, backward: set(backward),
    "grow-diag": grow_diag,
    "grow-diag-final-and": grow_diag_final_and,
}


def get_rule(name: str) -> Callable[[Alignment, Alignment], Alignment]:
    """Look up a rule for combining two directions.

    name (str): a key of `SYMMETRIZE`.
    RETURNS (Callable[[Alignment, Alignment], Alignment]): from the forward and the backward alignment to one.
    RAISES: X306 if there is no such rule.
    """
    if name not in SYMMETRIZE:
        expected = f"one of {sorted(SYMMETRIZE)}"
        raise XnerError(Errors.X306.format(found=name, expected=expected, option="symmetrize"))
    return SYMMETRIZE[name]
