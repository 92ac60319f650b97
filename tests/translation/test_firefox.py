"""The engine of Firefox Translations, with a tiny model in a local folder."""

import pytest
from firefox_models import save_model
from util import get_ents, make_doc, run_xner, save_corpus

from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_provenance
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.engines.firefox import create_firefox_translator
from spacy_xner.translation.types import MarkedText

VOCAB = get_blank().vocab
SENTENCE = MarkedText("Ana met Bob in Rome", ((0, 3), (15, 19)))


@pytest.fixture
def folder(tmp_path):
    pytest.importorskip("fxtranslate", reason="pip install 'spacy-xner[firefox]'")
    pytest.importorskip("sentencepiece", reason="pip install 'spacy-xner[seq2seq]'")
    save_model(tmp_path / "models" / "en-es", ["[▁Ana▁]", "vio", "[▁Roma▁]"])
    return tmp_path


def test_translate(folder):
    """A folder of models, and a single one."""
    for path in (folder / "models", folder / "models" / "en-es"):
        translator = create_firefox_translator(str(path))("en", "es")
        found = translator.translate([SENTENCE, MarkedText(" ", ((0, 1),))])
        assert found == [MarkedText("Ana vio Roma", ((0, 3), (8, 12))), MarkedText("", (None,))]
        assert translator.name.startswith("firefox:en-es@") and translator.name.endswith(":marks=brackets")
        assert str(folder) not in translator.name and translator.licence == "MPL-2.0"
    plain = create_firefox_translator(str(folder / "models"), marks="none")("en", "es")
    assert plain.translate([SENTENCE]) == [MarkedText("[ Ana ] vio [ Roma ]", (None, None))]


def test_the_command(folder):
    docs = [make_doc(VOCAB, "Ana met Bob in Rome", [(0, 1, "PER"), (4, 5, "LOC")], group="1", language="en")]
    save_corpus(folder / "source.spacy", docs)
    options = ["--engine", "firefox", "--set", f"model={folder / 'models'}", "--cache", folder / "cache"]
    run_xner("translate", folder / "source.spacy", folder / "out", "-t", "es", *options, "--views", "t")
    (doc,) = read_docs(folder / "out", VOCAB)
    assert doc.text == "Ana vio Roma" and get_ents(doc) == [(0, 1, "PER"), (2, 3, "LOC")]
    assert list(get_provenance(doc)["engines"].values()) == ["MPL-2.0"]


def test_another_model_has_another_name(folder):
    before = create_firefox_translator(str(folder / "models"))("en", "es").name
    save_model(folder / "models" / "en-es", ["Ana"])
    assert create_firefox_translator(str(folder / "models"))("en", "es").name != before


def test_errors(folder):
    model = folder / "models" / "en-es"
    with pytest.raises(XnerError, match="X208.*'firefox'.*'en' to 'de'.*en-es"):
        create_firefox_translator(str(model))("en", "de")
    with pytest.raises(XnerError, match="X207.*nowhere.*no model"):
        create_firefox_translator(str(folder / "nowhere"))("en", "es")
    (model / "vocab.enes.spm").rename(model / "srcvocab.enes.spm")
    with pytest.raises(XnerError, match=r"X207.*no trgvocab\.\*\.spm or vocab"):
        create_firefox_translator(str(model))("en", "es")
    (model / "srcvocab.enes.spm").rename(model / "vocab.enes.spm")
    (model / "model.enes.intgemm.alphas.bin").write_bytes(b"no model at all, but long enough for a header")
    with pytest.raises(XnerError, match="X207.*en-es"):
        create_firefox_translator(str(model))("en", "es")
