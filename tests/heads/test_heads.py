from math import exp, log, sqrt

import pytest
import torch

from spacy_xner.heads.boundary import BoundaryScorer
from spacy_xner.heads.interaction import CoAttention, SubtaskInteraction, attend_labels
from spacy_xner.heads.representation import TokenRepresentation
from spacy_xner.heads.token_classifier import TokenClassifier


def set_weights(module, **weights):
    """Set all weights of a module; "__" stands for the dot. Missing or unknown ones are an error."""
    tensors = {name.replace("__", "."): torch.tensor(value) for name, value in weights.items()}
    module.load_state_dict(tensors)
    return module


def randomize(module, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


def random_tensor(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mask_of(*lengths):
    return torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]


def assert_close(found, expected):
    torch.testing.assert_close(found.detach(), torch.tensor(expected), rtol=1e-5, atol=1e-6)


def test_token_classifier():
    head = set_weights(
        TokenClassifier(2, 3),
        linear__weight=[[1.0, 2.0], [0.0, -1.0], [3.0, 0.0]],
        linear__bias=[0.5, 0.0, -1.0],
    )
    # (2, -1): 2 - 2 + 0.5; 1; 6 - 1. (0, 0): the bias alone.
    (logits,) = head([torch.tensor([[[2.0, -1.0], [0.0, 0.0]]])], mask_of(2))
    assert_close(logits, [[[0.5, 1.0, 5.0], [0.5, 0.0, -1.0]]])


def test_token_representation_is_the_input():
    head = TokenRepresentation()
    X = random_tensor(2, 3, 4)
    (found,) = head([X], mask_of(3, 2))
    assert found is X
    assert not list(head.parameters())


@pytest.mark.parametrize("scaled", [False, True])
def test_boundary_scorer(scaled):
    head = set_weights(
        BoundaryScorer(2, scaled),
        query__weight=[[1.0, 0.0], [0.0, 2.0]],
        query__bias=[0.0, 1.0],
        key__weight=[[0.0, 1.0], [1.0, 0.0]],
        key__bias=[1.0, 0.0],
        token__weight=[[1.0, -1.0]],
    )
    # h0 = (1, 2): q = (1, 5), k = (3, 1), w.h = -1. h1 = (3, 1): q = (3, 3), k = (2, 3), w.h = 2.
    (scores,) = head([torch.tensor([[[1.0, 2.0], [3.0, 1.0]]])], mask_of(2))
    # S00 = 3 + 5 - 2, S01 = 2 + 15 + 1, S10 = 9 + 3 + 1, S11 = 6 + 9 + 4; the row is the start. Scaled, the products
    # are divided by the root of the width, 2.
    products = torch.tensor([[[8.0, 17.0], [12.0, 15.0]]]) / (sqrt(2) if scaled else 1)
    assert_close(scores, (products + torch.tensor([[-2.0, 1.0], [1.0, 4.0]])).tolist())


@pytest.mark.parametrize(
    "H,W,expected",
    [
        # scores 0 and log 3, probabilities 1/4 and 3/4
        ([0.0, log(3)], [[1.0, 0.0], [0.0, 1.0]], [0.25, log(3) + 0.75]),
        # all scores 0: the mean of three label vectors
        ([0.0, 0.0], [[2.0, 0.0], [0.0, 2.0], [0.0, 1.0]], [2 / 3, 1.0]),
        # no label vectors but zeros: the token itself
        ([5.0, -7.0], [[0.0, 0.0], [0.0, 0.0]], [5.0, -7.0]),
        # scores 1000 and 0: no overflow, the first label alone
        ([10.0, 0.0], [[100.0, 1.0], [0.0, 1.0]], [110.0, 1.0]),
    ],
)
def test_attend_labels(H, W, expected):
    assert_close(attend_labels(torch.tensor([[H]]), torch.tensor(W)), [[expected]])


def make_co_attention(own=(0.0, 0.0), own_bias=0.0):
    return set_weights(
        CoAttention(2, 1),
        bilinear__weight=[[1.0], [2.0]],
        own__weight=[list(own)],
        own__bias=[own_bias],
        other__weight=[[-2.0]],
    )


@pytest.mark.parametrize("own,own_bias", [((0.0, 0.0), 0.0), ((3.0, -4.0), 5.0)])
@pytest.mark.parametrize("padding", [None, 0.0, 50.0, 1e6])
def test_co_attention(own, own_bias, padding):
    # g = (1, 1): r_j = (1 + 2 - 2) g~_j, so e^r = 1 and 3, alpha = 1/4 and 3/4.
    # g = (0, 0): r_j = -2 g~_j, so e^r = 1 and 1/9, alpha = 0.9 and 0.1.
    # What v says of g_i, and b, are the same for all j: softmax cancels them.
    other = [[0.0], [log(3)]] + ([] if padding is None else [[padding]])
    G = [[1.0, 1.0], [0.0, 0.0]] + ([] if padding is None else [[padding, padding]])
    mask = torch.tensor([[True, True] + ([] if padding is None else [False])])
    z = make_co_attention(own, own_bias)(torch.tensor([G]), torch.tensor([other]), mask)
    assert z.shape == (1, len(G), 1)
    assert_close(z[:, :2], [[[0.75 * log(3)], [0.1 * log(3)]]])
    assert torch.isfinite(z).all()


def test_co_attention_begins_evenly():
    """U, v and b are zero: each token gets the mean of the others, however long their vectors; padding is none."""
    head = CoAttention(2, 1)
    assert {name: weights.abs().max().item() for name, weights in head.named_parameters()} == dict.fromkeys(
        ("bilinear.weight", "own.weight", "own.bias", "other.weight"), 0.0
    )
    G = torch.tensor([[[100.0, 0.0], [0.0, -100.0], [7.0, 7.0]]])
    other = torch.tensor([[[300.0], [-60.0], [9.0]]])
    # (300 - 60) / 2 for the two tokens of a sentence of two.
    assert_close(head(G, other, mask_of(2, 3)[:1])[:, :2], [[[120.0], [120.0]]])


def test_co_attention_without_any_token_is_finite():
    G = torch.tensor([[[1.0, 1.0]], [[2.0, 0.0]]], requires_grad=True)
    z = make_co_attention()(G, torch.tensor([[[3.0]], [[4.0]]]), torch.tensor([[True], [False]]))
    z.sum().backward()
    assert torch.isfinite(z).all()
    assert torch.isfinite(G.grad).all()


def make_interaction():
    return set_weights(
        SubtaskInteraction((1, 1), (2, 2)),
        first_labels__weight=[[1.0], [3.0]],
        second_labels__weight=[[1.0], [0.0]],
        first_attention__bilinear__weight=[[0.0]],
        first_attention__own__weight=[[1.0]],
        first_attention__own__bias=[2.0],
        first_attention__other__weight=[[0.0]],
        second_attention__bilinear__weight=[[0.0]],
        second_attention__own__weight=[[1.0]],
        second_attention__own__bias=[2.0],
        second_attention__other__weight=[[1.0]],
        first_classifier__weight=[[1.0], [0.0]],
        first_classifier__bias=[0.0, 100.0],
        first_attended__weight=[[10.0], [1.0]],
        second_classifier__weight=[[2.0], [1.0]],
        second_classifier__bias=[0.0, 0.0],
        second_attended__weight=[[10.0], [0.0]],
    )


def test_subtask_interaction():
    # First: h = 0: scores 0, 0, g = (1 + 3) / 2 = 2. h = log(3)/2: scores differ by log 3, p = 1/4 and 3/4,
    # g = log(3)/2 + 1/4 + 9/4. Second: h = log 2: p = 2/3 and 1/3, g = log 2 + 2/3. h = 0: g = 1/2.
    first = torch.tensor([[[0.0], [log(3) / 2]], [[0.0], [999.0]]])
    second = torch.tensor([[[log(2)], [0.0]], [[log(2)], [999.0]]])
    a, b = 2.0, log(3) / 2 + 2.5
    c, d = log(2) + 2 / 3, 0.5
    span, type_ = make_interaction()([first, second], mask_of(2, 1))
    # The first attends evenly (U = 0, v~ = 0), the second by its neighbour's value (v~ = 1).
    even = (c + d) / 2
    tilted = (a * exp(a) + b * exp(b)) / (exp(a) + exp(b))
    assert_close(span[0], [[a + 10 * even, even + 100], [b + 10 * even, even + 100]])
    assert_close(type_[0], [[2 * c + 10 * tilted, c], [2 * d + 10 * tilted, d]])
    # The second sentence has one token: it attends to that alone.
    assert_close(span[1, 0], [a + 10 * c, c + 100])
    assert_close(type_[1, 0], [2 * c + 10 * a, c])


def test_subtask_interaction_against_loops():
    """Equations 12 to 15 written out, with sub-tasks of different widths and sizes."""
    head = randomize(SubtaskInteraction((2, 3), (3, 4)).double())
    X = [random_tensor(2, 4, 2, seed=1), random_tensor(2, 4, 3, seed=2)]
    lengths = [4, 3]
    found = head(X, mask_of(*lengths))
    w = dict(head.named_parameters())

    def labels(h, name):
        W = w[f"{name}_labels.weight"]
        probabilities = torch.softmax(torch.stack([h @ row for row in W]), dim=0)
        return h + sum(p * row for p, row in zip(probabilities, W, strict=True))

    for sentence, n in enumerate(lengths):
        g = {
            name: [labels(h, name) for h in x[sentence, :n]]
            for name, x in zip(["first", "second"], X, strict=True)
        }
        for (name, peer), logits in zip([("first", "second"), ("second", "first")], found, strict=True):
            U = w[f"{name}_attention.bilinear.weight"]
            v = torch.cat([w[f"{name}_attention.own.weight"][0], w[f"{name}_attention.other.weight"][0]])
            b = w[f"{name}_attention.own.bias"][0]
            for i in range(n):
                own = g[name][i]
                r = torch.stack([own @ U @ other + v @ torch.cat([own, other]) + b for other in g[peer]])
                context = sum(p * other for p, other in zip(torch.softmax(r, dim=0), g[peer], strict=True))
                V = torch.cat([w[f"{name}_classifier.weight"], w[f"{name}_attended.weight"]], dim=1)
                expected = V @ torch.cat([own, context]) + w[f"{name}_classifier.bias"]
                torch.testing.assert_close(logits[sentence, i], expected)


def test_subtask_interaction_starts_as_classifiers_of_label_aware_tokens():
    """Nothing is attended to at first, whatever the vectors are."""
    head = SubtaskInteraction((2, 3), (3, 4))
    X = [random_tensor(2, 4, 2, seed=1).float() * 30, random_tensor(2, 4, 3, seed=2).float() * 30]
    found = head(X, mask_of(4, 3))
    for x, name, logits in zip(X, ("first", "second"), found, strict=True):
        labels, classifier = getattr(head, f"{name}_labels"), getattr(head, f"{name}_classifier")
        torch.testing.assert_close(logits, classifier(attend_labels(x, labels.weight)))
    # And what is attended to can be learnt from there.
    sum(logits.sum() for logits in found).backward()
    assert head.first_attended.weight.grad.abs().sum() > 0


def test_subtask_interaction_off_is_two_plain_classifiers():
    head = set_weights(
        SubtaskInteraction((1, 2), (2, 3), interaction=False),
        first_classifier__weight=[[1.0], [-2.0]],
        first_classifier__bias=[0.5, 0.0],
        second_classifier__weight=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        second_classifier__bias=[0.0, 0.0, -1.0],
    )
    span, type_ = head([torch.tensor([[[3.0]]]), torch.tensor([[[2.0, 5.0]]])], mask_of(1))
    assert_close(span, [[[3.5, -6.0]]])  # 3 + 0.5; -6
    assert_close(type_, [[[2.0, 5.0, 6.0]]])  # 2; 5; 2 + 5 - 1


HEADS = {
    "classifier": (lambda: TokenClassifier(2, 3), 1),
    "representation": (lambda: TokenRepresentation(), 1),
    "boundary": (lambda: BoundaryScorer(2), 1),
    "interaction": (lambda: SubtaskInteraction((2, 2), (3, 2)), 2),
    "plain": (lambda: SubtaskInteraction((2, 2), (3, 2), interaction=False), 2),
}


@pytest.mark.parametrize("name", HEADS)
def test_gradients(name):
    build, n_inputs = HEADS[name]
    head = randomize(build().double())
    X = [random_tensor(2, 3, 2, seed=i).requires_grad_() for i in range(n_inputs)]
    mask = mask_of(3, 2)
    assert torch.autograd.gradcheck(lambda *inputs: tuple(head(inputs, mask)), X)


@pytest.mark.parametrize("name", HEADS)
def test_padding_changes_nothing(name):
    """What stands in the padding, and how much there is, is not seen at the tokens, nor has it a gradient."""
    build, n_inputs = HEADS[name]
    head = randomize(build().double())
    alone = [random_tensor(1, 3, 2, seed=i) for i in range(n_inputs)]
    batch = [random_tensor(2, 5, 2, seed=10 + i) * 100 for i in range(n_inputs)]
    for X, values in zip(batch, alone, strict=True):
        X[1, :3] = values[0]
        X.requires_grad_()
    for expected, found in zip(head(alone, mask_of(3)), head(batch, mask_of(5, 3)), strict=True):
        part = found[1, :3, :3] if name == "boundary" else found[1, :3]
        torch.testing.assert_close(part, expected[0])
        gradients = torch.autograd.grad(part.sum(), batch, retain_graph=True, allow_unused=True)
        for gradient in gradients:
            assert gradient is None or not gradient[1, 3:].any()
            assert gradient is None or not gradient[0].any()
