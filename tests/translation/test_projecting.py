"""Labels carried to renderings (`xner project`), pseudo-labels (`xner apply`), and both combined (`xner combine`)."""

import json

import pytest
from spacy.tokens import SpanGroup
from spacy.util import registry
from util import get_ents, make_doc, make_examples, make_nlp, run_xner, save_corpus

from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_provenance, set_provenance
from spacy_xner.teaching.combine import combine_labels
from spacy_xner.teaching.label import label_docs
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.projection.corpus import project_corpus
from spacy_xner.translation.projection.entities import Projection, find_repeats
from spacy_xner.translation.projection.filters import make_filters
from spacy_xner.translation.types import MarkedText

VOCAB = get_blank().vocab


class Glossary:
    """An engine that knows whole sentences: a text with the pieces that are marked, None for a lost mark."""

    name, licence = "glossary", "CC0-1.0"

    def __init__(self, entries) -> None:
        self.entries = entries
        self.asked = []

    def translate(self, sentences):
        self.asked += [sentence.text for sentence in sentences]
        return [self._find(sentence) for sentence in sentences]

    def _find(self, sentence):
        if sentence.text not in self.entries:
            return None
        text, pieces = self.entries[sentence.text]
        starts = [None if piece is None else text.index(piece) for piece in pieces]
        spans = [
            None if at is None else (at, at + len(piece)) for at, piece in zip(starts, pieces, strict=True)
        ]
        return MarkedText(text, tuple(spans))


class Diagonal:
    name = "diagonal"

    def align(self, pairs):
        return [{(i, i) for i in range(min(len(source), len(target)))} for source, target in pairs]


def make_corpora():
    labelled = [
        make_doc(
            VOCAB, "Ana lives in Rome .", [(0, 1, "PER"), (3, 4, "LOC")], group="en-es-0", language="en"
        ),
        make_doc(VOCAB, "London is far .", [(0, 1, "LOC")], group="en-es-1", language="en"),
        make_doc(VOCAB, "so what ?", group="en-es-2", language="en"),
        make_doc(VOCAB, "Berlin waits .", [(0, 1, "LOC")], group="en-es-3", language="en"),
    ]
    targets = [
        make_doc(VOCAB, "Ana vive en Roma .", [(1, 2, "WRONG")], group="es-0", language="es"),
        make_doc(VOCAB, "Londres está lejos .", None, group="es-1", language="es"),
        make_doc(VOCAB, "y qué ?", None, group="es-2", language="es"),
        make_doc(VOCAB, "Se espera en la capital .", None, group="es-3", language="es"),
        make_doc(VOCAB, "sin traducción", None, group="es-4", language="es"),
    ]
    for k, doc in enumerate(targets):
        doc.user_data["xner"]["group"] = f"es-{k}"
    for k, doc in enumerate(labelled):
        doc.user_data["xner"]["group"] = f"en-es-{k}"
    return labelled, targets


ENGINE = {
    "Ana lives in Rome .": ("Ana reside en Roma .", ["Ana", "Roma"]),
    "London is far .": ("Londres queda lejos .", [None]),
    "Berlin waits .": ("Berlín espera .", ["Berlín"]),
}


def project(filters=None, **settings):
    labelled, targets = make_corpora()
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(**(filters or {})), **settings)
    kept = {doc.user_data["xner"]["group"]: get_ents(doc) for doc in result.kept}
    assert all(doc.has_annotation("ENT_IOB", require_complete=True) for doc in result.kept)
    assert not any(doc.has_annotation("ENT_IOB") for doc in result.dropped)
    assert len(result.kept) + len(result.dropped) == len(targets)
    return kept, result


def test_returned_entities_are_found_in_the_raw_sentence():
    engine = Glossary(ENGINE)
    kept, result = project(engine=engine)
    # The raw sentence has its own words and no label of its own; a lost mark and an entity that is not there drop it.
    assert kept == {"es-0": [(0, 1, "PER"), (3, 4, "LOC")], "es-2": []}
    assert dict(result.report.sentences) == {
        "kept": 2,
        "with an entity that was not found": 2,
        "without translation": 1,
    }
    assert result.report.entities == {"PER": {"match": 1}, "LOC": {"match": 1, "missing": 2}}
    assert (
        result.report.rate() == 0.5 and result.report.rate("PER") == 1.0 and result.report.rate("ORG") == 1.0
    )
    assert "so what ?" not in engine.asked
    provenance = get_provenance(result.kept[0])
    assert provenance == {
        "engines": {"glossary": "CC0-1.0"},
        "found": ["match", "match"],
        "labels": ["PER", "LOC"],
        "dropped": "",
    }
    assert [get_provenance(doc).get("dropped") for doc in result.dropped][
        0
    ] == "with an entity that was not found"
    assert [get_provenance(doc).get("labels") for doc in result.dropped] == [["LOC"], ["LOC"], None]


def test_alignment_guides_what_marks_lost():
    kept, result = project(engine=Glossary(ENGINE), aligner=Diagonal())
    assert kept["es-1"] == [(0, 1, "LOC")] and kept["es-3"] == [(0, 1, "LOC")]
    assert result.report.entities["LOC"] == {"match": 1, "alignment": 2}
    # Without an engine alignment does all, but for what is the same in both.
    kept, result = project(aligner=Diagonal())
    assert result.report.entities == {"PER": {"text": 1}, "LOC": {"alignment": 3}}


@pytest.mark.parametrize(
    "fallback, kept, how",
    [
        # "May" comes back as "Mayo", which is not there: only its English text, in another case, is.
        ("none", [], {"missing": 1}),
        ("exact", [], {"missing": 1}),
        ("casefold", [(1, 2, "PER")], {"text in another case": 1}),
    ],
)
def test_an_entity_is_not_looked_for_by_its_english_text_without_fallback(fallback, kept, how):
    labelled = [make_doc(VOCAB, "May waits .", [(0, 1, "PER")], group="en-es-0", language="en")]
    targets = [make_doc(VOCAB, "En may se espera .", None, group="es-0", language="es")]
    engine = Glossary({"May waits .": ("Mayo espera .", ["Mayo"])})
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), engine=engine, fallback=fallback)
    assert [get_ents(doc) for doc in result.kept] == ([kept] if kept else [])
    assert result.report.entities == {"PER": how}


def test_fallback_is_the_text_alone():
    # What is written alike is found by "exact" as well; an aligner that is given is used all the same.
    labelled = [make_doc(VOCAB, "Ana waits .", [(0, 1, "PER")], group="en-es-0", language="en")]
    targets = [make_doc(VOCAB, "Espera Ana .", None, group="es-0", language="es")]
    for fallback, aligner, how in (
        ("none", None, "missing"),
        ("none", Diagonal(), "alignment"),
        ("exact", Diagonal(), "text"),
    ):
        result = project_corpus(
            labelled, targets, ("en", "es"), make_filters(), aligner=aligner, fallback=fallback
        )
        assert result.report.entities == {"PER": {how: 1}}


REPEATS = "Ana y Ana Ruiz ven a Ana en Roma ."


@pytest.mark.parametrize(
    "repeated, expected",
    [
        # "Ana" at 0 is one entity, "Ana Ruiz" at 2 another; that at 6 is "Ana" once more.
        ("label", [(0, 1, "PER"), (2, 4, "PER"), (6, 7, "PER"), (8, 9, "LOC")]),
        ("drop", None),
        ("outside", [(0, 1, "PER"), (2, 4, "PER"), (8, 9, "LOC")]),
    ],
)
def test_a_name_that_occurs_again(repeated, expected):
    text, ents = "Ana and Ana Ruiz see her in Rome .", [(0, 1, "PER"), (2, 4, "PER"), (7, 8, "LOC")]
    labelled = [make_doc(VOCAB, text, ents, group="en-es-0", language="en")]
    targets = [make_doc(VOCAB, REPEATS, None, group="es-0", language="es")]
    engine = Glossary({text: ("Ana y Ana Ruiz la ven en Roma .", ["Ana", "Ana Ruiz", "Roma"])})
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), engine=engine, repeated=repeated)
    found = {"PER": {"match": 2}, "LOC": {"match": 1}}
    if expected is None:
        assert not result.kept and result.report.sentences["with a name that occurs again"] == 1
        assert get_provenance(result.dropped[0])["labels"] == ["PER", "PER", "PER", "LOC"]
    else:
        (doc,) = result.kept
        assert get_ents(doc) == expected
        provenance = get_provenance(doc)
        assert len(provenance["labels"]) == len(provenance["found"]) == len(expected)
        if repeated == "label":
            assert provenance["found"] == ["match", "match", "repeated", "match"]
            found["PER"]["repeated"] = 1
    assert result.report.entities == found and result.report.rate() == 1.0
    assert all(doc.has_annotation("ENT_IOB", require_complete=True) for doc in result.kept)


def test_a_repeated_name_agrees_in_the_second_round():
    """Both places count as found by the source model, as the model of the first round finds both."""
    text = "Ana sees her ."
    labelled = [make_doc(VOCAB, text, [(0, 1, "PER")], group="en-es-0", language="en")]
    targets = [make_doc(VOCAB, "Ana ve a Ana .", None, group="es-0", language="es")]
    engine = Glossary({text: ("Ana la ve .", ["Ana"])})
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), engine=engine)
    kept, fates = combine_labels(result.kept, result.kept, agree="agreement")
    assert [get_ents(doc) for doc in kept] == [[(0, 1, "PER"), (3, 4, "PER")]] and fates["projected"] == 1


def test_repeats_of_types_in_the_order_of_the_sentence():
    text = "Ana loves Rome ."
    labelled = [make_doc(VOCAB, text, [(0, 1, "PER"), (2, 3, "LOC")], group="en-es-0", language="en")]
    targets = [make_doc(VOCAB, "Ana ama Roma y a Ana .", None, group="es-0", language="es")]
    engine = Glossary({text: ("Ana ama Roma .", ["Ana", "Roma"])})
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), engine=engine)
    assert get_provenance(result.kept[0])["labels"] == ["PER", "LOC", "PER"]
    assert combine_labels(result.kept, result.kept, agree="agreement")[1] == {"projected": 1}


def test_one_character_of_a_word_is_no_name_again():
    target = make_doc(VOCAB, list("中国的中小企业"), [(0, 1, "LOC", "1")])
    projection = Projection(list(target.ents), ["match"], [])
    assert not find_repeats(projection, target)
    target = make_doc(VOCAB, list("中国的中国人"), [(0, 2, "LOC", "1")])
    (again,) = find_repeats(Projection(list(target.ents), ["match"], []), target)
    assert (again.start, again.end) == (3, 5)


def test_repeats_of_a_rate():
    # One of two entities is missing, the other occurs three times: half are found.
    text = "Ana met Bob ."
    labelled = [make_doc(VOCAB, text, [(0, 1, "PER"), (2, 3, "PER")], group="en-es-0", language="en")]
    targets = [make_doc(VOCAB, "Ana , Ana y Ana", None, group="es-0", language="es")]
    engine = Glossary({text: ("Ana vio a Bob .", ["Ana", "Bob"])})
    result = project_corpus(
        labelled, targets, ("en", "es"), make_filters(keep_partial=True), engine=engine, fallback="none"
    )
    assert result.report.entities == {"PER": {"match": 1, "repeated": 2, "missing": 1}}
    assert result.report.rate() == result.report.rate("PER") == 0.5
    assert get_ents(result.kept[0]) == [(0, 1, "PER"), (2, 3, "PER"), (4, 5, "PER")]


def test_filters_are_counted_in_order():
    settings = {"drop_empty": True, "max_words": 5, "max_entities": 1}
    kept, result = project(settings, aligner=Diagonal())
    assert list(kept) == ["es-1"]
    assert dict(result.report.sentences) == {
        "kept": 1,
        "over 1 entities": 1,
        "over 5 words": 1,
        "without entities": 1,
        "without translation": 1,
    }


def test_nothing_in_common():
    labelled, targets = make_corpora()
    with pytest.raises(XnerError, match="X219.*None of 1 labelled.*the 1 target"):
        project_corpus(labelled[:1], targets[1:2], ("en", "es"), {})


def test_label_docs():
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    _, docs = make_corpora()
    labelled = list(label_docs(nlp, [*docs, make_doc(VOCAB, "", None)]))
    expected = [get_ents(doc) for doc in nlp.pipe([nlp.make_doc(doc.text) for doc in docs])]
    assert [get_ents(doc) for doc in labelled[:-1]] == expected
    assert [doc.user_data["xner"]["group"] for doc in labelled[:-1]] == [f"es-{k}" for k in range(5)]
    assert all(doc.has_annotation("ENT_IOB", require_complete=True) for doc in labelled[:-1])
    # The input is as it was.
    assert get_ents(docs[0]) == [(1, 2, "WRONG")]


def make_rounds():
    """For each sentence: what was projected (None: dropped), what the model says, and the source model's types."""
    cases = {
        "same": ([(0, 1, "PER")], [(0, 1, "PER")], ["PER"]),
        "other-span": ([(0, 1, "PER")], [(1, 2, "PER")], ["PER"]),
        "other-type": ([(0, 1, "PER")], [(0, 1, "LOC")], ["PER"]),
        "other-order": (None, [(0, 1, "LOC"), (1, 2, "PER")], ["PER", "LOC"]),
        "other-number": (None, [(0, 1, "LOC")], ["LOC", "LOC"]),
        "empty": (None, [], []),
        "untranslated": (None, [(0, 1, "PER")], None),
        "too-long": (None, [(0, 1, "PER")], ["PER"]),
        "other-language": (None, [], []),
    }
    projected, predicted = [], []
    for group, (gold, found, labels) in cases.items():
        for ents, docs in ((gold, projected), (found, predicted)):
            if ents is None:
                continue
            doc = make_doc(VOCAB, "a b", ents, group=group)
            if labels is not None:
                dropped = {"too-long": "over 9 words", "other-language": "in another language"}.get(group, "")
                set_provenance(doc, engines={}, found=[], labels=labels, dropped=dropped, relabel=not dropped)
            docs.append(doc)
    return projected, predicted


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, ["same", "other-span", "empty"]),
        ({"relabel": "none"}, ["same", "other-span"]),
        ({"drop_empty": True}, ["same", "other-span"]),
        ({"agree": "types"}, ["same", "other-span", "other-order", "empty"]),
        ({"agree": "count"}, ["same", "other-span", "other-type", "other-order", "empty"]),
        (
            {"agree": "all", "relabel": "all"},
            ["same", "other-span", "other-type", "other-order", "other-number", "empty"],
        ),
        ({"agree": "count", "max_entities": 1}, ["same", "other-span", "other-type", "empty"]),
        ({"agree": "count", "max_entities": 0}, ["same", "other-span", "other-type", "other-order", "empty"]),
    ],
)
def test_combine(settings, expected):
    projected, predicted = make_rounds()
    kept, fates = combine_labels(projected, predicted, **settings)
    assert [doc.user_data["xner"]["group"] for doc in kept] == expected
    assert fates.total() == 9 and fates["without translation"] == 1
    assert fates["over 9 words"] == 1 and fates["in another language"] == 1
    # Projected labels go before those of the model.
    assert get_ents(kept[1]) == ([(0, 1, "PER")] if expected[1] == "other-span" else get_ents(kept[1]))


def test_a_reason_to_drop_says_whether_a_model_may_label_the_sentence():
    _, result = project({"max_entities": 1})
    reasons = [get_provenance(doc) for doc in result.dropped]
    assert [(found.get("dropped"), found.get("relabel")) for found in reasons] == [
        ("over 1 entities", False),
        ("with an entity that was not found", True),
        ("with an entity that was not found", True),
        (None, None),
    ]
    assert all("relabel" not in get_provenance(doc) for doc in result.kept)
    filters = make_filters(max_words=1, max_entities=1, drop_empty=True, identify=lambda text: "en")
    assert [name for name, found in filters.items() if found.relabel] == [
        "without entities",
        "with an entity that was not found",
    ]


@pytest.mark.parametrize("settings", [{"agree": "none"}, {"relabel": "sometimes"}])
def test_unknown_rule(settings):
    with pytest.raises(XnerError, match="X306.*agreement.*count.*types"):
        combine_labels(*make_rounds(), **settings)


def test_commands(tmp_path):
    registry.misc.register("test.Glossary.v1", func=lambda: lambda source, target: Glossary(ENGINE))
    config = tmp_path / "engine.cfg"
    config.write_text('[translator]\n@misc = "test.Glossary.v1"\n', encoding="utf8")
    labelled, targets = make_corpora()
    save_corpus(tmp_path / "labelled.spacy", labelled)
    save_corpus(tmp_path / "targets.spacy", targets)
    folder = tmp_path / "round1"
    output = run_xner(
        *("project", tmp_path / "labelled.spacy", tmp_path / "targets.spacy", folder / "kept.spacy"),
        *("--source", "en", "--targets", "es", "--engine", config, "--dropped", folder / "dropped.spacy"),
        *("--report", tmp_path / "report.json", "--cache", tmp_path / "cache"),
    )
    assert "es: 2 of 5 sentences kept" in output and "2 with an entity that was not found" in output
    assert "LOC: 33.3% (missing 2, match 1)" in output and "CC0-1.0" in output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["es"]["entities"]["LOC"] == {"match": 1, "missing": 2, "rate": 0.3333}
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path / "model")
    output = run_xner("apply", tmp_path / "model", folder, tmp_path / "predicted.spacy", "--vote-types")
    assert "5 documents" in output and "in most contexts" in output
    output = run_xner(
        "combine",
        folder / "kept.spacy",
        tmp_path / "predicted.spacy",
        tmp_path / "r2.spacy",
        "--agree",
        "all",
    )
    assert "of 5 sentences" in output
    groups = {doc.user_data["xner"]["group"] for doc in read_docs(tmp_path / "r2.spacy", VOCAB)}
    assert {"es-0", "es-2"} <= groups


@pytest.mark.parametrize(
    "options, expected",
    [
        (("--match", "sloppy"), "X306"),
        (("--fallback", "always"), "X306"),
        (("--repeated", "twice"), "X306"),
        (("--aligner", "magic"), "X218"),
        (("--engine", "seq2seq"), "X218"),
        (("--engine", "seq2seq", "--set", "model=/nowhere"), "X207"),
        (("--shard", "0/2"), "X306"),
        (("--lexicon", "nowhere.tsv"), "X101"),
    ],
)
def test_bad_input(tmp_path, options, expected):
    labelled, targets = make_corpora()
    save_corpus(tmp_path / "labelled.spacy", labelled)
    save_corpus(tmp_path / "targets.spacy", targets)
    files = (tmp_path / "labelled.spacy", tmp_path / "targets.spacy", tmp_path / "out.spacy")
    languages = ("-s", "en", "-t", "es", "--cache", tmp_path / "cache")
    assert expected in run_xner("project", *files, *languages, *options, code=1)
    assert not (tmp_path / "out.spacy").exists()


def test_combine_tells_what_is_left_out():
    projected, predicted = make_rounds()
    _, fates = combine_labels(projected, predicted[1:])
    assert fates["projected, but without prediction"] == 1
    with pytest.raises(XnerError, match="X111.*models disagree"):
        combine_labels(projected[2:], predicted[2:3])


def test_only_labelled_sentences_are_projected():
    """A sentence that nobody labelled is dropped; where one is lost, nothing is said of the other words."""
    labelled, targets = make_corpora()
    bare = [make_doc(VOCAB, doc.text, None, group=doc.user_data["xner"]["group"]) for doc in labelled]
    result = project_corpus(bare, targets, ("en", "es"), make_filters(), aligner=Diagonal())
    assert not result.kept and result.report.sentences["not labelled"] == 4
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(keep_partial=True))
    ana, london = result.kept[:2]
    assert [token.ent_iob_ for token in ana] == ["B", "", "", "", ""] and not london.has_annotation("ENT_IOB")
    # Renderings among the labelled sentences are told by their language.
    result = project_corpus([*labelled, *targets], targets, ("en", "es"), make_filters(), aligner=Diagonal())
    assert len(result.kept) == 4


def test_licences_are_passed_on():
    labelled, targets = make_corpora()
    set_provenance(labelled[0], engines={"nllb": "CC-BY-NC-4.0"}, found=[])
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), engine=Glossary(ENGINE))
    assert get_provenance(result.kept[0])["engines"] == {"nllb": "CC-BY-NC-4.0", "glossary": "CC0-1.0"}
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), aligner=Diagonal())
    assert get_provenance(result.kept[0])["engines"] == {"nllb": "CC-BY-NC-4.0"}


def test_unsure_entities_stay_unlabelled():
    labelled, targets = make_corpora()
    for doc in labelled:
        scores = [0.9, 0.4][: len(doc.ents)]
        doc.spans["xner"] = SpanGroup(doc, name="xner", spans=doc.ents, attrs={"scores": scores})
    settings = {"aligner": Diagonal(), "threshold": 0.5}
    result = project_corpus(labelled, targets, ("en", "es"), make_filters(), **settings)
    ana = result.kept[0]
    assert get_ents(ana) == [(0, 1, "PER")]
    # Neither an entity nor outside; what lies around is outside.
    assert [token.ent_iob_ for token in ana] == ["B", "O", "O", "", "O"]
    assert get_provenance(ana)["labels"] == ["PER", "LOC"]
    assert result.report.to_dict()["unsure"] == {"LOC": 1}
    with pytest.raises(XnerError, match="X312.*Ana lives"):
        project_corpus(make_corpora()[0], targets, ("en", "es"), make_filters(), **settings)
