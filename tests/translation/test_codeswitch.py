"""Code-switched copies (MCL-NER): phrases change, labels stay."""

import pytest
from spacy.vocab import Vocab
from util import get_ents, make_doc, run_xner, save_corpus

from spacy_xner.corpora.mentions import Replacement, replace_tokens
from spacy_xner.corpora.store import read_docs
from spacy_xner.metadata import (
    get_group,
    get_language,
    get_provenance,
    get_view,
    set_provenance,
)
from spacy_xner.translation.codeswitch import codeswitch

VOCAB = Vocab()
TEXT = "Ana Lopez visited the old bridge in London"
ENTS = [(0, 2, "PER", "1"), (7, 8, "LOC", "2")]
# Word for word, but for the adjective behind its noun.
SPANISH = "Ana López visitó el puente viejo en Londres"
LINKS = {(0, 0), (1, 1), (2, 2), (3, 3), (4, 5), (5, 4), (6, 6), (7, 7)}
GERMAN = "Ana Lopez besuchte die alte Brücke in London"


class Given:
    name = "given"

    def __init__(self, links=LINKS):
        self.links = links

    def align(self, pairs):
        return [set(self.links) for _ in pairs]


def make_views(*languages, group="7"):
    docs = []
    for code, text in languages:
        common = {"group": f"{code}-{group}"}
        docs.append(make_doc(VOCAB, TEXT, ENTS, view="s", language="en", **common))
        docs.append(make_doc(VOCAB, text, ENTS, view="t", language=code, **common))
        docs.append(make_doc(VOCAB, TEXT, ENTS, view="si", language="en", **common))
    return docs


ES, DE = ("es", SPANISH), ("de", GERMAN)


def test_without_aligner_entities_are_switched():
    source, copy = codeswitch(make_views(ES), ratio=1.0)
    assert (source.text, get_view(source), get_ents(source)) == (TEXT, "s", [ent[:3] for ent in ENTS])
    assert copy.text == "Ana López visited the old bridge in Londres"
    assert (get_view(copy), get_group(copy), get_language(copy)) == ("cs", "7", "en")
    assert get_group(source) == "7" and [ent.id_ for ent in copy.ents] == ["1", "2"]


def test_phrases_are_switched():
    _, copy = codeswitch(make_views(ES), aligner=Given(), ratio=1.0, max_words=1)
    # Each word by its own counterpart, in the order of the source.
    assert copy.text == "Ana López visitó el viejo puente en Londres"
    assert get_ents(copy) == [(0, 2, "PER"), (7, 8, "LOC")]
    seen = {codeswitch(make_views(ES), aligner=Given(), ratio=1.0, seed=seed)[1].text for seed in range(30)}
    # Longer phrases keep the order of the target.
    assert any("puente viejo" in text for text in seen)


def test_phrases_that_cut_an_entity_are_left_alone():
    links = {(0, 0), (1, 1), (2, 1), (7, 7), (6, 7)}
    for seed in range(20):
        _, copy = codeswitch(make_views(ES), aligner=Given(links), ratio=1.0, seed=seed)
        assert copy.text == "Ana López visited the old bridge in Londres"


def test_ratio():
    assert len(codeswitch(make_views(ES), ratio=0.0, aligner=Given())) == 1
    texts = [codeswitch(make_views(ES), aligner=Given(), seed=seed)[-1].text.split() for seed in range(200)]
    replaced = sum(word == "visitó" for words in texts for word in words)
    assert 70 < replaced < 130


def test_copies_that_are_the_sentence_are_left_out():
    same = make_views(("xx", TEXT))
    assert [get_view(doc) for doc in codeswitch(same, ratio=1.0, translations=0.5, copies=9)] == ["s"]
    # Two entities: three different copies at most.
    made = codeswitch(make_views(ES, group="1"), copies=20)
    assert len({doc.text for doc in made}) == len(made) <= 4


def test_entities_without_ids_do_not_correspond():
    ents = [ent[:3] for ent in ENTS]
    docs = [
        make_doc(VOCAB, TEXT, ents, view="s", language="en", group="es-1"),
        make_doc(VOCAB, SPANISH, ents, view="t", language="es", group="es-1"),
    ]
    assert len(codeswitch(docs, ratio=1.0)) == 1


def test_only_the_same_sentence_shares_a_group():
    other = [
        make_doc(VOCAB, "Bonn is old", [(0, 1, "LOC", "1")], view="s", language="en", group="de-7"),
        make_doc(VOCAB, "Bonn ist alt", [(0, 1, "LOC", "1")], view="t", language="de", group="de-7"),
    ]
    made = codeswitch([*make_views(ES), *other], ratio=1.0, aligner=Given({(0, 0), (1, 1), (2, 2)}))
    groups = {doc.text: get_group(doc) for doc in made if get_view(doc) == "s"}
    assert groups == {TEXT: "7", "Bonn is old": "de-7"}


def test_languages_and_sentences_without_translation():
    source = [
        make_doc(VOCAB, TEXT, ENTS, group="7", language="en"),
        make_doc(VOCAB, "Bob sings", [(0, 1, "PER")], group="8", language="en"),
    ]
    made = codeswitch(make_views(ES, DE), others=source, languages=["de"], ratio=1.0, aligner=Given())
    assert [(get_group(doc), get_view(doc)) for doc in made] == [("7", "s"), ("7", "cs"), ("8", "s")]
    assert "besuchte" in made[1].text and get_ents(made[2]) == [(0, 1, "PER")]


def test_languages_mix():
    docs = make_views(ES, DE)
    texts = set()
    for seed in range(40):
        made = codeswitch(docs, aligner=Given(), ratio=1.0, max_words=1, seed=seed)
        assert [get_view(doc) for doc in made] == ["s", "cs"]
        texts.add(made[1].text)
    assert any("besuchte" in text and "viejo" in text for text in texts)


def test_whole_translation():
    _, copy = codeswitch(make_views(ES), translations=1.0)
    assert (copy.text, get_language(copy), get_view(copy), get_group(copy)) == (SPANISH, "es", "cs", "7")


def test_copies_and_seed():
    made = codeswitch(make_views(ES), aligner=Given(), copies=5)
    assert [get_view(doc) for doc in made] == ["s", *["cs"] * (len(made) - 1)]
    assert len({doc.text for doc in made}) == len(made) > 2
    again = codeswitch(make_views(ES), aligner=Given(), copies=5)
    assert [doc.text for doc in again] == [doc.text for doc in made]


def test_only_pairs_count():
    lonely = make_doc(VOCAB, TEXT, ENTS, view="s", language="en", group="es-8")
    assert len(codeswitch([*make_views(ES), lonely], ratio=1.0)) == 2
    assert codeswitch([lonely]) == []


def test_licences_are_handed_on():
    docs = make_views(ES)
    set_provenance(docs[1], engines={"nllb": "CC-BY-NC-4.0"}, found=["mark", "mark"])
    source, copy = codeswitch(docs, ratio=1.0)
    assert get_provenance(copy)["engines"] == {"nllb": "CC-BY-NC-4.0"}
    assert get_provenance(source) == {}


def test_missing_annotation_stays_missing():
    doc = make_doc(VOCAB, "Ana saw the sea", [(0, 1, "PER")])
    doc.set_ents(list(doc.ents), missing=[doc[2:3]])
    other = make_doc(VOCAB, "la mar", None)
    copy = replace_tokens(doc, [Replacement(2, 4, other[0:2])])
    assert copy.text == "Ana saw la mar"
    assert [token.ent_iob for token in copy] == [3, 2, 0, 0]


def test_command(tmp_path):
    save_corpus(tmp_path / "views" / "es.spacy", make_views(ES))
    output = run_xner("codeswitch", tmp_path / "views", tmp_path / "out.spacy", "--ratio", 1, "--copies", 2)
    assert "1 sentences with 1 code-switched copies" in output
    assert len(list(read_docs(tmp_path / "out.spacy", VOCAB))) == 2
    save_corpus(tmp_path / "source.spacy", [make_doc(VOCAB, "Bob sings", [], language="en")])
    output = run_xner(
        *("codeswitch", tmp_path / "views", tmp_path / "out.spacy", "--ratio", 1),
        *("--corpus", tmp_path / "source.spacy", "--targets", "es"),
    )
    assert "2 sentences with 1 code-switched copies" in output


@pytest.mark.parametrize(
    "options,expected",
    [
        (("--aligner", "magic"), "X218"),
        (("--aligner-set", "a=b"), "X306"),
        ((), "X227.*none a view t"),
        (("--targets", "fr"), "X228.*to fr"),
    ],
)
def test_bad_input(tmp_path, options, expected):
    save_corpus(tmp_path / "views.spacy", [make_doc(VOCAB, TEXT, ENTS)])
    output = run_xner("codeswitch", tmp_path / "views.spacy", tmp_path / "out.spacy", *options, code=1)
    assert expected.split(".*")[0] in output and expected.split(".*")[-1] in output
    assert not (tmp_path / "out.spacy").exists()
