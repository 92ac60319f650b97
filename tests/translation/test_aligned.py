"""Parallel text with word alignments: tokens beside them, other tokens of the same text, and what does not fit."""

import gzip
import warnings

import pytest
from util import make_doc, run_xner, save_corpus

from spacy_xner.errors import XnerError
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.aligned import (
    AlignedPair,
    name_tokens,
    read_aligned,
    read_memory,
    spread_alignment,
    write_aligned,
)
from spacy_xner.translation.resolve import make_aligner

VOCAB = get_blank().vocab
RAW = "Ana's train, she said, left.\tAnas Zug, sagte sie, fuhr ab.\n"


def write(path, text):
    path.write_text(text, encoding="utf8")
    return path


@pytest.mark.parametrize(
    "words, target, alignment, tokens, other, expected",
    [
        # A word of the alignment is two tokens, and two words are one token.
        (("Ana's", "hat"), ("Hut",), {(0, 0)}, ["Ana", "'s", "hat"], ["Hut"], {(0, 0), (1, 0)}),
        (("Coca", "-", "Cola"), ("Cola",), {(2, 0)}, ["Coca-Cola"], ["Cola"], {(0, 0)}),
        (("a", "b"), ("A", "B"), {(0, 1), (1, 0)}, ["a", "b"], ["A", "B"], {(0, 1), (1, 0)}),
        # A token of white space, and another form of the same letters.
        (("Jos\u00e9", "b"), ("x",), {(1, 0)}, ["Jose\u0301", " ", "b"], ["x"], {(2, 0)}),
    ],
)
def test_another_cut(words, target, alignment, tokens, other, expected):
    assert spread_alignment(AlignedPair(words, target, alignment), tokens, other) == expected


def test_tokens_are_kept_beside(tmp_path):
    memory, path = write(tmp_path / "m.tsv", RAW), tmp_path / "m.align"
    words = [
        (("Ana", "'s", "train,", "she", "said,", "left."), ("Anas", "Zug,", "sagte", "sie,", "fuhr", "ab."))
    ]
    write_aligned(path, [{(0, 0), (5, 4)}], words)
    assert read_aligned(memory, path) == [AlignedPair(*words[0], {(0, 0), (5, 4)})]
    # What reads words from texts gets these.
    ((source, found),) = read_memory(memory, path).items()
    assert source.split() == list(words[0][0]) and found.text.split() == list(words[0][1])
    with gzip.open(tmp_path / "n.align.gz", "wb") as file:
        file.write(path.read_bytes())
    name_tokens(path).rename(name_tokens(tmp_path / "n.align.gz"))
    assert read_aligned(memory, tmp_path / "n.align.gz")[0].source == words[0][0]
    write_aligned(tmp_path / "n.align", [{(0, 0)}], None)
    assert not name_tokens(tmp_path / "n.align").exists()
    assert read_aligned(memory, tmp_path / "n.align")[0].source == tuple(RAW.split("\t")[0].split())


@pytest.mark.parametrize(
    "tokens, line", [("Ana 's train\tAnas Zug\n", 1), (RAW + RAW, 2), (RAW.replace("\t", " "), 1)]
)
def test_tokens_of_another_text(tmp_path, tokens, line):
    memory, path = write(tmp_path / "m.tsv", RAW), write(tmp_path / "m.align", "0-0\n")
    write(name_tokens(path), tokens)
    with pytest.raises(XnerError, match=f"X240.*m.align.tokens, line {line}.*m.tsv"):
        read_aligned(memory, path)


def test_alignments_of_other_pairs(tmp_path):
    memory = write(tmp_path / "m.tsv", "".join(f"in {k} .\tim {k} .\n" for k in range(20)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_aligned(memory, write(tmp_path / "m.align", "0-0 1-1 2-2\n" * 20))
        # Too little to tell.
        few = write(tmp_path / "few.tsv", "in 1 .\tim 1 .\n")
        read_aligned(few, write(tmp_path / "few.align", "0-0\n"))
    with pytest.warns(UserWarning, match="XW201.*m.align.*m.tsv.*of 40 words.*only 0"):
        read_aligned(memory, write(tmp_path / "m.align", "0-0\n" * 20))


def test_pairs_without_alignment_are_told(tmp_path):
    memory, path = write(tmp_path / "m.tsv", "a b\tA B\n"), write(tmp_path / "m.align", "0-0\n")
    aligner = make_aligner("given", [f"memory={memory}", f"alignments={path}"])
    with pytest.warns(UserWarning, match="XW202. 1 of 2 sentence pairs.*m.align"):
        assert aligner.align([(["a", "b"], ["A", "B"]), (["x"], ["y"])]) == [{(0, 0)}, set()]


def test_sentences_that_were_joined_or_split(tmp_path):
    lines = "Ana left . Bob stayed .\tBob blieb . Ana ging .\nWhy ?\tWarum ?\nGo .\tGeh .\n"
    memory, path = (
        write(tmp_path / "m.tsv", lines),
        write(tmp_path / "m.align", "0-0 1-1 3-3 4-4 0-4\n0-0\n0-0\n"),
    )
    aligner = make_aligner("given", [f"memory={memory}", f"alignments={path}"])
    pairs = [("Bob stayed.", "Ana ging."), ("Why? Go.", "Warum? Geh."), ("Ana left.", "Bob blieb.")]
    words = [tuple([token.text for token in get_blank()(text)] for text in pair) for pair in pairs]
    # A link from one sentence into another is none of either.
    assert aligner.align(words) == [{(0, 0), (1, 1)}, {(0, 0), (2, 2)}, {(0, 0), (1, 1)}]


SENTENCES = [
    ("Ana, says Bob, left.", "Anna, sagt Rob, ging."),
    ("Did Ana leave?", "Ging Anna?"),
    ("Bob (the old) stayed.", "Rob (der alte) blieb."),
]
ENTS = [[(0, 3, "PER"), (10, 13, "PER")], [(4, 7, "PER")], [(0, 3, "PER")]]


class Equal:
    """Aligns words of which the first letters are alike, after those of names."""

    name = "equal"
    names = {"Ana": "Anna", "Bob": "Rob"}

    def align(self, pairs):
        return [
            {
                (i, j)
                for i, one in enumerate(left)
                for j, other in enumerate(right)
                if self.names.get(one) == other
            }
            for left, right in pairs
        ]


def test_aligning_raw_text_makes_no_memory_worse(tmp_path, monkeypatch):
    """The same sentences are kept whether alignments lie beside the memory or an aligner finds them."""
    from spacy_xner.cli import align as command

    monkeypatch.setattr(command, "make_aligner", lambda name, settings: Equal())
    docs = []
    for k, ((source, _), ents) in enumerate(zip(SENTENCES, ENTS, strict=True)):
        doc = get_blank()(source)
        doc.set_ents([doc.char_span(start, end, label) for start, end, label in ents])
        doc.user_data.update(make_doc(VOCAB, "x", group=str(k), language="en").user_data)
        docs.append(doc)
    corpus = save_corpus(tmp_path / "s.spacy", docs)
    memory = write(tmp_path / "memory.tsv", "".join(f"{source}\t{target}\n" for source, target in SENTENCES))
    cache = ["--cache", tmp_path / "cache"]
    output = run_xner("align", memory, tmp_path / "a.align", *cache)
    assert "a.align.tokens" in output
    options = ["--memory", memory, "--targets", "de", *cache]
    assert "0 of 3 sentences kept" in run_xner("translate", corpus, tmp_path / "without", *options)
    output = run_xner("translate", corpus, tmp_path / "with", *options, "--align", tmp_path / "a.align")
    assert "3 of 3 sentences kept" in output and "PER: 100.0% (alignment 4)" in output
    # Words between spaces, punctuation and all: what another program aligns.
    run_xner("align", memory, tmp_path / "b.align", "--tokenized", *cache)
    assert not (tmp_path / "b.align.tokens").exists()
