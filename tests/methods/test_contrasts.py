"""MCL-NER's objectives, worked out by hand (Mo et al. 2024, eq. 3, 6, 7 and 10)."""

from math import log

import pytest
import torch
from tensors import TAU, assert_close, bools, gradient, logits_of, make_targets

from spacy_xner.objectives.cells import mask_cells
from spacy_xner.objectives.contrast import two_sided_contrast
from spacy_xner.objectives.cross_entropy import create_cross_entropy
from spacy_xner.objectives.relation_contrast import (
    choose_rows,
    contrast_views,
    create_relation_contrast,
    pair_relations,
)
from spacy_xner.objectives.semantic_contrast import create_semantic_contrast, semantic_contrast
from spacy_xner.objectives.squared_error import create_squared_error
from spacy_xner.types import SoftLabels

X, Y = [1.0, 0.0], [0.0, 2.0]


def vectors(*rows):
    return torch.tensor(rows, dtype=torch.float64).requires_grad_()


def noise(*shape):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)


# Eq. 3


@pytest.mark.parametrize(
    "left,right,groups,expected",
    [
        # cos 1 to the own copy, 0 to the other's: -log 3/4; the length of a vector does not matter
        ([X, Y], [X, Y], [0, 1], log(4 / 3)),
        # the wrong way round: -log 1/4
        ([X, Y], [Y, X], [0, 1], log(4)),
        ([X, Y], [X, X], [0, 1], (log(2) + log(2)) / 2),
        # the other copy of the same sentence is no negative: two candidates for each
        ([X, X, Y], [X, X, Y], [0, 0, 1], (2 * log(4 / 3) + log(5 / 3)) / 3),
    ],
)
def test_semantic_contrast(left, right, groups, expected):
    found = semantic_contrast(vectors(*left), vectors(*right), torch.tensor(groups), temperature=TAU)
    assert_close(found, expected)


@pytest.mark.parametrize("groups", [[0], [0, 0], []])
def test_semantic_contrast_without_negatives(groups):
    rows = torch.ones(len(groups), 2)
    assert semantic_contrast(rows, rows, torch.tensor(groups)) is None


def test_semantic_contrast_of_zero_vectors():
    left = vectors([0, 0], [1, 0])
    loss = semantic_contrast(left, vectors([0, 0], [1, 0]), torch.tensor([0, 1]), temperature=TAU)
    # cos with a zero vector counts as 0: -log 1/2 and -log 3/4
    assert_close(loss, (log(2) + log(4 / 3)) / 2)
    assert gradient(loss, left).abs().max() < 1e5


def make_batch(views=("s", "cs", "s", "cs", ""), groups=(0, 0, 1, 1, 2)):
    """Two sentences with their code-switched copies, the second copy of one token, and a sentence of no view."""
    out = noise(5, 2, 2)
    mask = bools([1, 1], [1, 1], [1, 1], [1, 0], [1, 1])
    values = out.detach().clone()
    values[0] = torch.tensor([[2.0, 0.0], [4.0, 0.0]])
    values[1] = torch.tensor([[1.0, 1.0], [1.0, -1.0]])  # the mean is (1, 0)
    values[2] = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    values[3] = torch.tensor([[0.0, 3.0], [9.0, 9.0]])  # the second is padding
    outputs = {"h": values.requires_grad_()}
    return outputs, make_targets(mask, groups=torch.tensor(groups), views=list(views))


@pytest.mark.parametrize("symmetric", [False, True])
def test_create_semantic_contrast(symmetric):
    objective = create_semantic_contrast("h", ["s", "cs"], temperature=TAU, symmetric=symmetric, weight=0.1)
    assert (list(objective.outputs), objective.weight) == (["h"], 0.1)
    outputs, targets = make_batch()
    loss = objective.loss(outputs, targets)
    assert_close(loss, log(4 / 3))
    grad = gradient(loss, outputs["h"])
    assert grad[:4].any(dim=-1).sum() == 7 and not grad[3, 1].any() and not grad[4].any()


@pytest.mark.parametrize(
    "views", [["s", "", "s", "", ""], ["", "cs", "", "cs", ""], ["s", "cs", "s", "", ""]]
)
def test_semantic_contrast_of_views_that_are_not_there(views):
    outputs, targets = make_batch(views=views)
    assert create_semantic_contrast("h", ["s", "cs"]).loss(outputs, targets) is None


# Eq. 6

ALL = bools([1, 1])


def test_contrast_of_views():
    first, second = vectors([X, Y]), vectors([X, Y])
    # For each relation: the other view of the pair (3), and two relations of the other pair (1 and 1).
    loss = contrast_views(first, second, ALL, temperature=TAU)
    assert_close(loss, log(5 / 3))
    # Where a pair does not exist, it is neither positive nor negative: only the counterpart is left.
    loss = contrast_views(first, second, bools([1, 0]), temperature=TAU)
    assert_close(loss, 0.0)
    assert contrast_views(first, second, bools([0, 0])) is None


def test_two_sided_contrast():
    first, second = vectors([X, Y]), vectors([X, Y])
    positives = torch.tensor([[[False, True], [False, False]]])
    # First relation of the first row, second of the second: cos 0 among 1, 3 and 1, in both directions.
    assert_close(two_sided_contrast(first, second, positives, (ALL, ALL), temperature=TAU), log(5))
    # Without the first relation of the second row, which was the 3, and the other way without the second of the first.
    loss = two_sided_contrast(first, second, positives, (bools([1, 0]), bools([0, 1])), temperature=TAU)
    assert_close(loss, 0.0)


def test_relation_contrast_of_zero_vectors():
    first = vectors([[0, 0], [0, 1]])
    loss = contrast_views(first, vectors([X, [0, 0]]), ALL, temperature=TAU)
    assert torch.isfinite(loss) and gradient(loss, first).abs().max() < 1e5


def test_gradients():
    args = noise(2, 3, 4), noise(2, 3, 4)
    cells = bools([1, 1, 1], [1, 1, 0])
    assert torch.autograd.gradcheck(lambda a, b: contrast_views(a, b, cells), args)
    groups = torch.tensor([0, 1, 1])
    args = noise(3, 4), noise(3, 4)
    assert torch.autograd.gradcheck(lambda a, b: semantic_contrast(a, b, groups), args)


def test_rows():
    """All rows with a relation, and as many of the rest; at least one of these."""
    gold = torch.tensor([[[0, 2], [0, 0], [1, 0], [0, 3]], [[0, 0], [0, 0], [0, 0], [-1, -1]]])
    mask = bools([1, 1, 1, 1], [1, 1, 1, 0])
    sentences, tokens = choose_rows(gold, mask)
    rows = list(zip(sentences.tolist(), tokens.tolist(), strict=True))
    assert rows[:3] == [(0, 0), (0, 2), (0, 3)]
    assert len(set(rows)) == 6 and set(rows[3:]) <= {(0, 1), (1, 0), (1, 1), (1, 2)}
    sentences, _ = choose_rows(gold[1:], mask[1:])
    assert len(sentences) == 1


@pytest.mark.parametrize("n", [0, 1, 4])
def test_cells(n):
    found = mask_cells(torch.arange(4)[None, :] < n, 3)[0]
    # The next token, itself, the one before.
    expected = [[i + 1 < n and i < n, i < n, 0 < i < n] for i in range(4)]
    assert found.tolist() == expected


def relation_batch():
    """s: an entity of two tokens and one of one; cs: the same, the first with one token; two sentences of no view."""
    gold = torch.full((4, 3, 3), 0)
    gold[0, 0, 0], gold[0, 1, 2], gold[0, 2, 1] = 1, 2, 3
    gold[1, 0, 1], gold[1, 2, 1] = 2, 3
    gold[2, 1, 1] = 2
    entities = torch.tensor([[1, 1, 2], [1, 0, 2], [0, 5, 0], [0, 0, 0]])
    targets = make_targets(
        torch.ones(4, 3, dtype=torch.bool),
        gold={"r": gold},
        groups=torch.tensor([0, 0, 1, 2]),
        views=["s", "cs", "", ""],
        entities=entities,
    )
    outputs = {"a": noise(4, 3, 3, 2), "b": noise(4, 3, 3, 2) * 1.5, "r": noise(4, 3, 3, 4)}
    return outputs, targets


def test_pairs_of_entities():
    _, targets = relation_batch()
    expected = [((0, 1, 2), (1, 0, 1)), ((0, 2, 1), (1, 2, 1))]
    assert pair_relations(targets, targets.gold["r"], ["s", "cs"]) == expected
    assert pair_relations(targets, targets.gold["r"]) == expected
    assert pair_relations(targets, targets.gold["r"], ["s", "t"]) == []


@pytest.mark.parametrize("views,reached", [(["s", "cs"], {0, 1}), ([""], {2, 3}), (None, {0, 1, 2, 3})])
def test_where_relation_contrast_falls(views, reached):
    outputs, targets = relation_batch()
    objective = create_relation_contrast(["a", "b"], "r", views=views, weight=0.1)
    assert (list(objective.outputs), objective.weight) == (["a", "b", "r"], 0.1)
    loss = objective.loss(outputs, targets)
    for name in ("a", "b"):
        assert set(gradient(loss, outputs[name]).flatten(1).any(dim=1).nonzero()[:, 0].tolist()) <= reached
    assert gradient(loss, outputs["a"]).any()


def test_readings_of_relation_contrast():
    outputs, targets = relation_batch()

    def loss(positives):
        torch.manual_seed(0)
        return create_relation_contrast(["a", "b"], "r", views=["s", "cs"], positives=positives).loss(
            outputs, targets
        )

    assert_close(loss("both"), float((loss("views") + loss("groups")).detach() / 2))
    grad = gradient(loss("groups"), outputs["a"])
    # The rows of the last tokens of the entities.
    assert grad.any(dim=-1).any(dim=-1).nonzero().tolist() == [[0, 1], [0, 2], [1, 0], [1, 2]]


def test_relation_contrast_of_a_group_with_one_view():
    outputs, targets = relation_batch()
    targets.views = ["s", "", "", ""]
    objective = create_relation_contrast(["a", "b"], "r", views=["s", "cs"], positives="groups")
    assert objective.loss(outputs, targets) is None


# Eq. 7 and 10


def test_cross_entropy_of_relations():
    # Two tokens, cells for the next token and for itself; the last token has no next.
    logits = logits_of([[[[1 / 4, 3 / 4], [1 / 2, 1 / 2]], [[1 / 8, 7 / 8], [1 / 4, 3 / 4]]]])
    gold = {"r": torch.tensor([[[1, 0], [-1, 1]]])}
    loss = create_cross_entropy("r").loss({"r": logits}, make_targets(bools([1, 1]), gold=gold))
    assert_close(loss, (log(4 / 3) + log(2) + log(4 / 3)) / 3)
    # (p - y) / 3
    expected = [[[[1 / 12, -1 / 12], [-1 / 6, 1 / 6]], [[0, 0], [1 / 12, -1 / 12]]]]
    assert_close(gradient(loss, logits), expected)


def test_squared_error():
    logits = logits_of([[[[1 / 4, 3 / 4], [1 / 2, 1 / 2]], [[1 / 8, 7 / 8], [1, 1]]]])
    teacher = torch.full((1, 2, 2, 2), 0.5, dtype=torch.float64).log()
    # The last token has no next.
    mask = bools([[1, 1], [0, 1]])
    objective = create_squared_error("r", "teacher", weight=0.5)
    assert (list(objective.outputs), objective.soft, objective.weight) == (["r"], {"teacher": "r"}, 0.5)
    targets = make_targets(bools([1, 1]), soft={"teacher": SoftLabels(teacher, mask)})
    # 2 (1/4)^2, 0 and 0.
    loss = objective.loss({"r": logits}, targets)
    assert_close(loss, 1 / 24)
    assert not gradient(loss, logits)[0, 1, 0].any()
    nothing = make_targets(bools([1, 1]), soft={"teacher": SoftLabels(teacher, mask & False)})
    assert objective.loss({"r": logits}, nothing) is None


def test_squared_error_of_tokens():
    logits = logits_of([[[1 / 4, 3 / 4], [1 / 2, 1 / 2]]])
    teacher = torch.full((1, 2, 2), 0.5, dtype=torch.float64).log()
    targets = make_targets(bools([1, 1]), soft={"t": SoftLabels(teacher, bools([1, 1]))})
    assert_close(create_squared_error("r", "t").loss({"r": logits}, targets), 1 / 16)
