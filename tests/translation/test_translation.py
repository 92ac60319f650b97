"""From a translation memory to views: reading, finding entities in the translation, replacing them."""

import gzip
from pathlib import Path

import pytest
from spacy.tokens import Doc
from typer.testing import CliRunner
from util import get_ents, make_doc, save_corpus

from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_entity_language, get_group, get_language, get_view
from spacy_xner.tokenizer import get_blank, get_tokenizer
from spacy_xner.translation.aligned import Translation, read_memory
from spacy_xner.translation.engines.memory import MemoryTranslator
from spacy_xner.translation.lexicon import read_lexicon
from spacy_xner.translation.projection.render import find_renderings, number_entities, render_docs
from spacy_xner.translation.projection.view_corpus import hold_out, is_marked, make_corpus, read_marked
from spacy_xner.translation.resolve import make_aligner, make_engine
from spacy_xner.translation.types import MarkedText
from spacy_xner.translation.views import make_views, number_groups

VOCAB = get_blank().vocab
tokenize = get_blank().tokenizer
PAIRS = "Ana met Bob\tBob traf Ana\nso  what\tna und\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf8")
    return path


def test_read_memory(tmp_path):
    path = write(tmp_path / "m.tsv", PAIRS + "so what\tund ?\n")
    # Of two translations the first counts.
    assert read_memory(path) == {"Ana met Bob": ("Bob traf Ana", None), "so what": ("na und", None)}
    with gzip.open(tmp_path / "m.align.gz", "wt") as file:
        file.write("0-2 1-1 2-0 2-0\n\n0-0\n")
    memory = read_memory(path, tmp_path / "m.align.gz")
    assert memory["Ana met Bob"] == Translation("Bob traf Ana", {(0, 2), (1, 1), (2, 0)})
    assert memory["so what"] == Translation("na und", set())


@pytest.mark.parametrize(
    "content",
    [
        "Ana met Bob\tBob traf Ana\n\nso what\tna und\n\n",
        "source\ttarget\nAna met Bob\tBob traf Ana\nso what\tna und\n",
        "en\tde\nAna met Bob\tBob traf Ana\nso what\tna und\n",
        '"Ana met Bob"\t"Bob traf Ana"\n"so what"\t"na und"\n',
        "\n \t \nAna met Bob \t Bob traf Ana\nso what\tna und\n",
    ],
)
def test_memories_as_they_come(tmp_path, content):
    """Blank lines, a header, the quotes of a spreadsheet; an alignment has a line for each line or for each pair."""
    path = write(tmp_path / "en-de.tsv", content)
    assert {key: found.text for key, found in read_memory(path).items()} == {
        "Ana met Bob": "Bob traf Ana",
        "so what": "na und",
    }
    n_lines = content.count("\n")
    whole = ["" if not line.strip() else "0-0" for line in content.splitlines()]
    for lines in (["0-0", "0-0"], whole):
        aligned = write(tmp_path / "en-de.align", "".join(f"{line}\n" for line in lines))
        assert [found.alignment for found in read_memory(path, aligned).values()] == [{(0, 0)}] * 2
    aligned = write(tmp_path / "en-de.align", "0-0\n" * (n_lines + 1))
    with pytest.raises(XnerError, match="X201"):
        read_memory(path, aligned)


def test_quotes_that_are_text(tmp_path):
    path = write(tmp_path / "m.tsv", '"Go," she said, "now"\t"Los"\n"Ana ""B"" Cox"\tx\nso\tja\n')
    assert list(read_memory(path)) == ['"Go," she said, "now"', 'Ana "B" Cox', "so"]


def test_composed_and_decomposed_letters(tmp_path):
    path = write(tmp_path / "m.tsv", "Jose\u0301 ruht\tx\n")
    translator = MemoryTranslator(path, is_swapped=False)
    for text in ("Jos\u00e9 ruht", "Jose\u0301 ruht"):
        (found,) = translator.translate([MarkedText(text, ())])
        assert found is not None and found.text == "x"


@pytest.mark.parametrize(
    "pairs, alignments, match",
    [
        (PAIRS, "0-0\n", "X201.*m.tsv' has 2 lines.*m.align' has 1"),
        ("a b\n", None, "X202.*m.tsv, line 1: 1 columns"),
        (PAIRS + "a\tb\tc\n", None, "X202.*line 3: 3 columns"),
        (PAIRS + "a\t \n", None, "X202.*line 3: an empty column"),
        (PAIRS, "0-0\n0:1\n", "X203.*m.align, line 2: alignment '0:1' is not a pair"),
        (PAIRS, "0-x\n0-1\n", "X203.*line 1: alignment '0-x' is not a pair"),
        (PAIRS, "-1-0\n0-1\n", "X203.*line 1: alignment '-1-0' is not a pair"),
        (PAIRS, "2-2\n2-0\n", "X203.*line 2: alignment '2-0' points past the sentence of 2 and 2 tokens"),
        (PAIRS, "0-3\n0-0\n", "X203.*line 1: alignment '0-3' points past the sentence of 3 and 3 tokens"),
    ],
)
def test_bad_memory(tmp_path, pairs, alignments, match):
    aligned = None if alignments is None else write(tmp_path / "m.align", alignments)
    with pytest.raises(XnerError, match=match):
        read_memory(write(tmp_path / "m.tsv", pairs), aligned)


def test_read_lexicon(tmp_path):
    lines = "type\ten\tzh\tde\nLOC\tRome\t罗马\tRom\nLOC\tROME\t\tRoma\nPER\t\t安娜\tAna\n"
    path = write(tmp_path / "l.tsv", lines)
    assert read_lexicon(path, "en", "de") == {"rome": ["Rom", "Roma"]}
    # An empty cell is no rendering: it would be found everywhere.
    assert read_lexicon(path, "en", "zh") == {"rome": ["罗马"]}
    with pytest.raises(XnerError, match="X205.*'en' and 'fr', found.*'zh'"):
        read_lexicon(path, "en", "fr")
    with pytest.raises(XnerError, match="line 5"):
        read_lexicon(write(tmp_path / "bad.tsv", lines + "LOC\tRome\n"), "en", "de")


def describe(doc: Doc):
    ents = [(ent.text, ent.label_, ent.id_) for ent in doc.ents]
    assert doc.has_annotation("ENT_IOB", require_complete=True)
    return get_view(doc), get_language(doc), get_entity_language(doc), doc.text, ents


def test_views():
    source = make_doc(VOCAB, "Ana lives in New York .", [(0, 1, "PER", "1"), (3, 5, "LOC", "2")])
    target = tokenize("安娜住在纽约。")
    target.set_ents([target.char_span(0, 2, "PER", span_id="1"), target.char_span(4, 6, "LOC", span_id="2")])
    views = make_views(source, target, "g", ("en", "zh"))
    ours = [("Ana", "PER", "1"), ("New York", "LOC", "2")]
    theirs = [("安娜", "PER", "1"), ("纽约", "LOC", "2")]
    assert [describe(doc) for doc in views] == [
        ("s", "en", "en", "Ana lives in New York .", ours),
        ("si", "en", "zh", "安娜 lives in 纽约 .", theirs),
        ("ti", "zh", "en", "Ana住在New York。", ours),
        ("t", "zh", "zh", "安娜住在纽约。", theirs),
    ]
    assert {get_group(doc) for doc in views} == {"g"}
    assert [token.text for token in views[1]] == ["安", "娜", "lives", "in", "纽", "约", "."]


def test_views_of_other_order_and_none():
    source = make_doc(VOCAB, "Ana met Bob", [(0, 1, "PER", "1"), (2, 3, "PER", "2")])
    target = make_doc(VOCAB, "Bobby traf Anna", [(0, 1, "PER", "2"), (2, 3, "PER", "1")])
    texts = [doc.text for doc in make_views(source, target, "g", ("en", "de"))]
    assert texts == ["Ana met Bob", "Anna met Bobby", "Bob traf Ana", "Bobby traf Anna"]
    none = make_views(make_doc(VOCAB, "so"), make_doc(VOCAB, "na"), "g", ("en", "de"))
    assert [describe(doc)[0] for doc in none] == ["s", "t"]


@pytest.fixture
def source(tmp_path):
    """Two sentences with entities, one without, and one that no memory has."""
    docs = [
        make_doc(VOCAB, "Ana met Bob", [(0, 1, "PER"), (2, 3, "PER")], group="en-1"),
        Doc(VOCAB, words=["Bob", "'s", "Rome"], spaces=[False, True, False], ents=["B-PER", "O", "B-LOC"]),
        make_doc(VOCAB, "so what"),
        make_doc(VOCAB, "unknown"),
    ]
    return save_corpus(tmp_path / "s.spacy", docs)


MEMORY = "Ana met Bob\tBob traf Ana\nBob's  Rome\tBobs Rom\nso what\tna und\n"


def translate(source, memory, alignments=None, lexicon=None, limit=None):
    docs = list(read_docs(source, VOCAB))[:limit]
    number_groups(docs)
    for doc in docs:
        number_entities(doc)
    if is_marked(memory):
        renderings = find_renderings(docs, read_marked(memory, tokenize, VOCAB))
    else:
        renderings = render_docs(
            docs,
            make_engine("memory", [f"path={memory}"])("en", "de"),
            ("en", "de"),
            get_tokenizer(tokenized=alignments is not None),
            aligner=alignments and make_aligner("given", [f"memory={memory}", f"alignments={alignments}"]),
            lexicon=lexicon,
        )
    views, report = make_corpus(docs, renderings, ("en", "de"))
    fates = [report.sentences[fate] for fate in ("no translation", "entity not found", "kept")]
    return [(get_group(doc), get_view(doc), doc.text.strip(), get_ents(doc)) for doc in views], fates


def test_translate_by_text(source, tmp_path):
    views, counts = translate(source, write(tmp_path / "m.tsv", MEMORY))
    # "Rome" is not in "Bobs Rom", so that sentence is left out.
    assert counts == [1, 1, 2]
    assert [view[:2] for view in views] == [("de-en-1", v) for v in ("s", "si", "ti", "t")] + [
        ("de-2", "s"),
        ("de-2", "t"),
    ]
    assert views[1][2:] == ("Ana met Bob", [(0, 1, "PER"), (2, 3, "PER")])
    assert views[3][2:] == ("Bob traf Ana", [(0, 1, "PER"), (2, 3, "PER")])
    lexicon = {"rome": ["Rom"], "bob": ["Bobs"]}
    views, counts = translate(source, tmp_path / "m.tsv", lexicon=lexicon, limit=2)
    assert counts == [0, 0, 2]
    assert [view[2] for view in views[4:]] == ["Bob's Rome", "Bobs's Rom", "Bob Rome", "Bobs Rom"]


def test_translate_by_alignment(source, tmp_path):
    memory = MEMORY.replace("traf Ana", "traf Anna").replace("Bobs Rom", "Bobs Bob Rome")
    align = write(tmp_path / "m.align", "0-2 1-1 2-0\n0-0 1-2\n0-0\n")
    views, counts = translate(source, write(tmp_path / "m.tsv", memory), alignments=align)
    assert counts == [1, 0, 3]
    assert [view[2] for view in views[:4]] == ["Ana met Bob", "Anna met Bob", "Bob traf Ana", "Bob traf Anna"]
    # "Bob's Rome" is two words to the alignment and three to the document: entities are found by their text.
    assert views[7][2:] == ("Bobs Bob Rome", [(1, 2, "PER"), (2, 3, "LOC")])


def test_translate_by_marked_corpus(source, tmp_path):
    docs = [make_doc(VOCAB, "Rob traf Ana", [(2, 3, "PER", "1"), (0, 1, "PER", "2")], group="en-1")]
    views, counts = translate(source, save_corpus(tmp_path / "m.spacy", docs))
    # Sentences without group have no counterpart.
    assert counts == [3, 0, 1]
    assert [view[2] for view in views] == ["Ana met Bob", "Ana met Rob", "Bob traf Ana", "Rob traf Ana"]
    docs = [make_doc(VOCAB, "Rob traf Ana", [(2, 3, "PER", "1")], group="en-1")]
    assert translate(source, save_corpus(tmp_path / "m.spacy", docs)) == ([], [3, 1, 0])


def run(*args) -> tuple:
    cache = ["--cache", args[1].parent / "cache"]
    result = CliRunner().invoke(app, ["translate", *map(str, [*args, *cache])])
    return result.exit_code, " ".join(result.output.split())


def test_command(source, tmp_path):
    memory = write(tmp_path / "m.tsv", MEMORY)
    code, output = run(source, tmp_path / "out", "--memory", memory, "--targets", "de")
    assert code == 0, output
    assert (
        "2 of 4 sentences kept (1 entity not found, 1 no translation); 50.0% of their entities found"
        in output
    )
    assert "PER: 66.7% (text 2, missing 1)" in output and "LOC: 0.0% (missing 1)" in output
    assert "licence of the model: unknown" in output
    docs = list(read_docs(tmp_path / "out", VOCAB))
    assert sorted(get_view(doc) for doc in docs) == ["s", "s", "si", "t", "t", "ti"]


@pytest.mark.parametrize(
    "memory, expected", [("a\tb\tc\n", "X202"), ("other\tandere\n", "X204"), ("", "X102"), (None, "X101")]
)
def test_command_errors(source, tmp_path, memory, expected):
    path = tmp_path / "m.tsv"
    if memory is not None:
        write(path, memory)
    code, output = run(source, tmp_path / "out", "--memory", path, "--targets", "de")
    assert code == 1
    assert expected in output and "Traceback" not in output
    assert not (tmp_path / "out").exists()


def test_missing_annotation_stays_missing(tmp_path):
    """What is not known of the source is not "outside" in the translation."""
    source = make_doc(VOCAB, "Ana met Bob", [(0, 1, "PER")], group="g")
    source.set_ents(source.ents, missing=[source[2:3]], default="outside")
    (rendering,) = render_docs([source], Copy(), ("en", "de"), tokenize)
    assert [token.ent_iob_ for token in rendering.doc] == ["B", "", ""]


class Copy:
    name, licence = "copy", "CC0-1.0"

    def translate(self, sentences):
        return list(sentences)


def test_a_name_of_the_translation_alone(tmp_path):
    source = make_doc(VOCAB, "Ana met him", [(0, 1, "PER", "1")], group="g")
    target = make_doc(VOCAB, "Ana traf Bob", [(0, 1, "PER", "1"), (2, 3, "PER", "2")], group="g")
    renderings = find_renderings([source], [target])
    views, report = make_corpus([source], renderings, ("en", "de"))
    assert [doc.text for doc in views] == ["Ana met him", "Ana met him", "Ana traf Bob", "Ana traf Bob"]
    assert [token.ent_iob_ for token in views[3]] == ["B", "O", ""]


def test_repeated_ids_are_numbered_anew():
    doc = make_doc(VOCAB, "Ana met Bob", [(0, 1, "PER", "x"), (2, 3, "PER", "x")])
    number_entities(doc)
    assert [ent.id_ for ent in doc.ents] == ["1", "2"]


@pytest.mark.parametrize("n, n_held", [(0, 0), (1, 0), (2, 1), (40, 4)])
def test_some_is_left_to_train_on(n, n_held):
    docs = [make_doc(VOCAB, "Ana", group=str(i)) for i in range(n)]
    rest, held = hold_out(docs, 0.1)
    assert (len(rest), len(held)) == (n - n_held, n_held)
    assert hold_out(docs, 0.0) == (docs, [])


@pytest.mark.parametrize(
    "options, expected",
    [
        ((), "neither"),
        (("--memory", "m.tsv", "--engine", "memory"), "m.tsv and memory"),
        (("--memory", "m.tsv", "--set", "a=b"), "--set"),
        (("--engine", "apertium", "--align", "a.align"), "--align"),
        (("--memory", "m.tsv", "--aligner-set", "a=b"), "--aligner-set"),
        (("--memory", "m.tsv", "--views", "x"), "s, si, ti, t"),
    ],
)
def test_options_that_belong_together(source, tmp_path, options, expected):
    code, output = run(source, tmp_path / "out", "--targets", "de", *options)
    assert code == 1 and "X306" in output and expected in output


def test_both_directions_of_a_memory(tmp_path):
    """Two sentences with one translation: both are found on the way back."""
    write(tmp_path / "m.tsv", "Yes\tJa\nYes\tJawohl\n")
    engine = make_engine("memory", [f"path={tmp_path / 'm.tsv'}", "reverse=true"])("de", "en")
    found = engine.translate([MarkedText("Ja"), MarkedText("Jawohl")])
    assert [text.text for text in found] == ["Yes", "Yes"]
    write(tmp_path / "m.align", "0-0\n0-0\n")
    aligner = make_aligner("given", [f"memory={tmp_path / 'm.tsv'}", f"alignments={tmp_path / 'm.align'}"])
    assert aligner.align([(["Yes"], ["Jawohl"])]) == [{(0, 0)}]
