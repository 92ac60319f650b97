"""The shipped configs: complete, and the workflows of all methods, from files to pipelines, in small."""

import json
import os
import re
import shlex
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
from settings import ROOT, fill, find_configs, find_projects
from spacy.cli import app as spacy_app
from spacy.cli.debug_config import debug_config
from spacy.cli.package import package
from spacy.language import DEFAULT_CONFIG_PATH, Language
from spacy.schemas import ConfigSchemaInit, ConfigSchemaNlp, ConfigSchemaTraining
from spacy.util import load_config, registry
from thinc.api import Config
from typer.testing import CliRunner

from benchmarks.transfer.methods import METHODS
from benchmarks.transfer.workflows import PARTS, Step, list_steps
from spacy_xner.cli import app
from spacy_xner.corpora.store import read_docs
from spacy_xner.metadata import get_soft_labels, get_view
from spacy_xner.reporting.evaluate import evaluate
from spacy_xner.training.adamw import AdamW

CONFIGS = find_configs()
PAIRS = [
    ("Angela Merkel visited Paris .", "Angela Merkel besuchte Paris ."),
    ("Barack Obama lives in Chicago .", "Barack Obama lebt in Chicago ."),
    ("Angela Merkel lives in Berlin .", "Angela Merkel lebt in Berlin ."),
    ("so what ?", "na und ?"),
]
LAST = [3, 4, 4]
# Vars of all projects; what labels something after two steps is sure of nothing.
VARS = {
    **{
        "data": "data",
        "memory": "data",
        "targets": "de",
        "target": "de",
        "languages": "de",
        "encoder": "encoder",
    },
    **{"engine": "memory --set path=data", "aligner": "aligner.cfg", "gazetteer": "null", "variants": 0},
    **{"views_ratio": 1, "threshold": 0, "outside": 0.999, "sample": 2, "fallback": "casefold"},
    **{"gold": "data/train.en.jsonl", "suggested": 2, "labelled": "corpus/finetune/suggested.spacy"},
}
# By project, as its command makes of a var of the same name another option.
OWN: Dict[str, Dict[str, Any]] = {
    "projects/mcl": {
        "aligner": "",
        "translations": 1,
        "copies": 1,
        "options_target": "--vars.gold corpus/source/dev.spacy",
    },
    "projects/dualner": {
        "options_student": "--vars.share 0.5 --vars.rest_ratio 1 --vars.self_teaching 0.5 "
        "--vars.source_self_teaching 0.5"
    },
    "projects/crop": {"relabel": "all", "agree": "all"},
}
# Trainings that no workflow has by itself, under names of their own.
MORE = ("decomposed", "dlbri-no-combination", "finetune")
# With a transformer what is to label something learns its sentences by heart.
LONGER = {f"configs/{name}.cfg" for name in ("source_only", "source_ensemble", "mcl", "crop")}
TINY = {"width": 16, "depth": 1, "rows": 200}
# The folder in training/ that the pipeline of each example goes to.
EXAMPLES = {
    Path(project).name: re.sub(
        "^training/|/model-best$", "", srsly.read_yaml(ROOT / project / "project.yml")["vars"]["model"]
    )
    for project in find_projects()
    if project.startswith("examples/")
}
# How the pipelines are called here.
MODELS = {
    "source_only": "source_only",
    "bridge": "dlbri/bridge_3",
    "span_teachers": "dlbri/span_teachers",
    "type_teachers": "dlbri/type_teachers",
    "span_students": "dlbri/span_students",
    "type_students": "dlbri/type_students",
    "combination": "dlbri/combine",
    "decomposed": "decomposed",
    "finetune": "finetune",
    "mcl_source": "mcl/source",
    "mcl_target": "mcl/target",
    "dualner_teacher": "dualner/teacher",
    "dualner_student": "dualner/round_2",
    "concner_teacher": "concner/teacher",
    "concner_student": "concner/student",
    "crop": "crop/round2",
    "tagger": "ensemble/tagger",
    **EXAMPLES,
}
ASSEMBLED = {"no_combination": "training/dlbri/better_students", "ensemble": "training/ensemble/final"}


@spacy.registry.misc("test.PlaceAligner.v1")
class PlaceAligner:
    """Words correspond by their places."""

    name = "places"

    def align(self, pairs: List[Tuple[List[str], List[str]]]) -> List[set]:
        return [{(i, i) for i in range(min(map(len, pair)))} for pair in pairs]


def write_data() -> None:
    """Labelled source text, raw target text and what of each corresponds, as a user has them."""
    rows = []
    for i, (text, _) in enumerate(PAIRS):
        words = text.split()
        starts = [len(" ".join([*words[:k], ""])) for k in range(len(words))]
        spans = (
            [
                (0, starts[1] + len(words[1]), "PER"),
                (starts[LAST[i]], starts[LAST[i]] + len(words[LAST[i]]), "LOC"),
            ]
            if i < 3
            else []
        )
        rows.append(
            {"text": text, "spans": [{"start": a, "end": b, "label": label} for a, b, label in spans]}
        )
    rows.append({"text": "so what now ?", "spans": []})
    Path("data").mkdir()
    srsly.write_jsonl("data/train.en.jsonl", rows)
    srsly.write_jsonl("data/dev.en.jsonl", rows[:2])
    Path("data/train.de.txt").write_text("".join(f"{text}\n" for _, text in PAIRS), encoding="utf8")
    Path("data/en-de.tsv").write_text("".join("\t".join(pair) + "\n" for pair in PAIRS), encoding="utf8")
    Path("aligner.cfg").write_text('[aligner]\n@misc = "test.PlaceAligner.v1"\n', encoding="utf8")


def find_steps() -> Iterator[Step]:
    """YIELDS (Step): the steps of all projects up to their models, each once, and those of `MORE`."""
    found: Dict[Step, None] = {}
    for project in find_projects():
        shared = {key: value for key, value in VARS.items() if key not in OWN.get(project, {})}
        found.update(dict.fromkeys(list_steps(project, "model", OWN.get(project, {}), shared)))
    for name in MORE:
        found.update(dict.fromkeys(METHODS[name].steps(VARS)))
    yield from found


def run(cli: Any, words: List[str]) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, f"{words}\n{result.output[-1500:]}\n{result.exception!r}"


def run_line(line: str, is_hash: bool) -> None:
    """Run a line of a workflow; a training takes two steps, its encoder is small."""
    words = shlex.split(line)[3:]
    known = {path.relative_to(ROOT).as_posix() for path in CONFIGS.values()}
    configs = [word for word in words if os.path.normpath(word) in known]
    if configs and is_hash:
        text = Path(configs[0]).read_text(encoding="utf8")
        encoders = re.findall(r"^\[(components.xner.model.encoders\.\w+)\]", text, re.MULTILINE)
        words += [arg for name in encoders for k, v in TINY.items() for arg in (f"--{name}.{k}", str(v))]
    if "configs/decomposed.cfg" in words:
        words[words.index("training/source_only")] = "training/decomposed"
    if words[0] != "xner":
        run(spacy_app, words)
        return
    if "--mask-unsure" in words:
        words[words.index("--mask-unsure") + 1] = "0"
    if "train" in words[1:4]:
        steps = 2
        if LONGER & set(words) and not is_hash:
            steps = 80
            words += ["--vars.learn_rate", "0.003", "--vars.heads_learn_rate", "0.03"]
        words += ["--training.max_steps", str(steps), "--training.eval_frequency", str(steps // 2)]
    run(app, words[1:])


@pytest.fixture(scope="module", params=["hash", "transformer"])
def workspace(request, tmp_path_factory) -> Path:
    """A folder in which all workflows have been run with a tiny encoder, which is gone."""
    folder = tmp_path_factory.mktemp(request.param)
    for part in PARTS:
        (folder / part).symlink_to(ROOT / part)
    is_hash = request.param == "hash"
    if not is_hash:
        shutil.copytree(request.getfixturevalue("tiny_transformer"), folder / "encoder")
    before = os.getcwd()
    os.chdir(folder)
    try:
        write_data()
        for step in find_steps():
            for line in step.lines:
                if step.name == "./encoder" and not is_hash:  # which has all of its word pieces
                    shutil.copytree("encoder", "training/encoder")
                else:
                    run_line(line.replace("xner encoder encoder", "xner encoder hash"), is_hash)
    finally:
        os.chdir(before)
    for name in ("encoder", "training/encoder"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return folder


def walk(section: Dict[str, Any], name: str = "") -> Iterator[Tuple[str, Dict[str, Any]]]:
    """All sections of a config by their names."""
    yield name, section
    for key, value in section.items():
        if isinstance(value, dict):
            yield from walk(value, f"{name}.{key}" if name else key)


SCHEMAS = {"nlp": ConfigSchemaNlp, "training": ConfigSchemaTraining, "initialize": ConfigSchemaInit}
# Defaults of spaCy that stand here all the same.
ASKED_FOR = {
    # `spacy train` reads them before it fills a config, and overrides ask for the setting's section.
    *("system.seed", "training.seed", "training.gpu_allocator", "paths.vectors", "initialize.vectors"),
    # `spacy debug config` and `debug data` fill nothing: what spaCy's schema requires must be in the file.
    *(
        f"{name}.{key}"
        for name, schema in SCHEMAS.items()
        for key, field in schema.model_fields.items()
        if field.is_required()
    ),
}


def find_defaults(raw: Config) -> List[str]:
    """The settings of a config that are spaCy's own defaults, which filling gives, but for another function's."""
    own = dict(walk(load_config(DEFAULT_CONFIG_PATH, interpolate=False)))
    for name, section in walk(raw):
        if any(kind.startswith("@") and section[kind] != own.get(name, {}).get(kind) for kind in section):
            own.pop(name, None)
    return [
        f"{name}.{key}"
        for name, section in walk(raw)
        for key, value in section.items()
        if not isinstance(value, dict) and key in own.get(name, {}) and own[name][key] == value
    ]


def find_model(workspace: Path, name: str, checkpoint: str = "model-best") -> Path:
    if name in ASSEMBLED:
        return workspace / ASSEMBLED[name]
    return workspace / "training" / MODELS[name] / checkpoint


def load(workspace: Path, name: str, checkpoint: str = "model-best") -> Language:
    return spacy.load(find_model(workspace, name, checkpoint))


@pytest.fixture
def no_network(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", fail)


def test_every_config_is_run():
    words = [word for step in find_steps() for line in step.lines for word in line.split()]
    assert {Path(word).stem for word in words if word.endswith(".cfg")} == {"aligner", *CONFIGS}


@pytest.mark.parametrize("config", CONFIGS)
def test_config_is_complete(config, no_network, capsys):
    # What `spacy debug config` checks: nothing is missing and everything resolves. The weights of the default
    # encoder are not loaded.
    debug_config(CONFIGS[config])
    assert "valid" in capsys.readouterr().out.lower()


@pytest.mark.parametrize("config", CONFIGS)
def test_config_says_what_is_its_own(config):
    """Filling gives the rest: a default that is repeated here would stay behind when it changes."""
    raw, filled = load_config(CONFIGS[config], interpolate=False), fill(CONFIGS[config])
    repeated = [
        f"{name}.{key}"
        for name, section in walk(raw)
        for kind, function in section.items()
        if kind.startswith("@")
        for key, parameter in signature(registry.get(kind[1:], function)).parameters.items()
        if key in section and section[key] == parameter.default
    ]
    assert repeated == []
    assert [key for key in find_defaults(raw) if key not in ASKED_FOR] == []
    assert filled["training"]["optimizer"]["grad_clip"] == 1.0
    assert filled["corpora"]["dev"]["limit"] == 0


@pytest.mark.parametrize("config", CONFIGS)
def test_config_begins_with_what_it_is_for(config):
    assert CONFIGS[config].read_text(encoding="utf8").startswith("# ")


@pytest.mark.parametrize("name", MODELS)
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
        "finetune",
        "combination",
        "no_combination",
        "crop",
        "ensemble",
        "mcl_target",
        "dualner_student",
        "concner_student",
        *EXAMPLES,
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
        package(find_model(workspace, name), tmp_path, name=name, version="0.1.0", create_sdist=False)
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
    # Three groups of four views and one of two; one of the groups is set aside.
    assert sorted(len(found) for found in views) == [4, 10]


def test_stored_distributions(workspace):
    vocab = spacy.blank("xx").vocab
    expected = {
        "span": {"tag_a": 3, "tag_b": 3},
        "type": {"tag_a": 3, "tag_b": 3},
        "students": {"span_a": 3, "span_b": 3, "type_a": 3, "type_b": 3},
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


def test_an_ensemble_averages_its_students(workspace):
    ensemble, text = load(workspace, "ensemble"), PAIRS[0][1]
    found = ensemble.get_pipe("xner").predict([ensemble.make_doc(text)])
    assert set(found) == {"tag_a", "tag_b", "tag_c"}
    for name, logits in found.items():
        one = spacy.load(workspace / "training" / "ensemble" / name[-1] / "model-best")
        (expected,) = one.get_pipe("xner").predict([one.make_doc(text)])["tag"]
        assert logits[0] == pytest.approx(expected, abs=1e-5)


def test_dualner_reads_tags_on_request(workspace):
    model = find_model(workspace, "dualner_student")
    decoders = [
        spacy.load(model, config=config).get_pipe("xner").decoder
        for config in ({}, {"components.xner.decoder.read": "labels"})
    ]
    assert [list(decoder.outputs) for decoder in decoders] == [["start", "end"], ["labels"]]
