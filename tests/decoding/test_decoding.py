import numpy
import pytest

from spacy_xner.decoding.probabilities import average_probabilities, softmax
from spacy_xner.decoding.relations import create_relation_decoder
from spacy_xner.decoding.subtasks import create_subtask_decoder
from spacy_xner.decoding.tags import create_tag_decoder
from spacy_xner.decoding.white_space import decode_words
from spacy_xner.errors import XnerError
from spacy_xner.relations import band_partners
from spacy_xner.schemes import find_spans
from spacy_xner.types import Entity

LABELS = ["LOC", "PER"]


def logits_of(probabilities, shift=0.0):
    """Logits with these probabilities; softmax cancels the shift."""
    return (numpy.log(numpy.asarray(probabilities)) + shift).astype("float32")


def assert_entities(found, expected):
    assert [entity[:3] for entity in found] == [entity[:3] for entity in expected]
    assert [entity.score for entity in found] == pytest.approx([entity[3] for entity in expected], abs=1e-6)
    assert all(type(entity.score) is float for entity in found)


@pytest.mark.parametrize(
    "tags,expected",
    [
        ("", []),
        ("O", []),
        ("O O O", []),
        ("B", [(0, 1, "")]),
        ("B I I O", [(0, 3, "")]),
        ("B B I", [(0, 1, ""), (1, 3, "")]),
        ("O B O B", [(1, 2, ""), (3, 4, "")]),
        # lenient: an I after O, or at the start, opens an entity
        ("I", [(0, 1, "")]),
        ("O I I", [(1, 3, "")]),
        ("I B I", [(0, 1, ""), (1, 3, "")]),
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("O I-PER I-PER", [(1, 3, "PER")]),
        # a change of type closes one entity and opens another
        ("B-PER I-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
        ("B-PER I-LOC I-LOC I-PER", [(0, 1, "PER"), (1, 3, "LOC"), (3, 4, "PER")]),
        ("B-PER B-PER", [(0, 1, "PER"), (1, 2, "PER")]),
        ("B-work-of-art I-work-of-art", [(0, 2, "work-of-art")]),
    ],
)
def test_find_spans(tags, expected):
    assert find_spans(tags.split()) == expected


@pytest.mark.parametrize("shift", [0.0, 5000.0, -5000.0])
def test_softmax(shift):
    # e^0, e^log 3: 1/4 and 3/4; far from zero nothing overflows.
    logits = numpy.array([[0.0, numpy.log(3)], [2.0, 2.0]]) + shift
    numpy.testing.assert_allclose(softmax(logits), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)


def test_softmax_of_certain_logits():
    assert softmax(numpy.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]


def test_average_is_of_probabilities_not_of_logits():
    # (0.9 + 0.2) / 2 and (0.1 + 0.8) / 2; the mean of the logits would be log of 0.6 : 0.4.
    logits = {"a": logits_of([[0.9, 0.1]], 7), "b": logits_of([[0.2, 0.8]]), "c": logits_of([[0.5, 0.5]])}
    numpy.testing.assert_allclose(average_probabilities(logits, ["a", "b"]), [[0.55, 0.45]], rtol=1e-6)
    numpy.testing.assert_allclose(average_probabilities(logits, ["b"]), [[0.2, 0.8]], rtol=1e-6)


@pytest.mark.parametrize(
    "scheme,probabilities,expected",
    [
        # O, B-LOC, I-LOC, B-PER, I-PER; scores 0.6 and (0.5 + 0.8) / 2
        (
            "bio",
            [
                [0.1, 0.6, 0.1, 0.1, 0.1],
                [0.1, 0.1, 0.1, 0.5, 0.2],
                [0.1, 0.0125, 0.0125, 0.075, 0.8],
                [0.9, 0.025, 0.025, 0.025, 0.025],
            ],
            [(0, 1, "LOC", 0.6), (1, 3, "PER", 0.65)],
        ),
        # I after O opens, I of another type begins anew
        (
            "bio",
            [[0.6, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.7, 0.05, 0.05], [0.1, 0.1, 0.1, 0.2, 0.5]],
            [(1, 2, "LOC", 0.7), (2, 3, "PER", 0.5)],
        ),
        # O, B, I; (0.8 + 0.6) / 2
        ("span", [[0.1, 0.8, 0.1], [0.3, 0.1, 0.6], [0.4, 0.3, 0.3]], [(0, 2, "ENT", 0.7)]),
        # O, LOC, PER; neighbours of one type are one entity: (0.6 + 0.8) / 2
        (
            "type",
            [[0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5], [0.5, 0.3, 0.2]],
            [(0, 2, "LOC", 0.7), (2, 3, "PER", 0.5)],
        ),
        # one token
        ("bio", [[0.1, 0.1, 0.1, 0.1, 0.6]], [(0, 1, "PER", 0.6)]),
        ("span", [[0.1, 0.8, 0.1]], [(0, 1, "ENT", 0.8)]),
        ("type", [[0.3, 0.3, 0.4]], [(0, 1, "PER", 0.4)]),
        ("type", [[0.4, 0.3, 0.3]], []),
    ],
)
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_tag_decoder(scheme, probabilities, expected, shift):
    decoder = create_tag_decoder(["tag"], scheme)
    assert list(decoder.outputs) == ["tag"]
    assert_entities(decoder.decode({"tag": logits_of(probabilities, shift)}, LABELS), expected)


def test_tag_decoder_averages_outputs():
    # Alone, "a" says PER and "b" nothing. O: (0.1 + 0.5) / 2, PER: (0.8 + 0.2) / 2, LOC: (0.1 + 0.3) / 2.
    logits = {"a": logits_of([[0.1, 0.1, 0.8]]), "b": logits_of([[0.5, 0.3, 0.2]])}
    decoder = create_tag_decoder(["a", "b"], "type")
    assert list(decoder.outputs) == ["a", "b"]
    assert_entities(decoder.decode(logits, LABELS), [(0, 1, "PER", 0.5)])
    assert_entities(create_tag_decoder(["b"], "type").decode(logits, LABELS), [])


# O, B-LOC, I-LOC, B-PER, I-PER: an entity for sure, of a type that is not.
TORN = [[0.4, 0.3, 0.0, 0.3, 0.0], [0.4, 0.0, 0.2, 0.0, 0.4], [0.6, 0.2, 0.0, 0.2, 0.0]]


@pytest.mark.parametrize(
    "scheme,probabilities,tags,marginal",
    [
        # 0.3 + 0.4 for PER, 0.3 + 0.2 for LOC, in the mean; the last token is more O than anything else.
        ("bio", TORN, [], [(0, 2, "PER", 0.35)]),
        (
            "bio",
            [[0.1, 0.5, 0.0, 0.4, 0.0], [0.1, 0.0, 0.3, 0.0, 0.6]],
            [(0, 1, "LOC", 0.5), (1, 2, "PER", 0.6)],
            [(0, 2, "PER", 0.5)],
        ),
        ("span", [[0.2, 0.8, 0.0], [0.6, 0.0, 0.4]], [(0, 1, "ENT", 0.8)], [(0, 1, "ENT", 0.8)]),
        ("type", [[0.4, 0.3, 0.3], [0.2, 0.1, 0.7]], [(1, 2, "PER", 0.7)], [(0, 2, "PER", 0.5)]),
    ],
)
def test_marginal_decoding(scheme, probabilities, tags, marginal):
    logits = {"a": logits_of(numpy.asarray(probabilities) + 1e-9)}
    for expected, settings in ((tags, {}), (marginal, {"marginal": True})):
        decoder = create_tag_decoder(["a"], scheme, **settings)
        assert_entities(decoder.decode(logits, LABELS), [Entity(*entity) for entity in expected])


def test_label_of_spans_without_type():
    decoder = create_tag_decoder(["tag"], "span", label="NAME")
    assert_entities(decoder.decode({"tag": logits_of([[0.1, 0.8, 0.1]])}, LABELS), [(0, 1, "NAME", 0.8)])


@pytest.mark.parametrize("scheme", ["iob1", "start", "relation"])
def test_unknown_scheme_is_an_error_before_decoding(scheme):
    with pytest.raises(XnerError, match=rf"X007.*'{scheme}'.*\['bio', 'span', 'type'\]"):
        create_tag_decoder(["tag"], scheme)


# O, B, I: a span of two tokens, then one of one token. Mean tag probabilities 0.7 and 0.9.
SPAN = [[0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.05, 0.9, 0.05]]


@pytest.mark.parametrize(
    "last_of_first,keep_untyped,expected",
    [
        # The first token says LOC, the last PER: the last decides. 0.7 * 0.5 and 0.9 * 0.6
        ([0.3, 0.2, 0.5], False, [(0, 2, "PER", 0.35), (2, 3, "LOC", 0.54)]),
        # The last token says O: dropped, or its best type with that type's probability, 0.7 * 0.3
        ([0.6, 0.1, 0.3], False, [(2, 3, "LOC", 0.54)]),
        ([0.6, 0.1, 0.3], True, [(0, 2, "PER", 0.21), (2, 3, "LOC", 0.54)]),
        ([0.6, 0.3, 0.1], True, [(0, 2, "LOC", 0.21), (2, 3, "LOC", 0.54)]),
    ],
)
def test_subtask_decoder(last_of_first, keep_untyped, expected):
    decoder = create_subtask_decoder(["span"], ["type"], keep_untyped)
    types = [[0.1, 0.8, 0.1], last_of_first, [0.3, 0.6, 0.1]]
    found = decoder.decode({"span": logits_of(SPAN, 3), "type": logits_of(types, -3)}, LABELS)
    assert_entities(found, expected)


def test_subtask_decoder_takes_o_only_from_the_last_token():
    # O at the first token does no harm; types where there is no span make no entity.
    spans = [[0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.9, 0.05, 0.05]]
    types = [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8]]
    logits = {"s": logits_of(spans), "t": logits_of(types)}
    found = create_subtask_decoder(["s"], ["t"]).decode(logits, LABELS)
    assert_entities(found, [(0, 2, "LOC", 0.42)])  # 0.7 * 0.6


def test_subtask_decoder_averages_outputs():
    # span: B (0.9 + 0.3) / 2 = 0.6 though "s2" says O. type: PER (0.7 + 0.3) / 2 = 0.5 though "t2" says LOC.
    logits = {
        "s1": logits_of([[0.05, 0.9, 0.05]]),
        "s2": logits_of([[0.6, 0.3, 0.1]]),
        "t1": logits_of([[0.2, 0.1, 0.7]]),
        "t2": logits_of([[0.2, 0.5, 0.3]]),
    }
    decoder = create_subtask_decoder(["s1", "s2"], ["t1", "t2"])
    assert list(decoder.outputs) == ["s1", "s2", "t1", "t2"]
    assert_entities(decoder.decode(logits, LABELS), [(0, 1, "PER", 0.3)])  # 0.6 * 0.5
    assert_entities(create_subtask_decoder(["s2"], ["t1"]).decode(logits, LABELS), [])


@pytest.mark.parametrize("n", [1, 3])
def test_no_entities(n):
    outside = {"span": logits_of([[0.8, 0.1, 0.1]] * n), "type": logits_of([[0.1, 0.8, 0.1]] * n)}
    assert create_subtask_decoder(["span"], ["type"]).decode(outside, LABELS) == []
    assert create_tag_decoder(["span"], "span").decode(outside, LABELS) == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scheme,n_classes", [("bio", 5), ("span", 3), ("type", 3)])
def test_entities_are_in_order_without_overlap(scheme, n_classes, seed):
    rng = numpy.random.default_rng(seed)
    logits = {"tag": rng.normal(size=(60, n_classes)) * 5, "type": rng.normal(size=(60, 3)) * 5}
    decoders = [create_tag_decoder(["tag"], scheme)]
    if scheme == "span":
        decoders.append(create_subtask_decoder(["tag"], ["type"], True))
    for decoder in decoders:
        found = decoder.decode(logits, LABELS)
        assert len(found) > 5
        ends = [0] + [entity.end for entity in found]
        assert all(end <= entity.start < entity.end <= 60 for end, entity in zip(ends, found, strict=False))
        assert all(0 <= entity.score <= 1 for entity in found)


def test_runs_of_types_whose_labels_look_like_tags():
    # Classes O, B, B-cell, I: tokens of the types B-cell B-cell O I are two runs.
    logits = {
        "type": logits_of(
            [[0.1, 0.1, 0.7, 0.1], [0.1, 0.1, 0.7, 0.1], [0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7]]
        )
    }
    decoder = create_tag_decoder(["type"], scheme="type")
    assert_entities(decoder.decode(logits, ["B", "B-cell", "I"]), [(0, 2, "B-cell", 0.7), (3, 4, "I", 0.7)])


@pytest.mark.parametrize(
    "tags, spaces, expected",
    [
        ("B-LOC O I-LOC", [1], [(0, 3, "LOC")]),
        ("B-LOC I-PER O I-LOC O", [1, 2], [(0, 4, "LOC")]),
        ("B-LOC O B-LOC", [1], [(0, 1, "LOC"), (2, 3, "LOC")]),
        ("B-LOC I-LOC O", [1], [(0, 1, "LOC")]),
        ("B-LOC I-LOC O", [0], [(1, 2, "LOC")]),
        ("B-LOC O I-LOC", [], [(0, 1, "LOC"), (2, 3, "LOC")]),
        ("B-LOC", [0], []),
    ],
)
def test_entities_go_on_behind_white_space(tags, spaces, expected):
    classes = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    values = numpy.full((len(tags.split()), 5), 0.01)
    values[range(len(values)), [classes.index(tag) for tag in tags.split()]] = 0.96
    mask = numpy.isin(numpy.arange(len(values)), spaces)
    found = decode_words(create_tag_decoder(["tag"]), {"tag": logits_of(values)}, LABELS, mask)
    assert [entity[:3] for entity in found] == expected


def test_relations_reach_over_white_space():
    """Tokens 0 and 2 with white space between: the start-end relation alone tells of the entity."""
    partners = band_partners(3, 4)
    values = numpy.full((3, partners.shape[1], 4), 0.1)
    values[..., 0] = 0.7
    ((cell,),) = numpy.nonzero(partners[2] == 0)
    values[2, cell] = [0.1, 0.1, 0.7, 0.1]
    decoder, logits = create_relation_decoder("relation"), {"relation": logits_of(values)}
    assert decoder.decode(logits, LABELS) == []
    (found,) = decode_words(decoder, logits, LABELS, numpy.array([False, True, False]))
    assert found[:3] == (0, 3, "LOC") and found.score == pytest.approx((0.7 + 2) / 3)
