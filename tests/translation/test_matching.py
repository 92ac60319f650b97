"""Entities that came back from an engine, looked for in the raw sentence; and which sentences are dropped."""

import pytest
from util import make_doc

from spacy_xner.errors import XnerError
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.engines.chat import find_identifier
from spacy_xner.translation.identify import make_identifier
from spacy_xner.translation.projection.entities import Projection, project_entities
from spacy_xner.translation.projection.filters import make_filters
from spacy_xner.translation.projection.finders import by_match, make_finders
from spacy_xner.translation.projection.matching import MATCHES, cut_marked, get_match

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
def test_exact(text, sentence, expected):
    assert match("exact", text, sentence) == expected


def test_segmented_text_is_matched_by_character():
    """Words of a segmented corpus are taken whole."""
    doc = make_doc(VOCAB, "我 在 北京市 工作", None)
    assert MATCHES["exact"]("北京", doc, set()) == (2, 3)
    assert MATCHES["exact"]("京市工", doc, set()) == (2, 4)


def test_taken_tokens_are_passed_over():
    assert MATCHES["exact"]("Ana", tokenize("Ana vio a Ana"), {0}) == (3, 4)
    assert MATCHES["exact"]("Ana", tokenize("Ana vio"), {0}) is None
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
    source = make_doc(VOCAB, "x y", [(0, 1, "A", "1"), (1, 2, "B", "2")])
    find = make_finders(returned=texts, fallback="none")["match"]
    assert [find(i, ent, doc, set()) for i, ent in enumerate([*source.ents, source.ents[0]])] == [
        None,
        (2, 3),
        None,
    ]
    # The first of several texts that is there.
    several = by_match(lambda i, ent: ["Rom", "", "vio", "Roma"], MATCHES["exact"])
    assert several(0, source.ents[0], doc, set()) == (1, 2)
    with pytest.raises(XnerError, match="X306.*'sloppy'.*exact.*fuzzy.*inflected.*loose"):
        get_match("sloppy")


@pytest.mark.parametrize("rule, order", [("exact", []), ("inflected", ["inflected"]), ("fuzzy", ["fuzzy"])])
def test_what_only_resembles_is_asked_last(rule, order):
    finders = make_finders(returned=["Rom"], alignment={(0, 0)}, lexicon={"x": ["Roma"]}, match=rule)
    assert list(finders) == ["match", "text", "lexicon", "alignment", "text in another case", *order]
    assert list(make_finders(returned=["Rom"], fallback="none", match="loose")) == ["match"]


def test_soft_rules_read_all_texts():
    """What the engine gave back, the lexicon's renderings, then the entity's own text unless that is not wanted."""
    source = make_doc(VOCAB, "Rome", [(0, 1, "LOC", "1")])

    def find(sentence, **settings):
        finders = make_finders(match="inflected", **settings)
        found = project_entities(source, tokenize(sentence), finders)
        return [(span.text, how) for span, how in zip(found.spans, found.found, strict=True)]

    assert find("w Rzymie", lexicon={"rome": ["Rzym"]}) == [("Rzymie", "inflected")]
    assert find("w Rzymie", returned=["Rzym"]) == [("Rzymie", "inflected")]
    assert find("w Romenie") == [("Romenie", "inflected")]
    assert find("w Romenie", fallback="none") == []


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
    assert find_identifier(("en", "es")) is not None and find_identifier(("en", "qq")) is None


def test_identifier_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "py3langid.langid", None)
    for make in (make_identifier, find_identifier):
        with pytest.raises(XnerError, match="X206.*needs py3langid.*pip install"):
            make(("en", "es"))
