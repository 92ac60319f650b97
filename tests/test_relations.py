"""Relations of token pairs: their classes, the head, what is read from them (MCL-NER)."""

from typing import List

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_xner.decoding.overlap import drop_overlaps
from spacy_xner.decoding.relations import create_relation_decoder
from spacy_xner.heads.relation import BLOCK, Biaffine, ConditionalLayerNorm, TokenPairRelation
from spacy_xner.relations import NEIGHBOUR, band_partners, band_width
from spacy_xner.schemes import BEGIN, INSIDE, MISSING, OUTSIDE, get_scheme
from spacy_xner.types import Entity

LABELS = ["LOC", "PER"]
CLASSES = ["none", "neighbour", "LOC", "PER"]
RELATION = get_scheme("relation")


def annotate(n, entities, missing=()):
    """`iob` and `types` of n tokens with entities (start, end, label)."""
    iob, types = numpy.full(n, OUTSIDE), numpy.zeros(n, dtype="int64")
    for start, end, label in entities:
        iob[start:end], iob[start] = INSIDE, BEGIN
        types[start:end] = LABELS.index(label) + 1
    iob[list(missing)] = MISSING
    return iob, types


def write_out(gold: numpy.ndarray) -> List[str]:
    """A row of classes for each token: the next token, itself, the one before, ..."""
    letters = {-1: ".", 0: "-", 1: "n", 2: "L", 3: "P"}
    return ["".join(letters[int(c)] for c in row) for row in gold]


def to_logits(gold: numpy.ndarray, value: float = 9.0) -> numpy.ndarray:
    logits = numpy.zeros((*gold.shape, len(CLASSES)), dtype="float32")
    numpy.put_along_axis(logits, gold.clip(0)[..., None], value, axis=-1)
    return logits


def decode(logits, **kwargs):
    entities = create_relation_decoder("r", **kwargs).decode({"r": logits}, LABELS)
    return [tuple(entity) for entity in entities]


def spans(entities):
    return [entity[:3] for entity in entities]


# Classes


def test_classes():
    assert RELATION.classes(LABELS) == CLASSES
    assert RELATION.labels(CLASSES) == LABELS


@pytest.mark.parametrize(
    "n,entities,missing,width,expected",
    [
        # "Ana Lopez visited Bonn": the start-end relation of one token is with itself.
        (4, [(0, 2, "PER"), (3, 4, "LOC")], (), 3, ["n-.", "--P", "---", ".L-"]),
        # Two entities of one type side by side are not chained.
        (3, [(0, 2, "PER"), (2, 3, "PER")], (), 3, ["n-.", "--P", ".P-"]),
        # Of a longer entity than the band holds only the neighbours are there.
        (3, [(0, 3, "LOC")], (), 3, ["n-.", "n--", ".--"]),
        (3, [(0, 3, "LOC")], (), 4, ["n-..", "n--.", ".--L"]),
        # Nothing is known of pairs with a token that nobody annotated.
        (3, [(2, 3, "LOC")], (1,), 3, [".-.", "...", ".L."]),
        (1, [(0, 1, "PER")], (), 2, [".P"]),
        (0, [], (), 2, []),
    ],
)
def test_gold(n, entities, missing, width, expected):
    iob, types = annotate(n, entities, missing)
    assert write_out(RELATION.encode(iob, types, width)) == expected


def test_gold_of_a_batch():
    iob, types = annotate(4, [(1, 3, "LOC")])
    alone = RELATION.encode(iob, types, 3)
    both = RELATION.encode(numpy.stack([iob, numpy.zeros(4, dtype="int64")]), numpy.stack([types] * 2), 3)
    assert both[0].tolist() == alone.tolist() and (both[1] == -1).all()


def test_entity_whose_beginning_is_not_annotated():
    iob, types = numpy.array([MISSING, INSIDE, OUTSIDE]), numpy.array([0, 2, 0])
    assert write_out(RELATION.encode(iob, types, 3)) == ["...", "-P.", ".--"]


@st.composite
def annotations(draw):
    n, entities, start = draw(st.integers(0, 12)), [], 0
    while start < n:
        length = draw(st.integers(1, n - start))
        if draw(st.booleans()):
            entities.append((start, start + length, draw(st.sampled_from(LABELS))))
        start += length
    return n, entities


@settings(max_examples=60, deadline=None)
@given(annotations())
def test_entities_survive_encoding(annotation):
    n, entities = annotation
    width = band_width(max([end - start for start, end, _ in entities], default=0))
    gold = RELATION.encode(*annotate(n, entities), width)
    assert spans(decode(to_logits(gold))) == entities if n else True


# Head


# One sentence of one token.
ONE = torch.ones(1, 1, dtype=torch.bool)


def naive_biaffine(module: Biaffine, h: torch.Tensor) -> torch.Tensor:
    """Eq. 4 over all pairs of one sentence, (N, N, q)."""
    a, c = module.first(h), module.second(h)
    q = module.other.out_features
    weights = module.pair.weight.view(q, q, -1).permute(2, 0, 1)
    pairs = torch.einsum("ip,pqs,js->ijq", a, weights, c)
    both = torch.cat([a[:, None].expand(-1, len(h), -1), c[None].expand(len(h), -1, -1)], dim=-1)
    w2 = torch.cat([module.own.weight, module.other.weight], dim=1)
    return pairs + both @ w2.T + module.own.bias


def naive_norm(module: ConditionalLayerNorm, h: torch.Tensor) -> torch.Tensor:
    """Eq. 5 over all pairs of one sentence, (N, N, d)."""
    mean = h.mean(dim=-1, keepdim=True)
    deviation = ((h - mean) ** 2).mean(dim=-1, keepdim=True).sqrt()
    return module.gamma(h)[:, None] * ((h - mean) / deviation)[None] + module.shift(h)[:, None]


def take_band(full: torch.Tensor, width: int) -> torch.Tensor:
    """The cells of the band, 0 where a cell does not exist."""
    n = len(full)
    partners = band_partners(n, width)
    cells = torch.zeros(n, width, full.shape[-1], dtype=full.dtype)
    for i in range(n):
        for d in range(width):
            if 0 <= partners[i, d] < n:
                cells[i, d] = full[i, partners[i, d]]
    return cells


def exists(n: int, width: int) -> torch.Tensor:
    partners = torch.from_numpy(band_partners(n, width))
    return (partners >= 0) & (partners < n)


@pytest.mark.parametrize("n,width", [(6, 7), (6, 3), (1, 2), (5, 9)])
def test_band_is_the_full_matrix(n, width):
    torch.manual_seed(n)
    h = torch.randn(1, n, 8, dtype=torch.float64)
    tokens, mask = torch.ones(1, n, dtype=torch.bool), exists(n, width)[..., None]
    biaffine = Biaffine(8, 5, width).double()
    conditional = ConditionalLayerNorm(8, width).double()
    for layer in (conditional.gamma, conditional.shift):
        torch.nn.init.normal_(layer.weight)
    expected = take_band(naive_biaffine(biaffine, h[0]), width)
    torch.testing.assert_close(biaffine(h, tokens) * mask, expected, atol=1e-5, rtol=0)
    expected = take_band(naive_norm(conditional, h[0]), width)
    torch.testing.assert_close(conditional(h, tokens) * mask, expected, atol=1e-4, rtol=0)


def test_biaffine_by_hand():
    """One token, p = q = 1: r = gelu(w h)^2 W1 + (W2a + W2b) gelu(w h) + b."""
    module = Biaffine(1, 1, 2)
    for layer, weight in (
        (module.first[0], 1.0),
        (module.second[0], 1.0),
        (module.pair, 2.0),
        (module.own, 3.0),
        (module.other, 5.0),
    ):
        torch.nn.init.constant_(layer.weight, weight)
        if layer.bias is not None:
            torch.nn.init.constant_(layer.bias, 0.0)
    torch.nn.init.constant_(module.own.bias, 7.0)
    # gelu(100) = 100: 2 * 100 * 100 + 8 * 100 + 7
    assert module(torch.full((1, 1, 1), 100.0), ONE)[0, 1, 0].item() == pytest.approx(20807.0)


def test_conditional_norm_by_hand():
    """h_j = (1, 3) has mean 2 and deviation 1; gamma = (2, 2) and lambda = (0.5, 0.5) whatever h_i is."""
    module = ConditionalLayerNorm(2, 2)
    torch.nn.init.constant_(module.gamma.bias, 2.0)
    torch.nn.init.constant_(module.shift.bias, 0.5)
    found = module(torch.tensor([[[1.0, 3.0]]]), ONE)[0, 1]
    torch.testing.assert_close(found, torch.tensor([-1.5, 2.5]), atol=1e-4, rtol=0)


def make_head(width=4, n_in=6):
    torch.manual_seed(0)
    return TokenPairRelation(n_in, len(CLASSES), width, 5, 3)


def test_outputs():
    head = make_head(n_in=7)  # an odd width loses one
    X, mask = torch.randn(2, 5, 7), torch.ones(2, 5, dtype=torch.bool)
    shapes = [tuple(value.shape) for value in head([X], mask)]
    assert shapes == [(2, 5, 4, 4), (2, 5, 6), (2, 5, 4, 3), (2, 5, 4, 3)]
    head.eval()
    assert [tuple(value.shape) for value in head([X], mask)] == [(2, 5, 4, 4)]


@pytest.mark.parametrize("lengths", [[5, 2], [1, 5], [3, 3], [0, 4], [0, 0]])
def test_no_relations_of_padding_in_training(lengths):
    head = make_head()
    X = torch.randn(2, 5, 6)
    mask = torch.arange(5)[None, :] < torch.tensor(lengths)[:, None]
    together = head([X], mask)
    for i, n in enumerate(lengths):
        alone = head([X[i : i + 1]], mask[i : i + 1]) if n else []
        for value, found in zip(together, alone, strict=bool(n)):
            torch.testing.assert_close(value[i, :n], found[0, :n])
        assert not any(value[i, n:].any() for value in together)


@pytest.mark.parametrize("lengths", [[5, 2], [1, 5], [3, 3], [0, 4]])
def test_padding_changes_nothing(lengths):
    head = make_head().eval()
    X = torch.randn(2, max(lengths), 6)
    mask = torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]
    together = head([X], mask)[0]
    for i, n in enumerate(lengths):
        if n:
            alone = head([X[i : i + 1, :n]], mask[i : i + 1, :n])[0]
            there = exists(n, 4)[..., None]
            torch.testing.assert_close(together[i, :n] * there, alone[0] * there, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("n,width", [(1, 2), (1, 5), (5, 2), (BLOCK, 4), (BLOCK + 1, 12), (3 * BLOCK - 1, 7)])
def test_logits_without_relations_are_the_same(n, width):
    """At prediction the logits are computed in another order; weights that start as 0 and 1 are drawn, too."""
    head = make_head(width).double()
    for weights in head.parameters():
        torch.nn.init.normal_(weights, std=0.5)
    X, mask = torch.randn(2, n, 6, dtype=torch.float64), torch.ones(2, n, dtype=torch.bool)
    mask[1, n // 2 + 1 :] = False
    trained = head([X], mask)[0]
    predicted = head.eval()([X], mask)[0]
    assert predicted.shape == trained.shape == (2, n, width, len(CLASSES))
    torch.testing.assert_close(predicted[mask], trained[mask])


@pytest.mark.parametrize("lengths", [[5, 2], [1, 5], [0, 4]])
def test_tokens_see_their_sentence_both_ways(lengths):
    """The two passes are a BiLSTM over packed sentences."""
    head = make_head()
    bidirectional = torch.nn.LSTM(6, 3, batch_first=True, bidirectional=True)
    for suffix, one_way in (("", head.forward_fusion), ("_reverse", head.backward_fusion)):
        for name, weights in one_way.named_parameters():
            getattr(bidirectional, name + suffix).data.copy_(weights)
    X = torch.randn(2, max(lengths), 6)
    mask = torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]
    found = head([X], mask)[1]
    for i, n in enumerate(lengths):
        if n:
            torch.testing.assert_close(found[i, :n], bidirectional(X[i : i + 1, :n])[0][0])
        assert not found[i, n:].any()


def test_gradient_of_head():
    head = make_head().double()
    X = torch.randn(2, 4, 6, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    there = torch.stack([exists(4, 4), exists(2, 4).new_zeros(4, 4)])

    def run(X):
        return tuple(value if value.dim() == 3 else value * there[..., None] for value in head([X], mask))

    assert torch.autograd.gradcheck(run, (X,))


# Decoder


def test_score_is_the_mean_of_the_relations():
    gold = RELATION.encode(*annotate(3, [(0, 3, "LOC")]), 4)
    logits = numpy.log(numpy.full((3, 4, 4), 0.1))
    numpy.put_along_axis(logits, gold.clip(0)[..., None], numpy.log(0.7), axis=-1)
    logits[2, 3] = numpy.log([0.02, 0.04, 0.9, 0.04])
    # Two neighbours of 0.7 and a start-end of 0.9.
    assert decode(logits) == [(0, 3, "LOC", pytest.approx((0.7 + 0.7 + 0.9) / 3))]


def test_gap_in_the_chain():
    gold = RELATION.encode(*annotate(4, [(0, 4, "LOC")]), 5)
    logits = to_logits(gold)
    assert spans(decode(logits)) == [(0, 4, "LOC")]
    logits[1, 0] = [9, 0, 0, 0]
    assert decode(logits) == [] and decode(logits, nested=True) == []


def make_nested():
    gold = RELATION.encode(*annotate(4, [(0, 4, "LOC")]), 5)
    logits = to_logits(gold)
    logits[2, 2] = [0, 0, 0, 12]  # (1, 3, PER), surer than the outer
    logits[3, 1] = [0, 0, 3, 0]  # (3, 4, LOC), less sure
    return logits


def test_overlap():
    assert spans(decode(make_nested())) == [(1, 3, "PER"), (3, 4, "LOC")]
    nested = decode(make_nested(), nested=True)
    assert spans(nested) == [(0, 4, "LOC"), (1, 3, "PER"), (3, 4, "LOC")]


@pytest.mark.parametrize(
    "entities, expected",
    [
        ([(0, 2, "A", 0.5), (1, 3, "B", 0.6)], [(1, 3)]),
        ([(0, 1, "A", 0.5), (0, 2, "B", 0.5)], [(0, 2)]),
        ([(2, 3, "A", 0.5), (0, 1, "B", 0.1)], [(0, 1), (2, 3)]),
        ([], []),
    ],
)
def test_drop_overlaps(entities, expected):
    assert [entity[:2] for entity in drop_overlaps([Entity(*entity) for entity in entities])] == expected


def test_cells_outside_the_sentence_are_no_entities():
    logits = numpy.zeros((2, 4, 4), dtype="float32")
    logits[..., 2] = 9
    found = spans(decode(logits, nested=True))
    # Each token by itself; nothing is chained.
    assert found == [(0, 1, "LOC"), (1, 2, "LOC")]
    logits[0, 0, NEIGHBOUR] = 20
    assert spans(decode(logits, nested=True)) == [(0, 1, "LOC"), (0, 2, "LOC"), (1, 2, "LOC")]
