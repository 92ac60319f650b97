"""The shipped configs: complete, and a whole run of DLBri from views to the combination, in small."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import spacy
import srsly
from settings import fill
from spacy.cli import app as spacy_app
from spacy.cli.debug_config import debug_config
from spacy.cli.package import package
from spacy.language import Language
from spacy.util import load_config, registry
from typer.testing import CliRunner
from util import classifier, make_doc, misc, save_corpus

from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs
from spacy_xner.metadata import get_soft_labels, get_view
from spacy_xner.reporting.evaluate import evaluate
from spacy_xner.training.adamw import AdamW

ROOT = Path(__file__).parents[2]
CONFIGS = {
    path.stem: path for room in ("configs", "examples") for path in sorted((ROOT / room).glob("*.cfg"))
}
RUN = Path("training/dlbri")

PAIRS = [
    ("Angela Merkel visited Paris .", "Angela Merkel besuchte Paris ."),
    ("Barack Obama lives in Chicago .", "Barack Obama lebt in Chicago ."),
    ("Angela Merkel lives in Berlin .", "Angela Merkel lebt in Berlin ."),
    ("so what ?", "na und ?"),
]
LAST = [3, 4, 4]

# DLBri's ablation `sha`: both sub-tasks on each encoder.
TASKS = ("span", "type")
TYPES = ["type_a", "type_b"]
STORED = {"tag_a": "span_a", "tag_b": "span_b", "type_a": "type_a", "type_b": "type_b"}


def add_types(*objectives: Dict[str, Any]) -> Dict[str, Any]:
    """Overrides that add the heads and objectives of types to those of spans."""
    settings: Dict[str, Any] = {}
    for name, objective in zip(TYPES, objectives, strict=True):
        settings[f"components.xner.model.heads.{name}"] = classifier(name[-1], "type")
        settings[f"components.xner.objectives.{name}"] = objective
        settings[f"training.score_weights.xner_{name}"] = 0.5
    return settings


# The stages in order: name, config (or what else is done), settings. The configs' own paths join them.
STAGES: List[Tuple[str, str, Dict[str, Any]]] = [
    ("source_only", "source_only", {}),
    ("source_ensemble", "source_ensemble", {}),
    ("decomposed", "decomposed", {}),
    ("bridge_1", "dlbri_bridge", {}),
    ("bridge_2", "dlbri_bridge", {"vars.pair": ["si", "ti"], "paths.init": f"{RUN}/bridge_1/model-best"}),
    ("bridge_3", "dlbri_bridge", {"vars.pair": ["ti", "t"], "paths.init": f"{RUN}/bridge_2/model-best"}),
    ("span_teachers", "dlbri_teachers", {}),
    ("type_teachers", "dlbri_teachers", {"vars.task": "type", "vars.views_ratio": 1.0}),
    ("span_teachers", "teach", {"target/de": "taught/span"}),
    ("type_teachers", "teach", {"target/de": "taught/type"}),
    ("span_students", "dlbri_students", {}),
    (
        "type_students",
        "dlbri_students",
        {
            "paths.train": "corpus/taught/type.spacy",
            "vars.task": "type",
            "vars.boundary": 0.0,
            "vars.source_ratio": 0.0,
        },
    ),
    ("span_students", "teach", {"target/de": "taught/spans", "tag_a": "span_a", "tag_b": "span_b"}),
    ("type_students", "teach", {"taught/spans": "taught/students", "tag_a": "type_a", "tag_b": "type_b"}),
    ("combination", "dlbri_combine", {}),
    (
        "no_combination",
        "dlbri_combine",
        {
            "components.xner.model.heads.combination.interaction": False,
            "paths.span_labels": None,
            "paths.type_labels": None,
        },
    ),
    ("shared_teachers", "dlbri_teachers", add_types(*(misc("CrossEntropy", output=name) for name in TYPES))),
    ("shared_teachers", "teach", {"target/de": "taught/shared"}),
    (
        "shared_students",
        "dlbri_students",
        {
            **add_types(*(misc("Distillation", output=name, teachers=[name]) for name in TYPES)),
            "paths.train": "corpus/taught/shared.spacy",
            "components.xner.objectives.high_confidence_type": misc("HighConfidence", outputs=TYPES),
            "components.xner.objectives.low_confidence_type": misc("LowConfidence", outputs=TYPES),
        },
    ),
    ("shared_students", "teach", {"taught/shared": "taught/shared_students", **STORED}),
    (
        "shared_combination",
        "dlbri_combine",
        {
            "paths.train": "corpus/taught/shared_students.spacy",
            **{f"paths.{t}_students": f"{RUN}/shared_students/model-best" for t in TASKS},
            "components.xner.model.share": {"type": "span"},
            "initialize.components.xner.parts.type.source": ["encoder:*", "head:type_*.linear"],
            "initialize.components.xner.parts.type_labels.source": "head:type_*.linear",
        },
    ),
    ("mcl_source", "mcl", {}),
    ("mcl_source", "teach", {"target/de": "taught/mcl"}),
    ("mcl_source", "apply", {"taught/mcl": "mcl/pseudo", "outside": 0.999}),
    (
        "mcl_target",
        "mcl_selftrain",
        {"paths.init": f"{RUN}/mcl_source/model-best", "vars.gold": "corpus/source/dev.spacy"},
    ),
    ("dualner_teacher", "dualner", {}),
    ("dualner_teacher", "teach", {"source/train": "dualner/source_1"}),
    ("dualner_teacher", "teach", {"target/de": "dualner/target_1"}),
    (
        "dualner_student",
        "dualner_student",
        {
            "paths.init": f"{RUN}/dualner_teacher/model-best",
            "vars.share": 0.5,
            "vars.rest_ratio": 1.0,
            "vars.self_teaching": 0.5,
            "vars.source_self_teaching": 0.5,
        },
    ),
    ("concner_teacher", "concner", {"paths.train": "corpus/views/train/de.spacy", "vars.sample": 2}),
    ("concner_teacher", "teach", {"target/de": "concner/taught"}),
    ("concner_student", "concner_student", {}),
    ("source_only", "teach", {"target/de": "tsl/taught"}),
    ("tsl", "concner_student", {"paths.train": "corpus/tsl/taught.spacy"}),
    ("dualner_contrast", "dualner_contrast", {"paths.train": "corpus/views/train/de.spacy"}),
    ("crop", "crop", {"paths.target": "corpus/views/train", "vars.views_ratio": 1.0}),
    ("best", "best", {f"paths.{name}": f"{RUN}/crop/model-best" for name in "abc"}),
]
COMMANDS = ("teach", "apply")
ASSEMBLED = ("no_combination", "best")
TRAINED = [name for name, config, _ in STAGES if config not in COMMANDS and name not in ASSEMBLED]
TINY = {"width": 16, "depth": 1, "rows": 200}


def run(cli, *args: Any) -> None:
    result = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert result.exit_code == 0, (args, result.output, result.exception)


def make_corpora() -> None:
    """Source text, its views by translation, and unlabelled target text, where the configs look for them."""
    vocab = spacy.blank("xx").vocab
    docs = [
        make_doc(vocab, text, [(0, 2, "PER"), (last, last + 1, "LOC")], group=f"en-{i}", language="en")
        for i, ((text, _), last) in enumerate(zip(PAIRS, LAST, strict=False))
    ]
    docs.append(make_doc(vocab, PAIRS[3][0], group="en-3", language="en"))
    save_corpus(Path("corpus/source/train.spacy"), docs)
    save_corpus(Path("corpus/source/dev.spacy"), docs[:2])
    targets = [
        make_doc(vocab, text, None, group=f"de-{i}", language="de") for i, (_, text) in enumerate(PAIRS)
    ]
    save_corpus(Path("corpus/target/de.spacy"), targets)
    Path("en-de.tsv").write_text("".join("\t".join(pair) + "\n" for pair in PAIRS), encoding="utf8")
    options = ("--memory", "en-de.tsv", "--targets", "de", "--held-out", 0.5)
    run(app, "translate", "corpus/source/train.spacy", "corpus/views", *options)
    run(app, "codeswitch", "corpus/views", "corpus/mcl/codeswitched.spacy", "--translations", 1)


def run_stage(name: str, config: str, settings: Dict[str, Any], encoder: str) -> None:
    if config in COMMANDS:
        (source, target), *names = settings.items()
        options = (
            [arg for name, store in names for arg in ("--store", f"{name}={store}")]
            if config == "teach"
            else [arg for option, value in names for arg in (f"--{option}", value)]
        )
        files = (f"corpus/{source}.spacy", f"corpus/{target}.spacy")
        run(app, config, RUN / name / "model-best", *files, *options)
        return
    settings = {"vars.encoder": encoder, **settings}
    if encoder == "hash":
        encoders = re.findall(
            r"^\[(components.xner.model.encoders.\w+)\]", CONFIGS[config].read_text(), re.MULTILINE
        )
        settings.update({f"{encoder}.{key}": value for encoder in encoders for key, value in TINY.items()})
    if name in ASSEMBLED:
        command, output = (spacy_app, "assemble"), (RUN / name / "model-best",)
    else:
        command, output = (app, "train"), ("--output", RUN / name)
        settings.update({"training.max_steps": 2, "training.eval_frequency": 1})
    options = [arg for key, value in settings.items() for arg in (f"--{key}", dump(value))]
    run(*command, CONFIGS[config], *output, *options)


def dump(value: Any) -> str:
    return value if isinstance(value, str) else srsly.json_dumps(value)


@pytest.fixture(scope="module", params=["hash", "transformer"])
def workspace(request, tmp_path_factory) -> Path:
    """A folder in which all stages have been run with a tiny encoder, which is gone."""
    folder = tmp_path_factory.mktemp(request.param)
    encoder = "hash"
    if request.param == "transformer":
        encoder = str(folder / "encoder")
        shutil.copytree(request.getfixturevalue("tiny_transformer"), encoder)
    before = os.getcwd()
    os.chdir(folder)
    try:
        make_corpora()
        for name, config, settings in STAGES:
            run_stage(name, config, settings, encoder)
    finally:
        os.chdir(before)
    shutil.rmtree(folder / "encoder", ignore_errors=True)
    return folder


def walk(section: Dict[str, Any], name: str = "") -> Iterator[Tuple[str, Dict[str, Any]]]:
    """All sections of a config by their names."""
    yield name, section
    for key, value in section.items():
        if isinstance(value, dict):
            yield from walk(value, f"{name}.{key}" if name else key)


def load(workspace: Path, name: str, checkpoint: str = "model-best") -> Language:
    return spacy.load(workspace / RUN / name / checkpoint)


@pytest.fixture
def no_network(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", fail)


def test_every_config_is_run():
    assert {config for _, config, _ in STAGES} - set(COMMANDS) == set(CONFIGS)


@pytest.mark.parametrize("config", CONFIGS)
def test_config_is_complete(config, no_network, capsys):
    # What `spacy debug config` checks: nothing is missing and everything resolves. The weights of the default
    # encoder are not loaded.
    debug_config(CONFIGS[config])
    assert "valid" in capsys.readouterr().out.lower()


@pytest.mark.parametrize("config", CONFIGS)
def test_config_says_what_is_its_own(config):
    """Filling gives the rest: a default that is repeated here would stay behind when it changes."""
    raw, filled = load_config(CONFIGS[config]), fill(CONFIGS[config])
    repeated = [
        f"{name}.{key}"
        for name, section in walk(raw)
        for kind, function in section.items()
        if kind.startswith("@")
        for key, parameter in signature(registry.get(kind[1:], function)).parameters.items()
        if key in section and section[key] == parameter.default
    ]
    assert repeated == []
    assert filled["training"]["optimizer"]["grad_clip"] == 1.0
    assert filled["corpora"]["dev"]["limit"] == 0


@pytest.mark.parametrize("config", CONFIGS)
def test_config_begins_with_what_it_is_for(config):
    assert CONFIGS[config].read_text(encoding="utf8").startswith("# ")


@pytest.mark.parametrize("name", TRAINED)
def test_stage_is_saved_and_scored(workspace, name):
    nlp = load(workspace, name)
    assert nlp.get_pipe("xner").labels == ("LOC", "PER")
    weights = {key for key, weight in nlp.config["training"]["score_weights"].items() if weight}
    performance = nlp.meta["performance"]
    # What the checkpoint was chosen by, and what the next stage chooses by, is a number.
    assert weights and all(isinstance(performance[key], float) for key in weights)
    # What is loaded can be trained on: no variable stands for a rate.
    assert isinstance(nlp.resume_training(), AdamW)
    last = load(workspace, name, "model-last")
    texts = [text for pair in PAIRS for text in pair]
    assert [doc.text for doc in last.pipe(texts)] == texts


@pytest.mark.parametrize(
    "name",
    [
        "source_only",
        "decomposed",
        "combination",
        "no_combination",
        "shared_combination",
        "crop",
        "best",
        "mcl_target",
        "dualner_student",
        "concner_student",
        "tsl",
        "dualner_contrast",
    ],
)
def test_last_stage_evaluates(workspace, name):
    dev = workspace / "corpus" / "source" / "dev.spacy"
    results = [evaluate(load(workspace, name), [dev]) for _ in range(2)]
    assert results[0] == results[1]
    assert results[0]["languages"]["en"]["entities"] == 4
    assert 0 <= results[0]["micro"]["f1"] <= 1


# In a process of its own, as it is after installation: nothing but the packages, and no way out of this machine.
WITHOUT_NETWORK = """
import importlib, json, os, sys

# Not "socket.bind": urllib3 tries on import whether this machine has an address of IPv6.
WAYS_OUT = ("connect", "getaddrinfo", "gethostbyname", "sendto", "sendmsg")

def forbid(event, args):
    if event in [f"socket.{way}" for way in WAYS_OUT]:
        os.write(2, f"{event} {args}".encode())
        os._exit(7)

sys.addaudithook(forbid)
folder, names, texts = json.loads(sys.argv[1])
os.environ.pop("HF_HUB_OFFLINE", None)
sys.path += [f"{folder}/xx_{name}-0.1.0" for name in names]
for name in names:
    nlp = importlib.import_module(f"xx_{name}").load()
    docs = list(nlp.pipe(texts))
    assert nlp.path.parent.parent.name == f"xx_{name}-0.1.0"
    print(json.dumps([[float(score) for score in doc.spans["xner"].attrs["scores"]] for doc in docs]))
"""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # spaCy leaves files open
def test_packages_load_without_network(workspace, tmp_path):
    """All five systems, the folder that the encoder came from gone."""
    names = ["combination", "crop", "mcl_target", "dualner_student", "concner_student"]
    texts = [text for pair in PAIRS for text in pair]
    expected = []
    for name in names:
        package(
            workspace / RUN / name / "model-best", tmp_path, name=name, version="0.1.0", create_sdist=False
        )
        # As the package's setup.py does.
        shutil.copy(tmp_path / f"xx_{name}-0.1.0" / "meta.json", tmp_path / f"xx_{name}-0.1.0" / f"xx_{name}")
        nlp = load(workspace, name)
        expected.append([[float(s) for s in doc.spans["xner"].attrs["scores"]] for doc in nlp.pipe(texts)])
    command = [sys.executable, "-c", WITHOUT_NETWORK, srsly.json_dumps([str(tmp_path), names, texts])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected


def test_views(workspace):
    vocab = spacy.blank("xx").vocab
    views = [
        [get_view(doc) for doc in read_docs(workspace / "corpus/views" / split, vocab)]
        for split in ("train", "dev")
    ]
    # Three groups of four views and one of two; half of the groups are set aside.
    assert sorted(len(found) for found in views) == [6, 8]


def test_stored_distributions(workspace):
    vocab = spacy.blank("xx").vocab
    expected = {
        "span": {"tag_a": 3, "tag_b": 3},
        "students": {"span_a": 3, "span_b": 3, "type_a": 3, "type_b": 3},
        "shared": {"tag_a": 3, "tag_b": 3, "type_a": 3, "type_b": 3},
    }
    for name, outputs in expected.items():
        docs = list(read_docs(workspace / "corpus" / "taught" / f"{name}.spacy", vocab))
        assert len(docs) == 4
        for doc in docs:
            assert set(doc.user_data["xner"]["soft"]) == set(outputs)
            assert all(
                get_soft_labels(doc, output).logp.shape == (len(doc), n) for output, n in outputs.items()
            )


def test_relations_are_stored_and_scored(workspace):
    """MCL-NER: the source model's relations lie with the target text, and each epoch's labels were scored."""
    vocab = spacy.blank("xx").vocab
    for doc in read_docs(workspace / "corpus/mcl/pseudo.spacy", vocab):
        # The longest entity has two tokens: three cells; none, neighbour, LOC and PER.
        assert get_soft_labels(doc, "relation").logp.shape == (len(doc), 3, 4)
    lines = list(srsly.read_jsonl(workspace / "metrics/mcl_pseudo_labels.jsonl"))
    assert [line["epoch"] for line in lines] == list(range(len(lines)))
    assert lines and all(0 <= line["f1"] <= 1 for line in lines)


def test_no_combination_is_the_better_student(workspace):
    nlp = load(workspace, "no_combination")
    text = PAIRS[0][1]
    found = nlp.get_pipe("xner").predict([nlp.make_doc(text)])
    for task in ("span", "type"):
        students = load(workspace, f"{task}_students")
        scores = students.meta["performance"]
        best = max("ab", key=lambda name: scores[f"xner_tag_{name}"])
        logits = students.get_pipe("xner").predict([students.make_doc(text)])[f"tag_{best}"][0]
        assert found[task][0] == pytest.approx(logits, abs=1e-5)


def test_best_averages_its_students(workspace):
    one, three = load(workspace, "crop"), load(workspace, "best")
    text = PAIRS[0][1]
    (expected,) = one.get_pipe("xner").predict([one.make_doc(text)])["tag"]
    found = three.get_pipe("xner").predict([three.make_doc(text)])
    assert set(found) == {"tag_a", "tag_b", "tag_c"}
    for logits in found.values():
        assert logits[0] == pytest.approx(expected, abs=1e-5)


def test_dualner_reads_tags_on_request(workspace):
    model = workspace / RUN / "dualner_student" / "model-best"
    decoders = [
        spacy.load(model, config=config).get_pipe("xner").decoder
        for config in ({}, {"components.xner.decoder.read": "labels"})
    ]
    assert [list(decoder.outputs) for decoder in decoders] == [["start", "end"], ["labels"]]
