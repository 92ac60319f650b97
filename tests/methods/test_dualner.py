"""DualNER's transformations, objectives and decoder, worked out by hand (Zeng et al. 2022, eq. 5 to 9)."""

import random
from math import log

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensors import assert_close, bools, gradient, logits_of, make_targets

from spacy_xner.decoding.boundaries import create_boundary_decoder
from spacy_xner.errors import XnerError
from spacy_xner.objectives.dual_teaching import create_dual_teaching
from spacy_xner.objectives.entity_regularization import (
    create_entity_regularization,
    entity_regularization,
)
from spacy_xner.objectives.transformations import (
    create_extract_span,
    create_sequential,
    extract_span,
    find_disputed,
    sequential,
)
from spacy_xner.schemes import match_boundaries
from spacy_xner.types import Entity, SoftLabels

LABELS = ["LOC", "PER"]
# Classes of "bio": O 0, B-LOC 1, I-LOC 2, B-PER 3, I-PER 4; of "start" and "end": O 0, LOC 1, PER 2.
VALID = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=8)


def tags_of(entities):
    """(type or 0, length) in turn, as "bio" classes."""
    return numpy.array(
        [c for kind, n in entities for c in ([2 * kind - 1] + [2 * kind] * (n - 1) if kind else [0] * n)],
        "int64",
    )


@pytest.mark.parametrize(
    "starts,ends,expected",
    [
        ([2, 0, 0], [0, 2, 0], [(0, 2, 2)]),
        ([2, 1], [2, 1], [(0, 1, 2), (1, 2, 1)]),
        ([2, 0, 0], [0, 2, 2], [(0, 2, 2)]),
        ([0, 0], [1, 2], []),
        ([1, 2], [0, 0], []),
        ([2, 0], [0, 1], []),
        # An end of another type in between does not matter, another start does.
        ([2, 0, 0], [0, 1, 2], [(0, 3, 2)]),
        ([2, 1, 0], [0, 0, 2], []),
        ([2, 1, 0, 0], [0, 0, 2, 1], [(1, 4, 1)]),
        ([], [], []),
    ],
)
def test_match_boundaries(starts, ends, expected):
    assert match_boundaries(starts, ends) == expected


@pytest.mark.parametrize(
    "labels,starts,ends",
    [
        ([3, 4, 0], [2, 0, 0], [0, 2, 0]),
        ([3, 3, 2], [2, 2, 1], [2, 2, 1]),
        # Leniently: an I that continues nothing of its type opens an entity.
        ([4, 4, 0, 2], [2, 0, 0, 1], [0, 2, 0, 1]),
        ([], [], []),
    ],
)
def test_extract_span(labels, starts, ends):
    found = extract_span([numpy.array(labels, dtype="int64")])
    assert [tags.tolist() for tags in found] == [starts, ends]


@settings(max_examples=1000)
@given(VALID)
def test_transformations_round_trip(entities):
    labels = tags_of(entities)
    assert sequential(extract_span([labels]))[0].tolist() == labels.tolist()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=12))
def test_any_boundaries_give_valid_labels(boundaries):
    starts, ends = (
        (numpy.array(side, dtype="int64") for side in zip(*boundaries, strict=True))
        if boundaries
        else (numpy.zeros(0, "int64"),) * 2
    )
    labels = sequential([starts, ends])[0].tolist()
    assert all(
        c == 0 or c % 2 or before in (c, c - 1) for before, c in zip([0, *labels], labels, strict=False)
    )
    # What vanished stays away.
    again = sequential(extract_span([numpy.array(labels, dtype="int64")]))[0]
    assert again.tolist() == labels


def soft(classes, n_classes, mask=None):
    chosen = torch.tensor(classes)
    logp = torch.nn.functional.one_hot(chosen, n_classes).double() * 5
    return SoftLabels(
        torch.log_softmax(logp, dim=-1), torch.ones_like(chosen).bool() if mask is None else mask
    )


def uniform(*shape):
    return torch.zeros(*shape, dtype=torch.float64, requires_grad=True)


OUTPUTS = {"labels": (1, 3, 5), "start": (1, 3, 3), "end": (1, 3, 3)}
TAUGHT = {"labels": soft([[3, 4, 0]], 5), "start": soft([[0, 0, 1]], 3), "end": soft([[0, 0, 1]], 3)}


@pytest.mark.parametrize("on,chosen", [("all", [0, 1, 2]), ("labelled", [0]), ("unlabelled", [1, 2])])
def test_dual_teaching(on, chosen):
    objective = create_dual_teaching("labels", "start", "end", on=on, weight=0.5)
    assert (objective.outputs, objective.weight) == (["labels", "start", "end"], 0.5)
    assert objective.soft == {"labels": "labels", "start": "start", "end": "end"}
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    targets = make_targets(bools([1, 1, 1]), labelled=bools([1, 0, 0]), soft=TAUGHT)
    loss = objective.loss(outputs, targets)
    assert_close(loss, log(5) + 2 * log(3))
    # The labels come from the boundaries, O O B-LOC; the boundaries from the labels, PER from 0 to 1.
    expected = {"labels": [0, 0, 1], "start": [2, 0, 0], "end": [0, 2, 0]}
    for name, classes in expected.items():
        found = gradient(loss, outputs[name])[0]
        for i in range(3):
            probability = 1 / OUTPUTS[name][-1]
            row = [
                (probability - (c == classes[i])) / len(chosen) if i in chosen else 0.0
                for c in range(OUTPUTS[name][-1])
            ]
            assert_close(found[i], row)


def test_dual_teaching_where_nothing_is_stored():
    objective = create_dual_teaching("labels", "start", "end", teachers=["a", "b", "c"], on="unlabelled")
    assert objective.soft == {"a": "labels", "b": "start", "c": "end"}
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    taught = dict(zip("abc", TAUGHT.values(), strict=True))
    assert (
        objective.loss(outputs, make_targets(bools([1, 1, 1]), labelled=bools([1, 1, 1]), soft=taught))
        is None
    )
    nothing = {name: SoftLabels(found.logp, found.mask & False) for name, found in taught.items()}
    assert objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=nothing)) is None
    # The boundaries alone are stored, for the first two tokens: an entity that ends behind them is none.
    part = {
        **nothing,
        "b": soft([[1, 2, 0]], 3, bools([1, 1, 0])),
        "c": soft([[1, 0, 2]], 3, bools([1, 1, 0])),
    }
    loss = objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=part))
    assert_close(loss, log(5))
    assert_close(gradient(loss, outputs["labels"])[0, 0], [0.1, -0.4, 0.1, 0.1, 0.1])
    assert_close(gradient(loss, outputs["labels"])[0, 1], [-0.4, 0.1, 0.1, 0.1, 0.1])


@pytest.mark.parametrize("least,expected", [(0.97, log(5) + 2 * log(3)), (0.98, log(5)), (0.99, None)])
def test_dual_teaching_where_the_teacher_is_sure(least, expected):
    # The labels have e^5 / (e^5 + 4) = 0.974 everywhere, start and end e^5 / (e^5 + 2) = 0.987.
    objective = create_dual_teaching("labels", "start", "end", threshold=least, outside=least)
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    loss = objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=TAUGHT))
    if expected is None:
        assert loss is None
    else:
        assert_close(loss, expected)


@pytest.mark.parametrize(
    "settings,labels,boundaries",
    [({"threshold": 0.99}, [1, 1, 0], [0, 0, 1]), ({"outside": 0.99}, [0, 0, 1], [1, 1, 0])],
)
def test_entities_and_the_outside_have_thresholds_of_their_own(settings, labels, boundaries):
    objective = create_dual_teaching("labels", "start", "end", **settings)
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    loss = objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=TAUGHT))
    for name, where in (("labels", labels), ("start", boundaries), ("end", boundaries)):
        assert gradient(loss, outputs[name])[0].any(dim=-1).tolist() == bools(where)[0].tolist()


def tag_boundaries(starts, ends, **settings):
    tags = [numpy.array(side, "int64") for side in (starts, ends)]
    return sequential(tags, **settings)[0].tolist()


@pytest.mark.parametrize(
    "starts, ends, expected",
    [
        # PER without an end: its token and those up to the next start, LOC at 3.
        ([0, 2, 0, 1, 0], [0, 0, 0, 1, 0], [0, -1, -1, 1, 0]),
        # ... or to the end of the sentence
        ([0, 2, 0, 0], [0, 0, 0, 0], [0, -1, -1, -1]),
        # An end without a start: its token and those back to the entity before.
        ([2, 0, 0, 0, 0], [2, 0, 0, 1, 0], [3, -1, -1, -1, 0]),
        ([0, 0, 0], [0, 1, 0], [-1, -1, 0]),
        # A start and an end of different types: all between, and what is around stays outside.
        ([0, 2, 0, 0, 0], [0, 0, 0, 1, 0], [0, -1, -1, -1, 0]),
        # An end of another type inside of an entity does not matter.
        ([2, 0, 0, 0], [0, 1, 2, 0], [3, 4, 4, 0]),
        # Two starts: the first has no end before the second.
        ([2, 1, 0, 0], [0, 0, 1, 0], [-1, 1, 2, 0]),
        # Both on one token, of different types
        ([0, 2, 0], [0, 1, 0], [-1, -1, -1]),
        ([2, 0, 1], [0, 2, 1], [3, 4, 1]),
        ([0, 0], [0, 0], [0, 0]),
        ([], [], []),
    ],
)
def test_boundaries_without_partner_give_no_label(starts, ends, expected):
    assert tag_boundaries(starts, ends, unmatched="missing") == expected
    # By default they are outside.
    assert tag_boundaries(starts, ends) == [max(c, 0) for c in expected]
    assert create_sequential("missing")([numpy.array(starts), numpy.array(ends)])[0].tolist() == expected


@pytest.mark.parametrize(
    "labels, other, expected",
    [
        # O 0, B-LOC 1, I-LOC 2, B-PER 3, I-PER 4
        ([3, 4, 0], [3, 4, 0], [0, 0, 0]),
        # Another type, another end, one side alone: the tokens of both.
        ([3, 0, 0], [1, 0, 0], [1, 0, 0]),
        ([3, 0, 0], [3, 4, 0], [1, 1, 0]),
        ([0, 0, 1], [0, 0, 0], [0, 0, 1]),
        # One agreed entity beside a disputed one; two where the other has one.
        ([3, 0, 1, 0], [3, 0, 1, 2], [0, 0, 1, 1]),
        ([3, 3], [3, 4], [1, 1]),
        # Leniently: an I opens an entity.
        ([4, 4, 0], [3, 4, 0], [0, 0, 0]),
        # Without a class on either side
        ([0, -1, 3], [0, 0, 3], [0, 1, 0]),
        ([0, 0, 3], [-1, 0, 3], [1, 0, 0]),
        ([], [], []),
    ],
)
def test_find_disputed(labels, other, expected):
    found = find_disputed(numpy.array(labels, "int64"), numpy.array(other, "int64"))
    assert found.tolist() == [bool(value) for value in expected]


def test_dual_teaching_of_entities_that_both_paradigms_have():
    # Tags: PER at 0 to 1, LOC at 3. Boundaries: PER at 0 to 1, LOC at 3 to 4. The last is disputed, 2 is O in both.
    taught = {
        "labels": soft([[3, 4, 0, 1, 0]], 5),
        "start": soft([[2, 0, 0, 1, 0]], 3),
        "end": soft([[0, 2, 0, 0, 1]], 3),
    }
    outputs = {name: uniform(1, 5, shape[-1]) for name, shape in OUTPUTS.items()}
    targets = make_targets(bools([1, 1, 1, 1, 1]), soft=taught)
    loss = create_dual_teaching("labels", "start", "end", agreed=True).loss(outputs, targets)
    assert_close(loss, log(5) + 2 * log(3))
    expected = {"labels": [3, 4, 0], "start": [2, 0, 0], "end": [0, 2, 0]}
    for name, classes in expected.items():
        found = gradient(loss, outputs[name])[0]
        n_classes = OUTPUTS[name][-1]
        for i, c in enumerate(classes):
            assert_close(found[i], [(1 / n_classes - (k == c)) / 3 for k in range(n_classes)])
        assert not found[3:].any()
    # Without it each paradigm learns all of the other.
    loss = create_dual_teaching("labels", "start", "end").loss(outputs, targets)
    assert all(gradient(loss, output)[0].any(dim=-1).all() for output in outputs.values())
    # Where one of the two is not stored, nothing is agreed.
    taught["labels"] = soft([[3, 4, 0, 1, 0]], 5, bools([0, 0, 0, 0, 0]))
    agreed = create_dual_teaching("labels", "start", "end", agreed=True)
    assert agreed.loss(outputs, make_targets(bools([1, 1, 1, 1, 1]), soft=taught)) is None


def test_dual_teaching_where_a_start_has_no_end():
    # PER starts at 0 and ends nowhere, LOC at 2: the first two tokens have no tag to learn.
    taught = {
        "labels": soft([[0, 0, 0]], 5),
        "start": soft([[2, 0, 1]], 3),
        "end": soft([[0, 0, 1]], 3),
    }
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    objective = create_dual_teaching("labels", "start", "end", to_labels=create_sequential("missing"))
    loss = objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=taught))
    assert_close(gradient(loss, outputs["labels"])[0], [[0] * 5, [0] * 5, [0.2, -0.8, 0.2, 0.2, 0.2]])


def test_dual_teaching_takes_any_transformation():
    def nothing(tags):
        return [numpy.zeros_like(tags[0])] * (3 - len(tags))

    objective = create_dual_teaching("labels", "start", "end", to_labels=nothing, to_boundaries=nothing)
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    loss = objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=TAUGHT))
    assert all(gradient(loss, output)[..., 0].max() < 0 for output in outputs.values())
    assert (create_sequential(), create_extract_span()) == (sequential, extract_span)


def vectors(*rows):
    return torch.tensor(rows, dtype=torch.float64, requires_grad=True)


def test_entity_regularization():
    # One type with one pair at distance 2, in both orders; 4 over two components, over two types.
    r = vectors([0.0, 0.0], [2.0, 0.0], [5.0, 5.0])
    loss = entity_regularization(r, torch.tensor([1, 1, 2]), 2)
    assert_close(loss, 1.0)
    assert_close(gradient(loss, r), [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    "languages,expected",
    # (4 + 16 + 4) / 3 over all pairs; 16 and 4 across languages; none at all
    [(None, 8.0), ([0, 0, 1], 10.0), ([0, 1, 2], 8.0), ([1, 1, 1], None)],
)
def test_entity_regularization_across_languages(languages, expected):
    found = entity_regularization(
        vectors([0.0], [2.0], [4.0]), torch.ones(3), 1, None if languages is None else torch.tensor(languages)
    )
    assert found is None if expected is None else assert_close(found, expected) is None


@pytest.mark.parametrize(
    "normalize, expected",
    [
        # r = [3, 4], [4, 3] and [-8, 6]; cosines of the pairs 24/25, 0 and -7/25.
        # Squared distances 2, 125 and 153, over two components.
        ("none", 280 / 6),
        # 2 - 2 cos: 2/25, 2 and 64/25
        ("cosine", (2 / 25 + 2 + 64 / 25) / 3),
        # [-1, 1], [1, -1] and [-1, 1] after the mean is subtracted: squared distances 8, 0 and 8, over two components
        ("layer_norm", 8 / 3),
    ],
)
def test_entity_regularization_of_scaled_vectors(normalize, expected):
    r = vectors([3.0, 4.0], [4.0, 3.0], [-8.0, 6.0])
    found = entity_regularization(r, torch.ones(3), 1, normalize=normalize)
    assert_close(found, expected, rtol=1e-4)  # a layer norm adds 1e-5 to the variance
    if normalize != "none":  # the length of a vector does not matter
        assert_close(
            entity_regularization(10 * r, torch.ones(3), 1, normalize=normalize), expected, rtol=1e-4
        )


def test_gradient_of_a_cosine_is_across_the_vector():
    # 2 - 2 cos, in both orders one mean: the gradient on [1, 0] beside [0, 1] is [0, -2], and 1/10 of it on [10, 0].
    for length in (1.0, 10.0):
        r = vectors([length, 0.0], [0.0, 1.0])
        loss = entity_regularization(r, torch.ones(2), 1, normalize="cosine")
        assert_close(loss, 2.0)
        assert_close(gradient(loss, r)[0], [0.0, -2.0 / length])
    # A vector without length has a bounded gradient.
    r = vectors([0.0, 0.0], [0.0, 1.0])
    assert gradient(entity_regularization(r, torch.ones(2), 1, normalize="cosine"), r).isfinite().all()


@pytest.mark.parametrize(
    "languages, expected",
    # Equation 9 as printed: both orders of each pair, 2 (4 + 16 + 4), over three entities; across languages 2 (16 + 4).
    [(None, 16.0), ([0, 0, 1], 40 / 3)],
)
def test_entity_regularization_as_printed(languages, expected):
    languages = None if languages is None else torch.tensor(languages)
    r = vectors([0.0], [2.0], [4.0])
    assert_close(entity_regularization(r, torch.ones(3), 1, languages, reduction="sum"), expected)


def test_the_printed_sum_is_larger_by_components_and_pairs():
    # k (M - 1) times: 5 components, 7 entities
    r = torch.randn(7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean, total = (entity_regularization(r, torch.ones(7), 3, reduction=how) for how in ("mean", "sum"))
    assert_close(total, float(mean) * 5 * 6)


def test_entity_regularization_of_few_entities():
    assert entity_regularization(vectors([1.0], [2.0]), torch.tensor([1, 2]), 2) is None


def test_entity_regularization_is_the_mean_over_pairs():
    generator = torch.Generator().manual_seed(0)
    r = torch.randn(12, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    types = torch.tensor([1, 2] * 6)
    languages = torch.tensor([0, 0, 1, 1, 2, 2] * 2)
    for across in (False, True):
        total = 0.0
        for kind in (1, 2):
            pairs = [
                ((r[m] - r[q]) ** 2).mean()
                for m in range(12)
                for q in range(12)
                if m != q and types[m] == types[q] == kind and not (across and languages[m] == languages[q])
            ]
            total = total + torch.stack(pairs).mean() / 2
        found = entity_regularization(r, types, 2, languages if across else None)
        assert_close(found, float(total.detach()))
        torch.testing.assert_close(gradient(found, r), gradient(total, r))
    assert torch.autograd.gradcheck(lambda x: entity_regularization(x, types, 2, languages), [r])


def test_create_entity_regularization():
    # PER at tokens 0 to 1 of the first sentence, PER at token 0 of the second; what padding says does not count.
    start = logits_of([[[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]], [[0.1, 0.1, 0.8], [0.1, 0.1, 0.8]]])
    end = logits_of([[[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], [[0.1, 0.1, 0.8], [0.1, 0.1, 0.8]]])
    h = vectors([[1.0], [3.0]], [[2.0], [9.0]])
    outputs = {"h": h, "start": start, "end": end}
    objective = create_entity_regularization("h", "start", "end", weight=0.5)
    assert (objective.outputs, objective.weight) == (["h", "start", "end"], 0.5)
    targets = make_targets(bools([1, 1], [1, 0]), languages=["en", "de"])
    # [1, 3] and [2, 2]: 2 over two components, over two types
    loss = objective.loss(outputs, targets)
    assert_close(loss, 0.5)
    assert_close(gradient(loss, h), [[[-0.5], [0.5]], [[0.0], [0.0]]])
    across = create_entity_regularization("h", "start", "end", different_languages=True)
    assert_close(across.loss(outputs, targets), 0.5)
    # As printed: 2 times 2 over two entities, over two types
    printed = create_entity_regularization("h", "start", "end", reduction="sum")
    assert_close(printed.loss(outputs, targets), 1.0)
    # cos([1, 3], [2, 2]) = 8 / sqrt(80), over two types
    cosine = create_entity_regularization("h", "start", "end", normalize="cosine")
    assert_close(cosine.loss(outputs, targets), 1 - 8 / 80**0.5)
    targets.languages = ["en", "en"]
    assert across.loss(outputs, targets) is None
    nothing = {**outputs, "start": torch.zeros(2, 2, 3)}
    assert objective.loss(nothing, targets) is None


def test_boundary_decoder():
    start = numpy.log([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.3, 0.6, 0.1]])
    end = numpy.log([[0.8, 0.1, 0.1], [0.1, 0.3, 0.6], [0.5, 0.4, 0.1]])
    labels = numpy.log([[0.6, 0.1, 0.1, 0.1, 0.1], [0.1, 0.6, 0.1, 0.1, 0.1], [0.1, 0.1, 0.6, 0.1, 0.1]])
    logits = {"start": start, "end": end, "labels": labels}
    decoder = create_boundary_decoder("start", "end", labels="labels")
    assert list(decoder.outputs) == ["start", "end"]
    (entity,) = decoder.decode(logits, LABELS)
    assert entity[:3] == (0, 2, "PER")
    assert entity.score == pytest.approx(0.7)
    decoder = create_boundary_decoder("start", "end", labels="labels", read="labels")
    assert list(decoder.outputs) == ["labels"]
    assert decoder.decode(logits, LABELS) == [Entity(1, 3, "LOC", pytest.approx(0.6))]
    with pytest.raises(XnerError, match="X016"):
        create_boundary_decoder("start", "end", read="labels")
    empty = {name: values[:0] for name, values in logits.items()}
    assert create_boundary_decoder("start", "end").decode(empty, LABELS) == []


def test_boundary_decoder_gives_no_overlaps():
    rng = random.Random(0)
    for _ in range(50):
        logits = {
            name: numpy.array([[rng.gauss(0, 1) for _ in range(3)] for _ in range(9)]) for name in ("s", "e")
        }
        found = create_boundary_decoder("s", "e").decode(logits, LABELS)
        assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
        assert all(0 < entity.score <= 1 for entity in found)


def test_teachers_and_transformations_of_another_number():
    with pytest.raises(XnerError, match="X017.*1 teachers"):
        create_dual_teaching("labels", "start", "end", teachers=["a"])
    objective = create_dual_teaching("labels", "start", "end", to_labels=lambda tags: list(tags))
    outputs = {name: uniform(*shape) for name, shape in OUTPUTS.items()}
    with pytest.raises(XnerError, match="X018.*2 arrays where 1"):
        objective.loss(outputs, make_targets(bools([1, 1, 1]), soft=TAUGHT))


@pytest.mark.parametrize("settings", [{"threshold": 2}, {"outside": -0.1}])
def test_thresholds_that_are_no_probabilities(settings):
    with pytest.raises(XnerError, match="X027.*threshold = 2|X027.*outside = -0.1"):
        create_dual_teaching("labels", "start", "end", **settings)
