import shutil
import subprocess
import sys

import numpy
import pytest
import spacy
import srsly
import torch
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Adam, Config
from tiny import SENTENCES
from transformers import AutoModel, AutoTokenizer
from util import make_encoder

from spacy_xner.architectures.encoder import build_encoder
from spacy_xner.architectures.pretrained import find_limit, find_specials
from spacy_xner.architectures.transformer import _stop_compiling
from spacy_xner.architectures.windows import choose_windows, cut_windows, pad_windows
from spacy_xner.architectures.wordpieces import make_batches, tokenize
from spacy_xner.errors import XnerError

NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("xx")


@pytest.fixture(params=["hash", "transformer"])
def name(request):
    return "hash" if request.param == "hash" else request.getfixturevalue("tiny_transformer")


def make_docs(nlp):
    return [nlp.make_doc(text) for text in SENTENCES]


def make_long_doc(nlp, n=40):
    return nlp.make_doc(" ".join(SENTENCES[:6] * n))


# Windows


def test_cut_windows():
    # 3 pieces fit in one window; 9 need three, each 2 further; an empty document has none; 4 just fit.
    windows = cut_windows(numpy.array([3, 9, 0, 4]), 5, 3)
    assert windows.tolist() == [[0, 3], [3, 8], [5, 10], [7, 12], [12, 16]]
    assert cut_windows(numpy.array([5]), 5, 3).tolist() == [[0, 5]]
    assert cut_windows(numpy.array([6]), 5, 0).tolist() == [[0, 5], [5, 6]]
    assert cut_windows(numpy.array([], dtype="int64"), 5, 3).shape == (0, 2)


def test_choose_windows():
    # Positions          0  1  2  3  4  5  6  7  8  9
    # distance in 0-6:   0  1  2  2  1  0
    # distance in 4-10:              0  1  2  2  1  0
    assert choose_windows(numpy.array([[0, 6], [4, 10]])).tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    # Three windows over one piece, and a second document.
    windows = numpy.array([[0, 5], [2, 7], [4, 9], [9, 10]])
    assert choose_windows(windows).tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 3]
    assert choose_windows(numpy.zeros((0, 2), dtype="int64")).tolist() == []


@pytest.mark.parametrize("n", [1, 9, 10, 11, 16, 17, 100])
@pytest.mark.parametrize("overlap", [0, 1, 4, 9])
def test_windows_cover(n, overlap):
    windows = cut_windows(numpy.array([n, n]), 10, overlap)
    chosen = windows[choose_windows(windows)]
    position = numpy.arange(2 * n)
    assert len(chosen) == 2 * n
    assert ((chosen[:, 0] <= position) & (position < chosen[:, 1])).all()
    assert (windows[:, 1] - windows[:, 0] <= 10).all()
    assert (windows[:, 0] // n == (windows[:, 1] - 1) // n).all()


def test_pad_windows():
    pieces = numpy.array([10, 11, 12, 13])
    ids, mask = pad_windows(pieces, numpy.array([[0, 3], [3, 4]]), [1], [2, 3], 0)
    assert ids.tolist() == [[1, 10, 11, 12, 2, 3], [1, 13, 2, 3, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]


# Tokenizers


def test_specials_and_limits(tiny_transformer, tiny_roberta, tiny_xlmr):
    for name, specials, limit in [
        (tiny_transformer, ([2], [3]), 64),
        (tiny_roberta, ([0], [2]), 40),
        (tiny_xlmr, ([0], [2]), 62),
    ]:
        hf_model = make_encoder(name).get_ref("transformer").shims[0]._hfmodel
        assert find_specials(hf_model.tokenizer) == specials
        assert find_limit(hf_model.tokenizer, hf_model.transformer) == limit


def test_batches(nlp, tiny_transformer):
    docs = [make_long_doc(nlp, 2), *make_docs(nlp)]
    tokenizer = AutoTokenizer.from_pretrained(tiny_transformer)
    batches = make_batches(docs, tokenizer, window=20, overlap=6, budget=100)
    tokens = numpy.concatenate([batch.tokens for batch in batches])
    assert sorted(tokens.tolist()) == list(range(sum(len(doc) for doc in docs)))
    assert all(batch.ids.shape[1] <= 20 and batch.ids.size <= 100 for batch in batches)
    starts = {}
    for batch in batches:
        assert (batch.mask.sum(1) >= 3).all()
        assert (batch.ids[batch.mask == 0] == tokenizer.pad_token_id).all()
        found = batch.ids[batch.rows, batch.columns].tolist()
        starts.update(zip(batch.tokens.tolist(), tokenizer.convert_ids_to_tokens(found), strict=True))
    for i, token in enumerate(token for doc in docs for token in doc):
        piece = starts[i].removeprefix("##")
        assert piece == "[UNK]" or token.text.startswith(piece)


# What all encoders have in common


@pytest.mark.parametrize("is_train", [True, False])
def test_shapes(name, nlp, is_train):
    model = make_encoder(name)
    width = model.get_dim("nO")
    docs = [
        Doc(nlp.vocab),
        nlp.make_doc("Berlin"),
        Doc(nlp.vocab, words=[" ", "\n"], spaces=[False, False]),
        make_long_doc(nlp, 3),
        Doc(nlp.vocab),
    ]
    for batch in (docs, docs[:1], docs[2:3], docs[1:2]):
        Ys, backprop = model(batch, is_train)
        assert [Y.shape for Y in Ys] == [(len(doc), width) for doc in batch]
        assert all(Y.dtype == numpy.float32 and numpy.isfinite(Y).all() for Y in Ys)
        if is_train:
            backprop(Ys)


def test_no_docs(name):
    model = make_encoder(name)
    assert model.predict([]) == []
    Ys, backprop = model.begin_update([])
    assert Ys == []
    assert backprop([]) == []


def test_same_seed(name, nlp):
    docs = make_docs(nlp)
    for Y1, Y2 in zip(make_encoder(name).predict(docs), make_encoder(name).predict(docs), strict=True):
        assert (Y1 == Y2).all()


@pytest.mark.usefixtures("float32")
def test_batching_invariance(name, nlp):
    model = make_encoder(name, batch_wordpieces=200)
    docs = [*make_docs(nlp), make_long_doc(nlp, 3), Doc(nlp.vocab)]
    for doc, Y in zip(docs, model.predict(docs), strict=True):
        numpy.testing.assert_allclose(Y, model.predict([doc])[0], atol=1e-5)


def test_serialization(name, nlp, tmp_path, monkeypatch):
    def no_network(*args):
        raise AssertionError("network")

    model = make_encoder(name)
    docs = [*make_docs(nlp), make_long_doc(nlp, 2)]
    expected = model.predict(docs)
    monkeypatch.setattr("socket.socket.connect", no_network)
    model.to_disk(tmp_path / "model")
    # The folder that the weights came from is not needed again.
    other = "hash" if name == "hash" else str(tmp_path / "gone")
    for loaded in (
        build_encoder(other).from_bytes(model.to_bytes()),
        build_encoder(other).from_disk(tmp_path / "model"),
        model.copy(),
        srsly.pickle_loads(srsly.pickle_dumps(model)),
    ):
        assert loaded.get_dim("nO") == model.get_dim("nO")
        for encoder in (loaded, build_encoder(other).from_bytes(loaded.to_bytes())):
            for Y1, Y2 in zip(expected, encoder.predict(docs), strict=True):
                numpy.testing.assert_array_equal(Y1, Y2)


def test_learns(name, nlp):
    model = make_encoder(name, batch_wordpieces=100, window=24, overlap=8)
    docs = [*make_docs(nlp)[:3], make_long_doc(nlp, 1)]
    optimizer = Adam(0.002)
    numpy.random.seed(0)
    goal = numpy.random.normal(size=(model.get_dim("nO"),)).astype("float32")
    losses = []
    for _ in range(12):
        Ys, backprop = model.begin_update(docs)
        dYs = [Y - goal for Y in Ys]
        backprop([dY / 50 for dY in dYs])
        model.finish_update(optimizer)
        losses.append(sum(float((dY**2).sum()) for dY in dYs))
    assert losses[-1] < 0.8 * losses[0]


def test_config(name, nlp):
    text = f"""
    [encoder]
    @architectures = "spacy-xner.Encoder.v1"
    name = "{name}"
    width = 48
    transformer_config = {{"hidden_dropout_prob": 0.0}}
    """
    model = registry.resolve(registry.fill(Config().from_str(text)))["encoder"]
    docs = make_docs(nlp)
    model.initialize(X=docs)
    assert model.get_dim("nO") == (48 if name == "hash" else 32)
    assert len(model.predict(docs)) == len(docs)


# The CNN


def test_hash_settings(nlp):
    model = make_encoder("hash", width=16, depth=2, rows=100)
    assert model.predict([nlp.make_doc("Berlin")])[0].shape == (1, 16)
    tables = [node.get_dim("nV") for node in model.walk() if node.name == "hashembed"]
    assert tables == [100, 50, 50, 50]
    assert len([node for node in model.walk() if node.name == "expand_window"]) == 2


def test_hash_static_vectors():
    nlp = spacy.blank("xx")
    nlp.vocab.vectors.resize((1, 5))
    nlp.vocab.set_vector("Berlin", numpy.ones(5, dtype="float32"))
    model = build_encoder("hash", static_vectors=True)
    model.initialize(X=[nlp.make_doc("Berlin")])
    assert any(node.name == "static_vectors" for node in model.walk())
    assert model.predict([nlp.make_doc("Berlin Paris")])[0].shape == (2, 96)


# The transformer


def encode_plainly(name, doc):
    """One forward pass over a short document, one token after the other."""
    tokenizer = AutoTokenizer.from_pretrained(name)
    encoded = tokenizer(doc.text, return_offsets_mapping=True, return_tensors="pt")
    offsets = encoded.pop("offset_mapping")[0].tolist()
    transformer = AutoModel.from_pretrained(name).eval()
    hidden = transformer(**encoded).last_hidden_state[0]
    first = []
    for token in doc:
        end = token.idx + len(token)
        first.append(next(i for i, (s, e) in enumerate(offsets) if s < e and s < end and e > token.idx))
    return hidden[first], transformer


@pytest.mark.parametrize("fixture", ["tiny_transformer", "tiny_roberta"])
@pytest.mark.usefixtures("float32")
def test_equals_plain_encoding(request, fixture, nlp):
    name = request.getfixturevalue(fixture)
    model = make_encoder(name)
    docs = make_docs(nlp)[:5]
    for doc, Y in zip(docs, model.predict(docs), strict=True):
        expected, _ = encode_plainly(name, doc)
        numpy.testing.assert_allclose(Y, expected.detach().numpy(), atol=1e-5)


@pytest.mark.usefixtures("float32")
def test_gradient(nlp, tiny_transformer):
    """The gradient of two documents in two batches is that of torch alone."""
    model = make_encoder(tiny_transformer, batch_wordpieces=1, transformer_config=NO_DROPOUT)
    docs = make_docs(nlp)[:2]
    Ys, backprop = model.begin_update(docs)
    numpy.random.seed(0)
    dYs = [numpy.random.normal(size=Y.shape).astype("float32") for Y in Ys]
    backprop(dYs)
    expected, transformer = encode_plainly(tiny_transformer, docs[0])
    (expected * torch.from_numpy(dYs[0])).sum().backward()
    gradients = {
        key: value.grad.clone() for key, value in transformer.named_parameters() if value.grad is not None
    }
    expected, transformer = encode_plainly(tiny_transformer, docs[1])
    (expected * torch.from_numpy(dYs[1])).sum().backward()
    for key, value in transformer.named_parameters():
        if value.grad is not None:
            gradients[key] += value.grad
    found = dict(model.get_ref("transformer").shims[0]._model.named_parameters())
    assert len(gradients) > 20
    for key, gradient in gradients.items():
        numpy.testing.assert_allclose(found[key].grad.numpy(), gradient.numpy(), atol=1e-4, err_msg=key)


@pytest.mark.usefixtures("float32")
def test_gradient_of_windows(nlp, tiny_transformer):
    """With windows, overlap, white space and several batches: against finite differences."""
    model = make_encoder(
        tiny_transformer, window=16, overlap=6, batch_wordpieces=40, transformer_config=NO_DROPOUT
    )
    docs = [
        nlp.make_doc("Berlin   Madrid \n " + SENTENCES[3] * 3),
        Doc(nlp.vocab),
        nlp.make_doc(SENTENCES[0]),
    ]
    transformer = model.get_ref("transformer").shims[0]._model.double()
    Ys, backprop = model.begin_update(docs)
    numpy.random.seed(0)
    torch.manual_seed(0)
    dYs = [numpy.random.normal(size=Y.shape).astype("float32") for Y in Ys]
    backprop(dYs)
    # Layer norms make the outputs curve with the embeddings, hardly with the last layer's values: the
    # steps are as large as the curve lets them be, as outputs are in float32.
    for key, size in {
        "embeddings.word_embeddings.weight": 3e-4,
        "encoder.layer.1.attention.self.value.weight": 3e-3,
    }.items():
        weight = transformer.get_parameter(key)
        direction = torch.randn_like(weight)
        losses = []
        for step in (size, -size):
            weight.data += step * direction
            Zs = model.predict(docs)
            losses.append(sum(float((Z.astype("d") * dY).sum()) for Z, dY in zip(Zs, dYs, strict=True)))
            weight.data -= step * direction
        numeric = (losses[0] - losses[1]) / (2 * size)
        assert float((weight.grad * direction).sum()) == pytest.approx(numeric, rel=1e-2, abs=2e-2)


@pytest.mark.parametrize("fixture", ["tiny_transformer", "tiny_roberta", "tiny_xlmr"])
def test_long_doc(request, fixture, nlp):
    """No token is lost, however long the document."""
    model = make_encoder(request.getfixturevalue(fixture))
    doc = make_long_doc(nlp)
    assert len(doc) > 2000
    (Y,) = model.predict([doc])
    assert numpy.isfinite(Y).all()
    assert (numpy.abs(Y).sum(1) > 0).all()


def test_word_pieces_of_a_long_token(nlp, tiny_transformer):
    model = make_encoder(tiny_transformer)
    tokenizer = model.get_ref("transformer").shims[0]._hfmodel.tokenizer
    doc = Doc(nlp.vocab, words=["in", "in" * 150, "so"])
    # What BERT's tokenizer would take for one unknown word.
    assert tokenizer.unk_token_id in tokenizer(doc.text)["input_ids"]
    pieces = tokenize([doc], tokenizer)
    assert tokenizer.unk_token_id not in pieces.ids and len(pieces.ids) > 100
    alone = tokenize([Doc(nlp.vocab, words=[word]) for word in ("in", "in" * 50, "so")], tokenizer)
    assert pieces.ids[pieces.read].tolist() == alone.ids[alone.read].tolist()


def test_giant_token(nlp, tiny_roberta):
    model = make_encoder(tiny_roberta)
    doc = Doc(nlp.vocab, words=["Berlin", "x京" * 5000, "Madrid"])
    (Y,) = model.predict([doc])
    assert (numpy.abs(Y).sum(1) > 0).all()
    tokenizer = model.get_ref("transformer").shims[0]._hfmodel.tokenizer
    assert len(tokenize([doc], tokenizer).ids) > 10000
    # Its words' windows are run, those inside of it are not.
    batches = make_batches([doc], tokenizer, window=40, overlap=10, budget=4096)
    assert sum(len(batch.ids) for batch in batches) == 2


def test_white_space(nlp, tiny_transformer, tiny_roberta):
    for name in (tiny_transformer, tiny_roberta):
        model = make_encoder(name, transformer_config=NO_DROPOUT)
        doc = nlp.make_doc("Berlin  \n Madrid")
        Ys, backprop = model.begin_update([doc])
        assert [bool(row.any()) for row in Ys[0]] == [not token.is_space for token in doc]
        dY = numpy.zeros_like(Ys[0])
        dY[[token.is_space for token in doc]] = 1
        backprop([dY])
        gradients = [p.grad for p in model.get_ref("transformer").shims[0]._model.parameters()]
        assert not any(gradient.any() for gradient in gradients if gradient is not None)


def test_no_piece_warns_once(nlp, tiny_transformer):
    model = make_encoder(tiny_transformer)
    doc = Doc(nlp.vocab, words=["Berlin", "\u200d", "\x07", " "])
    with pytest.warns(UserWarning, match="W003.*2 tokens"):
        (Y,) = model.predict([doc])
    assert [bool(row.any()) for row in Y] == [True, False, False, False]
    model.predict([doc])


@pytest.mark.usefixtures("float32")
def test_drop_out_only_in_training(nlp, tiny_transformer):
    model = make_encoder(tiny_transformer)
    docs = make_docs(nlp)[:1]
    assert (model.predict(docs)[0] == model.predict(docs)[0]).all()
    assert (model.begin_update(docs)[0][0] != model.begin_update(docs)[0][0]).any()
    model = make_encoder(tiny_transformer, transformer_config=NO_DROPOUT)
    numpy.testing.assert_allclose(model.begin_update(docs)[0][0], model.predict(docs)[0], atol=1e-5)


def test_window_settings(nlp, tiny_transformer):
    doc = make_long_doc(nlp, 2)
    Ys = [
        make_encoder(tiny_transformer, window=window, overlap=overlap).predict([doc])[0]
        for window, overlap in [(64, 16), (32, 16), (32, 8), (500, 16)]
    ]
    assert numpy.abs(Ys[0] - Ys[1]).max() > 0.01
    assert numpy.abs(Ys[1] - Ys[2]).max() > 0.01
    # The window is lowered to what the transformer can read.
    assert (Ys[0] == Ys[3]).all()


# torch's own, when it imports its compiler.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.usefixtures("float32")
def test_compile(nlp, tiny_transformer):
    docs = [*make_docs(nlp), make_long_doc(nlp, 2)]
    plain = make_encoder(tiny_transformer, transformer_config=NO_DROPOUT)
    model = build_encoder(tiny_transformer, compile=True, transformer_config=NO_DROPOUT)
    model.from_bytes(plain.to_bytes())
    for Y1, Y2 in zip(plain.predict(docs), model.predict(docs), strict=True):
        numpy.testing.assert_allclose(Y1, Y2, atol=1e-5)
    assert model.attrs["state"].compilable
    assert model.get_ref("transformer").shims[0]._model._compiled_call_impl is not None
    # Names of weights are those of the model that is not compiled.
    again = make_encoder(tiny_transformer, transformer_config=NO_DROPOUT).from_bytes(model.to_bytes())
    assert (again.predict(docs)[0] == plain.predict(docs)[0]).all()


@pytest.fixture
def no_compiler(monkeypatch, tmp_path):
    import torch._inductor.config

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch.compiler.reset()
    with torch._inductor.config.patch({"cpp.cxx": (None, "/no/compiler")}):
        yield
    torch.compiler.reset()


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.usefixtures("float32")
def test_no_compiler(nlp, tiny_transformer, no_compiler):
    docs = make_docs(nlp)
    model = make_encoder(tiny_transformer, compile=True)
    with pytest.warns(UserWarning, match="W007.*compiler.*runs as it is"):
        Ys = model.predict(docs)
    for Y1, Y2 in zip(Ys, make_encoder(tiny_transformer).predict(docs), strict=True):
        assert (Y1 == Y2).all()
    Ys, backprop = model.begin_update(docs)
    backprop(Ys)
    model = make_encoder(tiny_transformer, compile=True)
    with pytest.warns(UserWarning, match="W007"):
        Ys, backprop = model.begin_update(docs)
        backprop(Ys)
    gradients = [p.grad for p in model.get_ref("transformer").shims[0]._model.parameters()]
    assert any(gradient is not None and gradient.any() for gradient in gradients)


def test_every_batch_may_fail_on_the_way_back(tiny_transformer):
    from torch._dynamo.exc import TorchDynamoException

    model = make_encoder(tiny_transformer, compile=True)
    error = TorchDynamoException("no compiler")
    with pytest.warns(UserWarning, match="W007") as caught:
        _stop_compiling(model, error)
        _stop_compiling(model, error)
    assert len(caught) == 1 and not model.attrs["state"].compilable
    with pytest.raises(RuntimeError, match="out of memory"):
        _stop_compiling(model, RuntimeError("out of memory"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu(nlp, tiny_transformer):
    from thinc.api import get_current_ops, require_gpu, set_current_ops

    docs = [*make_docs(nlp), make_long_doc(nlp, 2)]
    ops = get_current_ops()
    expected = make_encoder(tiny_transformer).predict(docs)
    require_gpu()
    try:
        for precision, tolerance in [("float32", 1e-3), ("auto", 0.1)]:
            model = make_encoder(tiny_transformer, precision=precision)
            for Y1, Y2 in zip(expected, model.predict(docs), strict=True):
                assert Y2.dtype == numpy.float32
                numpy.testing.assert_allclose(Y1, Y2.get(), atol=tolerance)
            Ys, backprop = model.begin_update(docs)
            backprop(Ys)
            model.finish_update(Adam(0.001))
    finally:
        set_current_ops(ops)


@pytest.mark.parametrize("freeze", [True, False])
def test_freeze_embeddings(nlp, tiny_transformer, freeze):
    saved = make_encoder(tiny_transformer, freeze_embeddings=not freeze).to_bytes()
    # The setting is that of the config, not that of the pipeline which the weights come from.
    model = build_encoder(tiny_transformer, freeze_embeddings=freeze).from_bytes(saved)
    transformer = model.get_ref("transformer").shims[0]._model
    before = {key: value.clone() for key, value in transformer.state_dict().items()}
    Ys, backprop = model.begin_update(make_docs(nlp))
    backprop(Ys)
    model.finish_update(Adam(0.01))
    after = transformer.state_dict()
    embeddings = "embeddings.word_embeddings.weight"
    assert torch.equal(before.pop(embeddings), after[embeddings]) == freeze
    assert not all(torch.equal(value, after[key]) for key, value in before.items())


def test_initialize_once(nlp, tiny_transformer):
    model = make_encoder(tiny_transformer)
    transformer = model.get_ref("transformer").shims[0]._model
    model.initialize(X=make_docs(nlp))
    assert model.get_ref("transformer").shims[0]._model is transformer


def test_not_initialized(nlp, tiny_transformer):
    saved = build_encoder(tiny_transformer).to_bytes()
    model = build_encoder(tiny_transformer).from_bytes(saved)
    assert not model.has_dim("nO")
    model.initialize()
    assert model.predict([nlp.make_doc("Berlin")])[0].shape == (1, 32)


def test_float32(nlp, tiny_transformer, tmp_path):
    """Weights saved in half precision are float32 here, also after another round."""
    AutoModel.from_pretrained(tiny_transformer).half().save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_transformer).save_pretrained(tmp_path)
    model = make_encoder(str(tmp_path))
    model.predict([nlp.make_doc("Berlin")])
    for encoder in (model, build_encoder("any/name").from_bytes(model.to_bytes())):
        transformer = encoder.get_ref("transformer").shims[0]._model
        assert {value.dtype for value in transformer.parameters()} == {torch.float32}


def test_tokenizer_config(nlp, tiny_transformer):
    model = make_encoder(tiny_transformer, tokenizer_config={"model_max_length": 12})
    hf_model = model.get_ref("transformer").shims[0]._hfmodel
    assert find_limit(hf_model.tokenizer, hf_model.transformer) == 12


@pytest.mark.parametrize(
    "settings,option",
    [({"window": 0}, "window"), ({"overlap": 128}, "overlap"), ({"overlap": -1}, "overlap")]
    + [({"batch_wordpieces": 0}, "batch_wordpieces")],
)
def test_bad_settings(tiny_transformer, settings, option):
    with pytest.raises(XnerError, match=f"X306.*'{option}'"):
        build_encoder(tiny_transformer, **settings)


def test_window_too_small(nlp, tiny_transformer):
    model = make_encoder(tiny_transformer, window=2, overlap=0)
    with pytest.raises(XnerError, match="X306.*2 special tokens"):
        model.predict([nlp.make_doc("Berlin")])
    model = make_encoder(tiny_transformer, window=3, overlap=0)
    assert model.predict([nlp.make_doc("Berlin")])[0].any()


# Errors


def expect_error(name, match):
    with pytest.raises(XnerError, match=match):
        build_encoder(str(name)).initialize()


def test_can_not_load(tiny_transformer, tmp_path, monkeypatch):
    expect_error(tmp_path / "missing", "X010.*there is no such folder")
    expect_error(tmp_path, "X010.*no config.json")
    (tmp_path / "file").write_text("x")
    expect_error(tmp_path / "file", "X010.*a file")
    shutil.copy(f"{tiny_transformer}/config.json", tmp_path)
    expect_error(tmp_path, "X010.*no tokenizer")
    (tmp_path / "tokenizer.json").write_text("{")
    expect_error(tmp_path, "X010.*its tokenizer.json is damaged or cut short")
    AutoTokenizer.from_pretrained(tiny_transformer).save_pretrained(tmp_path)
    expect_error(tmp_path, r"X010.*no weights \(model.safetensors\)")

    def no_network(*args, **kwargs):
        raise OSError(
            "We couldn't connect to 'https://huggingface.co' to load the files. Check your connection."
        )

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", no_network)
    expect_error("some/name", "X010.*huggingface.co can't be reached")


def test_slow_tokenizer(tiny_transformer, tmp_path):
    shutil.copytree(tiny_transformer, tmp_path, dirs_exist_ok=True)
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    with pytest.raises(XnerError, match="X009"):
        build_encoder(str(tmp_path), tokenizer_config={"use_fast": False}).initialize()


def test_import_is_light():
    code = "import sys, spacy_xner.architectures.encoder; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
