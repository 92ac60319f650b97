import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps, fix_random_seed
from tiny import SENTENCES

from spacy_xner.architectures.encoder import build_encoder
from spacy_xner.architectures.head_set import count_classes, output_schemes
from spacy_xner.architectures.heads import (
    build_boundary_scorer,
    build_subtask_interaction,
    build_token_classifier,
    build_token_representation,
)
from spacy_xner.architectures.model import build_model, build_tagger
from spacy_xner.architectures.padding import add_context, batch_segments, make_mask, pack, pad
from spacy_xner.errors import XnerError
from spacy_xner.metadata import set_metadata
from spacy_xner.types import ModelSizes

LABELS = ["LOC", "PER"]
NLP = spacy.blank("xx")
OPS = NumpyOps()
WORDS = [word for text in SENTENCES[:2] for word in text.split()]


def make_doc(n, seed=0, view=None):
    rng = numpy.random.default_rng(seed)
    doc = Doc(NLP.vocab, words=[WORDS[i] for i in rng.integers(len(WORDS), size=n)])
    if view is not None:
        set_metadata(doc, view=view)
    return doc


def make_docs(*lengths, views=None):
    views = views or [None] * len(lengths)
    return [make_doc(n, i, view) for i, (n, view) in enumerate(zip(lengths, views, strict=True))]


def hash_encoder():
    return build_encoder("hash", width=16, depth=1, rows=100)


class Recorder:
    """An encoder with given (n, d) vectors for each document, which keeps what it was asked."""

    def __init__(self, docs, arrays):
        self.arrays = {id(doc): array for doc, array in zip(docs, arrays, strict=True)}
        self.asked = []
        self.gradients = []
        self.model = Model("recorder", self.forward, dims={"nO": arrays[0].shape[1]})

    def forward(self, model, docs, is_train):
        self.asked.append(docs)
        return [self.arrays[id(doc)].copy() for doc in docs], self.gradients.append


def record(docs, width=4, seed=0):
    rng = numpy.random.default_rng(seed)
    return Recorder(docs, [rng.normal(size=(len(doc), width)).astype("float32") for doc in docs])


def initialize(model, docs, seed=0):
    fix_random_seed(seed)
    model.attrs["sizes"] = ModelSizes(LABELS)
    model.initialize(X=docs)
    return model


def heads_of(model):
    return model.get_ref("heads").shims[0]._model.heads


def head_of(model, name):
    return heads_of(model)[f"head:{name}"]


def random_gradients(outputs, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(value.shape, generator=generator) for name, value in outputs.items()}


def mask_gradients(gradients, lengths, pairs=()):
    """Gradients as objectives give them: zero in the padding."""
    mask = torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]
    wide = {name: mask[:, :, None] & (mask[:, None, :] if name in pairs else True) for name in gradients}
    return {name: gradient * wide[name] for name, gradient in gradients.items()}


def torch_gradients(encoder):
    """{name: gradient} of a transformer."""
    transformer = encoder.layers[0].shims[0]._model
    return {
        name: weight.grad.numpy().copy()
        for name, weight in transformer.named_parameters()
        if weight.grad is not None
    }


def thinc_gradients(encoder):
    """{name: gradient} of thinc's layers."""
    return {
        f"{i}.{node.name}.{name}": node.get_grad(name).copy()
        for i, node in enumerate(encoder.walk())
        for name in node.param_names
        if node.has_param(name) and node.has_grad(name)
    }


def assert_all_close(found, expected, **tolerance):
    assert found.keys() == expected.keys()
    for name in expected:
        numpy.testing.assert_allclose(found[name], expected[name], err_msg=name, **tolerance)


# Padding


def test_pad():
    Xs = [numpy.ones((2, 3), dtype="float32"), numpy.zeros((0, 3), dtype="float32"), numpy.full((1, 3), 2.0)]
    padded = pad(OPS, Xs, 3)
    assert padded.dtype == numpy.float32
    assert padded.tolist() == [[[1, 1, 1], [1, 1, 1]], [[0, 0, 0], [0, 0, 0]], [[2, 2, 2], [0, 0, 0]]]
    assert pad(OPS, [], 3).shape == (0, 0, 3)
    assert pad(OPS, Xs[1:2], 3).shape == (1, 0, 3)


def test_make_mask():
    mask = make_mask(OPS, [2, 0, 3])
    assert mask.dtype == bool
    assert mask.tolist() == [[True, True, False], [False, False, False], [True, True, True]]
    assert make_mask(OPS, []).shape == (0, 0)
    assert make_mask(OPS, [0]).shape == (1, 0)


def test_pack():
    def batches(lengths, budget):
        return [batch.tolist() for batch in pack(numpy.array(lengths, dtype="int64"), budget)]

    assert batches([3, 9, 4, 2, 4], 12) == [[1], [2, 4], [0], [3]]
    # Of 16, 1 may be padding: the 3 with the 4s, which makes 12, then the 2 alone.
    assert batches([3, 9, 4, 2, 4], 16) == [[1], [2, 4, 0], [3]]
    assert batches([3, 9], 1) == [[1], [0]]
    assert batches([2] * 5, 4) == [[0, 1], [2, 3], [4]]
    assert batches([], 12) == []


@pytest.mark.parametrize(
    "lengths,segment,budget,expected",
    [
        ([], 5, 10, []),
        ([0, 0], 5, 10, []),
        ([3], 5, 10, [[(0, 0, 3)]]),
        ([5], 5, 10, [[(0, 0, 5)]]),
        # 12 tokens are 5 + 5 + 2; with the 2 padded to 5 there are 3 of padding, and 3 of 48 are allowed
        ([12], 5, 10, [[(0, 0, 5), (0, 5, 10)], [(0, 10, 12)]]),
        ([12], 5, 47, [[(0, 0, 5), (0, 5, 10)], [(0, 10, 12)]]),
        ([12], 5, 48, [[(0, 0, 5), (0, 5, 10), (0, 10, 12)]]),
        # longest first: the 4 with the 3, then 2 and 1; the empty one nowhere
        ([1, 3, 0, 4, 2], 9, 16, [[(3, 0, 4), (1, 0, 3)], [(4, 0, 2), (0, 0, 1)]]),
        # a segment longer than the budget stands alone
        ([6, 2], 9, 4, [[(0, 0, 6)], [(1, 0, 2)]]),
        ([1, 1, 1], 1, 1, [[(0, 0, 1)], [(1, 0, 1)], [(2, 0, 1)]]),
    ],
)
def test_batch_segments(lengths, segment, budget, expected):
    assert list(batch_segments(lengths, segment, budget)) == expected


def test_batch_segments_with_context():
    # 5 + 1 tokens of a document of 6: with two on either side 6 and 3, two of which fit together.
    assert list(batch_segments([6, 6], 5, 12, context=2)) == [[(0, 0, 5), (1, 0, 5)], [(0, 5, 6), (1, 5, 6)]]
    assert list(batch_segments([6, 6], 5, 11, context=2)) == [
        [(0, 0, 5)],
        [(1, 0, 5)],
        [(0, 5, 6), (1, 5, 6)],
    ]
    assert list(batch_segments([6, 6], 5, 5, context=2))[2:] == [[(0, 5, 6)], [(1, 5, 6)]]
    assert [add_context(item, 6, 2) for item in [(0, 0, 5), (0, 5, 6)]] == [(0, 0, 6), (0, 3, 6)]


@pytest.mark.parametrize("segment,budget", [(1, 1), (7, 3), (7, 40), (50, 100), (1000, 100)])
@pytest.mark.parametrize("seed", range(3))
def test_batch_segments_cover_every_token_once(segment, budget, seed):
    lengths = numpy.random.default_rng(seed).integers(0, 90, size=30).tolist()
    batches = list(batch_segments(lengths, segment, budget))
    tokens = [(doc, i) for batch in batches for doc, start, end in batch for i in range(start, end)]
    assert sorted(tokens) == [(doc, i) for doc, length in enumerate(lengths) for i in range(length)]
    sizes = [[end - start for _, start, end in batch] for batch in batches]
    assert max(map(max, sizes)) <= segment
    assert all(len(batch) == 1 or max(batch) * len(batch) <= budget for batch in sizes)
    flat = sum(sizes, [])
    assert flat == sorted(flat, reverse=True)


# Heads


@pytest.mark.parametrize(
    "spec,schemes,sizes,encoders",
    [
        (build_token_classifier("a", "bio"), {"head": "bio"}, [5], ["a"]),
        (build_token_classifier("a", "span"), {"head": "span"}, [3], ["a"]),
        (build_token_representation("b"), {"head": None}, [0], ["b"]),
        (build_boundary_scorer("b"), {"head": None}, [0], ["b"]),
        (build_subtask_interaction(["a", "b"]), {"span": "span", "type": "type"}, [3, 3], ["a", "b"]),
    ],
)
def test_head_specs(spec, schemes, sizes, encoders):
    assert output_schemes("head", spec) == schemes
    assert count_classes(spec, LABELS) == sizes
    assert list(spec.encoders) == encoders


HEADS = {
    "tag": build_token_classifier("a", "bio"),
    "vectors": build_token_representation("b"),
    "pairs": build_boundary_scorer("a"),
    "combination": build_subtask_interaction(["a", "b"]),
    "plain": build_subtask_interaction(["b", "a"], interaction=False),
}


def some_heads(*names):
    return {name: HEADS[name] for name in names}


def test_shapes_in_training_and_prediction():
    docs = make_docs(5, 0, 3)
    encoders = {"a": record(docs, 4).model, "b": record(docs, 6).model}
    model = initialize(build_model(encoders, some_heads("tag", "vectors", "pairs", "combination")), docs)
    assert model.attrs["sizes"].widths == {"a": 4, "b": 6}
    assert model.attrs["schemes"] == {
        "tag": "bio",
        "vectors": None,
        "pairs": None,
        "span": "span",
        "type": "type",
    }
    outputs, _ = model.begin_update(docs)
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        "tag": (3, 5, 5),
        "vectors": (3, 5, 6),
        "pairs": (3, 5, 5),
        "span": (3, 5, 3),
        "type": (3, 5, 3),
    }
    assert all(value.dtype == torch.float32 for value in outputs.values())
    predictions = model.predict(docs)
    # Heads for training only are left out; an empty document has an empty array.
    assert {name: [Y.shape for Y in Ys] for name, Ys in predictions.items()} == {
        "tag": [(5, 5), (0, 0), (3, 5)],
        "vectors": [(5, 6), (0, 0), (3, 6)],
        "span": [(5, 3), (0, 0), (3, 3)],
        "type": [(5, 3), (0, 0), (3, 3)],
    }
    for name, Ys in predictions.items():
        for i, Y in enumerate(Ys):
            assert type(Y) is numpy.ndarray and Y.dtype == numpy.float32
            if len(Y):
                numpy.testing.assert_allclose(Y, outputs[name][i, : len(Y)].numpy(), rtol=1e-5, atol=1e-6)


def test_heads_train_again_after_prediction():
    docs = make_docs(3)
    model = initialize(build_model({"a": record(docs).model}, some_heads("tag", "pairs")), docs)
    for _ in range(2):
        assert list(model.begin_update(docs)[0]) == ["tag", "pairs"]
        assert list(model.predict(docs)) == ["tag"]


def test_output_is_the_linear_head_on_the_encoding():
    docs = make_docs(2, 3)
    encoder = record(docs, 4)
    model = initialize(build_tagger(encoder.model, "type"), docs)
    assert model.attrs["schemes"] == {"tag": "type"}
    linear = head_of(model, "tag").linear
    W, b = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    assert W.shape == (3, 4)
    for doc, Y in zip(docs, model.predict(docs)["tag"], strict=True):
        numpy.testing.assert_allclose(Y, encoder.arrays[id(doc)] @ W.T + b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["type", "forward", "training", "keys", "head"])
def test_heads_may_bear_names_of_torch(name):
    docs = make_docs(3)
    model = initialize(build_model({"a": record(docs).model}, {name: HEADS["tag"]}), docs)
    outputs, backprop = model.begin_update(docs)
    assert list(outputs) == list(model.predict(docs)) == [name]
    backprop(outputs)


def test_unknown_encoder():
    with pytest.raises(XnerError, match=r"\[X004\] Head 'vectors' reads from encoder 'b'.*\['a'\]"):
        build_model({"a": hash_encoder()}, some_heads("tag", "vectors"))
    # The name of a shared encoder counts.
    build_model({"a": hash_encoder()}, some_heads("tag", "vectors"), share={"b": "a"})


# Prediction


@pytest.fixture(scope="module")
def hash_model():
    """Two hash encoders under all heads; small batches, so that several are made."""
    heads = some_heads("tag", "vectors", "pairs", "combination")
    encoders = {"a": hash_encoder(), "b": hash_encoder()}
    return initialize(build_model(encoders, heads, segment=512, batch_tokens=1100), make_docs(20, 3))


def test_long_document(hash_model):
    (doc,) = make_docs(1500)
    found = hash_model.predict([doc])
    A, B = (torch.from_numpy(layer.predict([doc])[0])[None] for layer in hash_model.layers[:2])
    with torch.no_grad():
        # The classifier sees one token at a time, so segments don't matter.
        expected = {"tag": head_of(hash_model, "tag")([A], None)[0][0], "vectors": B[0]}
        # Co-attention sees a segment at a time: 512 + 512 + 476.
        parts = []
        for start, end in [(0, 512), (512, 1024), (1024, 1500)]:
            mask = torch.ones(1, end - start, dtype=torch.bool)
            parts.append(head_of(hash_model, "combination")([A[:, start:end], B[:, start:end]], mask))
        expected["span"] = torch.cat([span[0] for span, _ in parts])
        expected["type"] = torch.cat([type_[0] for _, type_ in parts])
    assert found.keys() == expected.keys()
    for name in expected:
        assert len(found[name][0]) == 1500
        numpy.testing.assert_allclose(found[name][0], expected[name].numpy(), rtol=1e-4, atol=1e-5)


def test_documents_alone_or_together(hash_model):
    docs = make_docs(40, 0, 1, 1500, 7, 700, 0, 512, 513)
    together = hash_model.predict(docs)
    assert list(together) == ["tag", "vectors", "span", "type"]
    for i, doc in enumerate(docs):
        for name, Ys in hash_model.predict([doc]).items():
            assert together[name][i].shape == Ys[0].shape
            numpy.testing.assert_allclose(together[name][i], Ys[0], rtol=1e-4, atol=1e-5)


def test_order_of_documents(hash_model):
    docs = make_docs(9, 600, 2, 30)
    forth, back = hash_model.predict(docs), hash_model.predict(docs[::-1])
    for name in forth:
        for Y1, Y2 in zip(forth[name], back[name][::-1], strict=True):
            numpy.testing.assert_allclose(Y1, Y2, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("segment,batch_tokens", [(1, 1), (3, 7), (512, 8192)])
def test_segments_and_batches_do_not_change_classifiers(segment, batch_tokens):
    docs = make_docs(10, 3, 0, 7)
    encoder = record(docs)
    sizes = {"segment": segment, "batch_tokens": batch_tokens}
    model = initialize(build_model({"a": encoder.model}, some_heads("tag"), **sizes), docs)
    linear = head_of(model, "tag").linear
    for doc, Y in zip(docs, model.predict(docs)["tag"], strict=True):
        expected = linear(torch.from_numpy(encoder.arrays[id(doc)])).detach().numpy()
        numpy.testing.assert_allclose(Y, expected if len(doc) else Y, rtol=1e-5, atol=1e-6)
    # The encoder is asked once for all, however the heads are batched.
    assert len(encoder.asked) == 1


@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_no_tokens(hash_model, lengths):
    docs = make_docs(*lengths)
    predictions = hash_model.predict(docs)
    assert {name: [Y.shape for Y in Ys] for name, Ys in predictions.items()} == {
        name: [(0, 0)] * len(docs) for name in ("tag", "vectors", "span", "type")
    }
    outputs, backprop = hash_model.begin_update(docs)
    assert all(len(value) == len(docs) and value.numel() == 0 for value in outputs.values())
    backprop(outputs)


def test_same_seed_same_model():
    docs = make_docs(6)
    first, second = (initialize(build_tagger(hash_encoder()), docs).predict(docs)["tag"][0] for _ in range(2))
    other = initialize(build_tagger(hash_encoder()), docs, seed=1).predict(docs)["tag"][0]
    assert (first == second).all()
    assert not (first == other).any()


def test_initialize_again_with_other_labels():
    docs = make_docs(4)
    model = initialize(build_tagger(hash_encoder()), docs)
    assert model.predict(docs)["tag"][0].shape == (4, 5)
    model.attrs["sizes"] = ModelSizes(["LOC", "ORG", "PER"])
    model.initialize(X=docs)
    assert len(model.layers) == 2  # the new heads replace the old
    assert model.predict(docs)["tag"][0].shape == (4, 7)


def test_rebuild_without_documents(hash_model):
    docs = make_docs(20, 3)
    encoders = {"a": hash_encoder(), "b": hash_encoder()}
    model = build_model(encoders, some_heads("tag", "vectors", "pairs", "combination"))
    model.attrs["sizes"] = hash_model.attrs["sizes"]
    model.initialize()
    model.from_bytes(hash_model.to_bytes())
    found, expected = model.predict(docs), hash_model.predict(docs)
    for name in expected:
        for Y1, Y2 in zip(found[name], expected[name], strict=True):
            numpy.testing.assert_array_equal(Y1, Y2)


# Training: gradients


def test_gradient_of_a_classifier_by_hand():
    """Y = X W' + b, so dX = dY W, dW = dY' X and db is the sum of dY; padding gives nothing."""
    docs = make_docs(2, 1)
    encoder = record(docs, 2)
    encoder.arrays[id(docs[0])][:] = [[1, 2], [3, 4]]
    encoder.arrays[id(docs[1])][:] = [[5, 6]]
    model = initialize(build_tagger(encoder.model, "span"), docs)
    linear = head_of(model, "tag").linear
    with torch.no_grad():
        linear.weight[:] = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
        linear.bias[:] = torch.tensor([0.5, 0.0, -1.0])
    outputs, backprop = model.begin_update(docs)
    # (1, 2): 1 + 0.5, 4, 9 - 1
    assert outputs["tag"][0, 0].tolist() == [1.5, 4.0, 8.0]
    assert not outputs["tag"].requires_grad
    dY = torch.tensor([[[1.0, 0, 0], [0, 1.0, 1.0]], [[0, 0, 2.0], [0, 0, 0]]])
    backprop({"tag": dY})
    # (1, 0); (0, 2) + (3, 3); 2 (3, 3)
    assert [dX.tolist() for dX in encoder.gradients[0]] == [[[1, 0], [3, 5]], [[6, 6]]]
    # Class 0 read (1, 2), class 1 (3, 4), class 2 (3, 4) and twice (5, 6)
    assert linear.weight.grad.tolist() == [[1, 2], [3, 4], [13, 16]]
    assert linear.bias.grad.tolist() == [1, 1, 3]


def test_gradient_of_a_representation_is_passed_on():
    docs = make_docs(2, 1)
    encoder = record(docs, 3)
    model = initialize(build_model({"b": encoder.model}, some_heads("vectors")), docs)
    outputs, backprop = model.begin_update(docs)
    d_outputs = random_gradients(outputs)
    backprop(d_outputs)
    for i, dX in enumerate(encoder.gradients[0]):
        numpy.testing.assert_array_equal(dX, d_outputs["vectors"][i, : len(docs[i])].numpy())


@pytest.mark.parametrize("names", [["tag"], ["pairs"], ["combination"], ["plain"], list(HEADS)[:4]])
def test_gradients_by_finite_differences(names):
    """Each number of the encoders' output is moved a little; a weighted sum of the outputs is the loss."""
    docs = make_docs(3, 2, 0)
    encoders = {"a": record(docs, 3, seed=1), "b": record(docs, 2, seed=2)}
    models = {name: encoder.model for name, encoder in encoders.items()}
    model = initialize(build_model(models, some_heads(*names)), docs)
    heads_of(model).double()
    # Thinc's arrays are float32: they are made double behind them, else differences drown in rounding.
    model.get_ref("heads").shims[0]._model.register_forward_pre_hook(
        lambda module, args: ({name: X.double() for name, X in args[0].items()}, args[1])
    )
    outputs, backprop = model.begin_update(docs)
    weights = mask_gradients(random_gradients(outputs), [3, 2, 0], pairs=["pairs"])
    backprop({name: weight.double() for name, weight in weights.items()})

    def loss():
        found, _ = model.begin_update(docs)
        return sum(float((found[name] * weights[name]).sum()) for name in found)

    step = 2.0**-7
    n_checked = 0
    for encoder in encoders.values():
        if not encoder.gradients:
            continue
        for doc, dX in zip(docs, encoder.gradients[0], strict=True):
            X = encoder.arrays[id(doc)]
            assert dX.shape == X.shape
            for index in numpy.ndindex(*X.shape):
                value = X[index]
                X[index] = value + step
                upper, high = X[index], loss()
                X[index] = value - step
                lower, low = X[index], loss()
                X[index] = value
                expected = (high - low) / (float(upper) - float(lower))
                assert dX[index] == pytest.approx(expected, rel=1e-3, abs=1e-3)
                n_checked += 1
    assert n_checked == 5 * (3 if names in (["tag"], ["pairs"]) else 3 + 2)


def test_gradient_reaches_the_weights_of_the_encoder():
    """Along its own direction the gradient predicts how the loss changes: by its squared length."""
    docs = make_docs(8, 5)
    encoder = hash_encoder()
    model = initialize(build_tagger(encoder), docs)
    outputs, backprop = model.begin_update(docs)
    weights = mask_gradients(random_gradients(outputs), [8, 5])
    backprop(weights)
    nodes = [(node, name) for node in encoder.walk() for name in node.param_names if node.has_grad(name)]
    assert len(nodes) > 5
    squares = sum(float((node.get_grad(name).astype("float64") ** 2).sum()) for node, name in nodes)
    assert squares > 0
    losses = []
    for sign in (1, -1):
        for node, name in nodes:
            node.set_param(name, node.get_param(name) + sign * 1e-3 / squares**0.5 * node.get_grad(name))
        found, _ = model.begin_update(docs)
        losses.append(sum(float((found[name] * weights[name]).sum()) for name in found))
        for node, name in nodes:
            node.set_param(name, node.get_param(name) - sign * 1e-3 / squares**0.5 * node.get_grad(name))
    assert (losses[0] - losses[1]) / 2e-3 == pytest.approx(squares**0.5, rel=0.02)


def test_encoder_that_no_objective_reached():
    docs = make_docs(3)
    a, b = record(docs), record(docs)
    model = initialize(build_model({"a": a.model, "b": b.model}, some_heads("tag", "vectors")), docs)
    outputs, backprop = model.begin_update(docs)
    backprop({"tag": torch.ones_like(outputs["tag"])})
    assert len(a.gradients) == 1
    assert b.gradients == []


# Views


def test_views_route_documents():
    docs = make_docs(4, 2, 3, 5, 0, views=["s", "t", None, "s", "t"])
    a, b = record(docs, 3, seed=1), record(docs, 2, seed=2)
    heads = {"left": build_token_representation("a"), "right": build_token_representation("b")}
    model = build_model({"a": a.model, "b": b.model}, heads, views=["s", "t"])
    initialize(model, docs)
    outputs, backprop = model.begin_update(docs)
    assert [[docs.index(doc) for doc in asked] for asked in a.asked + b.asked] == [[0, 3], [1, 4]]
    for name, encoder, own in (("left", a, [0, 3]), ("right", b, [1, 4])):
        for i, doc in enumerate(docs):
            found = outputs[name][i, : len(doc)].numpy()
            expected = encoder.arrays[id(doc)] if i in own else numpy.zeros_like(encoder.arrays[id(doc)])
            numpy.testing.assert_array_equal(found, expected)
    d_outputs = random_gradients(outputs)
    backprop(d_outputs)
    for name, encoder, own in (("left", a, [0, 3]), ("right", b, [1, 4])):
        ((*found,),) = encoder.gradients
        assert len(found) == len(own)
        for i, dX in zip(own, found, strict=True):
            numpy.testing.assert_array_equal(dX, d_outputs[name][i, : len(docs[i])].numpy())
    # At prediction too.
    predictions = model.predict(docs)
    numpy.testing.assert_array_equal(predictions["left"][3], a.arrays[id(docs[3])])
    assert not predictions["left"][1].any() and predictions["left"][1].shape == (2, 3)
    assert not predictions["right"][2].any() and predictions["right"][2].shape == (3, 2)


def build_bridge(**settings):
    heads = {"left": build_token_representation("a"), "right": build_token_representation("b")}
    return build_model({"a": hash_encoder(), "b": hash_encoder()}, heads, views=["s", "t"], **settings)


def test_views_keep_gradients_from_the_other_encoder():
    docs = make_docs(4, 6, views=["s", "t"])
    model = initialize(build_bridge(), docs)
    outputs, backprop = model.begin_update(docs)
    # A gradient on both outputs, but only at the sentence with the view "s".
    d_outputs = random_gradients(outputs)
    for value in d_outputs.values():
        value[1] = 0.0
        value[0, 4:] = 0.0
    backprop(d_outputs)
    a, b = (thinc_gradients(layer) for layer in model.layers[:2])
    assert any(gradient.any() for gradient in a.values())
    assert not any(gradient.any() for gradient in b.values())
    # The encoder alone on its sentence has the same gradient.
    alone = initialize(build_bridge(), docs).layers[0]
    _, backprop_alone = alone.begin_update(docs[:1])
    backprop_alone([d_outputs["left"][0, :4].numpy()])
    assert_all_close(a, thinc_gradients(alone), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("encoder", ["hash", "transformer"])
def test_batch_without_a_view(encoder, tiny_transformer):
    """An encoder none of whose sentences are in the batch is not disturbed."""
    name = "hash" if encoder == "hash" else tiny_transformer
    docs = make_docs(4, 6, views=["s", "s"])
    encoders = {key: build_encoder(name, width=16, depth=1, rows=100) for key in "ab"}
    heads = {"left": build_token_representation("a"), "right": build_token_representation("b")}
    model = initialize(build_model(encoders, heads, views=["s", "t"]), docs)
    outputs, backprop = model.begin_update(docs)
    assert outputs["left"].any() and not outputs["right"].any()
    backprop(random_gradients(outputs))
    collect = thinc_gradients if encoder == "hash" else torch_gradients
    assert any(gradient.any() for gradient in collect(model.layers[0]).values())
    assert not any(gradient.any() for gradient in collect(model.layers[1]).values())
    assert [Y.shape[0] for Y in model.predict(docs)["right"]] == [4, 6]


# Shared encoders


def test_shared_encoder_runs_once():
    docs = make_docs(3, 2)
    encoder, unused = record(docs), record(docs)
    heads = some_heads("tag", "vectors", "combination")
    encoders = {"a": encoder.model, "b": unused.model}
    model = build_model(encoders, heads, share={"b": "a"})
    assert model.layers == [encoder.model]
    initialize(model, docs)
    assert model.attrs["encoders"] == {"a": 0, "b": 0}
    assert len(model.layers) == 2  # the encoder and the heads
    outputs, backprop = model.begin_update(docs)
    backprop(random_gradients(outputs))
    assert len(encoder.asked) == len(encoder.gradients) == 1
    assert unused.asked == []
    model.predict(docs)
    assert len(encoder.asked) == 2


def test_gradients_of_a_shared_encoder_are_summed():
    docs = make_docs(3, 2)
    heads = {"left": build_token_representation("a"), "right": build_token_representation("b")}
    encoder = record(docs)
    model = initialize(build_model({"a": encoder.model}, heads, share={"b": "a"}), docs)
    outputs, backprop = model.begin_update(docs)
    d_outputs = random_gradients(outputs)
    backprop(d_outputs)
    for i, dX in enumerate(encoder.gradients[0]):
        expected = (d_outputs["left"] + d_outputs["right"])[i, : len(docs[i])].numpy()
        numpy.testing.assert_allclose(dX, expected, rtol=1e-6)
    # If only one of the two names has a gradient, that one arrives.
    _, backprop = model.begin_update(docs)
    backprop({"right": d_outputs["right"]})
    numpy.testing.assert_array_equal(encoder.gradients[1][0], d_outputs["right"][0, :3].numpy())


@pytest.mark.parametrize("views", [[], ["s", "t"]])
@pytest.mark.parametrize("encoder", ["hash", "transformer"])
@pytest.mark.usefixtures("float32")
def test_shared_encoder_learns_what_two_would(encoder, views, tiny_transformer):
    """The gradient of shared weights is the sum of the gradients of two encoders with the same weights; with
    views the shared encoder runs once for each of them.
    """
    name = "hash" if encoder == "hash" else tiny_transformer
    collect = thinc_gradients if encoder == "hash" else torch_gradients
    no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    docs = [NLP.make_doc(text) for text in SENTENCES[:4]]
    for doc, view in zip(docs, ["s", "t", "t", "s"], strict=True):
        set_metadata(doc, view=view)

    def build(share):
        encoders = {
            key: build_encoder(name, width=16, depth=1, rows=100, transformer_config=no_dropout)
            for key in "ab"
        }
        heads = some_heads("tag", "vectors", "pairs", "combination")
        return initialize(build_model(encoders, heads, views=views, share=share), docs)

    def run(model):
        outputs, backprop = model.begin_update(docs)
        gradients = random_gradients(outputs)
        backprop(mask_gradients(gradients, [len(doc) for doc in docs], pairs=["pairs"]))
        return outputs

    shared, separate = build({"b": "a"}), build({})
    assert len(shared.layers) == 2 and len(separate.layers) == 3
    for i in range(2):
        separate.layers[i].from_bytes(shared.layers[0].to_bytes())
    heads_of(separate).load_state_dict(heads_of(shared).state_dict())
    outputs, expected = run(shared), run(separate)
    for key in expected:
        torch.testing.assert_close(outputs[key], expected[key], rtol=1e-4, atol=1e-5)
    a, b = collect(separate.layers[0]), collect(separate.layers[1])
    assert any(gradient.any() for gradient in a.values()) and any(gradient.any() for gradient in b.values())
    found = collect(shared.layers[0])
    assert len(found) > 5
    assert_all_close(found, {key: a[key] + b[key] for key in a}, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "settings", [{"views": ["s"]}, {"share": {"b": "x"}}, {"share": {"c": "b", "b": "a"}}]
)
def test_views_and_sharing_must_fit(settings):
    encoders = {name: build_encoder("hash", width=8, depth=1, rows=50) for name in "ab"}
    with pytest.raises(XnerError, match="X014"):
        build_model(encoders, {}, **settings)
