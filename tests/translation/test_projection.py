"""Finding the entities of a sentence in its translation."""

import pytest
from util import make_doc

from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.projection.articles import find_articles
from spacy_xner.translation.projection.entities import (
    capitals_mark_names,
    drop_uncapitalized,
    project_entities,
)
from spacy_xner.translation.projection.finders import by_marks, make_finders

VOCAB = get_blank().vocab
tokenize = get_blank().tokenizer


def project(source, ents, target, alignment=None, lexicon=None):
    """Entities (start, end, id) of a source, in a target that is words or a text for the tokenizer."""
    doc = make_doc(VOCAB, source, [(start, end, "X", id_) for start, end, id_ in ents])
    other = tokenize(target) if alignment is None else make_doc(VOCAB, target, None)
    pairs = None if alignment is None else {tuple(map(int, item.split("-"))) for item in alignment.split()}
    found = project_entities(doc, other, make_finders(alignment=pairs, lexicon=lexicon))
    assert {span.label_ for span in found.spans} <= {"X"}
    assert len(found.spans) == len(found.found) == len(ents) - len(found.missing)
    return None if found.missing else [(span.start, span.end, span.id_) for span in found.spans]


@pytest.mark.parametrize(
    "source, ents, target, alignment, expected",
    [
        (
            "Ana met Bob",
            [(0, 1, "1"), (2, 3, "2")],
            "Bob traf Ana",
            "0-2 1-1 2-0",
            [(0, 1, "2"), (2, 3, "1")],
        ),
        # A gap of one token is closed, one of two is not: then the longer run counts, or the first.
        ("European Union", [(0, 2, "1")], "Union von Europa", "0-2 1-0", [(0, 3, "1")]),
        ("a b c", [(0, 3, "1")], "A x y B C", "0-0 1-3 2-4", [(3, 5, "1")]),
        ("a b c", [(0, 3, "1")], "A x y B", "0-0 1-3", [(0, 1, "1")]),
        # Punctuation at the edges belongs to the entity only if it has some there itself.
        ("Ana", [(0, 1, "1")], '" Ana .', "0-0 0-1 0-2", [(1, 2, "1")]),
        ("Yahoo !", [(0, 2, "1")], "« Yahoo !", "0-0 0-1 1-2", [(1, 3, "1")]),
        ("a b", [(0, 2, "1")], "A - B", "0-0 1-2", [(0, 3, "1")]),
        # The longer entity chooses first; its tokens are taken and no gap is closed over them.
        ("x y z", [(0, 1, "1"), (1, 3, "2")], "A B C", "0-0 0-1 1-1 2-2", [(0, 1, "1"), (1, 3, "2")]),
        ("x y z", [(0, 1, "1"), (1, 3, "2")], "A B C", "0-0 0-2 1-1", [(0, 1, "1"), (1, 2, "2")]),
        # Nothing is left for an entity: its own text is looked for, not where it is taken.
        ("Ana Rot met", [(0, 2, "1"), (2, 3, "2")], "Ana Rot Met", "0-0 1-1 2-1", [(0, 2, "1"), (2, 3, "2")]),
        ("x y z", [(0, 2, "1"), (2, 3, "2")], "A B", "0-0 1-1 2-1", None),
        ("Ana", [(0, 1, "1")], "« » Ana", "0-0 0-1", [(2, 3, "1")]),
        ("Ana", [(0, 1, "1")], "« »", "0-0 0-1", None),
        ("so what", [], "na und", "", []),
    ],
)
def test_projection_by_alignment(source, ents, target, alignment, expected):
    assert project(source, ents, target, alignment) == expected


LEXICON = {
    "rome": ["Rom", "Roma"],
    "beijing": ["北京"],
    "cairo": ["القاهرة"],
    "new york": ["纽约"],
    "nothing": [""],
}


@pytest.mark.parametrize(
    "source, ents, target, expected",
    [
        ("Rome", [(0, 1, "1")], "Er ist in Rom .", [(3, 4, "1")]),
        ("Rome", [(0, 1, "1")], "Está en Roma.", [(2, 3, "1")]),
        # The very text comes first, then the lexicon's renderings in their order, then the text in another case.
        ("Rome", [(0, 1, "1")], "Rom oder Roma oder Rome", [(4, 5, "1")]),
        ("Rome", [(0, 1, "1")], "ROME oder Roma oder Rom", [(4, 5, "1")]),
        ("ROME", [(0, 1, "1")], "rome", [(0, 1, "1")]),
        # Only whole tokens.
        ("Ana", [(0, 1, "1")], "Anas Haus", None),
        ("Ana", [(0, 1, "1")], "Anas Ana", [(1, 2, "1")]),
        ("Ana met Ana", [(0, 1, "1"), (2, 3, "2")], "Ana traf Ana", [(0, 1, "1"), (2, 3, "2")]),
        ("Ana met Ana", [(0, 1, "1"), (2, 3, "2")], "Ana traf sie", None),
        # Folding makes sharp s and the dotted I longer.
        ("Ana Weiß", [(0, 2, "1")], "Die große İpek traf ANA WEISS", [(4, 6, "1")]),
        ("Beijing", [(0, 1, "1")], "我爱北京。", [(2, 4, "1")]),
        ("New York Beijing", [(0, 2, "1"), (2, 3, "2")], "从北京到纽约", [(1, 3, "2"), (4, 6, "1")]),
        ("Cairo", [(0, 1, "1")], "زار القاهرة.", [(1, 2, "1")]),
        # An empty rendering is found nowhere.
        ("Nothing", [(0, 1, "1")], "a b", None),
        # With a conjunction before it the name is no token.
        ("Cairo", [(0, 1, "1")], "والقاهرة", None),
    ],
)
def test_projection_by_text(source, ents, target, expected):
    assert project(source, ents, target, lexicon=LEXICON) == expected


@pytest.mark.parametrize(
    "targets, expected",
    [
        (["Vive en El Cairo"], {("El", "Cairo")}),
        # What begins a sentence has a capital in any case, also after a mark.
        (["El Bayern gana .", "Fútbol - El Bayern gana", '" La OTAN'], set()),
        # In a text in capitals they tell nothing, and small ones none.
        (["VENCE A CUBA 4-0", "con el Bayern y El fin"], set()),
        (["el Ministro de Finanzas Muhammad", "de U.S. Steel"], set()),
        (["von A Coruña", "ins Den Haag"], {("A", "Coruña"), ("Den", "Haag")}),
        ([], set()),
    ],
)
def test_articles(targets, expected):
    assert find_articles([make_doc(VOCAB, text, None) for text in targets]) == expected


@pytest.mark.parametrize(
    "source, target, alignment, expected",
    [
        ("He lives in Cairo", "Vive en El Cairo", "1-0 2-1 3-3", (2, 4)),
        ("Cairo sings", "El Cairo canta", "0-1 1-2", (0, 2)),
        ("Cairo sings", "Cairo canta", "0-0 1-1", (0, 1)),
        # Another word of the source explains it; nothing tells; it is no article of this name.
        ("Mr Cairo sings", "El Cairo canta", "0-0 1-1 2-2", (1, 2)),
        ("Cairo sings", "El Cairo canta", "", (1, 2)),
        ("Madrid sings", "El Madrid canta", "0-1 1-2", (1, 2)),
    ],
)
def test_an_article_belongs_to_the_name(source, target, alignment, expected):
    words = source.split()
    name = next(k for k, word in enumerate(words) if word in ("Cairo", "Madrid"))
    doc = make_doc(VOCAB, source, [(name, name + 1, "LOC", "1")])
    other = make_doc(VOCAB, target, None)
    articles = find_articles([make_doc(VOCAB, "Vive en El Cairo", None)])
    pairs = {tuple(map(int, item.split("-"))) for item in alignment.split()}
    found = project_entities(doc, other, make_finders(alignment=pairs, articles=articles))
    assert [(span.start, span.end) for span in found.spans] == [expected] and found.found == ["text"]


def test_an_article_that_is_taken_stays():
    source = make_doc(VOCAB, "Ana saw Cairo", [(0, 1, "PER", "1"), (2, 3, "LOC", "2")])
    target = make_doc(VOCAB, "x El Cairo", None)
    finders = make_finders(marks=[(2, 4), None], alignment={(0, 1), (2, 2)}, articles={("El", "Cairo")})
    found = project_entities(source, target, finders)
    assert [span.text for span in found.spans] == ["El", "Cairo"]


def test_marks_come_first_and_are_recorded():
    source = make_doc(VOCAB, "Ana met Bob", [(0, 1, "A", "1"), (2, 3, "B", "2")])
    target = make_doc(VOCAB, "« Bobby » traf x Anna", None)
    finders = make_finders(marks=[None, (0, 9)], alignment={(0, 5), (2, 1)})
    found = project_entities(source, target, finders)
    # The mark loses its quotation marks; the other entity has no mark and is found by alignment.
    assert [(span.text, span.label_, span.id_) for span in found.spans] == [
        ("Bobby", "B", "2"),
        ("Anna", "A", "1"),
    ]
    assert found.found == ["mark", "alignment"]
    # The very text is more certain than an alignment.
    target = make_doc(VOCAB, "Ana traf Bobby", None)
    found = project_entities(source, target, make_finders(alignment={(0, 2), (2, 2)}))
    assert [(span.text, how) for span, how in zip(found.spans, found.found, strict=True)] == [
        ("Ana", "text"),
        ("Bobby", "alignment"),
    ]


@pytest.mark.parametrize(
    "chars, taken, expected",
    [
        ((0, 3), set(), (0, 1)),
        ((1, 5), set(), (0, 2)),
        ((0, 3), {0}, None),
        ((4, 5), set(), (1, 2)),
        (None, set(), None),
    ],
)
def test_by_marks(chars, taken, expected):
    """A mark that cuts a token takes it whole, and nothing that another entity has."""
    source = make_doc(VOCAB, "x", [(0, 1, "A", "1")])
    target = make_doc(VOCAB, "Ana Rot", None)
    assert by_marks([chars])(0, source.ents[0], target, taken) == expected


def test_the_most_trusted_finder_chooses_first():
    """A short name's very text is not taken by the alignment of a longer one."""
    source = make_doc(VOCAB, "New Ana met Ana", [(0, 2, "A", "1"), (3, 4, "B", "2")])
    target = make_doc(VOCAB, "Neue traf Ana", None)
    found = project_entities(source, target, make_finders(alignment={(0, 0), (1, 2), (3, 2)}))
    assert [(span.text, span.label_) for span in found.spans] == [("Neue", "A"), ("Ana", "B")]


def test_missing_entities_are_told():
    source = make_doc(VOCAB, "Ana met Bob", [(0, 1, "A", "1"), (2, 3, "B", "2")])
    found = project_entities(source, make_doc(VOCAB, "Ana traf ihn", None), make_finders())
    assert [ent.text for ent in found.missing] == ["Bob"] and found.found == ["text"]


def test_entities_without_a_capital_are_no_names():
    words = "Ana saw Spanish EFE and 3M in 北京 x"
    bounds = [(0, "Ana"), (2, "español"), (3, "EFE"), (5, "3M"), (7, "北京")]
    source = make_doc(VOCAB, words, [(i, i + 1, "X", str(i)) for i, _ in bounds])
    target = make_doc(VOCAB, "Ana español EFE 3M 北京", None)
    alignment = {(i, j) for j, (i, _) in enumerate(bounds)}
    found = drop_uncapitalized(project_entities(source, target, make_finders(alignment=alignment)))
    assert [span.text for span in found.spans] == ["Ana", "EFE", "3M", "北京"]
    assert len(found.found) == 4 and found.missing == []
    assert [(span.text, span.id_) for span in found.no_names] == [("español", "2")]


@pytest.mark.parametrize(
    "sentences, expected",
    [
        (["El presidente de España visitó ayer la ciudad ."], True),
        (["Der Mann mit dem Hut sah den Hund im Garten ."], False),
        (["我 爱 北京", "123 45"], False),
        (["el presidente de españa visitó ayer la ciudad ."], False),
        ([], False),
    ],
)
def test_capitals_mark_names(sentences, expected):
    assert capitals_mark_names([make_doc(VOCAB, text, None) for text in sentences]) is expected


def test_a_mark_on_quite_other_words_is_not_believed():
    """Brackets that changed places: alignment tells, and finds the entities."""
    source = make_doc(VOCAB, "Ana saw Rome", [(0, 1, "PER", "1"), (2, 3, "LOC", "2")])
    target = make_doc(VOCAB, "Roma vio Anna", None)
    swapped = [(0, 4), (9, 13)]
    found = project_entities(source, target, make_finders(marks=swapped, alignment={(0, 2), (1, 1), (2, 0)}))
    assert [(span.text, span.label_) for span in found.spans] == [("Roma", "LOC"), ("Anna", "PER")]
    assert found.found == ["alignment", "alignment"]
