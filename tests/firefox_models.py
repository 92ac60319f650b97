"""Tiny models in the format of Firefox Translations, which say the same whatever they read."""

import math
import struct
from pathlib import Path
from typing import List

import numpy

WIDTH = 32


def save_model(folder: Path, words: List[str], direction: str = "enes") -> None:
    """Save a model that translates every sentence as these words, of which there may be three; "▁" is a space.

    Without any layer a model sees but the position and its last word. The embedding of each word is the direction in
    which its own position lies, and is small, so that the last word counts little.
    """
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text.txt"
    text.write_text("Ana met Bob in Rome\nthe old man waits here\n" * 3, encoding="utf8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "vocab"),
        model_type="unigram",
        vocab_size=100,
        hard_vocab_limit=False,
        user_defined_symbols=[f"▁{word}" for word in words],
        bos_id=-1,
        eos_id=0,
        unk_id=1,
        minloglevel=2,
    )
    text.unlink()
    (folder / "vocab.vocab").unlink()
    vocab = (folder / "vocab.model").rename(folder / f"vocab.{direction}.spm")
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(vocab))
    ids = [pieces.piece_to_id(f"▁{word}") for word in words] + [pieces.eos_id()]
    W = numpy.zeros((pieces.get_piece_size(), WIDTH))
    directions = numpy.linalg.pinv(numpy.stack([encode_position(i) for i in range(len(ids))])).T
    W[ids] = directions / numpy.abs(directions).max()
    config = f"dim-emb: {WIDTH}\ntransformer-heads: 1\nenc-depth: 0\ndec-depth: 0\n".encode()
    items = {
        "special:model.yml": (0x101, [len(config)], config),
        # Eight bits, and then what they were multiplied with.
        "Wemb": (0x4101, list(W.shape), numpy.round(127 * W).astype("int8").tobytes() + pack(127 / 0.001)),
        "none_QuantMultA": (0x404, [1, 1], pack(50.0)),
        "decoder_ff_logit_out_b": (0x404, [1, len(W)], bytes(4 * len(W))),
    }
    data = struct.pack("<QQ", 1, len(items))
    for name, (kind, shape, value) in items.items():
        data += struct.pack("<QQQQ", len(name), kind, len(shape), len(value))
    data += "".join(items).encode()
    data += b"".join(struct.pack(f"<{len(shape)}i", *shape) for _, shape, _ in items.values())
    data += struct.pack("<Q", 0) + b"".join(value for _, _, value in items.values())
    (folder / f"model.{direction}.intgemm.alphas.bin").write_bytes(data)


def encode_position(position: int) -> numpy.ndarray:
    """Marian's sines and cosines of a position."""
    half = WIDTH // 2
    angles = [position * 1e-4 ** (i / (half - 1)) for i in range(half)]
    return numpy.array([*map(math.sin, angles), *map(math.cos, angles)])


def pack(value: float) -> bytes:
    return struct.pack("<f", value)
