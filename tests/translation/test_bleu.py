"""BLEU of engines, by sacrebleu."""

import math
import sys
from importlib.util import find_spec

import pytest
import srsly
from util import run_xner

from spacy_xner.errors import XnerError
from spacy_xner.translation.bleu import get_bleu, score_engine
from spacy_xner.translation.types import MarkedText

# One by one: .ci/run runs tests that were skipped again, by their names.
pytestmark = pytest.mark.skipif(
    find_spec("sacrebleu") is None, reason="needs sacrebleu: pip install -e '.[bleu]'"
)


def test_bleu_by_hand():
    """Five tokens of six: n-gram precisions 5/5, 4/4, 3/3, 2/2 and the brevity penalty exp(1 - 6/5)."""
    found = get_bleu(["the cat sat on the"], ["the cat sat on the mat"], "en", "none")
    assert found.score == pytest.approx(100 * math.exp(1 - 6 / 5)) and "tok:none" in found.signature
    # One of six tokens differs: 5/6, 3/5 and 1/4; no four in a row of three, for which sacrebleu takes half of one.
    found = get_bleu(["a b x d e f"], ["a b c d e f"], "en", "none")
    assert found.score == pytest.approx(100 * (5 / 6 * 3 / 5 * 1 / 4 * 0.5 / 3) ** 0.25, rel=1e-3)
    assert "tok:zh" in get_bleu(["北京"], ["北京"], "zh").signature
    assert get_bleu([], [], "en").score == 0


class Upper:
    """Translates what it knows into capitals."""

    name, licence = "upper", ""

    def translate(self, sentences):
        return [None if "x" in text else MarkedText(text.upper()) for text, _ in sentences]


def test_an_engine():
    pairs = [("a b c d", "A B C D"), ("x y", "X Y")]
    found = score_engine(Upper(), ("en", "es"), pairs, tokenize="none")
    assert found.rows == [("a b c d", "A B C D", "A B C D"), ("x y", "X Y", "")] and found.missing == 1
    assert found.bleu.score == pytest.approx(100 * math.exp(1 - 6 / 4))
    with pytest.raises(XnerError, match="X306.*'words' is not one of none, zh, 13a"):
        score_engine(Upper(), ("en", "es"), pairs, tokenize="words")


def test_the_command(tmp_path, monkeypatch):
    lines = {
        "one two three four .": "uno dos tres cuatro .",
        "five six seven eight .": "cinco seis siete ocho .",
    }
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{one}\t{other}\n" for one, other in lines.items()))
    known = tmp_path / "known.tsv"
    known.write_text("one two three four .\tuno dos tres cuatro .\n")
    args = [
        "evaluate-translator",
        pairs,
        "--engine",
        "memory",
        "--set",
        f"path={known}",
        "--source",
        "en",
        "--target",
        "es",
    ]
    args += ["--cache", tmp_path / "cache", "-o", tmp_path / "out"]
    printed = run_xner(*args, "--directions", "forward")
    (score,) = srsly.read_json(tmp_path / "out" / "scores.json").values()
    assert score["bleu"] == pytest.approx(100 * math.exp(-1)) and (score["sentences"], score["missing"]) == (
        2,
        1,
    )
    assert (
        "en-es: BLEU 36.8 of 2 sentences, 1 without a translation" in printed
        and score["signature"] in printed
    )
    assert (tmp_path / "out" / "en-es.tsv").read_text().splitlines() == [
        "one two three four .\tuno dos tres cuatro .\tuno dos tres cuatro .",
        "five six seven eight .\tcinco seis siete ocho .\t",
    ]
    assert "[X306]" in run_xner("evaluate-translator", pairs, code=1)
    assert "[X306]" in run_xner(*args, "--tokenize", "words", code=1)
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    printed = run_xner(*args, code=1)
    assert "[X125]" in printed and "sacrebleu" in printed
