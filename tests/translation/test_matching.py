"""Entities that came back from an engine, looked for in the raw sentence; and which sentences are dropped."""

import pytest
from util import make_doc

from spacy_xner.errors import XnerError
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.projection.entities import Projection
from spacy_xner.translation.projection.filters import make_filters, make_identifier
from spacy_xner.translation.projection.matching import MATCHES, by_match, cut_marked, get_match

VOCAB = get_blank().vocab
tokenize = get_blank().tokenizer


def match(rule, text, sentence, taken=()):
    doc = tokenize(sentence)
    found = MATCHES[rule](text, doc, set(taken))
    return None if found is None else doc[slice(*found)].text


@pytest.mark.parametrize(
    "text, sentence, expected",
    [
        ("Nueva York", "Vive en Nueva York.", "Nueva York"),
        # However the engine spaced it, and whatever form its letters have.
        ("Coca - Cola", "La Coca-Cola sube.", "Coca-Cola"),
        ("ＥＦＥ", "Agencia EFE .", "EFE"),
        ("Ma\u0301laga", "En Málaga.", "Málaga"),
        ("York", "Nueva York y Yorkshire", "York"),
        ("Yorks", "Nueva Yorkshire", None),
        ("nueva york", "Nueva York", None),
        ("Nueva York", "Nueva la York", None),
        ("", "Nueva York", None),
        (" ", "Nueva York", None),
        ("北京", "我爱北京市。", "北京"),
        ("東京", "彼は東京に住む", "東京"),
        ("กรุงเทพ", "อยู่ที่กรุงเทพฯ", "กรุงเทพ"),
        ("上海", "我爱北京", None),
    ],
)
def test_contiguous(text, sentence, expected):
    assert match("contiguous", text, sentence) == expected


def test_segmented_text_is_matched_by_character():
    """Words of a segmented corpus are taken whole."""
    doc = make_doc(VOCAB, "我 在 北京市 工作", None)
    assert MATCHES["contiguous"]("北京", doc, set()) == (2, 3)
    assert MATCHES["contiguous"]("京市工", doc, set()) == (2, 4)


def test_taken_tokens_are_passed_over():
    assert MATCHES["contiguous"]("Ana", tokenize("Ana vio a Ana"), {0}) == (3, 4)
    assert MATCHES["contiguous"]("Ana", tokenize("Ana vio"), {0}) is None
    assert MATCHES["loose"]("Ana", tokenize("Ana vio"), {0}) is None
    assert MATCHES["fuzzy"]("Annas", tokenize("Ann vio a Anna"), {3}) is None


@pytest.mark.parametrize(
    "text, sentence, expected",
    [
        # Four of five words, from the first to the last.
        ("Banco de la Nacion Argentina", "El Banco de la Nación Argentina", "Banco de la Nación Argentina"),
        ("Banco Central", "El Banco de Chile y el Central", "Banco de Chile y el Central"),
        # Half is not enough; a word that occurs twice does not count; at most six words.
        ("Banco Nacional", "El Banco Central", None),
        ("Banco", "El Banco y el Banco", None),
        ("a b c d e f g", "a b c d e f g", None),
        ("北京", "我爱北京市。", "北京"),
    ],
)
def test_loose(text, sentence, expected):
    assert match("loose", text, sentence) == expected


@pytest.mark.parametrize(
    "text, sentence, expected",
    [
        ("Angela Merkell", "Que Angela Merkel hable", "Angela Merkel"),
        ("Coca Kola", "La Coca Cola", "Coca Cola"),
        ("Nueva York", "Vive en Nueva York", "Nueva York"),
        ("Angela Merkel", "Que Obama hable", None),
    ],
)
def test_fuzzy(text, sentence, expected):
    assert match("fuzzy", text, sentence) == expected


def test_by_match():
    doc = tokenize("Ana vio Roma")
    texts = cut_marked("in Roma .", [None, (3, 7)])
    assert texts == [None, "Roma"]
    find = by_match(texts, MATCHES["contiguous"])
    source = make_doc(VOCAB, "x y", [(0, 1, "A", "1"), (1, 2, "B", "2")])
    assert [find(i, ent, doc, set()) for i, ent in enumerate([*source.ents, source.ents[0]])] == [
        None,
        (2, 3),
        None,
    ]
    with pytest.raises(XnerError, match="X306.*'sloppy'.*contiguous.*fuzzy.*loose"):
        get_match("sloppy")


def reasons(source, target, missing=False, **settings):
    filters = make_filters(**settings)
    found = Projection([], [], list(source.ents) if missing else [])
    return [name for name, chosen in filters.items() if chosen.drops(source, target, found)]


def test_filters():
    one = make_doc(VOCAB, "Ana lives here .", [(0, 1, "PER", "1")])
    none = make_doc(VOCAB, "so what")
    target = make_doc(VOCAB, "Ana vive aquí y allí .", None)
    assert reasons(one, target) == [] and reasons(none, target) == []
    assert reasons(one, target, missing=True) == ["with an entity that was not found"]
    assert reasons(one, target, missing=True, keep_partial=True) == []
    assert reasons(none, target, drop_empty=True) == ["without entities"]
    assert reasons(one, target, drop_empty=True) == []
    # Either sentence may be too long.
    assert reasons(one, target, max_words=5) == ["over 5 words"]
    assert reasons(target, one, max_words=5) == ["not labelled", "over 5 words"]
    assert reasons(one, target, max_words=6) == []
    assert reasons(one, target, max_entities=1) == []
    two = make_doc(VOCAB, "Ana Bob", [(0, 1, "PER", "1"), (1, 2, "PER", "2")])
    assert reasons(two, target, max_entities=1) == ["over 1 entities"]
    long = make_doc(VOCAB, "Ana lives here with all of us .", [(0, 1, "PER", "1")])
    settings = {"identify": lambda text: "en" if "lives" in text else "es", "language": "es"}
    assert reasons(long, target, **settings) == ["in another language"]
    assert reasons(one, target, **settings) == []


def test_identify():
    pytest.importorskip("py3langid", reason="pip install '.[langid]'")
    identify = make_identifier(["en", "es"])
    assert identify("The president visited the city on Monday.") == "en"
    assert identify("El presidente visitó la ciudad el lunes.") == "es"
    # Only the languages that are expected.
    assert make_identifier(["en", "de"])("El presidente visitó la ciudad.") in ("en", "de")
    with pytest.raises(XnerError, match="X306.*'qq'"):
        make_identifier(["en", "qq"])


def test_identifier_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "py3langid.langid", None)
    with pytest.raises(XnerError, match=r"X206.*py3langid.*spacy-xner\[langid\]"):
        make_identifier(["en", "es"])
