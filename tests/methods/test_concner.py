"""ConCNER's contrasts, worked out by hand (Fu et al. 2022, eq. 4 to 7)."""

from math import log

import pytest
import torch
from tensors import TAU, assert_close, bools, gradient, make_targets

from spacy_xner.errors import XnerError
from spacy_xner.objectives.bridging import create_bridging_contrast
from spacy_xner.objectives.label_contrast import create_label_contrast, label_contrast
from spacy_xner.objectives.semantic_contrast import create_semantic_contrast
from spacy_xner.objectives.translation_contrast import create_translation_contrast, translation_contrast

X, Y = [1.0, 0.0], [0.0, 2.0]


def vectors(*rows):
    return torch.tensor(rows, dtype=torch.float64).requires_grad_()


@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize(
    "rows,classes,expected",
    [
        # The last has no other of its class.
        ([X, X, Y], [0, 0, 1], log(4 / 3)),
        # -(log 3/4 + log 1/4) / 2 twice, and log 2 from the last
        ([X, X, Y], [0, 0, 0], (log(4 / 3) + log(4) + log(2)) / 3),
        ([X, Y], [0, 0], 0.0),
    ],
)
def test_label_contrast(rows, classes, expected, chunk):
    found = label_contrast(vectors(*rows), torch.tensor(classes), temperature=TAU, chunk=chunk)
    assert_close(found, expected)


@pytest.mark.parametrize("classes", [[], [0], [0, 1]])
def test_label_contrast_without_positives(classes):
    assert label_contrast(torch.ones(len(classes), 2), torch.tensor(classes)) is None


def test_gradient_of_label_contrast():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(9, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    classes = torch.tensor([0, 0, 0, 0, 1, 1, 2, 1, 3])
    whole = label_contrast(rows, classes)
    chunked = label_contrast(rows, classes, chunk=2)
    torch.testing.assert_close(chunked, whole)
    torch.testing.assert_close(gradient(chunked, rows), gradient(whole, rows))
    assert torch.autograd.gradcheck(lambda x: label_contrast(x, classes, chunk=4), [rows])


def test_label_contrast_of_zero_vectors():
    rows = vectors([0.0, 0.0], X, Y)
    loss = label_contrast(rows, torch.tensor([0, 0, 0]))
    assert torch.isfinite(gradient(loss, rows)).all()


def test_create_label_contrast():
    h = vectors([X, Y, X], [X, Y, Y])
    # Without annotation and padding: X, X and Y, of one class the first two.
    gold = {"tag": torch.tensor([[1, -1, 1], [-1, 0, -1]])}
    objective = create_label_contrast("tag", "h", temperature=TAU, weight=0.25)
    assert (objective.outputs, objective.weight) == (["h", "tag"], 0.25)
    loss = objective.loss({"h": h}, make_targets(bools([1, 1, 1], [1, 1, 0]), gold=gold))
    assert_close(loss, log(4 / 3))
    gold["tag"] = gold["tag"] * 0 - 1
    assert objective.loss({"h": h}, make_targets(bools([1, 1, 1], [1, 1, 0]), gold=gold)) is None


@pytest.mark.parametrize(
    "left,right,expected",
    [
        # Of the three others one is the translation: -log 3/5; the wrong way round -log 1/5.
        ([X, Y], [X, Y], log(5 / 3)),
        ([X, Y], [Y, X], log(5)),
        ([X, X], [X, X], log(3)),
    ],
)
def test_translation_contrast(left, right, expected):
    found = translation_contrast(vectors(*left), vectors(*right), torch.tensor([0, 1]), temperature=TAU)
    assert_close(found, expected)


def test_translation_contrast_of_several_translations():
    # Two translations of the first sentence: for either, and for the sentence, the other is no negative.
    left, right = vectors(X, X, Y), vectors(X, X, Y)
    found = translation_contrast(left, right, torch.tensor([0, 0, 1]), temperature=TAU)
    # X: 3 against 1 and 1; Y: 3 against four times 1.
    assert_close(found, (2 * log(5 / 3) + log(7 / 3)) / 3)


def test_translation_contrast_without_negatives():
    assert translation_contrast(vectors(X), vectors(X), torch.tensor([0])) is None
    assert translation_contrast(vectors(X, Y), vectors(X, Y), torch.tensor([0, 0])) is None
    nothing = torch.zeros(0, 2)
    assert translation_contrast(nothing, nothing, torch.zeros(0)) is None


def test_gradient_of_translation_contrast():
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda a, b: translation_contrast(a, b, torch.tensor([0, 1, 1])), (left, right)
    )


def test_create_translation_contrast():
    # The third sentence has no translation; the second row of a sentence is padding.
    h = vectors([X, Y], [Y, X], [Y, Y], [X, Y], [Y, X])
    targets = make_targets(
        bools([1, 0], [1, 0], [1, 0], [1, 0], [1, 0]),
        groups=torch.tensor([0, 1, 2, 0, 1]),
        views=["s", "s", "s", "t", "t"],
    )
    objective = create_translation_contrast("h", ["s", "t"], temperature=TAU, weight=0.25)
    assert (objective.outputs, objective.weight) == (["h"], 0.25)
    loss = objective.loss({"h": h}, targets)
    assert_close(loss, log(5 / 3))
    assert not gradient(loss, h)[2].any()
    # An empty translation is none.
    targets.mask[3] = False
    assert objective.loss({"h": h}, targets) is None
    targets.views = ["s"] * 5
    assert objective.loss({"h": h}, targets) is None


@pytest.mark.parametrize(
    "create", [create_translation_contrast, create_semantic_contrast, create_bridging_contrast]
)
@pytest.mark.parametrize("views", [["s"], ["s", "si", "t"]])
def test_contrasts_of_other_than_two_views(create, views):
    outputs = ["a", "b"] if create is create_bridging_contrast else "h"
    with pytest.raises(XnerError, match="X020.*'s'.*two"):
        create(outputs, views)


@pytest.mark.parametrize("chunk", [0, -1])
def test_label_contrast_in_no_chunks(chunk):
    with pytest.raises(XnerError, match=f"X019.*{chunk}"):
        create_label_contrast("tag", "h", chunk=chunk)
