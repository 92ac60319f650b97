"""Marks in the text: written around spans, found again however an engine treats them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_xner.errors import XnerError
from spacy_xner.translation.marks import STYLES, extract_marks, insert_marks
from spacy_xner.translation.types import MarkedText

SENTENCE = MarkedText("Ana saw Rome.", ((8, 12), (0, 3)))


def read(text, style, n_spans=2):
    found = extract_marks(text, style, n_spans)
    return found.text, [None if span is None else found.text[slice(*span)] for span in found.spans]


def test_insert():
    # Spans keep the numbers of their order in the sentence's list, whatever their places.
    assert insert_marks(SENTENCE, "slots") == "__SLOT1__ Ana __SLOT1__ saw __SLOT0__ Rome __SLOT0__ ."
    assert insert_marks(SENTENCE, "brackets") == "[ Ana ] saw [ Rome ] ."
    assert insert_marks(MarkedText("no  spans", (None,)), "slots") == "no  spans"
    # Marks that the text has itself could not be told from ours.
    assert insert_marks(MarkedText("[1] Ana", ((4, 7),)), "brackets") == "1 [ Ana ]"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("__SLOT1__ Ana __SLOT1__ vio __SLOT0__ Roma __SLOT0__ .", ("Ana vio Roma.", ["Roma", "Ana"])),
        # Order, case and spaces are the engine's.
        ("En __slot0__Roma__slot0__ __ SLOT 1 __ Ana __SLOT1__ vio", ("En Roma Ana vio", ["Roma", "Ana"])),
        ("en __SLOT1__ Roma __SLOT1__ __SLOT0__ Ana __SLOT0__ vio", ("en Roma Ana vio", ["Ana", "Roma"])),
        ("__SLOT1__a__SLOT1____SLOT0__b__SLOT0__", ("ab", ["b", "a"])),
        ("__SLOT1__a__SLOT1__ __SLOT0__b__SLOT0__ c", ("a b c", ["b", "a"])),
        # Lost, repeated, nested, empty, and one number too many.
        ("__SLOT1__ Ana vio __SLOT0__ Roma __SLOT0__", ("Ana vio Roma", ["Roma", None])),
        ("__SLOT0__ a __SLOT0__ b __SLOT0__ c", ("a b c", [None, None])),
        ("__SLOT0__ a __SLOT1__ b __SLOT1__ c __SLOT0__", ("a b c", [None, "b"])),
        ("__SLOT0__ a __SLOT1__ b __SLOT0__ c __SLOT1__", ("a b c", [None, None])),
        ("__SLOT0__ __SLOT0__ a __SLOT1__ b __SLOT1__", ("a b", [None, "b"])),
        ("__SLOT7__ a __SLOT7__ __SLOT0__ b __SLOT0__", ("a b", ["b", None])),
        ("nada", ("nada", [None, None])),
        ("", ("", [None, None])),
    ],
)
def test_slots(text, expected):
    assert read(text, "slots") == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[ Ana ] vio [ Roma ].", ("Ana vio Roma.", ["Ana", "Roma"])),
        ("【 安娜 】看见【罗马】。", ("安娜看见罗马。", ["安娜", "罗马"])),
        ("[ Ana ] vio Roma", ("Ana vio Roma", [None, None])),
        ("[ Ana [ vio ] Roma ]", ("Ana vio Roma", [None, None])),
        ("[ Ana ] [ vio ] [ Roma ]", ("Ana vio Roma", [None, None])),
        ("] Ana [ vio ] Roma [", ("Ana vio Roma", [None, None])),
    ],
)
def test_brackets(text, expected):
    assert read(text, "brackets") == expected


def test_text_without_spans_is_left_alone():
    assert extract_marks("a [1]  b", "brackets", 0) == MarkedText("a [1]  b", ())


def test_unknown_style():
    with pytest.raises(XnerError, match=r"X210.*'stars'.*brackets.*slots"):
        insert_marks(SENTENCE, "stars")


WORDS = st.lists(st.text("abcéж", min_size=1, max_size=4), min_size=1, max_size=8)


@pytest.mark.parametrize("style", STYLES)
@given(words=WORDS, data=st.data())
def test_round_trip(style, words, data):
    """What a faithful engine returns has the same text and spans."""
    text = " ".join(words)
    starts = [sum(len(word) + 1 for word in words[:k]) for k in range(len(words))]
    chosen = data.draw(st.lists(st.sampled_from(range(len(words))), unique=True))
    # Brackets know no numbers: their spans come in order.
    order = sorted(chosen) if style == "brackets" else chosen
    spans = tuple((starts[k], starts[k] + len(words[k])) for k in order)
    assert extract_marks(insert_marks(MarkedText(text, spans), style), style, len(spans)) == MarkedText(
        text, spans
    )


def test_tags_stand_at_the_words():
    sentence = MarkedText('A&B <saw> "Rome".', ((11, 15), (0, 3)))
    expected = '<x id="1">A&amp;B</x> &lt;saw&gt; "<x id="0">Rome</x>".'
    assert insert_marks(sentence, "xml") == expected
    assert insert_marks(sentence, "html") == expected.replace("<x", "<b").replace("</x", "</b")
    assert extract_marks(expected, "xml", 2) == sentence
    # Without spans as well, since the whole text is markup; XML has no control characters.
    assert insert_marks(MarkedText("a < b\x0b\x00c"), "xml") == "a &lt; b  c"
    assert extract_marks("&iexcl;a &lt; b&#39;s", "html", 0) == MarkedText("¡a < b's", ())


@pytest.mark.parametrize(
    "text, expected",
    [
        ('<x id="1">Ana</x> vio <x id="0">Roma</x>.', ("Ana vio Roma.", ["Roma", "Ana"])),
        ("< X ID = '1' >Ana</ X > vio <x id=0>Roma</x >.", ("Ana vio Roma.", ["Roma", "Ana"])),
        ('vio <x id="1"> Ana </x>  <x id="0"> Roma</x>', ("vio Ana Roma", ["Roma", "Ana"])),
        # Elements that are not ours are dropped.
        (
            '<p>¡<x id="1">A&amp;B</x><br/> vio <x id="0">Ro<i>ma</i></x></p>',
            ("¡A&B vio Roma", ["Roma", "A&B"]),
        ),
        # Lost, doubled, nested, empty, crossing, and a number too many.
        ('<x id="1">Ana vio <x id="0">Roma</x>', ("Ana vio Roma", ["Roma", None])),
        ('Ana</x> vio <x id="0">Roma</x>', ("Ana vio Roma", ["Roma", None])),
        ('<x id="1">Ana</x> y <x id="1">Ana</x> <x id="0">Roma</x>', ("Ana y Ana Roma", ["Roma", None])),
        ('<x id="1">Ana <x id="0">Roma</x></x>', ("Ana Roma", ["Roma", None])),
        ('<x id="1"></x>Ana <x id="0"> </x>', ("Ana ", [None, None])),
        ('<x id="7">Ana</x> <x id="0">Roma</x> <x>la</x>', ("Ana Roma la", ["Roma", None])),
        ("nada", ("nada", [None, None])),
    ],
)
def test_tags(text, expected):
    assert read(text, "xml") == (expected[0].rstrip(), expected[1])
