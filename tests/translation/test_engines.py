"""Engines of translation: what they are told, what they give, and what they say when they can't."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import spacy.util
from seq2seq_models import (
    MARKED,
    MARKED_TARGETS,
    SOURCE,
    TARGETS,
    make_unigram,
    save_m2m100,
    save_madlad,
    save_marian,
    save_nllb,
)

from spacy_xner.errors import XnerError
from spacy_xner.translation.engines import apertium
from spacy_xner.translation.engines.apertium import create_apertium_translator
from spacy_xner.translation.engines.apertium_stream import join_places, parse_stream
from spacy_xner.translation.engines.batches import Codec, batch_sentences
from spacy_xner.translation.engines.ctranslate import create_ctranslate2_translator
from spacy_xner.translation.engines.families import find_direction
from spacy_xner.translation.engines.languages import FLORES, find_language, is_language
from spacy_xner.translation.engines.lexicon import create_lexicon_translator
from spacy_xner.translation.engines.memory import create_memory_translator
from spacy_xner.translation.engines.origins import describe_origin, find_licence
from spacy_xner.translation.engines.seq2seq import create_seq2seq_translator
from spacy_xner.translation.types import MarkedText

ASSETS = Path(__file__).parents[2] / "assets"
SENTENCES = [MarkedText(text) for text in SOURCE]
XTREME = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl"
)
XTREME += " tr ur vi yo zh"
BUILDERS = {
    "m2m100": save_m2m100,
    "nllb": save_nllb,
    "madlad400": save_madlad,
    "opus-mt-en-mul": lambda folder: save_marian(folder, ">>spa<<", ">>deu<<"),
    "opus-mt-en-es": lambda folder: save_marian(folder, source_lang="en", target_lang="es"),
}
needs_apertium = pytest.mark.skipif(
    not shutil.which("apertium"), reason="needs apertium and apertium-eng-spa"
)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """From the name of a tiny model to its folder; models are built when they are asked for."""
    pytest.importorskip("sentencepiece")
    root = tmp_path_factory.mktemp("models")

    def get(name: str) -> str:
        if not (root / name).exists():
            (root / name).mkdir()
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
                BUILDERS[name](root / name)
        return str(root / name)

    return get


def make(model: str, target: str = "es", source: str = "en", **settings):
    return create_seq2seq_translator(model, **{"max_length": 30, **settings})(source, target)


# Languages


def test_languages():
    assert set(XTREME.split()) <= set(FLORES)
    assert find_language("de", ["deu_Latn", "eng_Latn"]) == "deu_Latn"
    assert find_language("deu_Latn", ["deu_Latn"]) == "deu_Latn"
    assert find_language("he", ["iw", "en"]) == "iw"
    assert find_language("es", ["es_XX", "et_EE"]) == "es_XX"
    assert find_language("zh", ["zho_Hant", "zho_Hans"]) == "zho_Hans"
    # Of two scripts that the table does not choose between, neither.
    assert find_language("ace", ["ace_Arab", "ace_Latn"]) is None
    assert find_language("de", ["d", "den", "nds"]) is None
    assert is_language("deu", "de") and is_language("de", "deu_Latn")
    assert is_language("fra", "de") is False
    assert is_language("roa", "es") is None


# Batches


def test_batches():
    lengths = {0: 3, 1: 9, 2: 3, 3: 1, 4: 20, 5: 3}
    # 4 is longer than a batch may be; 9 alone leaves no room for another one of 9.
    assert batch_sentences(lengths, 12) == [[4], [1], [0, 2, 5, 3]]
    assert batch_sentences(lengths, 11) == [[4], [1], [0, 2, 5], [3]]
    assert batch_sentences({}, 12) == []


# Sequence to sequence


@pytest.mark.parametrize("name, target", [(name, t) for name in list(BUILDERS)[:4] for t in ("es", "de")])
def test_seq2seq(models, name, target):
    translator = make(models(name), target)
    expected = [MarkedText(text) for text in TARGETS[target]]
    assert translator.translate(SENTENCES) == expected
    # Order is restored, and the batch makes no difference.
    assert translator.translate(SENTENCES[::-1]) == expected[::-1]
    translator.batch_tokens = 1
    assert translator.translate([*SENTENCES, SENTENCES[0]]) == [*expected, expected[0]]
    assert translator.translate([]) == []


@pytest.mark.parametrize("name", BUILDERS)
def test_seq2seq_marks(models, name):
    (result,) = make(models(name)).translate([MARKED])
    expected = MARKED_TARGETS["es"]
    # The second span comes first in the translation. Slots are special tokens for NLLB alone.
    assert [result.text[slice(*span)] for span in result.spans] == ["Ana", "Roma"]
    assert result.text.split() == expected.text.split()
    # Brackets are numbered by their order, whatever they enclose.
    (result,) = make(models(name), marks="brackets").translate([MARKED])
    assert [result.text[slice(*span)] for span in result.spans] == ["Roma", "Ana"]
    (result,) = make(models(name), marks="none").translate([MarkedText(SOURCE[0], ((0, 3), (8, 11)))])
    assert result == (TARGETS["es"][0], (None, None))


@pytest.mark.parametrize(
    "name, source, first", [("m2m100", "__en__", "__de__"), ("nllb", "eng_Latn", "deu_Latn")]
)
def test_forced_language(models, name, source, first):
    translator = make(models(name), "de")
    tokenizer = translator.codec.tokenizer
    ids = translator.codec.encode(SENTENCES[0])
    assert tokenizer.convert_ids_to_tokens(ids)[0] == source
    (generated,) = translator.generate([ids])
    assert tokenizer.convert_ids_to_tokens(generated)[0] == first


@pytest.mark.parametrize(
    "name, first", [("madlad400", "<2de>"), ("opus-mt-en-mul", ">>deu<<"), ("opus-mt-en-es", "▁Ana")]
)
def test_language_in_source(models, name, first):
    translator = make(models(name), "es" if name.endswith("es") else "de")
    ids = translator.codec.encode(SENTENCES[0])
    assert translator.codec.tokenizer.convert_ids_to_tokens(ids)[0] == first
    assert translator.first is None


def test_mbart_languages(tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("sentencepiece")
    codes = ["en_XX", "de_DE", "zh_CN"]
    unigram = make_unigram(tmp_path, codes)
    tokenizer = transformers.MBart50TokenizerFast(tokenizer_object=unigram, additional_special_tokens=codes)
    direction = find_direction("mbart", tokenizer, "en", "zh")
    assert direction[:4] == ("en_XX", "zh_CN", "", "zh_CN")
    codec = Codec(tokenizer, direction, "slots", 40)
    assert tokenizer.convert_ids_to_tokens(codec.encode(SENTENCES[0]))[:2] == ["en_XX", "▁Ana"]
    assert find_direction("mbart", tokenizer, "de", "en_XX")[:4] == ("de_DE", "en_XX", "", "en_XX")


def test_greedy(models):
    assert make(models("opus-mt-en-es"), beams=1).translate(SENTENCES[:1])[0].text == TARGETS["es"][0]


def test_languages_of_the_model(models):
    translator = make(models("nllb"), "zho_Hant", "eng_Latn")
    assert translator.first == translator.codec.tokenizer.convert_tokens_to_ids("zho_Hant")
    # An older code of Hebrew.
    assert make(models("madlad400"), "he").codec.direction.prefix == "<2iw> "


@pytest.mark.parametrize("name", ["m2m100", "opus-mt-en-es"])
def test_blank_and_too_long(models, name):
    translator = make(models(name))
    blank, long = MarkedText(" \n", ((0, 1),)), MarkedText("Ana " * 50)
    assert translator.translate([long, SENTENCES[0], blank, MarkedText("")]) == [
        None,
        (TARGETS["es"][0], ()),
        ("", (None,)),
        ("", ()),
    ]
    # 40 positions with the special tokens, and not one less.
    n_special = len(translator.codec.tokenizer("")["input_ids"])
    longest = [MarkedText("Ana " * (n - n_special)) for n in (40, 41)]
    assert [translator.codec.encode(text) is None for text in longest] == [False, True]


@pytest.mark.parametrize("name", ["m2m100", "opus-mt-en-es"])
def test_cut_translation_is_none(models, name):
    # OPUS-MT is forced to end at the limit, so an end alone proves nothing.
    translator = make(models(name), max_length=6)
    assert translator.translate(SENTENCES)[2] is None
    # More than there are positions is not asked for.
    assert make(models(name), max_length=4000).translate(SENTENCES)[0].text == TARGETS["es"][0]


@pytest.mark.parametrize(
    "name, pair, match",
    [
        ("m2m100", ("en", "tlh"), r"X208.*from 'en' to 'tlh'.*af, am, ar, .*\.\.\. \(100 in all\)"),
        ("nllb", ("fr", "es"), r"X208.*'fr'.*It has deu_Latn, eng_Latn, spa_Latn, zho_Hans, zho_Hant\."),
        ("madlad400", ("en", "fr"), "X208.*It has de, en, es, iw"),
        ("opus-mt-en-mul", ("en", "fr"), "X208.*It has deu, spa"),
        ("opus-mt-en-es", ("en", "fr"), "X208.*It has en-es"),
        ("opus-mt-en-es", ("de", "es"), "X208.*It has en-es"),
    ],
)
def test_unsupported_language(models, name, pair, match):
    with pytest.raises(XnerError, match=match):
        create_seq2seq_translator(models(name))(*pair)


def test_bad_model(models, tiny_transformer, tmp_path):
    folder = tmp_path / "model"
    with pytest.raises(XnerError, match="X207.*model': there is no such folder"):
        make(str(folder))
    folder.mkdir()
    with pytest.raises(XnerError, match=r"X207.*the folder has no config\.json"):
        make(str(folder))
    shutil.copy(Path(models("m2m100")) / "config.json", folder)
    with pytest.raises(XnerError, match="X207.*the folder has no tokenizer"):
        make(str(folder))
    shutil.copytree(models("nllb"), folder, dirs_exist_ok=True)
    (folder / "model.safetensors").unlink()
    with pytest.raises(XnerError, match=r"X207.*the folder has no weights \(model.safetensors\)"):
        make(str(folder))
    with pytest.raises(
        XnerError, match="X207.*its tokenizer is a BertTokenizerFast, but the known families are M2M100"
    ):
        make(tiny_transformer)
    for name in ("config.json", "model.safetensors"):
        shutil.copy(Path(tiny_transformer) / name, folder)
    with pytest.raises(XnerError, match="X207.*no sequence-to-sequence model"):
        make(str(folder))
    with pytest.raises(XnerError, match="X210.*'stars'"):
        make(models("nllb"), marks="stars")


def test_key_and_licence(models, tmp_path):
    folder = tmp_path / "nllb"
    shutil.copytree(models("nllb"), folder)
    first = make(str(folder))
    assert first.name.startswith("seq2seq:nllb@")
    assert first.name.endswith(":marks=slots:beams=4:max_length=30:float32")
    assert first.licence == "CC-BY-NC-4.0 (non-commercial)"
    assert make(str(folder)).name == first.name
    names = {make(str(folder), **{key: value}).name for key, value in [("marks", "none"), ("beams", 1)]}
    names |= {make(str(folder), precision="bfloat16").name, make(str(folder), max_length=9).name}
    assert len(names | {first.name}) == 5
    stat = (folder / "model.safetensors").stat()
    os.utime(folder / "model.safetensors", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    (folder / "README.md").write_text("---\nlanguage: de\nlicense: cc-by-sa-4.0\n---\nlicense: none\n")
    changed = make(str(folder))
    assert changed.name != first.name
    assert changed.licence == "cc-by-sa-4.0"


def test_licence_by_name(tmp_path):
    assert find_licence("Helsinki-NLP/opus-mt-en-de") == "CC-BY-4.0"
    assert find_licence("facebook/m2m100_418M") == "MIT"
    assert find_licence("google/madlad400-3b-mt") == "Apache-2.0"
    assert find_licence("someone/model") == "unknown"
    # Neither the folders above it, nor a card without a licence in its head.
    (tmp_path / "nllb" / "mine").mkdir(parents=True)
    (tmp_path / "nllb" / "mine" / "README.md").write_text("# Model\nlicense: mit\n")
    assert find_licence(str(tmp_path / "nllb" / "mine")) == "unknown"
    assert describe_origin("facebook/m2m100_418M", "0123456789") == "facebook/m2m100_418M@01234567"


# CTranslate2


@pytest.fixture(scope="session")
def convert(models, tmp_path_factory):
    ctranslate2 = pytest.importorskip("ctranslate2")
    root = tmp_path_factory.mktemp("converted")

    class Converter(ctranslate2.converters.TransformersConverter):
        def load_model(self, model_class, path, *, dtype=None, **kwargs):
            # Newer versions use a name of this setting that transformers 4.53 does not know.
            return model_class.from_pretrained(path, **kwargs)

    def get(name: str) -> str:
        if not (root / name).exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                Converter(models(name)).convert(str(root / name))
        return str(root / name)

    return get


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.parametrize("name", BUILDERS)
def test_ctranslate2(models, convert, name):
    folder = convert(name)
    settings = {"tokenizer": models(name), "max_length": 30, "compute_type": "float32"}
    translator = create_ctranslate2_translator(folder, **settings)("en", "es")
    sentences = [*SENTENCES, MARKED, MarkedText(" "), MarkedText("Ana " * 50)]
    # The same as with transformers. With several beams, hypotheses that are as good as equal may change places with the
    # processor's rounding.
    greedy = create_ctranslate2_translator(folder, **settings, beams=1)("en", "es")
    assert greedy.translate(sentences) == make(models(name), beams=1).translate(sentences)
    assert len(translator.translate(sentences)) == len(sentences)
    assert translator.name.startswith(f"ctranslate2:{name}@")
    assert translator.name.endswith(":marks=slots:beams=4:max_length=30:float32")
    assert translator.licence == find_licence(models(name))
    short = create_ctranslate2_translator(folder, **{**settings, "max_length": 6})("en", "es")
    assert short.translate(SENTENCES)[2] is None
    quantized = create_ctranslate2_translator(folder, **{**settings, "compute_type": "int8"})("en", "es")
    assert len(quantized.translate(sentences)) == len(sentences)
    assert quantized.name != translator.name


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
def test_ctranslate2_errors(models, convert, tmp_path, monkeypatch):
    # With its tokenizer copied into the folder, it needs no other.
    folder = tmp_path / "nllb"
    shutil.copytree(convert("nllb"), folder)
    with pytest.raises(XnerError, match="X207.*nllb': the folder has no tokenizer"):
        create_ctranslate2_translator(str(folder))("en", "es")
    for file in Path(models("nllb")).glob("*token*.json"):
        shutil.copy(file, folder)
    translator = create_ctranslate2_translator(str(folder), max_length=30)("en", "es")
    assert translator.translate(SENTENCES)[0].text == TARGETS["es"][0]
    with pytest.raises(XnerError, match="X208.*'fr'"):
        create_ctranslate2_translator(str(folder))("en", "fr")
    with pytest.raises(XnerError, match="X207.*nothing"):
        create_ctranslate2_translator(str(tmp_path / "nothing"))("en", "es")
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(XnerError, match="X206.*pip install 'ctranslate2"):
        create_ctranslate2_translator(str(folder))("en", "es")


# Apertium


def read_assets():
    for path in sorted(ASSETS.glob("*.en.jsonl")):
        for line in path.read_text(encoding="utf8").splitlines():
            sentence = json.loads(line)
            yield MarkedText(sentence["text"], tuple((s["start"], s["end"]) for s in sentence["spans"]))


@needs_apertium
@pytest.mark.parametrize("marks, share", [("blanks", 0.95), ("brackets", 0.95), ("none", 0.0)])
def test_apertium_assets(marks, share):
    translator = create_apertium_translator(marks)("en", "es")
    sentences = list(read_assets())
    results = translator.translate(sentences)
    assert [len(result.spans) for result in results] == [len(sentence.spans) for sentence in sentences]
    spans = [span for result in results for span in result.spans]
    found = [span for span in spans if span is not None]
    assert len(found) >= share * len(spans) and (marks != "none" or not found)
    for result in results:
        assert not set("[]\\{}*") & set(result.text)
        places = sorted(span for span in result.spans if span is not None)
        assert all(left[1] <= right[0] for left, right in zip(places, places[1:], strict=False))
        assert all(result.text[slice(*span)].strip() == result.text[slice(*span)] for span in places)
    # Neither the neighbours nor the call make a difference.
    assert translator.translate(sentences[7:9]) == results[7:9]


@needs_apertium
def test_apertium_marks():
    translator = create_apertium_translator()("en", "es")
    text = "John lives in New York and in Germany."
    sentence = MarkedText(text, ((14, 22), (0, 4), (30, 37), None, (4, 5), (5, 5)))
    (result,) = translator.translate([sentence])
    found = [span and result.text[slice(*span)] for span in result.spans]
    assert found == ["Nueva York", "John", "Alemania", None, None, None]
    # White space at the edges stays outside.
    (result,) = translator.translate([MarkedText(text, ((26, 38),))])
    assert result.text[slice(*result.spans[0])] == "en Alemania."
    assert translator.licence == "GPL-2.0-or-later"
    with pytest.raises(XnerError, match="X210.*'stars'"):
        create_apertium_translator("stars")("en", "es").translate([sentence])


@needs_apertium
def test_apertium_reserved_characters():
    translator = create_apertium_translator(retry=False)("en", "es")
    texts = [
        r"Zq [zq] {zq} ^zq$ <zq> zq\ zq/zq @zq [[t:b:0]]zq[[/]]",
        "*zq ~ #zq +zq",
        "",
        " ",
        "zq\nzq",
        "\0zq",
    ]
    results = translator.translate([MarkedText(text, ((0, 1),)) for text in texts])
    assert [result.text for result in results] == [texts[0], texts[1], "", "", "zq\nzq", " zq"]
    marked = create_apertium_translator(mark_unknown=True)("en", "es")
    assert marked.translate([MarkedText("Xqzw sleeps")])[0].text.startswith("*Xqzw")
    assert marked.name != translator.name


@needs_apertium
def test_apertium_long_sentence():
    text = "The dog of Mary sleeps in Germany " * 1500
    results = create_apertium_translator()("en", "es").translate(
        [MarkedText("A house."), MarkedText(text, ((26, 33),)), MarkedText("A house.")]
    )
    assert results[1].text[slice(*results[1].spans[0])] == "Alemania"
    assert results[1].text.count("Alemania") == 1500
    assert results[0] == results[2] == ("Una casa.", ())


@needs_apertium
def test_apertium_languages():
    names = [
        create_apertium_translator()(*pair).name for pair in [("en", "es"), ("eng", "spa"), ("es", "en")]
    ]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("apertium:eng-spa@")
    with pytest.raises(XnerError, match=r"X208.*'apertium'.*'en' to 'zh'.*eng-spa"):
        create_apertium_translator()("en", "zh")


FAKE = """#!/usr/bin/env bash
if [ "$1" = -l ]; then echo '  eng-spa'; exit; fi
{script}
"""


def fake_apertium(folder, monkeypatch, script):
    program = folder / "apertium"
    program.write_text(FAKE.format(script=script))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_apertium_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(XnerError, match="X206.*`apt-get install apertium apertium-eng-spa`"):
        create_apertium_translator()("en", "es")


def test_apertium_fails(monkeypatch, tmp_path):
    fake_apertium(tmp_path, monkeypatch, "cat > /dev/null; echo first >&2; echo broken >&2; exit 3")
    translator = create_apertium_translator()("en", "es")
    with pytest.raises(XnerError, match=r"X209.*'apertium' failed with status 3 \(broken\)"):
        translator.translate([MarkedText("a")])


def test_apertium_timeout(monkeypatch, tmp_path):
    pid = tmp_path / "pid"
    fake_apertium(tmp_path, monkeypatch, f"sleep 60 & echo $! > {pid}; wait")
    translator = create_apertium_translator(timeout=0.5)("en", "es")
    start = time.monotonic()
    with pytest.raises(XnerError, match=r"X209.*took more than 0\.5 seconds for 3 sentences, and for each"):
        translator.translate([MarkedText("a"), MarkedText("b"), MarkedText("c")])
    assert time.monotonic() - start < 20
    # The processes that it had started have ended as well.
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", pid.read_text().strip()], capture_output=True, text=True
    )
    assert not state.stdout.strip() or state.stdout.startswith("Z")


def test_apertium_hangs_at_one_sentence(monkeypatch):
    """The others are translated, and the run goes on."""
    monkeypatch.setattr(apertium, "find_mode", lambda *args: "eng-spa")
    monkeypatch.setattr(apertium, "describe_data", lambda mode: mode)
    translator = create_apertium_translator(marks="none")("en", "es")

    def run(texts):
        if any(text.startswith("bad") for text in texts):
            raise subprocess.TimeoutExpired("apertium", 1)
        return [text.replace("good", "bueno") for text in texts]

    monkeypatch.setattr(translator, "_run", run)
    found = translator.translate([MarkedText(text) for text in ("good 1", "bad 2", "good 3")])
    assert [text and text.text for text in found] == ["bueno 1", None, "bueno 3"]


def test_apertium_breaks_off(monkeypatch, tmp_path):
    # The stage dies at a sentence: the others still get their own translations.
    fake_apertium(
        tmp_path, monkeypatch, "awk 'BEGIN { RS = ORS = \"\\0\" } /crash/ { exit } { print toupper($0) }'"
    )
    texts = ["a", "crash", "", "b", "c"]
    results = create_apertium_translator()("en", "es").translate([MarkedText(text) for text in texts])
    assert [result and result.text for result in results] == ["A", None, "", "B", "C"]


def test_apertium_stream():
    stream = r"Vidas de [[t:b:0]]Smith[[/]] del [[t:b:0]]John[[/]] \[en\] [[t:b:1; t:b:2]]x[[/]], [[t:b:3]]y[[/]][][7]"
    text, places = parse_stream(stream)
    assert text == "Vidas de Smith del John [en] x, y"
    assert places == {0: [(9, 14), (19, 23)], 1: [(29, 30)], 2: [(29, 30)], 3: [(32, 33)]}
    # A word of two spans belongs to neither.
    assert join_places(text, places, 5) == ((9, 23), None, None, (32, 33), None)
    # Commas and longer words between them part the words of a span.
    assert join_places("a, b", {0: [(0, 1), (3, 4)]}, 1) == (None,)
    assert join_places("a would b", {0: [(0, 1), (8, 9)]}, 1) == (None,)
    assert join_places("a-b", {0: [(0, 1), (2, 3)]}, 1) == ((0, 3),)


# Memory and lexicon


def test_memory(tmp_path):
    (tmp_path / "en-es.tsv").write_text("A  house\tUna casa\nHello\tHola\n", encoding="utf8")
    with gzip.open(tmp_path / "de-en.tsv.gz", "wt", encoding="utf8") as file:
        file.write("Ein Haus\tA house\n")
    sentences = [MarkedText("A house", ((2, 7),)), MarkedText("a house"), MarkedText(" ", ((0, 1),))]
    expected = [("Una casa", (None,)), None, ("", (None,))]
    by_folder = create_memory_translator(str(tmp_path))("en", "es")
    assert by_folder.translate(sentences) == expected
    by_file = create_memory_translator(str(tmp_path / "en-es.tsv"))("en", "es")
    assert by_file.translate(sentences) == expected
    assert by_file.name == by_folder.name
    # The other way round: by the file's name, or as told.
    for path in (tmp_path, tmp_path / "de-en.tsv.gz"):
        reverse = create_memory_translator(str(path), reverse=path != tmp_path)("en", "de")
        assert reverse.translate(sentences[:1]) == [("Ein Haus", (None,))]
        assert reverse.name.endswith(":reverse")
    (tmp_path / "es-en.tsv").write_text("La casa\tA house\n", encoding="utf8")
    assert create_memory_translator(str(tmp_path))("en", "es").translate(sentences) == expected
    preferred = create_memory_translator(str(tmp_path), reverse=True)("en", "es")
    assert preferred.translate(sentences[:1]) == [("La casa", (None,))]
    with pytest.raises(XnerError, match=r"X101.*en-fr\.tsv' or .*fr-en\.tsv'"):
        create_memory_translator(str(tmp_path))("en", "fr")


def test_lexicon(tmp_path):
    path = tmp_path / "lexicon.tsv"
    rows = ["en\tde\tzh", "new york\tNeu-York\t纽约", "New\tneu\t", "lives in\twohnt in\t", "Ana\tAnna\t安娜"]
    path.write_text("\n".join(rows) + "\n", encoding="utf8")
    translator = create_lexicon_translator(str(path))("en", "de")
    text = "Ana  lives in NEW York (new)."
    results = translator.translate(
        [MarkedText(text, ((14, 22), (0, 3), None, (3, 5))), MarkedText(" ", ((0, 1),))]
    )
    # The longest phrase wins, and what is unknown stays.
    assert results[0].text == "Anna wohnt in Neu-York ( neu ) ."
    found = [span and results[0].text[slice(*span)] for span in results[0].spans]
    assert found == ["Neu-York", "Anna", None, None]
    assert results[1] == ("", (None,))
    # No phrase reaches across the edge of a span.
    (result,) = translator.translate([MarkedText(text, ((18, 22),))])
    assert result.text[slice(*result.spans[0])] == "York"
    # Scripts without spaces.
    back = create_lexicon_translator(str(path))("zh", "en")
    (result,) = back.translate([MarkedText("安娜在纽约", ((3, 5),))])
    assert result == ("Ana 在 new york", ((6, 14),))
    with pytest.raises(XnerError, match="X205.*'en' and 'fr'"):
        create_lexicon_translator(str(path))("en", "fr")


def test_engines_import_light():
    code = "import sys; from spacy_xner.translation.engines import apertium, ctranslate, lexicon, memory, seq2seq; "
    code += "print([name for name in ('transformers', 'ctranslate2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_engines_are_registered():
    names = ["Apertium", "CTranslate2", "Lexicon", "Memory", "Seq2Seq"]
    for name in names:
        assert callable(spacy.util.registry.misc.get(f"spacy-xner.{name}Translator.v1"))
