from pathlib import Path

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.util import registry

from spacy_xner.corpora.augment import create_mention_replacement, read_gazetteer
from spacy_xner.corpora.batcher import create_group_batcher
from spacy_xner.corpora.lines import read_table
from spacy_xner.corpora.mentions import replace_mentions
from spacy_xner.corpora.reader import create_corpus_reader, make_example
from spacy_xner.corpora.store import write_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import (
    get_entity_language,
    get_group,
    get_language,
    get_soft_labels,
    get_view,
    set_metadata,
    set_soft_labels,
)
from spacy_xner.translation.lexicon import read_lexicon

# One row of each type: no choice, so that tests can name the outcome.
SINGLE = """type\ten\tde\tzh
PER\tGrace Brewster Hopper\tGrete Hermann\t屠呦呦
LOC\tVienna\tWien\t
"""
# 50 rows of each type; the cells tell row and language.
MANY = "type\ten\tde\n" + "".join(
    f"{label}\t{label}{i}en\t{label}{i}de\n" for label in ("PER", "LOC") for i in range(50)
)


@pytest.fixture(scope="module")
def nlp():
    tokenizer = {"@tokenizers": "spacy-xner.MixedScriptTokenizer.v1"}
    return spacy.blank("xx", config={"nlp": {"tokenizer": tokenizer}})


@pytest.fixture
def single(tmp_path):
    return write(tmp_path / "single.tsv", SINGLE)


@pytest.fixture
def many(tmp_path):
    return write(tmp_path / "many.tsv", MANY)


def write(path, content):
    path.write_text(content, encoding="utf8")
    return path


def make_doc(nlp, text, ents=(), missing=(), **metadata):
    """ents: start, end, label and perhaps an id. missing: token positions."""
    doc = nlp.make_doc(text)
    spans = [Span(doc, start, end, label, span_id="".join(id_)) for start, end, label, *id_ in ents]
    doc.set_ents(spans, missing=[doc[i : i + 1] for i in missing], default="outside")
    set_metadata(doc, **metadata)
    return doc


def make_view(
    nlp, group, view="s", language="en", entity_language=None, ids=("1", "2"), labels=("PER", "LOC")
):
    ents = [(0, 1, labels[0], ids[0]), (2, 3, labels[1], ids[1])]
    metadata = {"group": group, "view": view, "language": language, "entity_language": entity_language}
    return make_doc(nlp, "Ada likes Bonn .", ents, **metadata)


def augment(nlp, doc, path, **options):
    """The references of all examples but the first."""
    examples = list(create_mention_replacement(path, **options)(nlp, make_example(doc, nlp.vocab)))
    return [eg.reference for eg in examples[1:]]


def get_rows(doc):
    """The row of `MANY` of each entity, by id: LOC17de is row LOC17."""
    return {ent.id_: ent.text[:-2] for ent in doc.ents}


def iob(doc):
    return [token.ent_iob for token in doc]


def test_replaces_mentions(nlp, single):
    # Tokens 0 Ada, 1 Lovelace, 2 met, 3 Bo, 4 in, 5 Bonn, 6 "." of which "met" is not annotated.
    ents = [(0, 2, "PER", "1"), (3, 4, "PER", "2"), (5, 6, "LOC", "3")]
    metadata = {"group": "g", "view": "si", "language": "es", "entity_language": "en"}
    doc = make_doc(nlp, "Ada Lovelace met Bo in Bonn.", ents, [2], **metadata)
    set_soft_labels(doc, "teacher", ["O", "B"], numpy.zeros((7, 2)))
    example = make_example(doc, nlp.vocab)
    original, *variants = create_mention_replacement(single, variants=2)(nlp, example)
    assert original is example
    assert original.reference.text == "Ada Lovelace met Bo in Bonn."
    assert get_group(original.reference) == "g" and get_soft_labels(original.reference, "teacher") is not None
    assert [get_group(eg.reference) for eg in variants] == ["g+1", "g+2"]
    for eg in variants:
        new = eg.reference
        assert new.text == "Grace Brewster Hopper met Grace Brewster Hopper in Vienna."
        assert [(e.start, e.end, e.label_, e.id_) for e in new.ents] == [
            (0, 3, "PER", "1"),
            (4, 7, "PER", "2"),
            (8, 9, "LOC", "3"),
        ]
        # 3 begin, 1 inside, 0 missing, 2 outside
        assert iob(new) == [3, 1, 1, 0, 3, 1, 1, 2, 3, 2]
        assert (get_view(new), get_language(new), get_entity_language(new)) == ("si", "es", "en")
        assert get_soft_labels(new, "teacher") is None
        assert [token.text for token in eg.predicted] == [token.text for token in new]
        assert eg.predicted.text == new.text and not eg.predicted.ents
        assert get_group(eg.predicted) == get_group(new)
        assert eg.predicted.vocab is nlp.vocab


@pytest.mark.parametrize(
    "language,entity_language,expected",
    [
        ("en", None, "Grace Brewster Hopper likes Vienna ."),
        ("de", None, "Grete Hermann likes Wien ."),
        ("en", "de", "Grete Hermann likes Wien ."),
        ("de", "en", "Grace Brewster Hopper likes Vienna ."),
        # Neither a language that the gazetteer lacks nor an unknown one stops it, nor does an empty cell.
        ("fr", None, "Grace Brewster Hopper likes Vienna ."),
        (None, None, "Grace Brewster Hopper likes Vienna ."),
        ("zh", None, "屠呦呦 likes Vienna ."),
        # The column of types is none of names.
        ("type", None, "Grace Brewster Hopper likes Vienna ."),
    ],
)
def test_names_are_in_the_language_of_the_entities(nlp, single, language, entity_language, expected):
    [new] = augment(nlp, make_view(nlp, "g", "s", language, entity_language), single)
    assert new.text == expected


def test_names_are_tokenized(nlp, single):
    doc = make_doc(nlp, "艾达喜欢波恩。", [(0, 2, "PER", "1"), (4, 6, "LOC", "2")], language="zh")
    [new] = augment(nlp, doc, single)
    assert [token.text for token in new] == ["屠", "呦", "呦", "喜", "欢", "Vienna", "。"]
    assert new.text == "屠呦呦喜欢Vienna。"
    assert [(ent.text, ent.id_) for ent in new.ents] == [("屠呦呦", "1"), ("Vienna", "2")]


def test_views_stay_aligned(nlp, many):
    """The translation has its entities in the other order; each view has its own language of entities."""
    rows, languages = set(), {"s": "en", "si": "de", "ti": "en", "t": "de"}
    for i in range(10):
        docs = [
            make_view(nlp, f"de-{i}", "s", "en", "en"),
            make_view(nlp, f"de-{i}", "si", "en", "de"),
            make_view(nlp, f"de-{i}", "ti", "de", "en", ("2", "1"), ("LOC", "PER")),
            make_view(nlp, f"de-{i}", "t", "de", "de", ("2", "1"), ("LOC", "PER")),
        ]
        for variant in zip(*(augment(nlp, doc, many, variants=3) for doc in docs), strict=True):
            found = [get_rows(new) for new in variant]
            assert found == [found[0]] * 4
            assert found[0]["1"].startswith("PER") and found[0]["2"].startswith("LOC")
            assert len({get_group(new) for new in variant}) == 1
            for new in variant:
                assert {ent.text[-2:] for ent in new.ents} == {languages[get_view(new)]}
            rows.add(tuple(found[0].values()))
    # 30 draws from 2,500 pairs
    assert len(rows) >= 28


@pytest.mark.parametrize(
    "options,group",
    [({"seed": 1}, "g"), ({}, "h"), ({}, "de-g"), ({}, "")],
)
def test_choice_hangs_on_seed_and_group(nlp, many, options, group):
    base = augment(nlp, make_view(nlp, "g"), many, variants=20)
    other = augment(nlp, make_view(nlp, group), many, variants=20, **options)
    same = sum(get_rows(a) == get_rows(b) for a, b in zip(base, other, strict=True))
    assert same <= 1


def test_choice_hangs_on_variant_and_entity(nlp, many):
    found = [
        get_rows(new) for new in augment(nlp, make_view(nlp, "g", labels=("PER", "PER")), many, variants=40)
    ]
    # 40 draws from 50 rows meet 50 (1 - 0.98^40) = 28 of them on average.
    assert 20 <= len({rows["1"] for rows in found}) < 40
    assert sum(rows["1"] == rows["2"] for rows in found) <= 4


def test_choice_is_the_same_everywhere(nlp, many):
    """Pinned: BLAKE2b of "0<TAB>g<TAB>1<TAB>1", first eight bytes modulo 50, and so on."""
    [new] = augment(nlp, make_view(nlp, "g"), many)
    assert [ent.text for ent in new.ents] == ["PER21en", "LOC40en"]
    [again] = augment(nlp, make_view(nlp, "g"), many)
    assert again.text == new.text


def test_entities_without_ids_go_by_label_and_order(nlp, many):
    labels = ["PER", "LOC", "PER"], ["LOC", "PER", "PER"]
    docs = [
        make_doc(nlp, "a b c", [(i, i + 1, label) for i, label in enumerate(order)], group="g")
        for order in labels
    ]
    first, second = (
        [[ent.text for ent in new.ents] for new in augment(nlp, doc, many, variants=5)] for doc in docs
    )
    assert [[per1, loc, per2] for loc, per1, per2 in second] == first
    assert any(per1 != per2 for per1, _, per2 in first)


def test_sentences_without_group(nlp, many):
    found = []
    for text in ("Ada likes Bonn .", "Ada leaves Bonn ."):
        [new] = augment(nlp, make_doc(nlp, text, [(0, 1, "PER"), (2, 3, "LOC")]), many)
        assert get_group(new) == ""
        found.append([ent.text for ent in new.ents])
    assert found[0] != found[1]


@pytest.mark.parametrize("keep,low,high", [(0.0, 0, 0), (0.5, 78, 122), (0.9, 167, 193), (1.0, 200, 200)])
def test_keep(nlp, many, keep, low, high):
    """Of 200 entities a share `keep` stays, within three standard deviations: 3 sqrt(200 0.5 0.5) = 21 and
    3 sqrt(200 0.9 0.1) = 13. The views agree on which."""
    flags = []
    for view in ("s", "t"):
        docs = augment(nlp, make_view(nlp, "g", view), many, variants=100, keep=keep)
        flags.append([ent.text in ("Ada", "Bonn") for new in docs for ent in new.ents])
        assert get_group(docs[99]) == "g+100"
    assert flags[0] == flags[1] and len(flags[0]) == 200
    assert low <= sum(flags[0]) <= high


def test_unlabelled_examples_have_no_variants(nlp, tmp_path):
    doc = nlp.make_doc("Ada likes Bonn .")
    set_metadata(doc, group="g", language="en")
    example = make_example(doc, nlp.vocab)
    # Not even the gazetteer is read.
    assert list(create_mention_replacement(tmp_path / "none.tsv", 3)(nlp, example)) == [example]
    labelled = make_example(make_view(nlp, "g"), nlp.vocab, unlabelled=True)
    assert list(create_mention_replacement(tmp_path / "none.tsv", 3)(nlp, labelled)) == [labelled]


@pytest.mark.parametrize(
    "text,ents,expected",
    [
        ("nothing here", [], "nothing here"),
        ("Bo", [(0, 1, "PER")], "Grace Brewster Hopper"),
        # The gazetteer has no MISC.
        ("Finnish Bo", [(0, 1, "MISC", "7"), (1, 2, "PER")], "Finnish Grace Brewster Hopper"),
        ("Bo Bonn", [(0, 1, "PER"), (1, 2, "LOC")], "Grace Brewster Hopper Vienna"),
    ],
)
def test_edges(nlp, single, text, ents, expected):
    [new] = augment(nlp, make_doc(nlp, text, ents), single)
    assert new.text == expected
    assert [(ent.label_, ent.id_) for ent in new.ents] == [(ent[2], "".join(ent[3:])) for ent in ents]
    assert new.has_annotation("ENT_IOB", require_complete=True)


def test_no_variants(nlp, single):
    assert augment(nlp, make_view(nlp, "g"), single, variants=0) == []
    assert augment(nlp, make_view(nlp, "g"), None) == []


def test_replace_mentions_keeps_spacing(nlp):
    # "a(B)c d" as a, (, B, ), c, d: only c is followed by a space.
    doc = Doc(nlp.vocab, words=list("a(B)cd"), spaces=[False] * 4 + [True, False])
    doc.set_ents([Span(doc, 2, 3, "X", span_id="1")], missing=[doc[0:1], doc[5:6]], default="outside")
    new = replace_mentions(doc, [nlp.make_doc("E F ")])
    assert new.text == "a(E F)c d"
    assert iob(new) == [0, 2, 3, 1, 2, 2, 0]
    assert [(ent.text, ent.id_) for ent in new.ents] == [("E F", "1")]
    with pytest.raises(ValueError):
        replace_mentions(doc, [])


@pytest.mark.parametrize(
    "content,code,found",
    [
        (None, "X101", "bad.tsv"),
        ("", "X102", "bad.tsv"),
        ("type\ten\nPER\tAda\tAda\n", "X117", "line 2: 3 columns, the header has 2"),
        ("type\ten\nPER\tAda\n\nPER\n", "X117", "line 4: 1 columns, the header has 2"),
        ("type\ten\ten\nPER\tAda\tAda\n", "X117", "line 1"),
        ("type\t\ten\nPER\tAda\tAda\n", "X117", "line 1"),
        ("type\ten\n\n", "X117", "nothing below the header"),
        ("typ\ten\nPER\tAda\n", "X118", "nothing in ['type']"),
        ("type\tde\nPER\tAda\n", "X118", "['type', 'de']"),
        ("type\ten\tde\nPER\tAda\tAda\nPER\t \tAda\n", "X118", "line 3: nothing in ['en']"),
    ],
)
def test_bad_gazetteers(nlp, tmp_path, content, code, found):
    path = tmp_path / "bad.tsv"
    if content is not None:
        write(path, content)
    augmenter = create_mention_replacement(path)  # reads nothing yet
    with pytest.raises(XnerError, match=code) as error:
        list(augmenter(nlp, make_example(make_view(nlp, "g"), nlp.vocab)))
    assert found in str(error.value)


@pytest.mark.parametrize("options", [{"variants": -1}, {"keep": -0.1}, {"keep": 1.1}, {"keep": float("nan")}])
def test_bad_options(options):
    [(name, value)] = options.items()
    with pytest.raises(XnerError, match="X306") as error:
        create_mention_replacement("gazetteer.tsv", **options)
    assert str(value) in str(error.value) and name in str(error.value)


def test_read_gazetteer(single):
    gazetteer = read_gazetteer(single)
    assert gazetteer == {
        "PER": [{"en": "Grace Brewster Hopper", "de": "Grete Hermann", "zh": "屠呦呦"}],
        "LOC": [{"en": "Vienna", "de": "Wien", "zh": ""}],
    }


def test_read_table(tmp_path):
    path = write(tmp_path / "table.tsv", "\ufeff\na\t b \r\n\n1\t2\r\n \t4\n\t\n")
    assert list(read_table(path)) == [(4, {"a": "1", "b": "2"}), (5, {"a": "", "b": "4"})]


def test_read_lexicon(tmp_path):
    path = write(
        tmp_path / "lexicon.tsv",
        "type\ten\tde\nLOC\tMilan\tMailand\nLOC\tMILAN\tMilan\nLOC\t\tBonn\nLOC\tBonn\t\n",
    )
    assert read_lexicon(path, "en", "de") == {"milan": ["Mailand", "Milan"]}
    with pytest.raises(XnerError, match="X205"):
        read_lexicon(path, "en", "es")
    with pytest.raises(XnerError, match="X117.*line 2"):
        read_lexicon(write(path, "en\tde\nMilan\n"), "en", "de")


CORPUS = """
[corpus]
@readers = "spacy-xner.Corpus.v1"
path = "{corpus}"
groups = ["s", "t"]

[corpus.augmenter]
@augmenters = "spacy-xner.mention_replacement.v1"
path = "{gazetteer}"
variants = 2
"""


def test_corpus_with_augmenter(nlp, many, tmp_path):
    """From a config. Group b lacks the view t: it is dropped, and so it has no variants either."""
    docs = [
        make_view(nlp, group, view)
        for group, view in (("a", "s"), ("b", "s"), ("a", "t"), ("c", "t"), ("c", "s"))
    ]
    corpus: Path = tmp_path / "train.spacy"
    write_docs(corpus, docs)
    config = spacy.util.load_config_from_str(CORPUS.format(corpus=corpus, gazetteer=many))
    reader = registry.resolve(config)["corpus"]
    examples = list(reader(nlp))
    # a and c, two views each, each with two variants
    assert len(examples) == 12
    batches = list(create_group_batcher(2)(examples))
    assert {get_group(batch[0].reference) for batch in batches} == {"a", "a+1", "a+2", "c", "c+1", "c+2"}
    for batch in batches:
        assert sorted(get_view(eg.reference) for eg in batch) == ["s", "t"]
        assert batch[0].reference.text == batch[1].reference.text
    # A second pass gives the same.
    assert [eg.reference.text for eg in reader(nlp)] == [eg.reference.text for eg in examples]


def test_unlabelled_corpus_with_augmenter(nlp, many, tmp_path):
    write_docs(tmp_path / "train.spacy", [make_view(nlp, "a")])
    augmenter = create_mention_replacement(many)
    read = create_corpus_reader(tmp_path / "train.spacy", unlabelled=True, augmenter=augmenter)
    assert [get_group(eg.reference) for eg in read(nlp)] == ["a"]
    read = create_corpus_reader(tmp_path / "train.spacy", augmenter=augmenter)
    assert [get_group(eg.reference) for eg in read(nlp)] == ["a", "a+1"]
