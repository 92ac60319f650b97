"""Aligners: rules worked out by hand, each aligner on a few pairs, what goes wrong outside."""

import random
import shutil
import stat
import sys
from pathlib import Path

import numpy
import pytest
from typer.testing import CliRunner

from spacy_xner.cli import app
from spacy_xner.errors import XnerError
from spacy_xner.translation.aligned import read_memory
from spacy_xner.translation.aligners import eflomal, similarity
from spacy_xner.translation.aligners.pieces import PieceEncoder
from spacy_xner.translation.aligners.symmetrize import SYMMETRIZE, grow_diag_final_and
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.engine import align_pairs
from spacy_xner.translation.resolve import make_aligner, make_engine
from spacy_xner.translation.types import MarkedText

FORWARD = {(0, 0), (1, 1), (1, 2), (3, 4)}
BACKWARD = {(0, 0), (1, 1), (2, 1), (2, 5)}


@pytest.mark.parametrize(
    "rule, expected",
    [
        ("intersection", {(0, 0), (1, 1)}),
        ("union", FORWARD | BACKWARD),
        ("forward", FORWARD),
        ("backward", BACKWARD),
        # (1, 2) and (2, 1) are neighbours of (1, 1); (3, 4) and (2, 5) touch nothing.
        ("grow-diag", {(0, 0), (1, 1), (1, 2), (2, 1)}),
        # Both tokens of (3, 4) are still free; 2 is not.
        ("grow-diag-final-and", {(0, 0), (1, 1), (1, 2), (2, 1), (3, 4)}),
    ],
)
def test_symmetrize(rule, expected):
    assert SYMMETRIZE[rule](FORWARD, BACKWARD) == expected


def test_growing_goes_on_from_what_was_added():
    assert grow_diag_final_and({(0, 0), (1, 1)}, {(0, 0), (2, 2), (1, 1)}) == {(0, 0), (1, 1), (2, 2)}


def test_argmax_and_softmax():
    table = numpy.array([[0.9, 0.1, 0.2], [0.8, 0.3, 0.1]])
    # Token 0 and 0 choose each other; 1 prefers 0, which has a better one.
    assert similarity.intersect_argmax(table).tolist() == [[True, False, False], [False, False, False]]
    chosen = similarity.intersect_softmax(table / 0.1, threshold=0.1)
    assert chosen.tolist() == [[True, False, False], [True, False, False]]
    assert not similarity.intersect_softmax(table / 0.1, threshold=0.999).any()


def test_similarity_aligner(tiny_transformer):
    """Equal words have similar vectors even in an encoder that learnt nothing."""
    words = ["Berlin", "Madrid", "Obama"]
    for rule in ("argmax", "softmax"):
        aligner = make_aligner("similarity", [f"encoder={tiny_transformer}", f"rule={rule}"])
        found, empty, other = aligner.align([(words, words), ([], words), (words, words[::-1])])
        assert {(0, 0), (1, 1), (2, 2)} <= found and empty == set()
        assert rule == "softmax" or len(found) == 3
        assert all(0 <= i < 3 and 0 <= j < 3 for i, j in other)
    # The middle one of two layers is the first.
    assert aligner.encoder.layer == 1 and len(aligner.encoder.model.encoder.layer) == 1
    deep = make_aligner("similarity", [f"encoder={tiny_transformer}", "layer=2"])
    assert deep.name != aligner.name and len(deep.encoder.model.encoder.layer) == 2
    assert deep.align([(words, words)])[0]
    with pytest.raises(XnerError, match="X306.*3.*a layer from 1 to 2"):
        make_aligner("similarity", [f"encoder={tiny_transformer}", "layer=3"])


def test_distortion():
    """Of two equal words that at the same place is meant."""
    assert similarity.measure_distortion(2, 4).tolist() == [[0, 0.25, 0.5, 0.75], [0.5, 0.25, 0, 0.25]]


def test_pieces(tiny_transformer):
    encoder = PieceEncoder(tiny_transformer, 0)
    sentences = [["Berlin"], [], ["der", "Bundesregierung", " ", "Berlin"], ["Berlin", "Madrid"] * 60]
    found = encoder.encode(sentences)
    assert [len(pieces.vectors) for pieces in found] == [len(pieces.words) for pieces in found]
    assert set(found[0].words) == {0} and not len(found[1].words) and set(found[2].words) == {0, 1, 3}
    # More than the encoder reads at once, in parts of whole words.
    assert encoder.longest < 64 < len(found[3].words) and sorted(set(found[3].words)) == list(range(120))
    alone = [encoder.encode([sentence])[0] for sentence in sentences]
    for one, other in zip(found, alone, strict=True):
        assert numpy.allclose(one.vectors, other.vectors, atol=1e-5) and (one.words == other.words).all()


def make_pairs(n=300):
    """Sentences of an invented language and its rendering word by word, with two words of each swapped."""
    rng = random.Random(0)
    pairs = []
    for _ in range(n):
        ids = rng.sample(range(12), 5)
        target = [ids[1], ids[0], *ids[2:]]
        pairs.append(([f"w{k}" for k in ids], [f"v{k}" for k in target]))
    return pairs


def needs_eflomal():
    try:
        return not eflomal.find_program()
    except XnerError:
        return True


@pytest.mark.skipif(needs_eflomal(), reason="eflomal-align is not installed: pip install '.[eflomal]'")
def test_eflomal(tmp_path):
    pairs = make_pairs()
    pairs[3] = ([], ["x"])
    cache = Cache(tmp_path)
    aligner = make_aligner("eflomal")
    found = align_pairs(aligner, pairs, cache=cache)
    assert found[3] == set()
    right = sum(found[k] == {(0, 1), (1, 0), (2, 2), (3, 3), (4, 4)} for k in range(len(pairs)) if k != 3)
    assert right > 0.9 * len(pairs)
    # It samples without a seed: what it found is kept.
    assert align_pairs(aligner, pairs, cache=Cache(tmp_path)) == found
    assert aligner.align([([], [])]) == [set()]
    extra = tmp_path / "more.tsv"
    extra.write_text("".join(f"{' '.join(s)}\t{' '.join(t)}\n" for s, t in make_pairs()), encoding="utf8")
    taught = make_aligner("eflomal", [f"extra={extra}"])
    assert taught.name != aligner.name
    (alignment,) = taught.align([(["w1", "w2", "w3"], ["v2", "v1", "v3"])])
    assert alignment == {(0, 1), (1, 0), (2, 2)}


def fake_program(folder: Path, code: str) -> None:
    path = folder / "eflomal-align"
    path.write_text(f"#!{sys.executable}\n{code}", encoding="utf8")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize(
    "code, match",
    [
        ("raise SystemExit('no memory')", "X209.*eflomal.*failed.*no memory"),
        ("pass", "X209.*failed"),
        ("import time; time.sleep(30)", "X209.*took over 0.5 s"),
    ],
)
def test_eflomal_fails(tmp_path, monkeypatch, code, match):
    fake_program(tmp_path, code)
    monkeypatch.setattr(eflomal, "find_program", lambda: str(tmp_path / "eflomal-align"))
    aligner = make_aligner("eflomal", ["timeout=0.5" if "sleep" in code else "timeout=60"])
    with pytest.raises(XnerError, match=match):
        aligner.align([(["a"], ["b"])])


def test_eflomal_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(XnerError, match=r"X206.*eflomal-align.*pip install .eflomal"):
        make_aligner("eflomal").align([(["a"], ["b"])])


def test_given_alignments(tmp_path):
    (tmp_path / "m.tsv").write_text("Ana sees Bob\tBob sieht Ana\n", encoding="utf8")
    (tmp_path / "m.align").write_text("0-2 1-1 2-0\n", encoding="utf8")
    files = [f"memory={tmp_path / 'm.tsv'}", f"alignments={tmp_path / 'm.align'}"]
    pair = (["Ana", "sees", "Bob"], ["Bob", "sieht", "Ana"])
    assert make_aligner("given", files).align([pair]) == [{(0, 2), (1, 1), (2, 0)}]
    assert make_aligner("given", [*files, "reverse=true"]).align([pair[::-1]]) == [{(2, 0), (1, 1), (0, 2)}]
    (tmp_path / "m.align").write_text("0-7\n", encoding="utf8")
    with pytest.raises(XnerError, match="X203.*line 1.*'0-7' points past"):
        make_aligner("given", files)


@pytest.mark.parametrize(
    "name, settings, match",
    [
        ("eflomal", ["symmetrize=diagonal"], "X306.*'diagonal'.*grow-diag"),
        ("eflomal", ["iterations=many"], "X218.*iterations"),
        ("eflomal", ["colour=red"], "X218.*colour"),
        ("eflomal", ["iterations"], "X306.*KEY=VALUE"),
        ("magic", [], "X218.*'magic'.*eflomal.*given.*similarity"),
        ("missing.cfg", [], "X101.*missing.cfg"),
    ],
)
def test_bad_choice(name, settings, match):
    with pytest.raises(XnerError, match=match):
        make_aligner(name, settings)


def test_from_config(tmp_path):
    path = tmp_path / "a.cfg"
    path.write_text(
        '[aligner]\n@misc = "spacy-xner.EflomalAligner.v1"\nsymmetrize = "union"\n', encoding="utf8"
    )
    assert make_aligner(str(path), ["iterations=0.5"]).name == "eflomal:union:0.5"


@pytest.mark.skipif(needs_eflomal(), reason="eflomal-align is not installed: pip install '.[eflomal]'")
def test_command(tmp_path):
    lines = [f"{' '.join(source)}\t{' '.join(target)}\n" for source, target in make_pairs()]
    (tmp_path / "p.tsv").write_text("".join(lines), encoding="utf8")
    args = ["align", tmp_path / "p.tsv", tmp_path / "p.align", "--cache", tmp_path / "cache"]
    args += ["--aligner", "eflomal"]
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    # What it writes is what a memory reads.
    memory = read_memory(tmp_path / "p.tsv", tmp_path / "p.align")
    assert sum(found.alignment == {(0, 1), (1, 0), (2, 2), (3, 3), (4, 4)} for found in memory.values()) > 250


def test_learnt_lexicon(tmp_path):
    """Words and phrases with their most frequent rendering, in a table that the engine reads."""
    lines = [
        "New York is big\tNueva York es grande\t0-0 1-1 2-2 3-3",
        "New York was big\tNueva York era grande\t0-0 1-1 2-2 3-3",
        "the big Apple\tla Manzana grande\t0-0 1-2 2-1",
        "BIG deal\tgran trato\t0-0 1-1",
    ]
    pairs, alignments = zip(*(line.rsplit("\t", 1) for line in lines), strict=True)
    (tmp_path / "p.tsv").write_text("\n".join(pairs) + "\n", encoding="utf8")
    (tmp_path / "p.align").write_text("\n".join(alignments) + "\n", encoding="utf8")
    command = [
        "lexicon",
        tmp_path / "p.tsv",
        tmp_path / "l.tsv",
        "--align",
        tmp_path / "p.align",
        "-s",
        "en",
        "-t",
        "es",
    ]
    result = CliRunner().invoke(app, [str(arg) for arg in command])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "l.tsv").read_text(encoding="utf8").splitlines() == [
        "en\tes",
        "big\tgrande",
        "New\tNueva",
        "New York\tNueva York",
        "York\tYork",
    ]
    engine = make_engine("lexicon", [f"path={tmp_path / 'l.tsv'}"])("en", "es")
    (found,) = engine.translate([MarkedText("A big new York", ((6, 14),))])
    assert found == MarkedText("A grande Nueva York", ((9, 19),))
    result = CliRunner().invoke(app, [str(arg) for arg in [*command, "--min-count", 9]])
    assert result.exit_code == 1 and "X225" in result.output


@pytest.mark.parametrize(
    "text, match",
    [
        ("[aligner]\nsymmetrize = 1\n", "no block.*aligner.*@misc"),
        ("[translator]\n@misc = 1\n", "no block"),
        ("[aligner]\n@misc = 1\n[aligner]\n@misc = 2\n", "aligner"),
        ("[aligner\n", "X218"),
        ('[aligner]\n@misc = "spacy-xner.MemoryTranslator.v1"\npath = "x"\n', "it is no aligner"),
    ],
)
def test_bad_config(tmp_path, text, match):
    path = tmp_path / "a.cfg"
    path.write_text(text, encoding="utf8")
    with pytest.raises(XnerError, match=match) as error:
        make_aligner(str(path))
    assert "X218" in str(error.value)


def test_an_aligner_is_no_engine():
    with pytest.raises(XnerError, match="X218.*it is no translator"):
        make_engine("spacy-xner.EflomalAligner.v1")
