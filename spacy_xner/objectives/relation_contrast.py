from typing import Dict, List, Literal, Optional, Tuple

import torch
from torch import Tensor

from ..relations import NEIGHBOUR
from ..types import Objective, Outputs, Targets
from .cells import mask_cells
from .contrast import two_sided_contrast
from .reduce import mean_terms

Positives = Literal["views", "groups", "both"]


def choose_rows(gold: Tensor, mask: Tensor) -> Tuple[Tensor, Tensor]:
    """Choose the rows of entity tokens and as many other rows, drawn at random.

    Almost all relations have the class none, so in other rows they would be false negatives of one another.

    gold (Tensor): (B, N, D) classes, -1 where unknown.
    mask (Tensor): (B, N) bool, True on tokens.
    RETURNS (Tuple[Tensor, Tensor]): (R,) the sentence and (R,) the token of each row. At least one other row is chosen
        if there is any; torch's generator draws them.
    """
    # The row of an entity token has a relation: start-end for the last token, neighbour for the others.
    inside = (gold >= NEIGHBOUR).any(dim=-1)
    entities = (mask & inside).nonzero()
    others = (mask & ~inside).nonzero()
    drawn = others[torch.randperm(len(others), device=others.device)[: max(len(entities), 1)]]
    rows = torch.cat([entities, drawn])
    return rows[:, 0], rows[:, 1]


def create_relation_contrast(
    outputs: List[str],
    relation: str,
    *,
    views: Optional[List[str]] = None,
    positives: Positives = "both",
    temperature: float = 0.1,
    weight: float = 1.0,
) -> Objective:
    """Create the relation contrast (MCL-NER eq. 6), which pulls each relation towards its counterpart.

    The other relations of its row are the negatives. The printed numerator is constant; `positives` chooses a reading.

    outputs (List[str]): the projections of the two relation views.
    relation (str): the output with the scheme "relation".
    views (Optional[List[str]]): the views of the sentences that it applies to; None: all. Within a group the first view
        is compared with each of the others.
    positives (str): what corresponds to a relation: "views", the other view of the same pair of tokens; "groups", the
        start-end relation of the same entity in another sentence of the group; "both", the mean of the two.
    temperature (float): tau.
    weight (float): factor in the sum.
    RETURNS (Objective): the objective.
    """

    def loss(out: Outputs, targets: Targets) -> Optional[Tensor]:
        cells = mask_cells(targets.mask, out[relation].shape[2])
        gold = targets.gold[relation]
        terms = []
        if positives != "groups":
            chosen = targets.mask if views is None else targets.mask & _of_views(targets, views)[:, None]
            rows = choose_rows(gold, chosen)
            first, second = (out[name][rows] for name in outputs)
            terms.append(contrast_views(first, second, cells[rows], temperature=temperature))
        if positives != "views":
            pairs = pair_relations(targets, gold, views)
            terms.append(
                mean_terms(
                    contrast_entities(out[name], pairs, cells, temperature=temperature) for name in outputs
                )
            )
        return mean_terms(terms)

    return Objective(loss, [*outputs, relation], weight)


def contrast_views(
    first: Tensor, second: Tensor, cells: Tensor, *, temperature: float = 0.1
) -> Optional[Tensor]:
    """Compute eq. 6 between the two relation views of the same token pairs.

    first, second (Tensor): (R, D, k) projections of the same rows.
    cells (Tensor): (R, D) bool, the relations that exist.
    temperature (float): tau.
    RETURNS (Optional[Tensor]): a scalar in nats, None if there is no relation.
    """
    same = torch.diag_embed(cells)
    return two_sided_contrast(first, second, same, (cells, cells), temperature=temperature)


# A start-end relation: sentence, last token, cell.
Cell = Tuple[int, int, int]


def pair_relations(
    targets: Targets, gold: Tensor, views: Optional[List[str]] = None
) -> List[Tuple[Cell, Cell]]:
    """Find the start-end relations of the same entity in two sentences of a group.

    targets (Targets): the targets of the batch, of which entities and views are read.
    gold (Tensor): (B, N, D) classes of the relations.
    views (Optional[List[str]]): the view of the first sentence, then the views of the second; None: any two sentences.
    RETURNS (List[Tuple[Cell, Cell]]): the relations.
    """
    by_entity: Dict[int, List[Cell]] = {}
    cells = (gold > NEIGHBOUR).nonzero()
    ids = targets.entities[cells[:, 0], cells[:, 1]].tolist()
    for (sentence, last, cell), entity in zip(cells.tolist(), ids, strict=True):
        if entity:
            by_entity.setdefault(entity, []).append((sentence, last, cell))
    return [
        (first, second)
        for found in by_entity.values()
        for first in found
        for second in found
        if (
            first[0] < second[0]
            if views is None
            else targets.views[first[0]] == views[0] and targets.views[second[0]] in views[1:]
        )
    ]


def contrast_entities(
    projections: Tensor, pairs: List[Tuple[Cell, Cell]], cells: Tensor, *, temperature: float = 0.1
) -> Optional[Tensor]:
    """Compute eq. 6 between the start-end relations of the same entity in two sentences.

    projections (Tensor): (B, N, D, k).
    pairs (List[Tuple[Cell, Cell]]): the relations, see `pair_relations`.
    cells (Tensor): (B, N, D) bool, the relations that exist.
    temperature (float): tau.
    RETURNS (Optional[Tensor]): a scalar in nats, None if there are no such relations.
    """
    if not pairs:
        return None
    left, right = (torch.tensor(side, device=cells.device) for side in zip(*pairs, strict=True))
    positives = torch.zeros(len(pairs), *([cells.shape[2]] * 2), dtype=torch.bool, device=cells.device)
    positives[torch.arange(len(pairs)), left[:, 2], right[:, 2]] = True
    rows = [(side[:, 0], side[:, 1]) for side in (left, right)]
    return two_sided_contrast(
        projections[rows[0]],
        projections[rows[1]],
        positives,
        (cells[rows[0]], cells[rows[1]]),
        temperature=temperature,
    )


def _of_views(targets: Targets, views: List[str]) -> Tensor:
    return torch.tensor([view in views for view in targets.views], device=targets.mask.device)
