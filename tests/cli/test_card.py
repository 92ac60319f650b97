"""`xner card`: what a package tells of itself."""

import json
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from spacy.cli import app as spacy_app
from trained import make_trained
from typer.testing import CliRunner
from util import (
    ENCODER,
    classifier,
    get_ents,
    get_scored,
    make_doc,
    make_docs,
    make_examples,
    make_nlp,
    misc,
    run_xner,
    save_corpus,
    train,
)

from spacy_xner.architectures.export import find_transformers
from spacy_xner.architectures.transformer import get_shim
from spacy_xner.metadata import set_metadata, set_provenance
from spacy_xner.reporting.analysis import describe
from spacy_xner.reporting.card import describe_corpora, list_encoders, make_facts, render_card

TEXT = "Angela Merkel met Barack Obama in Berlin ."


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model-best"
    make_trained("xner").to_disk(folder)
    return folder


@pytest.fixture
def corpora(tmp_path):
    vocab = spacy.blank("xx").vocab
    source, target = (
        make_docs(vocab),
        [make_doc(vocab, "Ana vive", None), make_doc(vocab, "Rom", [(0, 1, "LOC")])],
    )
    for doc in source:
        set_metadata(doc, language="en")
    for doc in target:
        set_metadata(doc, language="es")
        set_provenance(doc, engines={"apertium|x": "GPL-2.0", "own": ""}, found=[])
    save_corpus(tmp_path / "target" / "es.spacy", target)
    return [save_corpus(tmp_path / "source.spacy", source), tmp_path / "target"]


def test_facts_of_corpora(corpora, monkeypatch):
    source, target = describe_corpora(corpora)
    assert source[1:] == (["en"], 2, 2, 4, {})
    assert target[1:] == (["es"], 2, 1, 1, {"apertium|x": "GPL-2.0", "own": ""})
    # Where it lies is told only within the current folder.
    assert target.name == "es.spacy"
    monkeypatch.chdir(corpora[0].parent)
    assert [corpus.name for corpus in describe_corpora(corpora)] == ["source.spacy", "target/es.spacy"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # spaCy leaves files open
def test_a_package_tells_all(model, corpora, tmp_path):
    scores, output = tmp_path / "scores.json", tmp_path / "new" / "package"
    run_xner("evaluate", model, corpora[0], "-o", scores, "--bootstrap", 50)
    before = sorted((path, path.stat().st_mtime) for path in model.rglob("*"))
    told = ["--method", "DLBri <b>", "--command", "python -m spacy project run all", "--licence", "mit"]
    run_xner("card", model, *corpora, "-o", output, "--scores", scores, "--name", "xner_x", *told)
    assert sorted((path, path.stat().st_mtime) for path in model.rglob("*")) == before
    card = (output / "README.md").read_text(encoding="utf8")
    head = srsly.yaml_loads(card.split("---\n")[1])
    assert head["language"] == ["en", "es"] and head["license"] == "mit" and "spacy" in head["tags"]
    assert head["pipeline_tag"] == "token-classification"
    ((index,),) = [head["model-index"]]
    (result,) = index["results"]
    assert index["name"] == "xx_xner_x" and result["dataset"]["name"] == "test text, en"
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert values == {"precision": 1.0, "recall": 1.0, "f_score": 1.0}
    # What lies where is the matter of this machine.
    assert str(tmp_path) not in card
    for expected in [
        "# xx_xner_x\n",
        "by DLBri &lt;b&gt;.",
        'spacy.load("xx_xner_x")',
        "| en | 100.0 | 100.0 | 100.0 | 100.0 to 100.0 | 4 |",
        "| es | 2 | 1 | 1 |",
        "| apertium\\|x | GPL-2.0 |\n| own | not known |",
        "| encoders | hash |",
        "| labels | LOC, PER |",
        f"| spacy | {spacy.__version__} |",
        "    python -m spacy project run all\n",
    ]:
        assert expected in card, (expected, card)
    meta = srsly.read_json(output / "meta.json")
    assert (meta["name"], meta["license"], meta["performance"]["ents_f_en"]) == ("xner_x", "mit", 1.0)
    assert meta["xner"]["scores"]["en"]["interval"] == [1.0, 1.0] and meta["xner"]["encoders"] == ["hash"]
    nlp = spacy.load(output)
    assert get_ents(nlp(TEXT)) == get_ents(spacy.load(model)(TEXT)) != []
    assert nlp.meta["xner"]["method"] == "DLBri <b>"

    args = ["package", str(output), str(tmp_path), "--version", "1.0.0", "--build", "none"]
    result = CliRunner().invoke(spacy_app, args)
    assert result.exit_code == 0, result.output
    package = tmp_path / "xx_xner_x-1.0.0"
    for folder in (package, package / "xx_xner_x" / "xx_xner_x-1.0.0"):
        assert (folder / "README.md").read_text(encoding="utf8") == card
    assert srsly.read_json(package / "meta.json")["xner"] == meta["xner"]


def test_the_card_tells_nothing_of_the_machine(tmp_path, monkeypatch):
    """An encoder is called what it was made from, and paths are shown as far as they tell of the data."""
    folder = tmp_path / "training" / "encoder"
    folder.mkdir(parents=True)
    srsly.write_json(folder / "xner_encoder.json", {"base": "intfloat/some-encoder", "licence": "mit"})
    nlp = make_trained("xner")
    nlp.config["components"]["xner"]["model"]["encoder"]["name"] = str(folder)
    nlp.config["vars"] = {"encoder": str(folder), "steps": 60}
    assert list_encoders(nlp) == ["intfloat/some-encoder"]
    save_corpus(tmp_path / "corpus" / "source" / "train.spacy", make_docs(nlp.vocab))
    monkeypatch.chdir(tmp_path)
    corpora = describe_corpora([Path("corpus"), tmp_path / "corpus"])
    assert [corpus.name for corpus in corpora] == ["corpus/source/train.spacy"] * 2
    monkeypatch.chdir(folder)
    assert describe_corpora([tmp_path / "corpus"])[0].name == "train.spacy"
    facts = make_facts(nlp, method="", corpora=corpora, scores=None, command="", licence="")
    card = render_card(nlp, facts)
    assert "| encoders | intfloat/some-encoder (mit) |" in card and "| steps | 60 |" in card
    assert '| encoder | "encoder" |' in card and str(tmp_path) not in card
    # An encoder made from a folder, by a card that still tells where that lies.
    srsly.write_json(folder / "xner_encoder.json", {"base": "", "source": "/home/ana/mine: a"})
    assert list_encoders(nlp) == ["mine: a"] and "encoder mine: a" in describe(nlp)
    nlp.meta["xner"] = {"encoders": ["/home/ana/mine"]}
    assert list_encoders(nlp) == ["mine"]


def test_in_place_with_nothing_told(tmp_path):
    make_trained("xner").to_disk(tmp_path / "model")
    run_xner("card", tmp_path / "model")
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf8")
    assert (
        "not told" in card
        and "## Scores" not in card
        and "## Data" not in card
        and "## Translations" not in card
    )
    spacy.load(tmp_path / "model")
    # Again: nothing is told twice.
    run_xner("card", tmp_path / "model")
    assert (tmp_path / "model" / "README.md").read_text(encoding="utf8") == card


def test_scores_without_intervals_and_words_that_mean_something_in_yaml(model, corpora, tmp_path):
    docs = make_docs(spacy.blank("xx").vocab)
    for doc in docs:
        set_metadata(doc, language="no")
    path = save_corpus(tmp_path / "no.spacy", docs)
    run_xner("evaluate", model, path, "-o", tmp_path / "scores.json", "--bootstrap", 0, "--labels", "PER")
    run_xner("card", model, path, "-o", tmp_path / "card", "--scores", tmp_path / "scores.json")
    card = (tmp_path / "card" / "README.md").read_text(encoding="utf8")
    assert 'language: ["no"]' in card and srsly.yaml_loads(card.split("---\n")[1])["language"] == ["no"]
    assert "| no | 100.0 | 100.0 | 100.0 |  | 2 |" in card and "of the types PER alone" in card


def test_folders_of_this_machine_are_not_published(model, tmp_path):
    """Neither those of memories, which corpora of before name, nor those of corpora, encoders and commands."""
    doc = make_doc(spacy.blank("xx").vocab, "Ana vive", [(0, 1, "PER")])
    name = "memory:/home/ana/my data/en-es.tsv@12345678:reverse"
    set_provenance(doc, engines={name: "unknown", "chat:org/model:1@2": "x"}, found=["mark"])
    path = save_corpus(tmp_path / "es.spacy", [doc])
    nlp = spacy.load(model)
    nlp.config["components"]["xner"]["model"]["encoder"]["name"] = "/home/ana/encoder"
    told = {"method": "", "scores": None, "licence": "", "command": "/home/ana/.venv/bin/python -m spacy"}
    facts = make_facts(nlp, corpora=describe_corpora([path]), **told)
    assert set(facts["xner"]["engines"]) == {"memory:en-es.tsv@12345678:reverse", "chat:org/model:1@2"}
    assert facts["sources"] == [{"name": "es.spacy"}] and facts["xner"]["command"] == "python -m spacy"
    for text in (json.dumps(facts), render_card(nlp, facts)):
        assert "/home" not in text and str(tmp_path) not in text


def test_errors(model, tmp_path):
    (tmp_path / "scores.json").write_text('{"languages": {"en": 1}}', encoding="utf8")
    (tmp_path / "file").write_text("", encoding="utf8")
    for args, code in [
        (("no_such_model",), "X304"),
        ((tmp_path,), "X304"),
        ((model, tmp_path / "missing.spacy"), "X101"),
        ((model, "--scores", tmp_path / "missing.json"), "X101"),
        ((model, "--scores", tmp_path / "scores.json"), "X308"),
        ((model, "--scores", tmp_path / "file"), "X308"),
        ((model, "-o", tmp_path / "file" / "x"), "X112"),
    ]:
        assert f"[{code}]" in run_xner("card", *args, code=1)
    assert not (Path(model) / "README.md").exists()


def test_half_of_the_numbers(tiny_transformer, tmp_path):
    nlp = make_nlp(
        {"model": {"encoder": {"@architectures": ENCODER["@architectures"], "name": tiny_transformer}}}
    )
    train(nlp, lambda: make_examples(nlp), 3)
    nlp.to_disk(tmp_path / "whole")
    run_xner("card", tmp_path / "whole", "-o", tmp_path / "half", "--half")
    sizes = [(tmp_path / name / "xner" / "model").stat().st_size for name in ("whole", "half")]
    assert sizes[1] < 0.8 * sizes[0]
    whole, half = (spacy.load(tmp_path / name) for name in ("whole", "half"))
    assert half.config["components"]["xner"]["model"]["encoder"]["store"] == "float16"
    (first, last), (_, again) = (
        [get_scored(model(text)) for text in (TEXT, "Berlin")] for model in (whole, half)
    )
    assert first and [ent[:3] for ent in again] == [ent[:3] for ent in last]
    # And it stays so.
    half.to_disk(tmp_path / "again")
    assert (tmp_path / "again" / "xner" / "model").stat().st_size == sizes[1]
    run_xner("card", tmp_path / "whole", "--half", code=1)


def test_word_pieces_of_texts(tiny_xlmr, tmp_path):
    """A copy of a pipeline reads the text that it was trimmed for as before, and its card tells what is left out."""
    encoders = {key: {**ENCODER, "name": tiny_xlmr} for key in "ab"}
    heads = {f"tag_{key}": classifier(key, "bio") for key in encoders}
    decoder = misc("TagDecoder", outputs=list(heads))
    objectives = {"tag": misc("CrossEntropy", output="tag_a")}
    architecture = "spacy-xner.CrossLingualModel.v1"
    model = {"@architectures": architecture, "encoders": encoders, "heads": heads}
    nlp = make_nlp({"model": model, "objectives": objectives, "decoder": decoder})
    train(nlp, lambda: make_examples(nlp), 3)
    nlp.to_disk(tmp_path / "whole")
    (tmp_path / "raw.txt").write_text(TEXT, encoding="utf8")
    printed = run_xner("card", tmp_path / "whole", "-o", tmp_path / "small", "--texts", tmp_path / "raw.txt")
    assert printed.count("word pieces") == 2
    whole, small = (spacy.load(tmp_path / name) for name in ("whole", "small"))
    found = (find_transformers(nlp.get_pipe("xner").model).values() for nlp in (whole, small))
    for one, other in zip(*found, strict=True):
        before, after = (layer.predict([whole.make_doc(TEXT)])[0] for layer in (one, other))
        assert numpy.array_equal(before, after)
        assert len(get_shim(other)._hfmodel.tokenizer) < len(get_shim(one)._hfmodel.tokenizer)
        assert other.attrs["trimmed"] and other.attrs["origin"]["vocabulary"]["corpora"] == ["raw.txt"]
    assert get_scored(whole(TEXT)) == get_scored(small(TEXT))
    run_xner("card", tmp_path / "whole", "--texts", tmp_path / "raw.txt", code=1)
    assert "[X101]" in run_xner("card", tmp_path / "whole", "-o", tmp_path / "no", "--texts", "no", code=1)
    make_trained("xner").to_disk(tmp_path / "hash")
    command = ("card", tmp_path / "hash", "-o", tmp_path / "no", "--texts", tmp_path / "raw.txt")
    assert "[X028]" in run_xner(*command, code=1)
    assert not (tmp_path / "no").exists()
