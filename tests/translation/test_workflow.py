"""What `translate` and `project` do with a language pair, without the command line."""

from pathlib import Path

import pytest
from util import get_ents, make_doc

from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_view
from spacy_xner.parallel.parts import Part
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.projection.translations import Translations
from spacy_xner.translation.projection.workflow import Rules, project_labels, translate_corpus
from spacy_xner.translation.spread import Spread, SpreadTranslator

VOCAB = get_blank().vocab
CORPUS = Path("train.spacy")
PAIR = ("en", "de")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "en-de.tsv").write_text(
        "Ana met Bob\tBob traf Ana\nRome waits .\tRom wartet .\n", encoding="utf8"
    )
    (tmp_path / "en-de.align").write_text("0-2 1-1 2-0\n0-0 1-1 2-2\n", encoding="utf8")
    (tmp_path / "names.tsv").write_text("en\tde\nRome\tRom\n", encoding="utf8")
    return tmp_path


def make_sentences():
    return [
        make_doc(VOCAB, "Ana met Bob", [(0, 1, "PER"), (2, 3, "PER")], group="0"),
        make_doc(VOCAB, "Rome waits .", [(0, 1, "LOC")], group="1"),
        make_doc(VOCAB, "so what ?", [], group="2"),
    ]


def get_t(found):
    return {doc.text.strip(): get_ents(doc) for doc in found.train if get_view(doc) == "t"}


def test_a_folder_of_memories(folder):
    """Sentences are aligned as the folder says; the third has no translation."""
    found = translate_corpus(make_sentences(), PAIR, Translations(memory=folder), corpus=CORPUS, held_out=0)
    assert get_t(found) == {
        "Bob traf Ana": [(0, 1, "PER"), (2, 3, "PER")],
        "Rom wartet .": [(0, 1, "LOC")],
    }
    assert found.dev == [] and dict(found.report.sentences) == {"kept": 2, "no translation": 1}
    assert found.engine is not None and found.engine.name.startswith("memory:")


def test_some_views_are_set_aside(folder):
    found = translate_corpus(make_sentences(), PAIR, Translations(memory=folder), corpus=CORPUS)
    assert [get_view(doc) for doc in found.train] == [get_view(doc) for doc in found.dev]
    assert [get_view(doc) for doc in found.dev] == ["s", "si", "ti", "t"]


def test_a_lexicon_finds_names(folder):
    translations = Translations(memory=folder / "en-de.tsv", lexicon=folder / "names.tsv")
    found = translate_corpus(make_sentences(), PAIR, translations, corpus=CORPUS, views=["t"], held_out=0)
    assert get_t(found)["Rom wartet ."] == [(0, 1, "LOC")]


def test_a_memory_of_other_sentences(folder):
    memory = folder / "other.tsv"
    memory.write_text("other\tandere\n", encoding="utf8")
    with pytest.raises(XnerError, match="X204.*'train.spacy'.*other.tsv"):
        translate_corpus(make_sentences(), PAIR, Translations(memory=memory), corpus=CORPUS)
    with pytest.raises(XnerError, match="X101.*en-xx.tsv"):
        translate_corpus(make_sentences(), ("en", "xx"), Translations(memory=folder), corpus=CORPUS)


def test_no_translations():
    with pytest.raises(XnerError, match="X204"):
        translate_corpus(make_sentences(), PAIR, Translations(), corpus=CORPUS)


def test_an_engine_elsewhere(folder):
    """The work goes through `run`, and the result is the same."""
    numbers = []

    def run(parts, make_work):
        work = make_work()
        for part in parts:
            numbers.append(part.number)
            yield Part(part.number, work(part.data))

    def translate(spread):
        translations = Translations("lexicon", [f"path={folder / 'names.tsv'}"], spread)
        return translate_corpus(make_sentences(), PAIR, translations, corpus=CORPUS, held_out=0)

    found = translate(Spread(run, -1))
    assert isinstance(found.engine, SpreadTranslator) and numbers == [0]
    assert get_t(found) == get_t(translate(None))
    assert get_t(found)["Rom waits ."] == [(0, 1, "LOC")]


@pytest.mark.parametrize("capitals, n_names", [("auto", 1), ("yes", 1), ("no", 2)])
def test_capitals_are_told_by_all_shards(capitals, n_names):
    """The first shard alone is too little to tell that capitals mark names."""
    labelled = [make_doc(VOCAB, "Ana speaks spanish", [(0, 1, "PER"), (2, 3, "MISC")], group="a")]
    targets = [
        make_doc(VOCAB, "Ana habla spanish", None, group="a"),
        make_doc(VOCAB, "El presidente de España visitó ayer la ciudad .", None, group="b"),
    ]
    rules = Rules(capitals=capitals)
    found = project_labels(labelled, targets, ("en", "es"), Translations(), rules, shard=(1, 2))
    assert len(found.kept) == 1 and found.dropped == [] and found.engine is None
    assert len(found.kept[0].ents) == n_names


def test_rules(folder):
    """Each of them reaches the projection."""
    labelled, targets = make_sentences(), []
    for doc, text in zip(labelled, ("Ana trifft Ana", "rome wartet .", "na und ?"), strict=True):
        targets.append(make_doc(VOCAB, text, None, group=doc.user_data["xner"]["group"]))

    def project(**rules):
        found = project_labels(labelled, targets, PAIR, Translations(), Rules(**rules))
        return {doc.text: get_ents(doc) for doc in found.kept}

    assert project() == {"rome wartet .": [(0, 1, "LOC")], "na und ?": []}
    assert project(fallback="none") == {"na und ?": []}
    assert project(drop_empty=True) == {"rome wartet .": [(0, 1, "LOC")]}
    assert project(max_words=2) == {} and project(max_entities=1).keys() == project().keys()
    assert "Ana trifft Ana" in project(keep_partial=True)
    assert project(capitals="yes")["rome wartet ."] == []
    with pytest.raises(XnerError, match="X306.*--repeated"):
        project(repeated="never")
    with pytest.raises(XnerError, match="X306.*sloppy"):
        project(match="sloppy")
    with pytest.raises(XnerError, match="X312"):
        project(threshold=0.5)
