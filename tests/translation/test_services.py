"""The engines of services run `translate` and `project` on the sample; the services, on loopback, are at fault."""

import base64
import logging
import os
import re
import sys
import time
import zlib
from pathlib import Path

import pytest
import services
import srsly
from services import DAMAGED, KEY, OUTAGES, SPOILT, serve
from spacy.cli import app as spacy_app
from spacy.util import registry
from trained import make_trained
from typer.testing import CliRunner
from util import run_xner, save_corpus

from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_provenance, get_view, set_metadata
from spacy_xner.parallel.parts import run_here
from spacy_xner.pipeline import save_pipeline
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.engine import make_plan, translate_sentences
from spacy_xner.translation.engines import google, libre
from spacy_xner.translation.remote import sending, translator
from spacy_xner.translation.remote.service import Limits
from spacy_xner.translation.resolve import make_engine
from spacy_xner.translation.spread import Spread, spread_engine
from spacy_xner.translation.types import MarkedText

ASSETS = Path(__file__).parents[2] / "assets"
VOCAB = get_blank().vocab
N_SENTENCES, N_TEXTS = 140, 10
# For each engine the client that it needs, and the environment variable of its key.
CLIENTS = {"azure": "azure.ai.translation.text", "chat": "openai", "deepl": "deepl"}
VARIABLES = {
    "azure": "AZURE_TEXT_TRANSLATION_APIKEY",
    "chat": "OPENAI_API_KEY",
    "deepl": "DEEPL_AUTH_KEY",
    "google": "GOOGLE_API_KEY",
    "libretranslate": "LIBRETRANSLATE_API_KEY",
}


def read_sample(language):
    """The first sentences of the sample in a language, as documents; the last one is there twice."""
    docs = []
    rows = list(srsly.read_jsonl(ASSETS / f"train.{language}.jsonl"))[:N_SENTENCES]
    for k, row in enumerate([*rows, rows[-1]]):
        doc = get_blank()(row["text"])
        doc.set_ents([doc.char_span(s["start"], s["end"], s["label"], span_id=s["id"]) for s in row["spans"]])
        set_metadata(doc, group=f"g{k}", language=language)
        docs.append(doc)
    return docs


PAIRS = list(zip(read_sample("en"), read_sample("es"), strict=True))


def find_known():
    """What the services know: the translations, with the spans in the order of the sentence's."""
    known = {}
    for source, target in PAIRS:
        ours = {ent.id_: (ent.start_char, ent.end_char) for ent in target.ents}
        known[source.text] = MarkedText(target.text, tuple(ours[ent.id_] for ent in source.ents))
    return known


class Oracle:
    """An aligner that knows where the entities are."""

    name = "oracle"

    def align(self, pairs):
        tables = {
            (source.text, target.text): {
                (i, j)
                for one in source.ents
                for other in target.ents
                if one.id_ == other.id_
                for i in range(one.start, one.end)
                for j in range(other.start, other.end)
            }
            for source, target in PAIRS
        }
        keys = {tuple("".join(text.split()) for text in texts): links for texts, links in tables.items()}
        return [keys[tuple("".join("".join(side).split()) for side in pair)] for pair in pairs]


@pytest.fixture(params=sorted(VARIABLES))
def engine(request, monkeypatch):
    """The name of an engine whose requests are small, with its key in the environment."""
    return prepare(request.param, monkeypatch)


def prepare(name, monkeypatch):
    if name in CLIENTS:
        pytest.importorskip(CLIENTS[name], reason=f"pip install 'spacy-xner[{name}]'")
    if name == "chat":
        pytest.importorskip("py3langid", reason="pip install 'spacy-xner[chat]'")
    from spacy_xner.translation.engines import azure, deepl

    for kind in (azure.AzureService, deepl.DeepLService, google.GoogleService, libre.LibreService):
        monkeypatch.setattr(kind, "limits", Limits(N_TEXTS, 5000))
    monkeypatch.setenv(VARIABLES[name], KEY)
    return name


@pytest.fixture
def folder(tmp_path):
    """The sample as corpora, and an aligner."""
    registry.misc.register("test.Oracle.v1", func=Oracle)
    (tmp_path / "oracle.cfg").write_text('[aligner]\n@misc = "test.Oracle.v1"\n', encoding="utf8")
    save_corpus(tmp_path / "source.spacy", [source for source, _ in PAIRS])
    save_corpus(tmp_path / "target.spacy", [target for _, target in PAIRS])
    return tmp_path


def make_settings(engine, service, **more):
    """The settings that an engine needs to reach a service on loopback."""
    path = {"chat": "/v1"}.get(engine, "")
    settings = {"address": f"{service.address}{path}", "backoff": 0.01, "retries": 9, **more}
    if engine == "chat":
        settings.update(model="m", sentences=N_TEXTS, key_variable=VARIABLES[engine])
    return [f"{key}={value}" for key, value in settings.items()]


def make_command(command, folder, engine, service, name, **settings):
    """The arguments of `translate` or `project`; the output is in a folder of this name."""
    files = (
        ["source.spacy", name]
        if command == "translate"
        else ["source.spacy", "target.spacy", f"{name}/p.spacy"]
    )
    options = ["--targets", "es", "--aligner", folder / "oracle.cfg", "--cache", folder / f"cache-{name}"]
    options += ["--held-out", 0] if command == "translate" else ["--source", "en", "--fallback", "none"]
    chosen = [word for item in make_settings(engine, service, **settings) for word in ("--set", item)]
    return [command, *(folder / file for file in files), "--engine", engine, *chosen, *options]


def read_corpus(folder):
    """What is in a corpus, without how it was found."""
    return sorted(
        (get_group(doc), get_view(doc), doc.text, [(e.start, e.end, e.label_, e.id_) for e in doc.ents])
        for doc in read_docs(folder, VOCAB)
    )


def read_found(folder):
    return {how for doc in read_docs(folder, VOCAB) for how in get_provenance(doc).get("found", [])}


def read_estimate(printed):
    """RETURNS: the characters and the requests that --dry-run tells."""
    characters, requests = re.search(r"es: ([\d,]+) characters in (\d+) requests", printed).groups()
    return int(characters.replace(",", "")), int(requests)


@pytest.mark.parametrize("command", ["translate", "project"])
def test_faults_change_nothing(folder, engine, command):
    """The same corpus, and each different text is charged for once, as --dry-run tells before."""
    known = find_known()
    with serve(engine, known) as service:
        arguments = make_command(command, folder, engine, service, "clean")
        characters, n_requests = read_estimate(run_xner(*arguments, "--dry-run"))
        assert service.requests == [] and not (folder / "clean").exists()
        if (engine, command) == ("deepl", "translate"):  # tags cost nothing there
            assert characters == sum(map(len, known))
        printed = run_xner(*arguments)
        assert service.charged == characters and len(service.requests) == n_requests
        assert f"{characters:,} characters sent in {n_requests} requests" in printed
        assert read_found(folder / "clean") == {"mark" if command == "translate" else "match"}
        # Again: nothing is sent.
        run_xner(*arguments)
        assert service.charged == characters
        assert read_estimate(run_xner(*arguments, "--dry-run")) == (0, 0)
    clean = read_corpus(folder / "clean")
    assert len({group for group, *_ in clean}) == len(PAIRS)
    # A model is asked only once more, and with all instructions: see the next test.
    faults = OUTAGES if engine == "chat" else [*OUTAGES, *SPOILT, *DAMAGED]
    with serve(engine, known, ["hang", *faults]) as service:
        printed = run_xner(*make_command(command, folder, engine, service, "faulty", timeout=2.0))
        assert service.charged == characters and not service.faults
        if engine != "chat":
            assert {*read_found(folder / "clean"), "alignment"} <= read_found(folder / "faulty")
        assert "more after answers that were no use" in printed
    assert read_corpus(folder / "faulty") == clean


@pytest.mark.parametrize("command", ["translate", "project"])
@pytest.mark.parametrize("faults", [DAMAGED, ("echo", "")], ids=["tags", "echo"])
def test_a_fault_in_each_request(folder, monkeypatch, faults, command):
    """Whichever sentences a fault falls on."""
    engine, known = prepare("google", monkeypatch), find_known()
    with serve(engine, known) as service:
        run_xner(*make_command(command, folder, engine, service, "clean"))
        characters, n_requests = service.charged, len(service.requests)
    with serve(engine, known, n_requests * faults) as service:
        run_xner(*make_command(command, folder, engine, service, "faulty", parallel=1))
        assert service.charged == characters
        assert len(service.requests) == n_requests * (2 if "echo" in faults else 1)
    marked = {"mark", "match"} & read_found(folder / "faulty")
    assert bool(marked) is ("echo" in faults)
    assert read_corpus(folder / "faulty") == read_corpus(folder / "clean")


@pytest.mark.parametrize("command", ["translate", "project"])
@pytest.mark.parametrize("faults", [[*SPOILT, *DAMAGED], 4 * DAMAGED], ids=["once", "twice"])
def test_a_model_is_asked_once_more(folder, monkeypatch, faults, command):
    engine = prepare("chat", monkeypatch)
    twice = faults[0] in DAMAGED
    if not twice:  # the second time all is well
        faults = [word for fault in faults for word in (fault, "")]
    with serve(engine, find_known()) as service:
        arguments = make_command(command, folder, engine, service, "clean")
        _, n_requests = read_estimate(run_xner(*arguments, "--dry-run"))
        run_xner(*arguments)
    with serve(engine, find_known(), faults) as service:
        run_xner(*make_command(command, folder, engine, service, "faulty", parallel=1))
        assert len(service.requests) <= 2 * n_requests and not service.faults
    assert read_corpus(folder / "faulty") == read_corpus(folder / "clean")
    # Where marks are lost twice, words are aligned.
    assert ("alignment" in read_found(folder / "faulty")) is twice


def test_a_stop_pays_nothing_twice(folder, engine):
    """A budget that is too small ends with what was paid for in the cache; the same command goes on."""
    with serve(engine, find_known(), ["429", "", "500"]) as service:
        arguments = make_command("translate", folder, engine, service, "some")
        total, _ = read_estimate(run_xner(*arguments, "--dry-run"))
        budget, left = total // 3, [total]
        while left[-1] > budget:
            assert "[X243]" in run_xner(*arguments, "--max-characters", budget, code=1)
            assert not (folder / "some").exists()
            left.append(read_estimate(run_xner(*arguments, "--dry-run"))[0])
            assert left[-2] - budget <= left[-1] < left[-2]
        run_xner(*arguments, "--max-characters", budget)
        assert service.charged == total if engine != "chat" else service.charged >= total
        whole = make_command("translate", folder, engine, service, "whole")
        run_xner(*whole, "--max-characters", total)
    assert read_corpus(folder / "some") == read_corpus(folder / "whole")


def test_an_interruption_keeps_what_is_on_its_way(folder, monkeypatch):
    engine = prepare("google", monkeypatch)
    sentences = [MarkedText(text) for text in find_known()]
    known = {text: MarkedText(found.text) for text, found in find_known().items()}
    with serve(engine, known, ["slow"] * 4) as service:
        remote = make_engine(engine, make_settings(engine, service, parallel=4))("en", "es")
        real, calls = translator.wait, []

        def wait(*args, **kwargs):
            calls.append(args)
            if len(calls) == 1:
                while len(service.requests) < 4:  # what was not sent yet would not be sent any more
                    time.sleep(0.01)
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        monkeypatch.setattr(translator, "wait", wait)
        cache = Cache(folder)
        with pytest.raises(KeyboardInterrupt):
            translate_sentences(remote, ("en", "es"), sentences, cache=cache)
        assert len(service.requests) == 4
        plan = make_plan(remote, ("en", "es"), sentences, cache)
        assert len(plan.found) == 4 * N_TEXTS
        translate_sentences(remote, ("en", "es"), sentences, cache=cache)
        assert service.charged == sum(map(len, known))


def test_a_mistake_of_ours_keeps_what_is_on_its_way(folder, monkeypatch):
    """Whatever ends a request, the others are stored."""
    engine = prepare("google", monkeypatch)
    sentences = [MarkedText(text) for text in find_known()]
    known = {text: MarkedText(found.text) for text, found in find_known().items()}
    with serve(engine, known) as service:
        remote = make_engine(engine, make_settings(engine, service, parallel=2))("en", "es")
        ask, calls = remote.service.ask, []

        def fail_once(texts):
            calls.append(texts)
            if len(calls) == 3:
                raise ZeroDivisionError
            return ask(texts)

        monkeypatch.setattr(remote.service, "ask", fail_once)
        cache = Cache(folder)
        with pytest.raises(ZeroDivisionError):
            translate_sentences(remote, ("en", "es"), sentences, cache=cache)
        done = len(make_plan(remote, ("en", "es"), sentences, cache).found)
        assert done == N_TEXTS * (len(calls) - 1)


def test_no_more_requests_at_once_than_allowed(folder, monkeypatch):
    engine = prepare("libretranslate", monkeypatch)
    with serve(engine, find_known(), ["slow"] * 6) as service:
        run_xner(*make_command("translate", folder, engine, service, "x", parallel=2))
        assert service.most_at_once == 2


def test_answers_stay_when_others_fail(folder, monkeypatch):
    """An outage in the middle ends the run; the requests that were answered are not sent again."""
    engine = prepare("google", monkeypatch)
    with serve(engine, find_known(), ["", "", "500", "500"]) as service:
        arguments = make_command("translate", folder, engine, service, "x", parallel=1, retries=1)
        total, _ = read_estimate(run_xner(*arguments, "--dry-run"))
        printed = run_xner(*arguments, code=1)
        assert "[X209]" in printed and "asked 2 times" in printed and "500 Internal Server Error" in printed
        assert len(service.requests) == 4
        run_xner(*arguments)
        assert service.charged == total


def test_a_service_that_asks_to_wait(engine, monkeypatch):
    """Each client tells how long, but for DeepL's."""
    rests = []
    monkeypatch.setattr(sending, "rest", lambda stopped, seconds: rests.append(seconds))
    known = find_known()
    (text, found), *_ = known.items()
    with serve(engine, known, ["429"], after="7") as service:
        remote = make_engine(engine, make_settings(engine, service, parallel=1))("en", "es")
        (answer,) = remote.translate([find_source(text)])
    assert answer.text == found.text
    assert 0 < rests[0] <= 0.01 if engine == "deepl" else 6 < rests[0] <= 7


def find_source(text):
    """A sentence of the sample with its spans."""
    source = next(source for source, _ in PAIRS if source.text == text)
    return MarkedText(text, tuple((ent.start_char, ent.end_char) for ent in source.ents))


def test_a_server_that_is_not_there(folder, engine):
    with serve(engine, {}) as service:
        arguments = make_command("translate", folder, engine, service, "x", retries=2, parallel=1)
    # What was not sent does not count.
    characters, n_requests = read_estimate(run_xner(*arguments, "--dry-run"))
    printed = run_xner(*arguments, "--max-characters", 2 * characters // n_requests, code=1)
    assert "[X209]" in printed and "asked 3 times without success (no connection)" in printed


def test_the_key_is_nowhere(folder, engine, caplog, monkeypatch):
    """Neither in files, of which some are packed, nor in what is printed or logged, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    with serve(engine, find_known(), ["429", "500", "cut"]) as service:
        printed = run_xner(*make_command("translate", folder, engine, service, "out"))
        printed += run_xner(*make_command("project", folder, engine, service, "out2"))
        monkeypatch.setenv(VARIABLES[engine], KEY[::-1])
        wrong = run_xner(*make_command("translate", folder, engine, service, "wrong"), code=1)
        assert "[X242]" in wrong
        monkeypatch.setenv(VARIABLES[engine], KEY)
        if engine != "chat":  # whose template leaves the languages to the model
            arguments = make_command("translate", folder, engine, service, "refused", codes='{"es":"xx"}')
            refused = run_xner(*arguments, code=1)
            assert "[X242]" in refused
            wrong += refused
    check_for_key(folder, printed + wrong + caplog.text)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # spaCy leaves files open
def test_the_key_is_in_no_package(folder, engine):
    with serve(engine, find_known()) as service:
        run_xner(*make_command("translate", folder, engine, service, "out"))
    save_pipeline(make_trained("xner"), folder / "model")
    run_xner("card", folder / "model", folder / "out", "-o", folder / "package")
    (folder / "wheel").mkdir()
    args = ["package", folder / "package", folder / "wheel", "--version", "1.0.0", "--build", "none"]
    result = CliRunner().invoke(spacy_app, list(map(str, args)))
    assert result.exit_code == 0, result.output
    # The engine is named, but neither its address nor where anything lies.
    for name in ("README.md", "meta.json"):
        text = (folder / "package" / name).read_text(encoding="utf8")
        assert f"{engine}:" in text and "127.0.0.1" not in text and str(folder) not in text
    check_for_key(folder, result.output)


def check_for_key(folder, printed):
    forms = [KEY, KEY[::-1], base64.b64encode(KEY.encode()).decode()[:-4], KEY[:16]]
    assert not any(form in printed for form in forms)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        if path.suffix == ".spacy":
            data = zlib.decompress(data)
        assert not any(form.encode() in data for form in forms), path


def test_the_key_would_be_found(tmp_path):
    """The test before can fail."""
    doc = read_sample("en")[0]
    doc.user_data["xner"]["group"] = KEY
    for k in range(9):
        save_corpus(tmp_path / f"{k}.spacy", [doc])
    with pytest.raises(AssertionError):
        check_for_key(tmp_path, "")


def test_no_key(folder, engine, monkeypatch):
    monkeypatch.delenv(VARIABLES[engine])
    with serve(engine, {}) as service:
        arguments = make_command("translate", folder, engine, service, "x", retries=0)
        printed = run_xner(*arguments, code=1)
        # Servers of LibreTranslate may want none.
        code = "[X242]" if engine == "libretranslate" else "[X240]"
        assert code in printed and (code == "[X242]" or VARIABLES[engine] in printed)
        assert bool(service.requests) is (code == "[X242]")


def test_counting_needs_no_account(folder, engine, monkeypatch):
    """Nor a client: prices can be compared before one opens an account."""
    with serve(engine, {}) as service:
        arguments = make_command("translate", folder, engine, service, "x")
        expected = read_estimate(run_xner(*arguments, "--dry-run"))
        monkeypatch.delenv(VARIABLES[engine])
        for module in (CLIENTS.get(engine), "py3langid.langid"):
            if module is not None:
                monkeypatch.setitem(sys.modules, module, None)
        assert read_estimate(run_xner(*arguments, "--dry-run", "--price", 20)) == expected
        if engine in CLIENTS:
            assert "[X206]" in run_xner(*arguments, code=1) and service.requests == []


def test_the_key_for_openai_goes_nowhere_else(monkeypatch):
    """A server at another address gets a key only if its variable is named."""
    engine = prepare("chat", monkeypatch)
    with serve(engine, {"a": MarkedText("b")}) as service:
        settings = make_settings(engine, service, retries=0)
        named = make_engine(engine, settings)("en", "es")
        assert named.translate([MarkedText("a")]) == [MarkedText("b", ())]
        unnamed = make_engine(engine, [item for item in settings if "key_variable" not in item])("en", "es")
        with pytest.raises(XnerError, match="X242.*401"):
            unnamed.translate([MarkedText("a")])
        assert not unnamed.service.key and unnamed.name == named.name


def test_the_account_at_openai_is_told_nobody_else(monkeypatch):
    """The client would send organisation, project and further headers of the environment to any address."""
    engine = prepare("chat", monkeypatch)
    planted = {
        "OPENAI_ORG_ID": "org-planted",
        "OPENAI_PROJECT_ID": "proj-planted",
        "OPENAI_CUSTOM_HEADERS": "X-Own: planted\nAuthorization: Bearer planted",
        "OPENAI_ADMIN_KEY": "sk-admin-planted",
    }
    for variable, value in planted.items():
        monkeypatch.setenv(variable, value)
    with serve(engine, {"a": MarkedText("b")}) as service:
        remote = make_engine(engine, make_settings(engine, service))("en", "es")
        assert remote.translate([MarkedText("a")]) == [MarkedText("b", ())]
        assert "planted" not in str(service.headers).replace(KEY, "***")
    # At OpenAI they tell which account to charge. This also shows that the client reads them.
    remote = make_engine(engine, ["model=m"])("en", "es")
    remote.connect()
    assert {"org-planted", "proj-planted"} <= set(remote.service.client.default_headers.values())
    assert planted.items() <= os.environ.items()


def test_only_the_setting_changes_the_address(monkeypatch):
    """The client would read one from the environment, which the name, and with it the cache, would not tell."""
    engine = prepare("chat", monkeypatch)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    remote = make_engine(engine, ["model=m"])("en", "es")
    remote.connect()
    assert str(remote.service.client.base_url) == "https://api.openai.com/v1/"
    assert remote.service.key.reveal() == KEY
    monkeypatch.delenv(VARIABLES[engine])
    with pytest.raises(XnerError, match="X240.*OPENAI_API_KEY"):
        make_engine(engine, ["model=m"])("en", "es").connect()


def test_only_services_are_counted(folder):
    names = folder / "names.tsv"
    names.write_text("en\tes\nRome\tRoma\n", encoding="utf8")
    command = ("translate", folder / "source.spacy", folder / "x", "-t", "es", "-e", "lexicon")
    command += ("--set", f"path={names}", "--cache", folder / "cache")
    for option in (("--dry-run",), ("--max-characters", 5)):
        printed = run_xner(*command, *option, code=1)
        assert "[X306]" in printed and option[0] in printed
    assert not (folder / "x").exists()


def test_other_processes_send_nothing(monkeypatch):
    """What they sent would be neither counted nor kept before a whole batch is there."""
    engine = prepare("google", monkeypatch)
    with serve(engine, {}) as service, pytest.raises(XnerError, match="X306.*--ray.*`parallel`"):
        spread_engine(engine, make_settings(engine, service), ("en", "es"), Spread(run_here, -1))


def test_price(folder, monkeypatch):
    engine = prepare("google", monkeypatch)
    with serve(engine, {}) as service:
        arguments = make_command("translate", folder, engine, service, "x")
        printed = run_xner(*arguments, "--dry-run", "--price", 20)
        characters, _ = read_estimate(printed)
        assert f"cost: {characters * 20 / 1e6:,.2f} at 20 a million" in printed
        assert f"{N_SENTENCES} different sentences of {len(PAIRS)}, 0 translated before" in printed


def test_price_of_tokens(folder, monkeypatch):
    """Those of the answers are not known before."""
    engine = prepare("chat", monkeypatch)
    with serve(engine, {}) as service:
        arguments = make_command("translate", folder, engine, service, "x")
        printed = run_xner(*arguments, "--dry-run", "--price", 4000)
        characters, n_requests = read_estimate(printed)
        assert f"in {n_requests} requests, about {characters / 4:,.0f} tokens;" in printed
        assert f"cost: {characters * 4000 / 4e6:,.2f} at 4000 a million" in printed and "on top" in printed


def test_plain_text(monkeypatch):
    """Other marks than tags are sent as text."""
    engine = prepare("google", monkeypatch)
    sentence = MarkedText("A&B < C", ((0, 3),))
    with serve(engine, {}) as service:
        remote = make_engine(engine, make_settings(engine, service, marks="brackets"))("en", "es")
        with pytest.raises(XnerError, match="X242"):  # it takes HTML alone
            remote.translate([sentence])
        assert service.requests[0]["q"] == ["[ A&B ] < C"] and service.requests[0]["format"] == "text"
        assert remote.measure([sentence]) == 11


def test_a_sentence_that_is_too_long_is_not_sent(monkeypatch):
    """The service would refuse it, and with it the whole run."""
    engine = prepare("google", monkeypatch)
    monkeypatch.setattr(google.GoogleService, "limits", Limits(N_TEXTS, 20))
    with serve(engine, {"a": MarkedText("b")}) as service:
        remote = make_engine(engine, make_settings(engine, service))("en", "es")
        sentences = [MarkedText("a"), MarkedText("x" * 21)]
        assert remote.translate(sentences) == [MarkedText("b"), None]
        assert len(service.requests) == 1 and remote.measure(sentences) == 1


def test_blank_sentences_cost_nothing(monkeypatch):
    engine = prepare("google", monkeypatch)
    with serve(engine, {"a": MarkedText("b")}) as service:
        remote = make_engine(engine, make_settings(engine, service))("en", "es")
        found = remote.translate([MarkedText(" ", ((0, 1),)), MarkedText("a")])
        assert found == [MarkedText("", (None,)), MarkedText("b", ())]
        assert remote.translate([]) == [] and services.count_sent(None, service.requests[0]["q"]) == 1
