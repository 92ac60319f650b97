"""Values and gradients of every objective, worked out by hand. Logits are logarithms of probabilities, so
softmax gives those back, and thirds and quarters can be followed on paper.
"""

from math import exp, log, sqrt

import pytest
import torch
from tensors import TAU, assert_close, bools, gradient, logits_of, make_targets

from spacy_xner.objectives.boundary_consistency import boundary_consistency, create_boundary_consistency
from spacy_xner.objectives.bridging import bridging_contrast, create_bridging_contrast
from spacy_xner.objectives.co_matching import (
    adaptive_threshold,
    create_high_confidence,
    create_low_confidence,
    high_confidence,
    low_confidence,
)
from spacy_xner.objectives.cross_entropy import create_cross_entropy, cross_entropy
from spacy_xner.objectives.distillation import create_distillation, kl_divergence
from spacy_xner.objectives.groups import pair_views
from spacy_xner.objectives.reduce import masked_mean
from spacy_xner.types import SoftLabels


@pytest.mark.parametrize(
    "mask,expected",
    [([[1, 1], [1, 1]], 2.5), ([[1, 0], [0, 1]], 2.5), ([[0, 1], [0, 0]], 2.0), ([[0, 0], [0, 0]], None)],
)
def test_masked_mean(mask, expected):
    found = masked_mean(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), bools(*mask))
    assert (found if found is None else float(found)) == expected


def test_masked_mean_ignores_what_is_masked():
    values = torch.tensor([[1.0, float("nan")], [float("inf"), 4.0]], requires_grad=True)
    found = masked_mean(values, bools([1, 0], [0, 1]))
    assert float(found.detach()) == 2.5
    assert gradient(found, values).tolist() == [[0.5, 0.0], [0.0, 0.5]]


# Cross-entropy


def test_cross_entropy():
    # -log 3/4, -log 1/2, and a token without annotation: the mean of two
    logits = logits_of([[[1 / 4, 3 / 4], [1 / 2, 1 / 2], [1 / 8, 7 / 8]]])
    loss = cross_entropy(logits, torch.tensor([[1, 0, -1]]))
    assert_close(loss, (log(4 / 3) + log(2)) / 2)
    # (p - y) / 2: (1/4, 3/4 - 1) / 2 and (1/2 - 1, 1/2) / 2
    assert_close(gradient(loss, logits), [[[1 / 8, -1 / 8], [-1 / 4, 1 / 4], [0, 0]]])


def test_cross_entropy_is_a_mean_over_tokens_not_sentences():
    # log 4, log 4 | log 2, padding: 5 log 2 / 3, where a mean over sentences would be 3 log 2 / 2
    logits = logits_of([[[1 / 4, 3 / 4], [1 / 4, 3 / 4]], [[1 / 2, 1 / 2], [1 / 2, 1 / 2]]])
    assert_close(cross_entropy(logits, torch.tensor([[0, 0], [0, -1]])), 5 * log(2) / 3)


def test_cross_entropy_of_missing_annotation():
    assert cross_entropy(logits_of([[[1 / 2, 1 / 2]]]), torch.tensor([[-1]])) is None


def test_cross_entropy_of_extreme_logits():
    logits = torch.tensor([[[200.0, 0.0]]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([[1]]))
    assert float(loss.detach()) == 200.0
    assert gradient(loss, logits).tolist() == [[[1.0, -1.0]]]


def test_create_cross_entropy():
    objective = create_cross_entropy("tag", weight=0.5)
    assert (list(objective.outputs), objective.weight, objective.soft) == (["tag"], 0.5, {})
    outputs = {"tag": logits_of([[[1 / 4, 3 / 4]]]), "other": logits_of([[[1 / 2, 1 / 2]]])}
    gold = {"tag": torch.tensor([[0]]), "other": torch.tensor([[1]])}
    # The weight is the component's business.
    assert_close(objective.loss(outputs, make_targets(bools([1]), gold=gold)), log(4))
    gold["tag"] = torch.tensor([[-1]])
    assert objective.loss(outputs, make_targets(bools([1]), gold=gold)) is None


# Distillation

P = [1 / 4, 3 / 4]
TEACHER = [1 / 2, 1 / 2]


@pytest.mark.parametrize(
    "direction,value,slope",
    [
        # 1/4 log 1/2 + 3/4 log 3/2 = 3/4 log 3 - log 2. dz_k = p_k (log(p_k / t_k) - KL): for two classes
        # p_0 p_1 (log(p_0 / t_0) - log(p_1 / t_1)) = 3/16 (log 1/2 - log 3/2)
        ("student-teacher", 3 / 4 * log(3) - log(2), -3 / 16 * log(3)),
        # 1/2 log 2 + 1/2 log 2/3. dz = p - t
        ("teacher-student", log(4 / 3) / 2, -1 / 4),
    ],
)
def test_kl_divergence(direction, value, slope):
    logits = logits_of([[P, P, P], [TEACHER, P, P]])
    teacher = logits_of([[TEACHER, P, TEACHER], [TEACHER, TEACHER, TEACHER]]).detach()
    # Two tokens that differ, two that agree, two that don't count: 2 KL / 4
    loss = kl_divergence(logits, teacher, bools([1, 1, 1], [1, 0, 0]), direction)
    assert_close(loss, 2 * value / 4)
    differs, same = [slope / 4, -slope / 4], [0.0, 0.0]
    assert_close(gradient(loss, logits), [[differs, same, differs], [same, same, same]])


@pytest.mark.parametrize("direction", ["student-teacher", "teacher-student"])
def test_kl_divergence_of_three_classes(direction):
    """Against torch's own, which takes the second distribution first, and the analytic gradient."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    teacher = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64).log_softmax(-1)
    mask = bools([1, 1, 1], [1, 0, 0])
    logp = logits.log_softmax(-1)
    first, second = (logp, teacher) if direction == "student-teacher" else (teacher, logp)
    expected = torch.nn.functional.kl_div(second, first, log_target=True, reduction="none").sum(-1)
    loss = kl_divergence(logits, teacher, mask, direction)
    torch.testing.assert_close(loss, expected[mask].mean())
    p = logp.exp()
    analytic = p - teacher.exp()
    if direction == "student-teacher":
        analytic = p * (logp - teacher - expected[..., None])
    torch.testing.assert_close(gradient(loss, logits), analytic * mask[..., None] / 4)


@pytest.mark.parametrize("direction", ["student-teacher", "teacher-student"])
def test_kl_divergence_of_nothing(direction):
    assert kl_divergence(logits_of([[P]]), logits_of([[TEACHER]]), bools([0]), direction) is None


def test_kl_divergence_of_a_floored_teacher_is_finite():
    # p = (1/2, 1/2) against (1 - 1e-6, 1e-6): 1/2 log(1/2) + 1/2 log(1/2) - 1/2 log(1 - 1e-6) - 1/2 log 1e-6
    teacher = torch.tensor([[[1 - 1e-6, 1e-6]]], dtype=torch.float64).log()
    loss = kl_divergence(logits_of([[TEACHER]]), teacher, bools([1]), "student-teacher")
    assert_close(loss, log(1 / 2) - log(1 - 1e-6) / 2 + 3 * log(10))
    # A student that is surer than float32 can tell
    logits = torch.tensor([[[300.0, 0.0]]], requires_grad=True)
    for direction in ("student-teacher", "teacher-student"):
        loss = kl_divergence(logits, teacher.float(), bools([1]), direction)
        assert torch.isfinite(loss)
        assert torch.isfinite(gradient(loss, logits)).all()


def soft(probabilities, *mask):
    return SoftLabels(logits_of(probabilities).detach(), bools(*mask))


def test_distillation_sums_teachers():
    objective = create_distillation("tag", ["a", "b"], direction="teacher-student", weight=2.0)
    assert (list(objective.outputs), objective.soft, objective.weight) == (
        ["tag"],
        {"a": "tag", "b": "tag"},
        2.0,
    )
    logits = logits_of([[P, P]])
    # Teacher a is stored for both tokens, (KL + 0) / 2; teacher b for the second only, KL. KL = log(4/3) / 2.
    stored = {"a": soft([[TEACHER, P]], [1, 1]), "b": soft([[TEACHER, TEACHER]], [0, 1])}
    loss = objective.loss({"tag": logits}, make_targets(bools([1, 1]), soft=stored))
    assert_close(loss, 3 / 4 * log(4 / 3))
    # p - t = (-1/4, 1/4): halved at the first token, whole at the second
    assert_close(gradient(loss, logits), [[[-1 / 8, 1 / 8], [-1 / 4, 1 / 4]]])


def test_distillation_where_nothing_is_stored():
    objective = create_distillation("tag", ["a", "b"])
    some, none = soft([[TEACHER, P]], [1, 1]), soft([[TEACHER, TEACHER]], [0, 0])
    outputs = {"tag": logits_of([[P, P]])}
    # By default KL(p || t), over the two tokens of the one teacher
    loss = objective.loss(outputs, make_targets(bools([1, 1]), soft={"a": some, "b": none}))
    assert_close(loss, (3 / 4 * log(3) - log(2)) / 2)
    assert objective.loss(outputs, make_targets(bools([1, 1]), soft={"a": none, "b": none})) is None


@pytest.mark.parametrize(
    "on,expected", [("labelled", 0.0), ("unlabelled", log(4 / 3) / 2), ("all", log(4 / 3) / 4)]
)
def test_where_distillation_falls(on, expected):
    # KL is log(4/3) / 2 at the second token, which is not labelled.
    objective = create_distillation("tag", ["a"], direction="teacher-student", on=on)
    stored = {"a": soft([[P, TEACHER]], [1, 1])}
    targets = make_targets(bools([1, 1]), labelled=bools([1, 0]), soft=stored)
    assert_close(objective.loss({"tag": logits_of([[P, P]])}, targets), expected)


# Co-matching


@pytest.mark.parametrize(
    "factor,expected",
    # 0.5, 0.7, 0.9: mean 0.7, population's variance (0.04 + 0 + 0.04) / 3
    [(0.0, 0.7), (1.0, 0.7 - sqrt(0.08 / 3)), (2.0, 0.7 - 2 * sqrt(0.08 / 3)), (-1.0, 0.7 + sqrt(0.08 / 3))],
)
def test_adaptive_threshold(factor, expected):
    confidence = torch.tensor([[0.5, 0.7], [0.9, 0.1]], dtype=torch.float64)
    assert_close(adaptive_threshold(confidence, bools([1, 1], [1, 0]), factor), expected)


def test_adaptive_threshold_of_one_token_is_its_confidence():
    assert float(adaptive_threshold(torch.tensor([[0.5, 0.7]]), bools([1, 0]), 2.0)) == 0.5


# The peer says class 0 with 0.9 and class 1 with 0.6 (mean 0.75, standard deviation 0.15); the third token
# does not count, neither in the mean nor in the threshold.
STUDENT = [[[1 / 4, 3 / 4], [1 / 2, 1 / 2], [1 / 8, 7 / 8]]]
PEER = [[[0.9, 0.1], [0.4, 0.6], [0.999, 0.001]]]
COUNTED = bools([1, 1, 0])


@pytest.mark.parametrize(
    "threshold,factor,accepted",
    [
        (0.0, 2.0, (1, 1)),
        (0.5, 2.0, (1, 1)),
        (0.8, 2.0, (1, 0)),
        (0.95, 2.0, (0, 0)),
        (None, 0.0, (1, 0)),  # 0.75
        (None, 0.9, (1, 0)),  # 0.615
        (None, 1.1, (1, 1)),  # 0.585
        (None, 2.0, (1, 1)),  # 0.45
        (None, -1.1, (0, 0)),  # 0.915
    ],
)
def test_high_confidence(threshold, factor, accepted):
    student, peer = logits_of(STUDENT), logits_of(PEER)
    loss = high_confidence(student, peer, COUNTED, threshold, factor)
    # -log 1/4 at the first token, -log 1/2 at the second; a token that is not accepted counts as 0
    assert_close(loss, (accepted[0] * log(4) + accepted[1] * log(2)) / 2)
    # (p - onehot) / 2: (1/4 - 1, 3/4) / 2 and (1/2, 1/2 - 1) / 2
    first, second = [accepted[0] * x for x in (-3 / 8, 3 / 8)], [accepted[1] * x for x in (1 / 4, -1 / 4)]
    assert_close(gradient(loss, student), [[first, second, [0, 0]]])
    assert torch.autograd.grad(loss, peer, allow_unused=True) == (None,)


# Confidences 0.5 and 0.8 (mean 0.65, standard deviation 0.15)
UNSURE = [[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.01, 0.01, 0.98]]]


@pytest.mark.parametrize(
    "threshold,factor,rejected",
    [
        (0.0, 2.0, (0, 0)),
        (0.6, 2.0, (1, 0)),
        (0.9, 2.0, (1, 1)),
        (None, 0.0, (1, 0)),  # 0.65
        (None, 2.0, (0, 0)),  # 0.35
        (None, 0.9, (1, 0)),  # 0.515
        (None, 1.1, (0, 0)),  # 0.485
        (None, -1.1, (1, 1)),  # 0.815
    ],
)
def test_low_confidence(threshold, factor, rejected):
    logits = logits_of(UNSURE)
    loss = low_confidence(logits, COUNTED, threshold, factor)
    # -log(1 - 0.5) and -log(1 - 0.8)
    assert_close(loss, (rejected[0] * log(2) + rejected[1] * log(5)) / 2)
    # -log(1 - p_b) has the gradient p_b at b, and -p_j p_b / (1 - p_b) at the others:
    # (0.5, -0.3, -0.2), and 0.8 with twice -0.1 * 0.8 / 0.2
    first = [rejected[0] * x / 2 for x in (0.5, -0.3, -0.2)]
    second = [rejected[1] * x / 2 for x in (-0.4, -0.4, 0.8)]
    assert_close(gradient(loss, logits), [[first, second, [0, 0, 0]]])


@pytest.mark.parametrize("z", [10.0, 20.0, 50.0, 100.0])
def test_low_confidence_is_exact_close_to_one(z):
    # 1 - p = 2 e^-z / (1 + 2 e^-z). In float32 p rounds to 1 from z = 18 on.
    logits = torch.tensor([[[0.0, z, 0.0]]], requires_grad=True)
    loss = low_confidence(logits, bools([1]), 2.0, 0.0)
    exact = 2 * exp(-z)
    assert_close(loss, z - log(2) + log(1 + exact))
    p = 1 / (1 + exact)
    assert_close(gradient(loss, logits), [[[-p / 2, p, -p / 2]]], rtol=1e-5)


@pytest.mark.parametrize("z", [1e4, 1e30])
def test_low_confidence_of_extreme_logits_is_finite(z):
    logits = torch.tensor([[[0.0, z], [0.0, 0.0]]], requires_grad=True)
    loss = low_confidence(logits, bools([1, 1]), None, 0.0)
    assert_close(loss, log(2) / 2)  # the first token is sure, the second has p = 1/2
    assert torch.isfinite(gradient(loss, logits)).all()


def co_matching_outputs():
    return {"a": logits_of(STUDENT), "b": logits_of(PEER)}


def test_create_high_confidence():
    objective = create_high_confidence(["a", "b"], threshold=0.7, weight=0.1)
    assert (list(objective.outputs), objective.weight) == (["a", "b"], 0.1)
    outputs = co_matching_outputs()
    # a learns from b: only 0.9 passes, -log 1/4. b learns from a: only 3/4 passes, -log 0.1. Two tokens each.
    loss = objective.loss(outputs, make_targets(COUNTED))
    assert_close(loss, (log(4) + log(10)) / 2)
    assert_close(gradient(loss, outputs["a"]), [[[-3 / 8, 3 / 8], [0, 0], [0, 0]]])
    assert_close(gradient(loss, outputs["b"]), [[[0.45, -0.45], [0, 0], [0, 0]]])


def test_create_low_confidence():
    objective = create_low_confidence(["a", "b"], threshold=0.7, weight=0.1)
    assert (list(objective.outputs), objective.weight) == (["a", "b"], 0.1)
    outputs = {
        "a": logits_of(UNSURE),
        "b": logits_of([[[0.9, 0.05, 0.05], [0.2, 0.2, 0.6], [0.4, 0.3, 0.3]]]),
    }
    # a: 0.5, -log 1/2. b: 0.6, -log 0.4. Two tokens each.
    loss = objective.loss(outputs, make_targets(COUNTED))
    assert_close(loss, (log(2) + log(2.5)) / 2)
    assert_close(gradient(loss, outputs["a"]), [[[0.25, -0.15, -0.1], [0, 0, 0], [0, 0, 0]]])
    # 0.6 at the best class, -0.2 * 0.6 / 0.4 at the others, halved
    assert_close(gradient(loss, outputs["b"]), [[[0, 0, 0], [-0.15, -0.15, 0.3], [0, 0, 0]]])


@pytest.mark.parametrize("create", [create_high_confidence, create_low_confidence])
def test_co_matching_is_for_unlabelled_tokens(create):
    objective = create(["a", "b"], threshold=None, factor=0.0)
    outputs = co_matching_outputs()
    assert objective.loss(outputs, make_targets(COUNTED, labelled=COUNTED)) is None
    assert objective.loss(outputs, make_targets(bools([0, 0, 0]))) is None
    # Of a batch with a labelled sentence, what counts is the same as without it.
    both = {name: torch.cat([value, value.flip(1)]) for name, value in outputs.items()}
    mask, labelled = bools([1, 1, 0], [1, 1, 1]), bools([0, 0, 0], [1, 1, 1])
    found = objective.loss(both, make_targets(mask, labelled=labelled))
    torch.testing.assert_close(found, objective.loss(outputs, make_targets(COUNTED)))
    assert float(found.detach()) > 0


@pytest.mark.parametrize("create", [create_high_confidence, create_low_confidence])
@pytest.mark.parametrize("setting", [{"threshold": 0.7}, {"factor": -1.1}, {}])
def test_co_matching_settings_matter(create, setting):
    """Each setting reaches the function: the objective is the sum over both students."""
    objective = create(["a", "b"], **setting)
    outputs = co_matching_outputs()
    a, b = outputs["a"], outputs["b"]
    arguments = COUNTED, setting.get("threshold"), setting.get("factor", 2.0)
    if create is create_high_confidence:
        expected = high_confidence(a, b, *arguments) + high_confidence(b, a, *arguments)
    else:
        expected = low_confidence(a, *arguments) + low_confidence(b, *arguments)
    torch.testing.assert_close(objective.loss(outputs, make_targets(COUNTED)), expected)


# Boundary consistency


def test_boundary_consistency():
    # Differences of a sentence of two tokens: 1, 2 and 3 at i <= j, 100 below the diagonal: (1 + 4 + 9) / 3.
    # A sentence of one token and padding: 2, so 4 / 1. The mean over sentences: (14/3 + 4) / 2.
    first = torch.tensor([[[1.0, 2.0], [100.0, 3.0]], [[5.0, 9.0], [9.0, 9.0]]], requires_grad=True)
    second = torch.tensor([[[0.0, 4.0], [0.0, 0.0]], [[3.0, 0.0], [0.0, 0.0]]], requires_grad=True)
    loss = boundary_consistency(first, second, bools([1, 1], [1, 0]))
    assert_close(loss, 13 / 3)
    # 2 difference / pairs / sentences: difference / 3 in the first, difference in the second
    expected = [[[1 / 3, -2 / 3], [0.0, 1.0]], [[2.0, 0.0], [0.0, 0.0]]]
    assert_close(gradient(loss, first), expected)
    torch.testing.assert_close(gradient(loss, second), -gradient(loss, first))


def test_boundary_consistency_has_its_minimum_where_students_agree():
    scores = torch.tensor([[[1.0, -2.0], [3.0, 4.0]]], requires_grad=True)
    loss = boundary_consistency(scores, scores.detach().clone(), bools([1, 1]))
    assert float(loss.detach()) == 0.0
    assert not gradient(loss, scores).any()


def test_boundary_consistency_does_not_count_empty_sentences():
    first = torch.tensor([[[3.0]], [[7.0]]])
    mask = bools([1], [0])
    assert float(boundary_consistency(first, torch.zeros(2, 1, 1), mask)) == 9.0
    assert float(boundary_consistency(first, torch.zeros(2, 1, 1), ~mask & mask)) == 0.0


@pytest.mark.parametrize("labelled", [[0, 0], [1, 1]])
def test_create_boundary_consistency(labelled):
    objective = create_boundary_consistency(["a", "b"], weight=3.0)
    assert (list(objective.outputs), objective.weight) == (["a", "b"], 3.0)
    outputs = {"a": torch.tensor([[[1.0, 2.0], [0.0, 3.0]]]), "b": torch.zeros(1, 2, 2)}
    # Labelled or not: (1 + 4 + 9) / 3
    loss = objective.loss(outputs, make_targets(bools([1, 1]), labelled=bools(labelled)))
    assert_close(loss, 14 / 3)


def test_boundary_consistency_adds_labelled_and_unlabelled_sentences():
    objective = create_boundary_consistency(["a", "b"])
    outputs = {"a": torch.tensor([[[1.0]], [[2.0]], [[4.0]]]), "b": torch.zeros(3, 1, 1)}
    targets = make_targets(bools([1], [1], [1]), labelled=bools([1], [0], [0]))
    # 1 of the labelled sentence, and the mean of 4 and 16 of the others
    assert_close(objective.loss(outputs, targets), 11.0)


# Bridging


def vectors(*rows):
    return torch.tensor([rows], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("normalizer,length", [("sentence", 2), ("entity", 1)])
def test_bridging_contrast(normalizer, length):
    left, right = vectors((2, 0), (5, 5)), vectors((1, 0), (0, 1))
    # Token 0 is of an entity, its counterpart is token 0: -log(3 / (3 + 1)), divided by m = 2 or |e~| = 1.
    # Token 1 is of none, so it doesn't count.
    loss = bridging_contrast(
        left, right, bools([[1, 0], [0, 0]])[0][None], bools([1, 1]), temperature=TAU, normalizer=normalizer
    )
    assert_close(loss, log(4 / 3) / length)
    # dL/dcos_k = (p_k - [k = 0]) / tau, and dcos/dh = (h~/|h~| - cos h/|h|) / |h|:
    # left: log 3 * 1/4 * (0, 1) / 2. right: nothing for the parallel one, log 3 * 1/4 * (1, 0) for the other.
    assert_close(gradient(loss, left) * length, [[[0, log(3) / 8], [0, 0]]])
    assert_close(gradient(loss, right) * length, [[[0, 0], [log(3) / 4, 0]]])


@pytest.mark.parametrize("normalizer,length", [("sentence", 3), ("entity", 2)])
def test_bridging_contrast_of_a_counterpart_of_two_tokens(normalizer, length):
    left, right = vectors((7, 0)), vectors((2, 0), (0, 1), (-1, 0))
    # 3, 1 and 1/3 of 13/3: probabilities 9/13, 3/13, 1/13. Positives are the first and the last.
    loss = bridging_contrast(
        left, right, bools([1, 0, 1])[None], bools([1, 1, 1]), temperature=TAU, normalizer=normalizer
    )
    assert_close(loss, (log(13 / 9) + log(13)) / length)


def test_bridging_contrast_is_a_mean_over_entity_tokens():
    # Two pairs: the first with entity tokens -log 3/4 and -log 1/4, the second with one, m = 1: -log 1 = 0.
    left = torch.cat([vectors((2, 0), (1, 0)), vectors((0, 3), (1, 1))])
    right = torch.cat([vectors((1, 0), (0, 1)), vectors((0, 1), (8, 8))])
    positives = torch.stack([bools([1, 0], [0, 1]), bools([1, 0], [0, 0])])
    mask = bools([1, 1], [1, 0])
    loss = bridging_contrast(left, right, positives, mask, temperature=TAU)
    assert_close(loss, (log(4 / 3) / 2 + log(4) / 2 + 0) / 3)
    loss = bridging_contrast(left, right, positives, mask, temperature=TAU, normalizer="entity")
    assert_close(loss, (log(4 / 3) + log(4) + 0) / 3)


def test_bridging_contrast_relates_entity_tokens_alone(monkeypatch):
    """A long sentence costs what its entities do: of 50 tokens, one in a pair and two in the other are in one."""
    shapes = []
    log_softmax = torch.log_softmax
    monkeypatch.setattr(torch, "log_softmax", lambda X, dim: shapes.append(X.shape) or log_softmax(X, dim))
    left, right = torch.randn(2, 50, 4, dtype=torch.float64), torch.randn(2, 3, 4, dtype=torch.float64)
    positives = torch.zeros(2, 50, 3, dtype=torch.bool)
    positives[0, 7, 1] = positives[1, 30, 0] = positives[1, 49, 2] = True
    mask = bools([1, 1, 1], [1, 1, 1])
    loss = bridging_contrast(left, right, positives, mask)
    alone = [
        bridging_contrast(left[[i], [j]][None], right[[i]], positives[[i], [j]][None], mask[[i]])
        for i, j in ((0, 7), (1, 30), (1, 49))
    ]
    assert shapes[0] == (2, 2, 3)
    assert_close(loss, float(sum(alone)) / 3)


@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0])
def test_bridging_contrast_by_temperature(tau):
    # cos 1 for the counterpart, cos 0 for the other: log(1 + e^(-1/tau)); divided by m = 2
    arguments = vectors((1, 0)), vectors((1, 0), (0, 1)), bools([1, 0])[None], bools([1, 1])
    assert_close(bridging_contrast(*arguments, temperature=tau), log(1 + exp(-1 / tau)) / 2)
    if tau == 0.1:
        assert_close(bridging_contrast(*arguments), log(1 + exp(-10)) / 2)


@pytest.mark.parametrize("normalizer", ["sentence", "entity"])
@pytest.mark.parametrize("padding", [(0, 0), (1, 0), (1e6, -1e6)])
def test_bridging_contrast_does_not_see_padding(normalizer, padding):
    left = vectors((2, 0.5), (1, 1))
    right = vectors((1, 0.2), (0.3, 1))
    padded = vectors((1, 0.2), (0.3, 1), padding, padding)
    positives = bools([1, 0], [0, 1])[None]
    expected = bridging_contrast(left, right, positives, bools([1, 1]), normalizer=normalizer)
    found = bridging_contrast(
        left,
        padded,
        torch.nn.functional.pad(positives, (0, 2)),
        bools([1, 1, 0, 0]),
        normalizer=normalizer,
    )
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradient(found, padded)[:, :2], gradient(expected, right))
    assert not gradient(found, padded)[:, 2:].any()
    torch.testing.assert_close(gradient(found, left), gradient(expected, left))


def test_bridging_contrast_does_not_see_lengths_of_vectors():
    positives = bools([1, 0])[None]
    one = bridging_contrast(vectors((1, 2)), vectors((2, 1), (0, 3)), positives, bools([1, 1]))
    other = bridging_contrast(vectors((10, 20)), vectors((0.2, 0.1), (0, 90)), positives, bools([1, 1]))
    torch.testing.assert_close(one, other)


def test_bridging_contrast_without_entities():
    arguments = vectors((1, 0)), vectors((1, 0)), bools([0])[None], bools([1])
    assert bridging_contrast(*arguments) is None


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("zeros", ["left", "right", "both"])
def test_bridging_contrast_of_zero_vectors(zeros, dtype):
    """White space has zero vectors: its cosine with anything is 0, so all are equally likely."""
    left = torch.tensor([[[0.0, 0.0] if zeros != "right" else [1.0, 2.0]]], dtype=dtype, requires_grad=True)
    rows = [[0.0, 0.0], [0.0, 0.0]] if zeros != "left" else [[1.0, 2.0], [3.0, -1.0]]
    right = torch.tensor([rows], dtype=dtype, requires_grad=True)
    loss = bridging_contrast(left, right, bools([1, 0])[None], bools([1, 1]), normalizer="entity")
    assert_close(loss, log(2))
    assert torch.isfinite(gradient(loss, left)).all()
    assert torch.isfinite(gradient(loss, right)).all()


@pytest.mark.parametrize(
    "groups,views,expected",
    [
        ([0, 0], ["s", "t"], ([0], [1])),
        ([0, 0], ["t", "s"], ([1], [0])),
        ([0, 0, 1, 1, 2], ["s", "t", "t", "s", "s"], ([0, 3], [1, 2])),
        # neither another group's view nor another view pairs
        ([0, 1], ["s", "t"], ([], [])),
        ([0, 0, 0], ["s", "si", "ti"], ([], [])),
        ([0, 1], ["", ""], ([], [])),
        # two copies of the left view pair with one right
        ([0, 0, 0], ["s", "s", "t"], ([0, 1], [2, 2])),
        ([], [], ([], [])),
    ],
)
def test_pair_views(groups, views, expected):
    n = len(groups)
    mask = torch.ones(n, 1, dtype=torch.bool)
    targets = make_targets(mask, groups=torch.tensor(groups, dtype=torch.long), views=views)
    assert pair_views(targets, "s", "t") == expected


# A batch of a group's renderings s and t, of another s without its t, and a sentence of no view.
# s: "x e1 e1" (entity 1), t: "e1 x" (entity 1, then padding).
BRIDGE_VIEWS = ["t", "", "s", "s"]
BRIDGE_GROUPS = [0, 1, 2, 0]
BRIDGE_IDS = [[1, 0, 0], [0, 0, 0], [1, 1, 1], [0, 1, 1]]
BRIDGE_MASK = [[1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]]


def bridge_batch(ids=BRIDGE_IDS, views=BRIDGE_VIEWS):
    noise = torch.randn(2, 4, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    noise[0, 3] = torch.tensor([[1, 1], [3, 0], [0, 2]])
    noise[1, 0] = torch.tensor([[1, 0], [0, 5], [9, 9]])
    outputs = {"left": noise[0].requires_grad_(), "right": noise[1].requires_grad_()}
    targets = make_targets(
        bools(*BRIDGE_MASK),
        groups=torch.tensor(BRIDGE_GROUPS),
        views=list(views),
        entities=torch.tensor(ids),
    )
    return outputs, targets


# From s to t: token 1 is parallel to its counterpart, -log 3/4; token 2 to the other token, -log 1/4. m = 2.
# From t to s: token 0 has the cosines 1/sqrt 2, 1, 0 with s, positives are the last two, m = 3.
FORTH = log(4 / 3) + log(4)
SUM = 3 ** (1 / sqrt(2)) + 3 + 1
BACK = log(SUM / 3) + log(SUM)


@pytest.mark.parametrize(
    "settings,expected",
    [
        ({}, FORTH / 2 / 2),
        ({"normalizer": "entity"}, FORTH / 2),
        ({"symmetric": True}, (FORTH / 2 / 2 + BACK / 3) / 2),
        ({"symmetric": True, "normalizer": "entity"}, (FORTH / 2 + BACK / 2) / 2),
    ],
)
def test_create_bridging_contrast(settings, expected):
    objective = create_bridging_contrast(
        ["left", "right"], ["s", "t"], temperature=TAU, weight=0.3, **settings
    )
    assert (list(objective.outputs), objective.weight) == (["left", "right"], 0.3)
    outputs, targets = bridge_batch()
    loss = objective.loss(outputs, targets)
    assert_close(loss, expected)
    # Each encoder learns from the sentences of its own view only, and not from padding.
    left, right = gradient(loss, outputs["left"]), gradient(loss, outputs["right"])
    assert left[3].any() and not left[:3].any()
    assert right[0, :2].any() and not right[1:].any() and not right[0, 2].any()


def test_bridging_contrast_takes_the_printed_temperature_by_default():
    outputs, targets = bridge_batch()
    # cos 1 and 0 at tau = 0.1: log(1 + e^-10) and 10 more, over m = 2 and two tokens
    loss = create_bridging_contrast(["left", "right"], ["s", "t"]).loss(outputs, targets)
    assert_close(loss, (2 * log(1 + exp(-10)) + 10) / 4)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        {"views": ["", "", "s", "s"]},  # no sentence of the second view
        {"views": ["t", "", "", ""]},  # none of the first
        {"ids": [[0, 0, 0]] * 4},  # no entities
        {"ids": [[1, 0, 0], [0, 0, 0], [1, 1, 1], [0, 2, 2]]},  # no counterpart
    ],
)
def test_bridging_contrast_where_nothing_is_aligned(change, symmetric):
    outputs, targets = bridge_batch(**change)
    objective = create_bridging_contrast(["left", "right"], ["s", "t"], symmetric=symmetric)
    assert objective.loss(outputs, targets) is None


# Gradients by finite differences, where the loss is smooth


def random_tensor(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


MASK = bools([1, 1, 1], [1, 1, 0])
SHAPE = (2, 3, 4)
LOGP = random_tensor(*SHAPE, seed=9).log_softmax(-1)
PEER_LOGITS = random_tensor(*SHAPE, seed=8)
GOLD = torch.tensor([[0, 3, 1], [2, -1, -1]])
SAME = torch.eye(3, dtype=torch.bool).expand(2, 3, 3) & MASK[:, None]
ALL = torch.ones(2, 3, 3, dtype=torch.bool) & MASK[:, None]
SMOOTH = {
    "cross_entropy": (lambda z: cross_entropy(z, GOLD), [SHAPE]),
    "student-teacher": (lambda z: kl_divergence(z, LOGP.to(z), MASK, "student-teacher"), [SHAPE]),
    "teacher-student": (lambda z: kl_divergence(z, LOGP.to(z), MASK, "teacher-student"), [SHAPE]),
    "high_confidence": (lambda z: high_confidence(z, PEER_LOGITS, MASK, 0.0, 2.0), [SHAPE]),
    "high_confidence_adaptive": (lambda z: high_confidence(z, PEER_LOGITS, MASK, None, 0.0), [SHAPE]),
    "low_confidence": (lambda z: low_confidence(z, MASK, 2.0, 2.0), [SHAPE]),
    "boundary": (lambda a, b: boundary_consistency(a, b, MASK), [(2, 3, 3), (2, 3, 3)]),
    "bridging": (lambda a, b: bridging_contrast(a, b, SAME, MASK), [SHAPE, SHAPE]),
    "bridging_entity": (
        lambda a, b: bridging_contrast(a, b, ALL, MASK, temperature=0.5, normalizer="entity"),
        [SHAPE, SHAPE],
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_by_finite_differences(name):
    function, shapes = SMOOTH[name]
    inputs = [random_tensor(*shape, seed=i).requires_grad_() for i, shape in enumerate(shapes)]
    assert float(function(*inputs).detach()) > 0
    assert torch.autograd.gradcheck(function, inputs)


@pytest.mark.parametrize("name", SMOOTH)
def test_losses_keep_the_type_of_their_input(name):
    function, shapes = SMOOTH[name]
    inputs = [random_tensor(*shape, seed=i).float() for i, shape in enumerate(shapes)]
    assert function(*inputs).dtype == torch.float32
    assert function(*inputs).shape == ()
