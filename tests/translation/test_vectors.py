"""Static vectors from the text of a transfer: code-switching, training, and what a pipeline makes of them."""

import random
import sys

import numpy
import pytest
import spacy
from spacy.tokens import Doc
from typer.testing import CliRunner
from util import make_doc, save_corpus

from spacy_xner.cli import app
from spacy_xner.errors import XnerError
from spacy_xner.metadata import set_metadata
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.switch import switch_words
from spacy_xner.translation.vectors import find_pairs, train_vectors

VOCAB = get_blank().vocab
PAIR = (["a", "b", "c"], ["X", "Y"])


def test_switch_words():
    alignment = {(0, 1), (2, 0)}
    assert list(switch_words([PAIR], [alignment], share=0.0, copies=1)) == [["a", "b", "c"], ["X", "Y"]]
    assert list(switch_words([PAIR], [alignment], share=1.0, copies=1)) == [["Y", "b", "X"], ["c", "a"]]
    copies = list(switch_words([PAIR], [alignment], copies=50, seed=1))
    assert len(copies) == 100 and copies == list(switch_words([PAIR], [alignment], copies=50, seed=1))
    # About half of the aligned tokens, none of the others.
    assert (
        30 < sum(words[0] == "Y" for words in copies) < 70
        or 10 < sum(words[0] == "Y" for words in copies[::2]) < 40
    )
    assert all(words[1] == "b" for words in copies[::2])


def make_pairs():
    """Sentences of two invented languages whose words correspond in order."""
    rng = random.Random(0)
    docs = []
    for k in range(300):
        group = rng.randrange(2)
        ids = [group * 10 + rng.randrange(10) for _ in range(6)]
        for view, stem in (("s", "ka"), ("t", "zu")):
            doc = Doc(VOCAB, words=[f"{stem}{i:02}{stem}" for i in ids])
            set_metadata(doc, group=f"g{k}", view=view)
            docs.append(doc)
    return docs


class Diagonal:
    name = "diagonal"

    def align(self, pairs):
        return [{(i, i) for i in range(len(source))} for source, _ in pairs]


def similarity(nlp, first, second):
    one, other = (nlp.vocab[word].vector for word in (first, second))
    return float(one @ other / numpy.linalg.norm(one) / numpy.linalg.norm(other))


def test_vectors_bring_translations_together():
    pytest.importorskip("floret", reason="pip install '.[vectors]'")
    docs = make_pairs()
    nlp = train_vectors(docs, aligner=Diagonal(), width=16, epochs=60, rows=500)
    assert nlp.vocab.vectors_length == 16
    right = [similarity(nlp, f"ka{i:02}ka", f"zu{i:02}zu") for i in range(20)]
    wrong = [similarity(nlp, f"ka{i:02}ka", f"zu{(i + 10) % 20:02}zu") for i in range(20)]
    assert sum(one > other for one, other in zip(right, wrong, strict=True)) >= 18
    assert numpy.mean(right) > numpy.mean(wrong) + 0.1
    again = train_vectors(docs, aligner=Diagonal(), width=16, epochs=60, rows=500)
    assert (again.vocab["ka01ka"].vector == nlp.vocab["ka01ka"].vector).all()
    with pytest.raises(XnerError, match="X111"):
        train_vectors([Doc(VOCAB)])


def test_pairs_are_views_of_one_group():
    docs = [*make_pairs()[:2], make_doc(VOCAB, "alone", None, group="h"), make_doc(VOCAB, "no group", None)]
    words = [[token.text for token in doc] for doc in docs[:2]]
    assert find_pairs(docs) == [(words[0], words[1])]
    # One order of languages, whichever was translated.
    for doc, language in zip(docs, ("es", "en"), strict=False):
        set_metadata(doc, language=language)
    assert find_pairs(docs) == [(words[1], words[0])]


def test_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "floret", None)
    with pytest.raises(XnerError, match=r"X206.*floret.*pip install .floret"):
        train_vectors(make_pairs())


def test_command(tmp_path):
    pytest.importorskip("floret", reason="pip install '.[vectors]'")
    save_corpus(tmp_path / "c.spacy", make_pairs())
    output = tmp_path / "made" / "vectors"
    options = [
        tmp_path / "c.spacy",
        "--width",
        8,
        "--rows",
        100,
        "--epochs",
        1,
        "--cache",
        tmp_path / "cache",
    ]
    result = CliRunner().invoke(app, ["vectors", str(output), *map(str, options)])
    assert result.exit_code == 0, result.output
    assert "100 rows of 8 from 600 sentences" in " ".join(result.output.split())
    assert spacy.load(output).vocab.vectors.shape == (100, 8)
    (tmp_path / "file").write_text("no folder")
    result = CliRunner().invoke(app, ["vectors", str(tmp_path / "file" / "vectors"), *map(str, options)])
    assert result.exit_code == 1 and "X112" in result.output
