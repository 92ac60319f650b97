"""Readers and batcher: which documents come, how often, in which pieces, and with what."""

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from util import get_ents, make_doc, save_corpus

from spacy_xner.corpora.batcher import create_group_batcher, divide_batch
from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.reader import create_corpus_reader, create_mixed_reader, make_example
from spacy_xner.corpora.store import write_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_language, get_soft_labels, get_view, set_soft_labels


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank("xx")


@pytest.fixture(scope="module")
def corpus(nlp, tmp_path_factory):
    """Groups of views: 1 s si t, 2 s t, 3 s; then no group, no token and no annotation."""
    docs = []
    for group, views in [("1", ["s", "si", "t"]), ("2", ["s", "t"]), ("3", ["s"])]:
        for view in views:
            language = "de" if view == "t" else "en"
            ents = [(0, 1, "PER", "1")]
            docs.append(
                make_doc(nlp.vocab, f"Ana {group} {view}", ents, group=group, view=view, language=language)
            )
    docs += [make_doc(nlp.vocab, "no group"), Doc(nlp.vocab), make_doc(nlp.vocab, "not annotated", None)]
    return save_corpus(tmp_path_factory.mktemp("corpus") / "a.spacy", docs)


def read(nlp, path, **settings):
    return list(create_corpus_reader(path, **settings)(nlp))


def texts(examples):
    return [eg.reference.text for eg in examples]


EVERY = ["Ana 1 s", "Ana 1 si", "Ana 1 t", "Ana 2 s", "Ana 2 t", "Ana 3 s", "no group", "not annotated"]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, EVERY),
        ({"views": ["s", "t"]}, ["Ana 1 s", "Ana 1 t", "Ana 2 s", "Ana 2 t", "Ana 3 s"]),
        ({"views": [""]}, EVERY[6:]),
        ({"languages": ["de"]}, ["Ana 1 t", "Ana 2 t"]),
        ({"languages": ["de"], "views": ["t"], "limit": 1}, ["Ana 1 t"]),
        ({"limit": 2}, EVERY[:2]),
        ({"groups": ["s", "t"]}, EVERY[:5]),
        ({"groups": ["si", "s"], "views": ["s", "si"]}, EVERY[:2]),
        # Groups are whole after the views were chosen, and the limit counts what is left.
        ({"groups": ["s", "t"], "views": ["s", "t"], "limit": 3}, ["Ana 1 s", "Ana 1 t", "Ana 2 s"]),
    ],
)
def test_choice(nlp, corpus, settings, expected):
    assert texts(read(nlp, corpus, **settings)) == expected


def test_examples(nlp, corpus):
    first, *_, last = read(nlp, corpus)
    for doc in (first.reference, first.predicted):
        assert (get_group(doc), get_view(doc), get_language(doc)) == ("1", "s", "en")
    assert [(e.label_, e.id_) for e in first.reference.ents] == [("PER", "1")]
    # The prediction has the tokens and says who it is, but shows no annotation.
    assert first.predicted.text == first.reference.text
    assert not first.predicted.has_annotation("ENT_IOB")
    assert not last.reference.has_annotation("ENT_IOB")


@pytest.mark.parametrize(
    "settings, detail",
    [
        ({"views": ["ti"]}, "with views"),
        ({"languages": ["fr"]}, "languages"),
        # Sentences without group are no group.
        ({"groups": [""]}, ""),
    ],
)
def test_nothing_left(nlp, corpus, settings, detail):
    with pytest.raises(XnerError, match=f"X111.*a.spacy.*{detail}"):
        read(nlp, corpus, **settings)


def test_paths(nlp, corpus):
    assert read(nlp, None) == []
    assert texts(read(nlp, [str(corpus), str(corpus.parent)])) == EVERY * 2


def test_other_formats(nlp, tmp_path):
    """Training text need not be converted before; its tokens and its labels are those that `convert` would store."""
    doc = make_doc(nlp.vocab, "Ana lives in 東京", [(0, 1, "PER"), (3, 4, "LOC")], group="g", language="en")
    write_docs(tmp_path / "a.spacy", [doc])
    convert(tmp_path / "a.spacy", tmp_path / "a.jsonl")
    convert(tmp_path / "a.jsonl", tmp_path / "b.spacy")
    (read_directly,), (converted,) = read(nlp, tmp_path / "a.jsonl"), read(nlp, tmp_path / "b.spacy")
    for one, other in ((read_directly.reference, converted.reference),):
        assert (
            one.to_array(["ORTH", "ENT_IOB", "ENT_TYPE"]).tolist()
            == other.to_array(["ORTH", "ENT_IOB", "ENT_TYPE"]).tolist()
        )
        assert (get_group(one), get_language(one), one.vocab) == ("g", "en", nlp.vocab)
        assert [token.text for token in one][-2:] == ["東", "京"]


def test_unlabelled(nlp, tmp_path):
    doc = make_doc(nlp.vocab, "Ana lives", [(0, 1, "PER", "1")], group="1", view="t", language="de")
    set_soft_labels(doc, "x", ["O"], numpy.zeros((2, 1)))
    (example,) = read(nlp, save_corpus(tmp_path / "a.spacy", [doc]), unlabelled=True)
    assert [t.ent_iob for t in example.reference] == [0, 0] and not example.reference.ents
    assert (get_group(example.reference), get_view(example.reference)) == ("1", "t")
    assert get_soft_labels(example.reference, "x") is not None


def test_the_documents_of_a_limit_may_be_drawn(nlp, corpus):
    """Not the first, which of a folder are of one language; in their order, and the same with the same seed."""
    found = [texts(read(nlp, corpus, limit=2, drawn=True, seed=seed)) for seed in (0, 0, 1, 2, 3, 4)]
    assert all(text == [t for t in EVERY if t in text] and len(text) == 2 for text in found)
    assert found[0] == found[1] and any(text != EVERY[:2] for text in found)
    assert texts(read(nlp, corpus, limit=99, drawn=True)) == EVERY


# Five groups, counting each sentence without group: 2.5 of them are rounded to the even 2.
@pytest.mark.parametrize("share, n", [(0.5, 2), (0.01, 1), (1.0, 5)])
def test_share(nlp, corpus, share, n):
    chosen = texts(read(nlp, corpus, share=share))
    keys = {text.split()[1] for text in chosen}
    assert len(keys) == n
    assert chosen == [text for text in EVERY if text.split()[1] in keys]
    assert texts(read(nlp, corpus, share=share)) == chosen
    others = [texts(read(nlp, corpus, share=share, seed=seed)) for seed in range(5)]
    assert any(other != chosen for other in others) is (share < 1)
    if share < 1:
        left = texts(read(nlp, corpus, share=share, rest=True))
        assert sorted([*left, *chosen]) == sorted(EVERY)


@pytest.mark.parametrize("n", [1, 3, 5])
def test_sample(nlp, corpus, n):
    chosen = texts(read(nlp, corpus, sample=n, seed=1))
    assert len({text.split()[1] for text in chosen}) == n
    assert chosen == texts(read(nlp, corpus, sample=n, seed=1))
    if n < 5:
        left = texts(read(nlp, corpus, sample=n, seed=1, rest=True))
        assert sorted([*left, *chosen]) == sorted(EVERY)


def test_share_and_sample_out_of_range(nlp, corpus):
    for share in (0, 2, -0.1):
        with pytest.raises(XnerError, match=rf"\[X119\].*{share}"):
            read(nlp, corpus, share=share)
    with pytest.raises(XnerError, match=r"\[X120\].*6 groups.*which has 5"):
        read(nlp, corpus, sample=6)
    with pytest.raises(XnerError, match=r"\[X121\].*-1"):
        read(nlp, corpus, sample=-1)
    for everything in ({}, {"share": 0.95}, {"sample": 5}):
        with pytest.raises(XnerError, match=r"\[X122\]"):
            read(nlp, corpus, rest=True, **everything)


@pytest.mark.parametrize("settings", [{"sample": 5}, {"share": 0.5}, {"rest": True}])
def test_a_choice_from_no_corpus(nlp, settings):
    assert list(create_corpus_reader(None, **settings)(nlp)) == []


@pytest.mark.parametrize(
    "ents, max_length, pieces",
    [
        ([], 4, [4, 4, 2]),
        ([], 10, [10]),
        ([], 0, [10]),
        # A cut before token 4 or 8 would be within the entities.
        ([(3, 5, "A"), (7, 9, "B")], 4, [3, 4, 3]),
        ([(4, 8, "A")], 4, [4, 4, 2]),
        ([(0, 4, "A"), (4, 8, "A")], 4, [4, 4, 2]),
        # An entity that is longer than a piece stays whole.
        ([(2, 9, "A")], 4, [2, 7, 1]),
        ([(0, 10, "A")], 4, [10]),
    ],
)
def test_max_length(nlp, tmp_path, ents, max_length, pieces):
    words = [str(i) for i in range(10)]
    doc = make_doc(nlp.vocab, words, [(*ent, str(i)) for i, ent in enumerate(ents)], group="1", language="de")
    logp = -numpy.arange(20, dtype="float32").reshape(10, 2)
    set_soft_labels(doc, "x", ["O", "A"], logp)
    examples = read(nlp, save_corpus(tmp_path / "a.spacy", [doc]), max_length=max_length)
    assert [len(eg.reference) for eg in examples] == [len(eg.predicted) for eg in examples] == pieces
    starts = numpy.cumsum([0, *pieces])
    found = [
        (start + ent.start, start + ent.end, ent.label_, ent.id_)
        for eg, start in zip(examples, starts, strict=False)
        for ent in eg.reference.ents
    ]
    assert found == [(*ent, str(i)) for i, ent in enumerate(ents)]
    assert all(eg.reference.has_annotation("ENT_IOB", require_complete=True) for eg in examples)
    # Pieces correspond to nothing in the group, unless there is only one.
    group = "1" if len(pieces) == 1 else ""
    assert {(get_group(eg.reference), get_language(eg.predicted)) for eg in examples} == {(group, "de")}
    assert "".join(eg.predicted.text_with_ws for eg in examples) == " ".join(words)
    soft = [get_soft_labels(eg.reference, "x") for eg in examples]
    assert [s.classes for s in soft] == [["O", "A"]] * len(pieces)
    numpy.testing.assert_array_equal(numpy.concatenate([s.logp for s in soft]), logp)


def test_cut_keeps_missing_annotation(nlp, tmp_path):
    path = save_corpus(tmp_path / "a.spacy", [make_doc(nlp.vocab, "a b c", None)])
    examples = read(nlp, path, max_length=2)
    assert [[t.ent_iob for t in eg.reference] for eg in examples] == [[0, 0], [0]]


def test_augmenter(nlp, corpus):
    def twice(nlp: Language, example: Example):
        yield from (example, make_example(nlp.make_doc("new"), nlp.vocab))

    assert texts(read(nlp, corpus, limit=2, augmenter=twice)) == ["Ana 1 s", "new", "Ana 1 si", "new"]


def test_spacys_reader_reads_ours(nlp, corpus):
    examples = list(Corpus(corpus)(nlp))
    assert texts(examples) == EVERY
    assert get_ents(examples[0].reference) == [(0, 1, "PER")]


def make_corpora(nlp, **sizes: int):
    """Corpora of single words "a0", "a1"... that count how often they are read."""
    counts = dict.fromkeys(sizes, 0)

    def make(name: str, n: int):
        def read(nlp: Language):
            counts[name] += 1
            docs = [make_doc(nlp.vocab, f"{name}{i}", group=f"{name}{i // 2}") for i in range(n)]
            return [make_example(doc, nlp.vocab) for doc in docs]

        return read

    return {name: make(name, n) for name, n in sizes.items()}, counts


def test_mixed(nlp):
    corpora, counts = make_corpora(nlp, a=2, b=200, c=3, d=1)
    reader = create_mixed_reader(corpora, {"b": 2.5, "c": 0})
    passes = [texts(reader(nlp)) for _ in range(2)]
    for found in passes:
        assert found[:2] == ["a0", "a1"] and found[-1] == "d0"
        whole = [f"b{i}" for i in range(200)]
        assert found[2:402] == whole * 2
        rest = found[402:-1]
        # About half of the 100 groups of two, give or take four standard deviations of sqrt(100 / 4).
        assert 60 < len(rest) < 140
        kept = {int(text[1:]) // 2 for text in rest}
        assert rest == [text for i, text in enumerate(whole) if i // 2 in kept]
    assert counts == {"a": 2, "b": 2, "c": 0, "d": 2}
    assert passes[0] != passes[1]
    again = create_mixed_reader(make_corpora(nlp, a=2, b=200, c=3, d=1)[0], {"b": 2.5, "c": 0})
    assert [texts(again(nlp)) for _ in range(2)] == passes


@pytest.mark.parametrize(
    "ratios, match",
    [
        ({"a": -0.5}, "X113.*-0.5 of corpus 'a'"),
        ({"a": float("nan")}, "X113.*nan of corpus 'a'"),
        ({"a": float("inf")}, "X113.*inf of corpus 'a'"),
        ({"b": 1.0}, r"X114. 'ratios'.*'b'.*\['a'\]"),
    ],
)
def test_bad_ratios(nlp, ratios, match):
    with pytest.raises(XnerError, match=match):
        create_mixed_reader(make_corpora(nlp, a=1)[0], ratios)


def test_mixed_without_what_is_labelled(nlp):
    """A sentence that a person labelled is not read again with labels that were predicted, wherever it stands."""

    def make(*words: str):
        return lambda nlp: [make_example(make_doc(nlp.vocab, word), nlp.vocab) for word in words]

    corpora = {"pseudo": make("Ulm", "bonn", "Bonn 7", "Köln"), "gold": make("Bonn"), "source": make("Bonn")}
    reader = create_mixed_reader(corpora, {"gold": 2.0}, without={"pseudo": "gold"})
    assert texts(reader(nlp)) == ["Ulm", "Bonn 7", "Köln", "Bonn", "Bonn", "Bonn"]
    # A corpus that is not read contradicts nothing.
    assert texts(create_mixed_reader(corpora, {"gold": 0}, without={"pseudo": "gold"})(nlp))[1] == "bonn"
    for without in ({"pseudo": "labelled"}, {"labelled": "gold"}):
        with pytest.raises(XnerError, match="X114. 'without'.*'labelled'.*'gold'"):
            create_mixed_reader(corpora, without=without)


def make_batches(nlp, groups: str, lengths=None, **settings):
    """Batches of sentences whose groups are the given letters, "-" for none; as strings of positions. Sentences of
    groups in capitals are labelled."""
    docs = [
        make_doc(
            nlp.vocab,
            [str(i)] * n,
            () if group.isupper() else None,
            **({} if group == "-" else {"group": group}),
        )
        for i, (group, n) in enumerate(zip(groups, lengths or [1] * len(groups), strict=True))
    ]
    batches = create_group_batcher(**settings)(make_example(doc, nlp.vocab) for doc in docs)
    return ["".join(eg.reference[0].text for eg in batch) for batch in batches]


@pytest.mark.parametrize(
    "groups, lengths, settings, expected",
    [
        ("----", None, {"size": 2}, ["01", "23"]),
        ("", None, {"size": 2}, []),
        # Groups are put together in the order of their first sentence, and never split.
        ("abab", None, {"size": 2}, ["02", "13"]),
        ("aba-b", None, {"size": 3}, ["02", "143"]),
        ("aaab", None, {"size": 2}, ["012", "3"]),
        ("-aa-", None, {"size": 2}, ["0", "12", "3"]),
        ("----", [3, 3, 3, 9], {"size": 4, "max_words": 6}, ["01", "2", "3"]),
        ("ab-a", [2, 3, 3, 2], {"size": 9, "max_words": 6}, ["03", "12"]),
        # Sizes from a schedule: one for each batch.
        ("------", None, {"size": [1, 2, 3]}, ["0", "12", "345"]),
        # Labelled groups first, in their share; what is fewer is read again.
        ("AbCdEf", None, {"size": 4, "labelled": 0.5}, ["0213", "45"]),
        ("Abcdef", None, {"size": 3, "labelled": 1 / 3}, ["012", "034", "05"]),
        ("ABCDe", None, {"size": 4, "labelled": 0.5}, ["014", "234"]),
        ("ABcd", [3, 3, 2, 2], {"size": 8, "max_words": 8, "labelled": 0.5}, ["023", "123"]),
        ("ABCd", None, {"size": [2, 4], "labelled": 0.5}, ["03", "123"]),
        # A size that counts groups: the same however many renderings they have.
        ("aabbcd", None, {"size": 2, "count": "groups"}, ["0123", "45"]),
        ("abab-cc", None, {"size": 3, "count": "groups"}, ["02134", "56"]),
        ("aab", [3, 3, 1], {"size": 2, "max_words": 6, "count": "groups"}, ["01", "2"]),
        ("aaab", None, {"size": [1, 2], "count": "groups"}, ["012", "3"]),
        ("AABBccd", None, {"size": 2, "labelled": 0.5, "count": "groups"}, ["0145", "236"]),
        # There is one kind only.
        ("AB", None, {"size": 1, "labelled": 0.5}, ["0", "1"]),
        ("ab", None, {"size": 1, "labelled": 0.5}, ["0", "1"]),
        ("Abc", None, {"size": 1, "labelled": 0.5}, ["01", "02"]),
    ],
)
def test_batcher(nlp, groups, lengths, settings, expected):
    assert make_batches(nlp, groups, lengths, **settings) == expected


@pytest.mark.parametrize(
    "groups, parts, expected",
    [
        ("----", 1, ["0123"]),
        # In turn, so that those that are alike and beside one another come apart.
        ("----", 2, ["02", "13"]),
        ("---", 2, ["02", "1"]),
        ("abab", 2, ["02", "13"]),
        ("aaab", 2, ["012", "3"]),
        ("abcabc", 2, ["0325", "14"]),
        ("", 2, []),
        ("-", 4, ["0"]),
        ("----", 9, ["0", "1", "2", "3"]),
    ],
)
def test_parts_of_a_batch(nlp, groups, parts, expected):
    docs = [
        make_doc(nlp.vocab, str(i), None, **({} if group == "-" else {"group": group}))
        for i, group in enumerate(groups)
    ]
    found = divide_batch([make_example(doc, nlp.vocab) for doc in docs], parts)
    assert ["".join(eg.reference.text for eg in part) for part in found] == expected


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_batches_of_one_kind(share):
    with pytest.raises(XnerError, match="X136"):
        create_group_batcher(2, labelled=share)
