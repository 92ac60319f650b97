"""`xner report`: a page about a pipeline, as it is written and as a browser shows it."""

import base64
import hashlib
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pytest
import spacy
import srsly
from browser import check_alone, check_keyboard, check_looks, find_directions, open_page
from spacy.tokens import Doc
from trained import make_trained
from util import make_doc, make_docs, run_xner, save_corpus

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import write_docs
from spacy_xner.errors import XnerError
from spacy_xner.reporting.embedding import (
    compare_tokens,
    embed_entities,
    find_encoders,
    make_untrained,
    project_points,
)
from spacy_xner.reporting.evaluate import evaluate
from spacy_xner.reporting.page import take_picture
from spacy_xner.reporting.palette import (
    INKS,
    KIND_COLOURS,
    LINE,
    PAGE,
    TEXT,
    TINTS,
    choose_colours,
    name_variables,
)
from spacy_xner.reporting.raw import spread
from spacy_xner.reporting.render import find_writing_direction, render_doc
from spacy_xner.reporting.titles import shorten_names
from spacy_xner.reporting.views import are_enough, view_encoders

ASSETS = Path(__file__).parents[2] / "assets"
BAD = "<script>document.title = 'run'</script>"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The sample's test text of two languages, and one sentence that would run in a careless page."""
    folder = tmp_path_factory.mktemp("corpus")
    for language in ("ar", "es"):
        convert(ASSETS / f"test.{language}.jsonl", folder / f"{language}.spacy", language=language)
    vocab = spacy.blank("xx").vocab
    words = [BAD, "met", "Angela", "Merkel", "&amp;", "."]
    write_docs(
        folder / "xx.spacy",
        [make_doc(vocab, words, [(0, 1, BAD), (2, 4, "PER"), (4, 5, r"$\frac$人名")], language="../xx")],
    )
    save_corpus(folder / "en.spacy", make_docs(vocab))  # which the first pipeline gets right
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, kind in {"one": "xner", "other": "students"}.items():
        make_trained(kind).to_disk(folder / name)
    return {name: folder / name for name in ("one", "other")}


@pytest.fixture(scope="module")
def report(corpus, models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    train_path = save_corpus(folder / "train.spacy", make_docs(spacy.blank("xx").vocab))
    compared = ["--compare", models["other"], "--train", train_path, "--max-points", 40]
    printed = run_xner("report", models["one"], corpus, "-o", folder / "out", *compared, "--bootstrap", 50)
    assert "index.html" in printed
    return folder / "out"


@pytest.fixture(scope="module")
def trained_mcl():
    return make_trained("xner_mcl")


class Reader(HTMLParser):
    """Collects what a page asks for, its tags, and its text without scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.text, self.policy = [], [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.links += [found[name] for name in ("src", "href", "action", "srcset", "data") if name in found]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]

    def handle_data(self, data):
        if self.tags[-1:] not in (["script"], ["style"]):
            self.text.append(data)


def test_page_holds_all_it_shows(report):
    page = (report / "index.html").read_text(encoding="utf8")
    found = Reader(page)
    assert found.links and all(link.startswith(("data:", "#")) for link in found.links)
    assert found.tags.count("script") == 1 and "http:" not in page and "https:" not in page
    script = page.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
    assert f"script-src 'sha256-{digest}'" in found.policy and "default-src 'none'" in found.policy
    # Texts and labels are shown as they are, and not run.
    assert BAD not in page and BAD in "".join(found.text) and "&amp;" in "".join(found.text)


def test_numbers_are_those_of_evaluate(report, corpus, models):
    numbers = srsly.read_json(report / "report.json")
    assert [name.split("/")[-1] for name in numbers] == ["one", "other"]
    for model, found in zip(models.values(), numbers.values(), strict=True):
        expected = evaluate(spacy.load(model), [corpus], bootstrap=50)["languages"]
        assert found.keys() == expected.keys() == {"../xx", "ar", "en", "es"}
        for language, scores in expected.items():
            assert found[language]["f1"] == pytest.approx(scores["f1"])
            kinds = found[language]["kinds"]
            assert (
                sum(kinds[kind] for kind in ("right", "type", "span", "both", "missed")) == scores["entities"]
            )
    # Unseen are the names that the training corpus has not.
    names = next(iter(numbers.values()))["../xx"]["names"]
    assert names["seen"][1] == 1 and names["unseen"][1] == 2


def test_figures_lie_beside_it(report):
    pictures = sorted(path.name for path in (report / "figures").iterdir())
    assert {"scores.svg", "types.svg", "kinds-0.svg", "kinds-1.svg", "entities-trained.svg"} <= set(pictures)
    # A language's name is no path.
    assert "found-___xx-0-0.svg" in pictures and sorted(path.name for path in report.iterdir()) == [
        "figures",
        "index.html",
        "report.json",
    ]
    for name in pictures:
        root = ElementTree.parse(report / "figures" / name).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        # In the page, the same in the page's colours.
        assert "var(--" not in (report / "figures" / name).read_text(encoding="utf8")


def test_in_a_browser(browser, report):
    """No console message and no request, filters, Arabic from right to left, nothing run, no width to scroll, what WCAG
    asks for, and all of it by keyboard."""
    page, messages, requests = open_page(browser, report / "index.html")
    n_sentences = page.locator("article").count()
    shown = page.locator("article:visible")
    wrong = "article:not([data-kinds-0=right][data-kinds-1=right])"
    assert 20 < shown.count() == page.locator(wrong).count() <= n_sentences
    assert page.title() != "run" and BAD in page.locator("article", has_text="met").first.inner_text()
    assert set(find_directions(page)) >= {("ar", "rtl"), ("es", "ltr")}

    page.select_option("#labelled-language", "ar")
    of_arabic = page.locator("article[data-language=ar]").count()
    assert 0 < shown.count() <= of_arabic < n_sentences
    page.select_option("#labelled-kind", "missed")
    kinds = [article.get_attribute("data-kinds-0") for article in shown.all()]
    others = [article.get_attribute("data-kinds-1") for article in shown.all()]
    assert kinds and all("missed" in a or "missed" in b for a, b in zip(kinds, others, strict=True))
    page.select_option("#labelled-language", "")
    page.select_option("#labelled-kind", "")
    assert shown.count() == n_sentences
    page.select_option("#labelled-kind", "right")
    assert shown.count() == page.locator("article[data-kinds-0=right][data-kinds-1=right]").count()
    page.select_option("#labelled-pipeline", "0")
    assert 0 < shown.count() == page.locator("article[data-kinds-0=right]").count() < n_sentences
    page.select_option("#labelled-kind", "wrong")
    for option, wrong, other in (("only-0", 0, 1), ("only-1", 1, 0)):
        page.select_option("#labelled-pipeline", option)
        assert (
            shown.count()
            == page.locator(f"article[data-kinds-{other}=right]:not([data-kinds-{wrong}=right])").count()
        )
        assert page.inner_text(".shown") == f"{shown.count()} of {n_sentences} sentences"
    page.select_option("#labelled-pipeline", "")

    check_keyboard(page, "select, summary, .wide")
    page.focus("#labelled-language")
    before = shown.count()
    page.keyboard.press("ArrowDown")
    assert shown.count() < before
    check_looks(page, "report")
    # On a telephone the F1 is seen without scrolling.
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.locator("tbody .main").first.evaluate("e => e.getBoundingClientRect().right") <= 400
    check_alone(report / "index.html", messages, requests)


def test_one_pipeline_without_scores_or_encoder(corpus, tmp_path):
    """spaCy's own recogniser: the same page, less what it can't tell."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("ner").add_label("PER")
    nlp.initialize()
    nlp.to_disk(tmp_path / "ner")
    printed = run_xner("report", tmp_path / "ner", corpus / "es.spacy", "-o", tmp_path / "out")
    assert "has no encoder of this package" in printed
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf8")
    assert "What the encoder sees" not in page and "How far scores can be trusted" not in page
    # Filters with one choice are left out.
    assert 'id="labelled-language"' not in page and 'id="labelled-pipeline"' not in page
    found = srsly.read_json(tmp_path / "out" / "report.json")
    assert "threshold" not in next(iter(found.values()))["es"]


@pytest.mark.parametrize(
    "texts, entities",
    [(["so it goes"], 0), (["so it goes", ""], 0), (["Angela Merkel met Barack Obama in Berlin ."], 3)],
)
def test_gold_without_entities(models, tmp_path, texts, entities):
    """What is found is spurious; a few entities make no picture of what the encoder sees."""
    vocab = spacy.blank("xx").vocab
    path = save_corpus(tmp_path / "en.spacy", [make_doc(vocab, text) for text in texts])
    run_xner("report", models["one"], path, "-o", tmp_path / "out", "--bootstrap", 10)
    (found,) = srsly.read_json(tmp_path / "out" / "report.json").values()
    assert found["en"]["entities"] == 0 and found["en"]["kinds"]["spurious"] == entities
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf8")
    assert "What the encoder sees" not in page


def test_enough_entities_for_the_plane():
    vocab = spacy.blank("xx").vocab
    docs = [make_doc(vocab, "Rom wartet", [(0, 1, "LOC")])] * 30
    assert are_enough({"de": docs, "it": docs}) and not are_enough({"de": docs[:25], "it": docs[:24]})
    assert not are_enough({"de": docs * 2, "it": []}) and not are_enough({})


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    """Raw text, and labelled text beside it."""
    folder = tmp_path_factory.mktemp("unlabelled")
    vocab = spacy.blank("xx").vocab
    texts = ["Angela Merkel met Barack Obama in Berlin .", "so it goes"]
    for language in ("de", "pt"):
        raw = [make_doc(vocab, text, None, language=language) for text in texts]
        save_corpus(folder / f"{language}.spacy", raw)
    return folder


def test_text_without_labels(models, unlabelled, tmp_path):
    """How much is found, of which types, how surely, and what another pipeline says."""
    run_xner("report", models["one"], unlabelled, "-o", tmp_path / "alone")
    (found,) = srsly.read_json(tmp_path / "alone" / "report.json").values()
    counts = found["unlabelled"]["pt"]
    assert (counts["sentences"], counts["with_entity"], counts["entities"], counts["tokens"]) == (2, 1, 3, 11)
    assert counts["types"] == {"LOC": 1, "PER": 2} and 0 < counts["median_score"] <= 1
    page = Reader((tmp_path / "alone" / "index.html").read_text(encoding="utf8"))
    text = " ".join("".join(page.text).split())
    assert "4 sentences without labels in de, pt" in text and "F1" not in text
    assert "50.0 %" in text and "of 4 sentences without labels have an entity" in text
    # The other calls all entities ENT.
    run_xner("report", models["one"], unlabelled, "-o", tmp_path / "two", "--compare", models["other"])
    page = Reader((tmp_path / "two" / "index.html").read_text(encoding="utf8"))
    assert "6 other type" in " ".join("".join(page.text).split())


def test_text_without_labels_in_a_browser(browser, models, unlabelled, tmp_path):
    run_xner("report", models["one"], unlabelled, "-o", tmp_path, "--compare", models["other"])
    page, messages, requests = open_page(browser, tmp_path / "index.html")
    shown = page.locator("article:visible")
    n_sentences = shown.count()
    page.select_option("#unlabelled-language", "pt")
    assert 0 < shown.count() == n_sentences / 2
    check_looks(page, "unlabelled")
    check_alone(tmp_path / "index.html", messages, requests)


def test_labelled_text_and_other(corpus, models, unlabelled, tmp_path):
    run_xner("report", models["one"], corpus / "es.spacy", unlabelled, "-o", tmp_path, "--labels", "PER")
    (found,) = srsly.read_json(tmp_path / "report.json").values()
    assert set(found) == {"es", "unlabelled"} and found["unlabelled"]["de"]["types"] == {"PER": 2}


def test_raw_text_where_there_are_no_labels(corpus, models, tmp_path):
    """Of a language that has no test text some sentences are shown, of others none."""
    (tmp_path / "test").mkdir()
    save_corpus(tmp_path / "raw" / "es.spacy", [make_doc(spacy.blank("xx").vocab, "si", None, language="es")])
    raw = [make_doc(spacy.blank("xx").vocab, f"Rome {i}", None, language="pt") for i in range(10)]
    save_corpus(tmp_path / "raw" / "pt.spacy", raw)

    def make(name, *data):
        options = ("-o", tmp_path / name, "--raw", tmp_path / "raw", "--max-raw", 4, "--no-embeddings")
        run_xner("report", models["one"], *data, *options, "--compare", models["other"])
        return srsly.read_json(tmp_path / name / "report.json").values()

    for found in make("labelled", corpus / "es.spacy"):
        assert found["es"]["entities"] and found["unlabelled"].keys() == {"pt"}
    for found in make("empty", tmp_path / "test"):
        counts = found["unlabelled"]
        assert found.keys() == {"unlabelled"}
        assert (counts["es"]["sentences"], counts["pt"]["sentences"], counts["pt"]["tokens"]) == (1, 4, 8)
    assert spread(range(10), 4) == [0, 2, 5, 7] and spread(range(3), 4) == [0, 1, 2]
    assert "X111" in run_xner("report", models["one"], corpus, "--raw", tmp_path / "test", code=1)


def test_languages_never_seen(corpus, models, tmp_path):
    """Those whose files `prepare` puts apart have a headline and rows of their own."""
    for source, target in (("es", "es.spacy"), ("ar", "unseen/ar.spacy")):
        (tmp_path / "test" / target).parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(corpus / f"{source}.spacy", tmp_path / "test" / target)
    run_xner("report", models["one"], tmp_path / "test", "-o", tmp_path / "out", "--no-embeddings")
    page = Reader((tmp_path / "out" / "index.html").read_text(encoding="utf8"))
    text = " ".join("".join(page.text).split())
    assert "F1, es" in text and "F1, ar, never seen in training" in text


def test_only_so_many_mistakes(corpus, models, tmp_path):
    run_xner(
        "report",
        models["one"],
        corpus,
        "-o",
        tmp_path,
        "--no-embeddings",
        "--max-mistakes",
        3,
        "--max-right",
        0,
    )
    page = (tmp_path / "index.html").read_text(encoding="utf8")
    assert page.count('<article data-language="ar"') == page.count('<article data-language="es"') == 3
    assert "ar: 3 of " in page and "What the encoder sees" not in page


def test_errors(corpus, models, tmp_path, monkeypatch):
    one = models["one"]
    (tmp_path / "file").write_text("", encoding="utf8")
    for args, expected in [
        ((one, corpus, "--compare", one), "[X306]"),
        (("no_such_model", corpus), "[X304]"),
        ((one, tmp_path / "missing"), "[X101]"),
        ((one, corpus, "--labels", "NONE"), "[X311]"),
        ((one, corpus, "--before", "no_such_model"), "[X304]"),
        ((one, corpus, "-o", tmp_path / "file", "--no-embeddings"), "[X112]"),
    ]:
        assert expected in run_xner("report", *args, code=1)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    printed = run_xner("report", one, corpus, "-o", tmp_path / "none", "--no-embeddings", code=1)
    assert (
        "[X125]" in printed
        and "pip install 'matplotlib>=3.8'" in printed
        and not (tmp_path / "none").exists()
    )


def test_labels_as_in_evaluate(corpus, models, tmp_path):
    run_xner("report", models["one"], corpus, "-o", tmp_path, "--no-embeddings", "--labels", "PER")
    (found,) = srsly.read_json(tmp_path / "report.json").values()
    assert all(set(scores["per_type"]) <= {"PER"} for scores in found.values())


def test_encoder_before_and_after():
    nlp = make_trained("students")  # two encoders
    docs = make_docs(nlp.vocab)
    weights = nlp.get_pipe("xner").model.to_bytes()
    after, before = find_encoders(nlp), make_untrained(nlp, docs)
    vectors = embed_entities(after, docs)
    assert vectors.shape == (4, 32) and vectors.dtype == numpy.float32
    expected = [
        layer.predict(docs[:1])[0][3:5].mean(axis=0) for layer in nlp.get_pipe("xner").model.layers[:2]
    ]
    numpy.testing.assert_allclose(vectors[1], numpy.concatenate(expected), rtol=1e-5, atol=1e-6)
    assert not numpy.allclose(embed_entities(before, docs), vectors)
    assert nlp.get_pipe("xner").model.to_bytes() == weights  # nothing was trained, nothing was changed
    assert embed_entities(after, [make_doc(nlp.vocab, "nobody")]).shape[0] == 0
    similarities = compare_tokens(after, docs[0])
    numpy.testing.assert_allclose(numpy.diag(similarities), 1, atol=1e-4)
    numpy.testing.assert_allclose(similarities, similarities.T, atol=1e-5)


def test_ends_of_entities():
    """[h_start; h_end] of each encoder's vectors, twice as wide as their mean."""
    nlp = make_trained("students")
    docs = make_docs(nlp.vocab)
    encoders = find_encoders(nlp)
    vectors, tokens = embed_entities(encoders, docs, "ends"), encoders.encode(docs)
    assert vectors.shape == (4, 64)
    numpy.testing.assert_array_equal(
        vectors[1], numpy.concatenate([tokens[0][3], tokens[0][4]])
    )  # Barack Obama
    numpy.testing.assert_array_equal(vectors[2], numpy.tile(tokens[0][6], 2))  # Berlin
    assert embed_entities(encoders, [make_doc(nlp.vocab, "nobody")], "ends").shape[0] == 0


def test_places_in_the_plane():
    rng = numpy.random.default_rng(0)
    groups = [rng.normal(20 * k, 1, (20, 8)).astype("float32") for k in range(2)]
    points = project_points(numpy.concatenate(groups))
    assert points.shape == (40, 2)
    centres = points[:20].mean(axis=0), points[20:].mean(axis=0)
    spread = max(points[:20].std(), points[20:].std())
    assert numpy.linalg.norm(centres[0] - centres[1]) > 2 * spread
    for n in (0, 1, 4):
        assert project_points(groups[0][:n]).shape == (n, 2)


def test_a_plane_for_each_pair_of_languages(trained_mcl):
    """Both states side by side, and only the entities of two languages."""
    vocab = trained_mcl.vocab
    golds = {language: make_docs(vocab) * 2 for language in ("de", "en", "es")}
    golds["fr"] = [make_doc(vocab, "rien")]
    views = view_encoders(trained_mcl, golds, None, 10, pair_with="en")
    assert [picture.name for picture in views.pictures] == ["entities-en-de", "entities-en-es"]
    for picture, language in zip(views.pictures, ("de", "es"), strict=True):
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)
        assert texts == ["untrained", "trained", "LOC", "PER", *sorted(("en", language))]
    with pytest.raises(XnerError, match="X306.*'it' is not a language of the labelled text"):
        view_encoders(trained_mcl, golds, None, 10, pair_with="it")


def test_an_encoder_that_cant_be_made_anew():
    """The pretrained weights may not be at hand where the page is made."""
    nlp = make_trained("xner")
    nlp.config["components"]["xner"]["model"]["encoder"]["name"] = "/no/such/transformer"
    views = view_encoders(nlp, {"en": make_docs(nlp.vocab), "xx": []}, None, 10)
    assert [picture.name for picture in views.pictures] == ["entities-trained"]
    assert "can't be shown" in views.note and len(views.maps) == 1 and views.maps[0]["title"].endswith(": en")
    compared = view_encoders(make_trained("xner"), {"en": make_docs(nlp.vocab)}, make_trained("xner"), 10)
    assert [picture.name for picture in compared.pictures] == ["entities-before", "entities-trained"]


def test_sentences():
    vocab = spacy.blank("xx").vocab
    doc = make_doc(vocab, ["<b>", "&", "x"], [(0, 1, "<i>")])
    markup = render_doc(doc, {"<i>": 0}, {(0, 3, "<i>"): "type"})
    assert "<b>" not in markup and "<i>" not in markup and "&lt;b&gt;" in markup and "&lt;i&gt;" in markup
    assert "direction: ltr" in markup and "· type" in markup and 'class="entity tint-0 type"' in markup
    for text, direction in {
        "ميركل زارت NATO": "rtl",
        "שלום": "rtl",
        "Merkel": "ltr",
        "北京": "ltr",
        "": "ltr",
        "2028 !": "ltr",
    }.items():
        assert find_writing_direction(text) == direction
    arabic = render_doc(make_doc(vocab, ["ميركل"], [(0, 1, "PER")]), {"PER": 0}, {(0, 5, "PER"): "right"})
    assert "direction: rtl" in arabic and "✓" in arabic
    assert render_doc(Doc(vocab), {}).count("<mark") == 0


def test_colours_of_types():
    """A type has its colour in all reports, whatever others there are, and no two have the same."""
    alone = choose_colours(["PER"])
    together = choose_colours(["LOC", "MISC", "ORG", "PER"])
    assert alone["PER"] == together["PER"] and sorted(together.values()) == [0, 1, 2, 3]
    assert choose_colours(["LOC", "GPE"])["LOC"] == together["LOC"] == choose_colours(["GPE"])["GPE"]
    others = [f"TYPE-{k}" for k in range(4)]
    assert len(set(choose_colours([*others, *together]).values())) == 8
    assert choose_colours(others[:1]).items() <= choose_colours([*others[:1], "PER"]).items()


def compute_contrast(one, other):
    """WCAG 2.2, relative luminance and contrast ratio."""

    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_contrasts_of_colours(dark):
    """Text has 4.5 to what is behind it, charts 3 to the page; and each colour of the light page is one variable."""
    for ink, tint in zip(INKS, TINTS, strict=True):
        assert compute_contrast(ink[dark], PAGE[dark]) >= 4.5
        assert compute_contrast(TEXT[dark], tint[dark]) >= 4.5
    for colour in (LINE, *KIND_COLOURS.values()):
        assert compute_contrast(colour[dark], PAGE[dark]) >= 3
    lights = [colour.light for colour in name_variables().values()]
    assert len(set(lights)) == len(lights) and all(light == light.lower() for light in lights)


def test_titles():
    assert shorten_names(["training/dlbri/combine/model-best"]) == ["dlbri/combine"]
    assert shorten_names(["xx_xner_dlbri"]) == ["xx_xner_dlbri"]
    assert shorten_names(["a/x/y/model-best", "b/x/y/model-best"]) == ["a/x/y", "b/x/y"]
    assert shorten_names(["a/model-best", "a/model-last"]) == ["a/model-best", "a/model-last"]
    assert shorten_names(["model-best"]) == ["model-best"]


def test_picture_names_are_no_paths():
    from matplotlib.figure import Figure

    assert take_picture("x", "types-../a b", Figure()).name == "types-___a_b"
