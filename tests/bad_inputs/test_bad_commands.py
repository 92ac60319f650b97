"""Pipelines, settings, corpora and translations that don't fit: every command but `convert` and `prepare`."""

import shutil
from pathlib import Path

import pytest
from case import Case, check
from util import run_xner

CONFIGS = Path(__file__).parents[2] / "configs"
FINETUNE = CONFIGS / "finetune.cfg"


def train(name: str, code: str, config: str, *options: str, files=None, says=()) -> Case:
    paths = "--paths.train source.spacy --paths.dev source.spacy --vars.encoder hash -o out"
    return Case(name, code, f"train {CONFIGS / config} {paths} {' '.join(options)}", files or {}, says)


PIPELINES = [
    Case("no pipeline", "304", "evaluate none good.spacy --output out.json", says=("'none'",)),
    Case("a folder that is no pipeline", "304", "apply out good.spacy out.spacy", says=("/out'",)),
    Case(
        "a pipeline whose config is cut short",
        "304",
        "teach broken good.spacy out.spacy",
        {"broken/meta.json": '{"lang": "xx"}', "broken/config.cfg": "[nlp"},
        ("broken'",),
    ),
    Case(
        "a pipeline of a factory that there is not",
        "304",
        "report broken good.spacy -o out",
        {
            "broken/meta.json": '{"lang": "xx"}',
            "broken/config.cfg": '[nlp]\nlang = "xx"\npipeline = ["a"]\n[components.a]\nfactory = "b"\n',
        },
        ("broken'",),
    ),
    Case("weights cut short", "304", "recognise model Ada", {"model/xner/model": b"\x83\xa5"}, ("'model'",)),
    Case("no component to teach", "011", "teach blank good.spacy out.spacy", says=("blank",)),
    Case("no component to distil", "011", "distill blank good.spacy out --dev good.spacy", says=("blank",)),
    Case(
        "a pipeline compared with itself",
        "306",
        "report model good.spacy --compare model -o out",
        says=("--compare",),
    ),
    Case("no component to suggest by", "011", "suggest blank good.spacy -n 1 -o out.jsonl", says=("blank",)),
    Case("fewer texts than asked for", "318", "suggest model good.spacy -n 9 -o out.jsonl", says=("good",)),
    Case("tasks of another format", "132", "suggest model good.spacy -n 1 -o out.iob", says=("out.iob",)),
    Case(
        "no labels to keep", "307", "suggest model raw.spacy -n 1 -o out.jsonl --keep-labels", says=("raw",)
    ),
    Case(
        "shares of nothing",
        "306",
        "suggest model good.spacy -n 1 -o out.jsonl --label-shares PER=0",
        says=("--label-shares",),
    ),
    Case(
        "shares of a label that there is not",
        "340",
        "suggest model good.spacy -n 1 -o out.jsonl --label-shares PER,XYZ",
        says=("--label-shares", "XYZ"),
    ),
    Case(
        "shares of a language that there is not",
        "340",
        "suggest model good.spacy -n 1 -o out.jsonl --language-shares xq",
        says=("--language-shares", "xq"),
    ),
    Case("no pipeline to start from", "304", f"train {FINETUNE} -o out --from none", says=("'none'",)),
    Case("none of ours to start from", "011", f"train {FINETUNE} -o out --from blank", says=("blank",)),
    Case("no GPU", "302", "apply model good.spacy out.spacy -g 7", says=("--gpu-id 7",)),
    Case("a CNN, to transformers", "028", "export-hf model out", says=("['a']",)),
    Case("no model card", "315", "push model me/model", says=("README.md",)),
    Case("half of a character", "025", "recognise model 'a\ud83d'", says=("Character 1",)),
]

CORPORA = [
    Case("no labels to score on", "307", "evaluate model raw.spacy --output out.json", says=("raw.spacy",)),
    Case("a type that there is not", "311", "evaluate model good.spacy --labels FOO", says=("FOO",)),
    Case("types that are none", "306", "evaluate model good.spacy --labels ,", says=("--labels",)),
    Case("a folder without corpora", "111", "evaluate model nothing", {"nothing/a.txt": ""}, ("nothing",)),
    Case("texts without text", "106", "apply model a.jsonl out.jsonl", {"a.jsonl": '{"id": "1"}\n'}),
    Case(
        "texts cut short",
        "106",
        "apply model a.jsonl out.jsonl",
        {"a.jsonl": '{"text": "a"}\n{"te'},
        ("a.jsonl, line 2",),
    ),
    Case(
        "texts of another encoding", "103", "apply model a.txt out.jsonl", {"a.txt": "Köln".encode("latin1")}
    ),
    Case("texts of an unknown kind", "127", "apply model a.doc out.jsonl", {"a.doc": "Ada"}),
    Case("an output of an unknown kind", "127", "apply model good.spacy out.doc", says=("out.doc",)),
    Case(
        "a shard that there is not", "306", "apply model good.spacy out.spacy --shard 3/2", says=("--shard",)
    ),
    Case(
        "tokens that nobody taught", "309", "apply model good.spacy out.spacy --outside 0.5", says=("teach",)
    ),
    Case(
        "an output to store that there is not",
        "012",
        "teach model good.spacy out.spacy --store x=y",
        says=("'x'",),
    ),
    Case("none that is sure", "123", "apply model plain.spacy out.spacy --drop-empty", says=("plain.spacy",)),
    Case("scores that are none", "308", "compare a.json", {"a.json": "{}"}),
    Case("scores cut short", "308", "compare a.json", {"a.json": '{"model"'}),
    Case(
        "a model card of no scores",
        "308",
        "card model good.spacy -o out/new --scores a.json",
        {"a.json": "[]"},
    ),
    Case("a model card of nothing", "304", "card out", says=("out",)),
    Case("no names to invent from", "314", "invent-names plain.spacy out.spacy", says=("labelled",)),
    Case("no scores to combine", "101", "combine none.spacy good.spacy out.spacy", says=("none.spacy",)),
    Case(
        "a rule to combine that there is not",
        "306",
        "combine good.spacy good.spacy out.spacy --agree x",
        says=("--agree",),
    ),
]

EN_DE = "translate source.spacy out --targets de"
TRANSLATION = [
    Case("no way to translate", "306", EN_DE, says=("--memory",)),
    Case("a memory that is not there", "101", f"{EN_DE} --memory none.tsv", says=("none.tsv",)),
    Case(
        "a memory without tabs",
        "202",
        f"{EN_DE} --memory m.tsv",
        {"m.tsv": "Ada met Bob\n"},
        ("m.tsv, line 1",),
    ),
    Case(
        "a memory of another encoding",
        "103",
        f"{EN_DE} --memory m.tsv",
        {"m.tsv": "a\tKöln\n".encode("latin1")},
    ),
    Case("a memory of other sentences", "204", f"{EN_DE} --memory m.tsv", {"m.tsv": "so\tso\n"}),
    Case(
        "fewer alignments",
        "201",
        f"{EN_DE} --memory m.tsv --align a",
        {"m.tsv": "a\tb\n", "a": "0-0\n0-0\n"},
        ("m.tsv",),
    ),
    Case(
        "an alignment beyond", "203", f"{EN_DE} --memory m.tsv --align a", {"a": "0-7\n", "m.tsv": "a\tb\n"}
    ),
    Case(
        "an alignment of letters", "203", f"{EN_DE} --memory m.tsv --align a", {"a": "x\n", "m.tsv": "a\tb\n"}
    ),
    Case("an engine that there is not", "218", f"{EN_DE} --engine babel", says=("'babel'",)),
    Case("a service without its key", "240", f"{EN_DE} --engine google", says=("'google'", "GOOGLE_API_KEY")),
    Case(
        "the address of a service with a password",
        "241",
        f"{EN_DE} --engine libretranslate --set address=http://me:secret@127.0.0.1",
        says=("'address'", "'libretranslate'"),
    ),
    Case(
        "a dry run without a service",
        "306",
        f"{EN_DE} --dry-run --engine lexicon --set path=l.tsv",
        {"l.tsv": "en\tde\nRome\tRom\n"},
        says=("--dry-run",),
    ),
    Case("an engine without its setting", "218", f"{EN_DE} --engine memory", says=("'memory'",)),
    Case("an engine's config without block", "218", f"{EN_DE} --engine e.cfg", {"e.cfg": "[a]\nb = 1\n"}),
    Case("a setting without value", "306", f"{EN_DE} --engine memory --set path", says=("'path'",)),
    Case("a view that there is not", "306", f"{EN_DE} --memory good.spacy --views x", says=("s, si, ti, t",)),
    Case(
        "a lexicon of other languages",
        "205",
        f"{EN_DE} --memory m.tsv --lexicon l.tsv",
        {"l.tsv": "type\ten\tfr\nPER\tAda\tAda\n", "m.tsv": "Ada met Bob\tAda traf Bob\n"},
    ),
    Case(
        "labelled sentences of others",
        "219",
        "project source.spacy raw.spacy out.spacy -s en -t de --engine lexicon --set path=l.tsv",
        {"l.tsv": "type\ten\tde\nPER\tAda\tAda\n"},
        ("group",),
    ),
    Case("nothing translated, to switch", "227", "codeswitch source.spacy out.spacy", says=("source.spacy",)),
    Case(
        "no such language, to switch",
        "228",
        "codeswitch source.spacy out.spacy --targets fr",
        says=("source.spacy", "fr"),
    ),
    Case(
        "pairs without tabs, to align",
        "202",
        "align m.tsv out.tsv --aligner similarity --aligner-set encoder=x",
        {"m.tsv": "a\n"},
    ),
    Case(
        "an aligner that there is not",
        "218",
        "align m.tsv out.tsv --aligner babel",
        {"m.tsv": "a\tb\n"},
        ("'babel'",),
    ),
    Case(
        "no phrase twice, for a lexicon",
        "225",
        "lexicon m.tsv out.tsv -a a -s en -t de",
        {"m.tsv": "a\tb\n", "a": "0-0\n"},
    ),
    Case(
        "no alignments, for a translator",
        "220",
        "train-translator m.tsv out --source en --target de --model new",
        {"m.tsv": "a\tb\n"},
    ),
    Case("no corpus, for vectors", "101", "vectors out none", says=("none",)),
]

TRAINING = [
    Case("no config", "305", "train none.cfg -o out", says=("none.cfg",)),
    Case("a corpus for a config", "317", "train good.spacy -o out", says=("'good.spacy'",)),
    Case("half a config", "317", "train c.cfg -o out", {"c.cfg": "[nlp"}),
    Case("scores into a folder", "112", "evaluate model good.spacy --output out", says=("'out'",)),
    train(
        "a setting that there is not",
        "310",
        "source_only.cfg",
        "--training.steps 3",
        says=("training.steps",),
    ),
    train("no encoder", "010", "source_only.cfg", "--vars.encoder none", says=("'none'",)),
    train("no corpus", "101", "source_only.cfg", "--paths.train none.spacy", says=("none.spacy",)),
    train(
        "a damaged corpus", "110", "source_only.cfg", "--paths.train a.spacy", files={"a.spacy": b"\x00\x01"}
    ),
    train("a corpus without labels", "002", "source_only.cfg", "--paths.train raw.spacy", says=("labels",)),
    train("a share of two", "119", "source_only.cfg", "--corpora.train.share 2", says=("2",)),
    train("more than there is", "120", "concner.cfg", "--vars.sample 9", says=("9",)),
    train(
        "no stage before",
        "026",
        "mcl_selftrain.cfg",
        "--paths.init none",
        "--paths.target source.spacy",
        says=("none",),
    ),
    train("nobody taught", "022", "concner_student.cfg", says=("teach",)),
    train(
        "a gazetteer without types",
        "118",
        "source_only.cfg",
        "--vars.gazetteer g.tsv",
        files={"g.tsv": "en\tde\nAda\tAda\n"},
    ),
]

CASES = [*PIPELINES, *CORPORA, *TRANSLATION, *TRAINING]


READ = [
    "suggest model good.spacy -n 1 -o good.spacy",
    "suggest model raw.spacy -n 1 -o good.spacy --known good.spacy",
    "apply model good.spacy good.spacy",
    "apply model good.spacy linked.spacy",
    "apply model . ./good.spacy",
    "convert good.spacy good.spacy",
    "evaluate model good.spacy --output good.spacy",
    "combine good.spacy raw.spacy raw.spacy",
    "invent-names good.spacy good.spacy",
    "codeswitch good.spacy good.spacy",
    "project good.spacy raw.spacy out.spacy -s en -t de --dropped raw.spacy",
    "translate train/good.spacy . -t de --engine lexicon",
    "align pairs.tsv pairs.tsv",
    "lexicon pairs.tsv pairs.align -a pairs.align -s en -t de",
    "evaluate-translator ./en-es.tsv --engine lexicon --output .",
    "distill model taught.spacy . --dev good.spacy",
]


@pytest.mark.parametrize("command", READ)
def test_what_is_read_is_not_overwritten(command, world, tmp_path, monkeypatch):
    for name in ("good", "raw"):
        shutil.copy(world / f"{name}.spacy", tmp_path)
    for path in ("train/good.spacy", "taught.spacy"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(world / "good.spacy", tmp_path / path)
    for name in ("pairs.tsv", "en-es.tsv", "pairs.align"):
        (tmp_path / name).write_text("a\tb\n")
    (tmp_path / "linked.spacy").symlink_to("good.spacy")
    (tmp_path / "model").symlink_to(world / "model")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    monkeypatch.chdir(tmp_path)
    assert "X137" in run_xner(*command.split(), code=1)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_commands(case, world, tmp_path):
    check(case, world, tmp_path)
