from typing import Dict, List, Sequence, Tuple

from ..errors import Errors, XnerError
from ..types import Targets


def check_pair(views: Sequence[str]) -> Tuple[str, str]:
    """Check that a setting names two views.

    views (Sequence[str]): the setting `views` of an objective.
    RETURNS (Tuple[str, str]): the view of a sentence and the view of its counterpart.
    RAISES: X020 if it does not name two.
    """
    if len(views) != 2:
        raise XnerError(Errors.X020.format(found=list(views)))
    return views[0], views[1]


def pair_views(targets: Targets, left: str, right: str) -> Tuple[List[int], List[int]]:
    """Find the pairs of sentences of one group that have the given views.

    targets (Targets): the targets of the batch, of which groups and views are read.
    left, right (str): the views. If a group has several sentences of the right view, each makes a pair.
    RETURNS (Tuple[List[int], List[int]]): the positions of the left and of the right sentences in the batch.
    """
    by_group: Dict[int, List[int]] = {}
    groups = targets.groups.tolist()
    for index, (group, view) in enumerate(zip(groups, targets.views, strict=True)):
        if view == right:
            by_group.setdefault(group, []).append(index)
    pairs = [
        (index, other)
        for index, (group, view) in enumerate(zip(groups, targets.views, strict=True))
        if view == left
        for other in by_group.get(group, ())
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
