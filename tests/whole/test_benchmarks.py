"""Rows of the benchmarks are workflows with vars. What they score is measured, not tested."""

import json
import re
import shlex
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
import srsly
from settings import ROOT, find_projects, has_setting
from spacy.cli._util import parse_config_overrides
from spacy.tokens import Doc, Span
from spacy.util import load_config
from util import make_doc

from benchmarks import rows as own_rows
from benchmarks.transfer import carry, curves
from benchmarks.transfer.checkpoints import HOW, TEXT, adapt
from benchmarks.transfer.data import lay_out, to_row
from benchmarks.transfer.methods import BUDGETS, METHODS, Method
from benchmarks.transfer.run import Row, judge_model, make_rows, read_vars, run_row
from benchmarks.transfer.summarise import MEANS, sum_up
from benchmarks.transfer.workflows import Folder, Step, list_steps
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.errors import XnerError
from spacy_xner.evaluation.significance import EntityCounts

WORDS = ["--data", "nowhere", "--targets", "es"]
SHARED = {"targets": "es", "target": "es", "languages": "es", "engine": "memory --set path=parallel"}


def find_points(study: str, *words: str) -> list:
    return curves.find_points(curves.parse_args([*WORDS, "--studies", study, *words]))


def list_trainings(method: Method, shared: Dict[str, Any] = BUDGETS["4000"]) -> List[tuple]:
    """The configs that a method trains, with their overrides."""
    lines = [shlex.split(line) for step in method.steps({**SHARED, **shared}) for line in step.lines]
    found = []
    for words in lines:
        config = next((word for word in words if word.endswith(".cfg") and "train" in words[3:7]), None)
        if config is not None:
            settings = [word for word in words[words.index(config) + 1 :] if word != "--resume"]
            if "--from" in settings:  # an option of `train`, with the pipeline to start from
                place = settings.index("--from")
                del settings[place : place + 2]
            start = next(i for i, word in enumerate(settings) if word.startswith("--"))
            found.append((config, parse_config_overrides(settings[start:], env_var=None)))
    return found


STUDIES = {
    f"{study} {name} {x}": method
    for study in curves.STUDIES
    for columns, method, _ in find_points(study)
    for name, x in [(columns["method"], columns["x"])]
}


@pytest.mark.parametrize("method", [*METHODS.values(), *STUDIES.values()], ids=[*METHODS, *STUDIES])
def test_every_setting_of_a_row_is_one_of_its_config(method):
    trainings = list_trainings(method)
    assert trainings
    for config, settings in trainings:
        assert [key for key in settings if not has_setting(ROOT / config, key)] == []


@pytest.mark.parametrize("study", curves.STUDIES)
def test_what_varies_reaches_the_training(study):
    points = find_points(study)
    # Without any label nothing is suggested either: both lines begin at one pipeline.
    points = [p for p in points if not (p[0]["x"] == 0 and p[0]["method"].endswith(", suggested"))]
    found = {json.dumps([method.on_target, method.result, list_trainings(method)]) for _, method, _ in points}
    assert len(found) == len(points)


# What `--vars` may give every project.
SETTINGS = {
    name: "--training.dropout 0.25"
    for project in find_projects()
    for name in srsly.read_yaml(ROOT / project / "project.yml")["vars"]
    if name.startswith("options") and name not in ("options_start", "options_project")
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_vars_reach_every_training_of_a_row(method):
    """A row sets nothing but what it changes, so that it is compared with a baseline of the same settings."""
    for config, settings in list_trainings(method, {"batch": 10, "batch_*": 20, **SETTINGS}):
        assert settings["vars.batch"] in (10, 20) and settings["training.dropout"] == 0.25, config


@pytest.mark.parametrize("budget", [name for name in BUDGETS if name != "sample"])
def test_a_training_is_evaluated_at_its_end(budget):
    """Otherwise the checkpoint of a short one is that of its first batch."""
    shared = BUDGETS[budget]
    steps = [n for name, n in shared.items() if name.startswith("steps")]
    assert steps and not any(n % shared["eval_frequency*"] for n in steps)


def test_settings_of_a_row_come_after_those_of_vars():
    (_, settings) = list_trainings(
        METHODS["dualner-self-kl"], {"options_student": "--vars.dual 0.5 --vars.source 2"}
    )[-1]
    assert settings["vars.dual"] == 0 and settings["vars.source"] == 2


@pytest.mark.parametrize(
    "name, base, ratio",
    [("dualner-no-target", "dualner-one-round", "target"), ("dlbri-no-boundary", "dlbri", "source")],
)
def test_a_batch_without_one_half_is_not_filled_with_the_other(name, base, ratio):
    """A student that reads no target text, or no source text beside it, reads no more of the other in each step."""

    def list_others(method: str) -> List[float]:
        found = [settings for config, settings in list_trainings(METHODS[method]) if "_student" in config]
        return [own["vars.batch"] / (2 if own.get(f"vars.{ratio}_ratio", 1) else 1) for own in found]

    assert list_others(name) == list_others(base) == [BUDGETS["4000"]["batch"]] * len(list_others(base)) != []


def test_what_a_row_is_compared_with():
    """There is such a row, and where a paper has a sign, it is of a difference to another row."""
    assert {method.base for method in METHODS.values()} <= METHODS.keys()
    printed = {name: method for name, method in METHODS.items() if method.paper}
    assert len(printed) > 25 and all(re.match("[+-] [A-Z]", method.paper) for method in printed.values())
    assert [name for name, method in printed.items() if method.base == name] == []


def test_students_of_both_subtasks_on_each_encoder():
    """One training of teachers and one of students, whose better one is all that the combination starts from."""
    trainings = list_trainings(METHODS["dlbri-sha"])
    (students,) = [settings for config, settings in trainings if "students" in config]
    outputs = [students[f"components.xner.objectives.type_{k}"]["output"] for k in "ab"]
    assert outputs == ["type_a", "type_b"] and students["vars.task"] == "span"
    assert trainings[-1][1]["components.xner.model.share"] == {"type": "span"}
    assert trainings[-1][1]["paths.type_students"] == METHODS["dlbri-sha"].vars["type_students"]
    (*_, taught, _) = METHODS["dlbri-sha"].steps(SHARED)[-1].lines
    assert "teach training/dlbri/span_students/model-best" in taught and "--store type_b=type_b" in taught


def test_combined_tags_are_those_of_the_better_student():
    (line,) = METHODS["dlbri-ctag"].steps(SHARED)[-1].lines
    words = shlex.split(line)
    assert words[4:6] == ["configs/source_only.cfg", METHODS["dlbri-ctag"].model]
    (part,) = json.loads(words[-1]).values()
    assert part["best"] == {"a": "xner_tag_a", "b": "xner_tag_b"}
    tasks = {
        settings["vars.task"]
        for _, settings in list_trainings(METHODS["dlbri-ctag"])
        if "vars.task" in settings
    }
    assert tasks == {"bio"}


def test_unknown_vars_are_told():
    with pytest.raises(ValueError, match=r"projects/mcl/project.yml has no vars nothing"):
        list(list_steps("projects/mcl", "model", {"nothing": 1}, {}))
    assert list(list_steps("projects/mcl", "model", {}, {"nothing": 1}))


def test_a_var_by_its_own_name_is_stronger_than_by_a_pattern():
    (round_1,) = list_steps("projects/crop", "round-1", {}, {"steps*": 500, "steps": 7})
    assert "--vars.steps 7 " in round_1.lines[0]


def test_vars_hold_quotes():
    (bridge, *_) = [step for step in METHODS["dlbri-direct-pair"].steps({}) if step.name == "./bridge"]
    assert '--vars.pair \'["s", "t"]\'' in bridge.lines[0]
    assert read_vars(["steps=7", "engine=memory --set path=x"]) == {
        "steps": 7,
        "engine": "memory --set path=x",
    }


def make_step(**more: Any) -> Step:
    """Writes what it read into its output."""
    code = "from pathlib import Path as P; P('out').mkdir(); P('out/b').write_text(P('in').read_text())"
    line = f'python -c "{code}"'
    return Step(**{"name": "./copy", "lines": (line,), "deps": ("in",), "outputs": ("out",), **more})


def test_a_step_is_run_once_for_its_lines_and_what_it_reads(tmp_path):
    kept = tmp_path / "kept"

    def run(text: str, step: Step) -> str:
        folder = Folder(tmp_path / "work", kept)
        (folder.path / "in").write_text(text)
        folder.run(step)
        assert folder.sum_up()["lines"] == list(step.lines) and folder.sum_up()["seconds"] >= 0
        return (folder.path / "out" / "b").read_text()

    assert run("one", make_step()) == "one"
    (first,) = kept.glob("*/done.json")
    before = first.stat().st_mtime_ns
    assert run("one", make_step()) == "one" and first.stat().st_mtime_ns == before
    assert run("two", make_step()) == "two"
    assert run("one", make_step(lines=(*make_step().lines, "python -c 1"))) == "one"
    assert len(list(kept.glob("*/done.json"))) == 3


@pytest.mark.parametrize("named", ["{path}/texts/in", "--paths.train={path}/texts", "'{path}/texts/in'"])
def test_a_step_reads_what_a_line_names_by_its_whole_path(tmp_path, named):
    """What stands at the place is part of the key, not its name alone."""
    outside = tmp_path / "texts" / "in"
    outside.parent.mkdir()
    code = f"from pathlib import Path as P; P('out').write_text(P('{outside}').read_text())"
    line = f'python -c "{code}" {named.format(path=tmp_path)}'
    for text in ("one", "two"):
        outside.write_text(text)
        folder = Folder(tmp_path / "work", tmp_path / "kept")
        folder.run(Step("./copy", (line,), (), ("out",)))
        assert (folder.path / "out").read_text() == text
    assert len(list((tmp_path / "kept").glob("*/done.json"))) == 2


def test_an_engine_is_a_file_of_the_pair(tmp_path):
    """Another text under the same name is another step; what there is of the first stays."""
    for language in ("en", "es"):
        for split in ("train", "dev", "test"):
            path = tmp_path / "data" / "conll" / language / f"{split}.iob"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("Rome\tB-LOC\n\n")
    engine, languages = tmp_path / "engine.cfg", ("en", "es")
    lay = [tmp_path / "data", tmp_path / "out", ("conll", "conll"), languages, []]
    names, lines = [], []
    for model in ("one", "two"):
        text = f"[translator]\n@misc = spacy-xner.Seq2SeqTranslator.v1\nmodel = {model}\n"
        engine.write_text(text)
        found = lay_out(*lay, str(engine))
        assert (tmp_path / "out" / found["engine"]).read_text() == text
        lines += [
            line
            for step in METHODS["crop"].steps(found)
            for line in step.lines
            if " translate corpus/target " in line
        ]
        names.append(found["engine"])
    assert len(set(names)) == 2 and len(list((tmp_path / "out" / "engine").iterdir())) == 2
    assert [f"--engine {name} " in line for name, line in zip(names, lines, strict=True)] == [True, True]
    without = lay_out(*lay)
    assert without["engine"] == "memory --set path=parallel"
    # What brings marks back needs no word alignment, stored translations do.
    assert "options_project" not in found and without["options_project"] == "--aligner eflomal"
    with pytest.raises(XnerError, match=r"X101.*nowhere\.cfg"):
        lay_out(*lay, str(tmp_path / "nowhere.cfg"))


@pytest.mark.parametrize("split, entities", [("dev", 3), ("test", 1)])
def test_rows_are_scored_on_the_chosen_split(tmp_path, split, entities):
    """And say which one it was, in their columns and when they are summed up."""
    for language in ("en", "es"):
        for name, n in (("train", 1), ("dev", 3), ("test", 1)):
            path = tmp_path / "data" / "conll" / language / f"{name}.iob"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("Roma\tB-LOC\n\n" * n)
    words = ["--data", str(tmp_path / "data"), "--targets", "es", "--work", str(tmp_path / "work")]
    method = Method(".", workflow="", model="a package")
    columns = {"method": "a package"}
    args = curves.parse_args([*words, *(["--split", split] if split != "test" else [])])
    (row,) = make_rows(args, [(columns, method, judge_model)])
    docs = list(read_docs(row.test, spacy.blank("xx").vocab))
    assert sum(len(doc.ents) for doc in docs) == entities and row.columns["split"] == split
    found = {**row.columns, "seed": 0, "checkpoint": "best", "counts": {}, "labels": []}
    scores = dict.fromkeys((*MEANS, "f1"), 0.5)
    counts = {name: [1] for name in EntityCounts._fields}
    other = {**found, "split": "another"}
    rows = [{**one, **scores, "counts": counts} for one in (found, other)]
    before = {key: value for key, value in rows[0].items() if key != "split"}
    assert {one["split"] for one in sum_up([before])} == {"test"}
    assert [one["split"] for one in sum_up(rows)] == sorted([split, "another"])


def test_a_step_that_fails_is_not_kept(tmp_path):
    folder = Folder(tmp_path / "work", tmp_path / "kept")
    with pytest.raises(RuntimeError, match="FileNotFoundError"):
        folder.run(make_step())
    assert list((tmp_path / "kept").glob("*/done.json")) == []


def make_training(folder: str = "training", step: int = 40, last: bool = True, **scores: float) -> str:
    """A line that leaves what a training of 80 steps does, whose best checkpoint is that of a step."""
    best = {"step": step, "score": 0.5, "scores": {"ents_f": 0.5, **scores}}
    told = {"step": 80, "best": best, "last": {"scores": {"ents_f": 0.25}} if last else None}
    code = f"""import json, pathlib
folder = pathlib.Path("{folder}")
for name in ("model-best", "model-last"):
    (folder / name).mkdir(parents=True)
    (folder / name / "x").write_text(name)
(folder / "finished.json").write_text(json.dumps(json.loads('{json.dumps(told)}')))"""
    return shlex.join(["python", "-c", code])


def test_one_training_gives_the_best_and_the_last_checkpoint(tmp_path):
    output = "training/model-best"
    step = make_step(lines=(make_training(),), deps=(), outputs=(output,))
    for checkpoint, f1 in (("best", 0.5), ("last", 0.25)):
        folder = Folder(tmp_path / checkpoint, tmp_path / "kept", checkpoint)
        folder.run(step)
        assert (folder.path / output / "x").read_text() == f"model-{checkpoint}"
        told = {"rule": checkpoint, "step": 40, "steps": 80, "dev_f1_best": 0.5, "dev_f1_last": 0.25}
        told["dev_f1"] = f1
        assert folder.sum_up()["trainings"] == {"training": told}
        assert told.items() <= folder.sum_up().items()
    assert len(list((tmp_path / "kept").glob("*/done.json"))) == 1


def test_the_chosen_checkpoint_goes_on_to_the_next_line(tmp_path):
    output = "training/model-best"
    read = f"python -c \"import shutil; shutil.copytree('{output}', 'read')\""
    step = make_step(lines=(make_training(last=False), read), deps=(), outputs=(output, "read"))
    for checkpoint, f1 in (("best", 0.5), ("last", None)):
        folder = Folder(tmp_path / checkpoint, tmp_path / "kept", checkpoint)
        folder.run(step)
        for place in step.outputs:
            assert (folder.path / place / "x").read_text() == f"model-{checkpoint}"
        assert folder.sum_up()["dev_f1"] == f1  # the last step was not evaluated
    assert len(list((tmp_path / "kept").glob("*/done.json"))) == 2


@pytest.mark.parametrize(
    "checkpoint, step, scores, rule, model",
    [
        ("agreement", 40, {"xner_agreement": 0.5}, "agreement", "best"),
        (
            "agreement",
            0,
            {"xner_agreement": 0.5},
            "last",
            "last",
        ),  # a student agrees most before any training
        ("best", 0, {}, "best", "best"),
        ("dev", 40, {"ents_f_en": 0.75}, "dev", "best"),
    ],
)
def test_the_rule_that_chose_is_told(tmp_path, checkpoint, step, scores, rule, model):
    folder = Folder(tmp_path / "work", tmp_path / "kept", checkpoint, "en")
    made = make_step(lines=(make_training(step=step, **scores),), deps=(), outputs=("training/model-best",))
    folder.run(made)
    assert (folder.path / "training/model-best/x").read_text() == f"model-{model}"
    found = folder.sum_up()
    assert (found["rule"], found["step"]) == (rule, step)
    assert found["dev_f1_best"] == scores.get("ents_f_en", 0.5)


def test_what_is_fine_tuned_is_the_last(tmp_path):
    step = make_step(lines=(make_training(),), deps=(), outputs=("training/model-last",))
    folder = Folder(tmp_path / "work", tmp_path / "kept", "best")
    folder.run(step)
    assert (folder.path / "training/model-last/x").read_text() == "model-last"
    assert (folder.sum_up()["rule"], folder.sum_up()["dev_f1"]) == ("last", 0.25)


@pytest.mark.parametrize("method", [*METHODS.values(), *STUDIES.values()], ids=[*METHODS, *STUDIES])
def test_every_training_reads_held_out_text(method):
    """For each method, without an edit."""
    for checkpoint, text in TEXT.items():
        for step in method.steps({**SHARED, **BUDGETS["4000"]}):
            for line in adapt(step.lines, checkpoint):
                words = [word for word in shlex.split(line) if word not in ("-C", ".")]
                if words[4:5] == ["prepare"]:
                    assert words[-2:] == ["--target-dev", text]
                if words[4:5] == ["train"] and "--from" not in words:
                    assert words[-4:-1] == ["--choose-by", HOW[checkpoint], "--choose-on"]
                    assert words[-1].startswith("corpus/dev")
            assert adapt(step.lines, "best") == step.lines


def test_held_out_text_is_taught_by_the_same_teachers():
    (combine,) = [step for step in METHODS["dlbri"].steps(SHARED) if step.name == "./combine"]
    lines = [shlex.split(line) for line in adapt(combine.lines, "agreement")]
    teach = [words[words.index("teach") + 1 :][:3] for words in lines if "teach" in words]
    span, kind = (f"training/dlbri/{task}_students/model-best" for task in ("span", "type"))
    assert teach == [
        [span, "corpus/target", "corpus/taught/students_span.spacy"],
        [span, "corpus/dev", "corpus/dev-taught/students_span.spacy"],
        [kind, "corpus/taught/students_span.spacy", "corpus/taught/students.spacy"],
        [kind, "corpus/dev-taught/students_span.spacy", "corpus/dev-taught/students.spacy"],
    ]
    assert lines[-1][-4:] == ["--choose-by", "agreement", "--choose-on", "corpus/dev-taught/students.spacy"]


def test_a_method_runs_from_files_to_scores(tmp_path):
    """The smallest row there is, by the command line's own functions."""
    data = tmp_path / "data"
    for language, names in (("en", ("Rome", "Bonn")), ("es", ("Roma", "Bonn"))):
        for split in ("train", "dev", "test"):
            path = data / "conll" / language / f"{split}.iob"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name}\tB-LOC\nwins\tO\n\n" for name in names))
    words = ["--data", str(data), "--targets", "es", "--work", str(tmp_path / "work"), "--encoder", "hash"]
    args = curves.parse_args([*words, "--vars", "steps_baseline=2", "--vars", "eval_frequency=1"])
    methods = [
        ({"method": name}, METHODS[name], judge_model) for name in ("source-only", "target-supervised")
    ]
    rows = [row for task in make_rows(args, methods) for row in run_row(task)]
    assert [row.get("error") for row in rows] == [None, None]
    source, target = rows
    assert source["method"] == "source-only" and source["labels"] == ["LOC"] and source["vars"]["limit"] == 0
    assert (
        "--source en --targets es" in source["lines"][0] and "--source es --targets en" in target["lines"][0]
    )
    assert 0 <= source["f1"] <= 1 and len(source["counts"]["gold"]) == 2 and source["seconds"] > 0
    assert (source["rule"], source["steps"], list(source["trainings"])) == (
        "best",
        2,
        ["training/source_only"],
    )
    assert source["dev_f1"] == source["dev_f1_best"] and 0 <= source["dev_f1_last"] <= 1
    first = source["origin"]
    assert first["data"].keys() == {"data", "memory", "parallel"}
    assert re.fullmatch("[0-9a-f]{32}", first["encoder"])


def test_other_text_is_another_digest(tmp_path):
    columns, place = {"method": "a package", "language": "es"}, tmp_path / "data" / "text.iob"
    row = Row(columns, Method(".", workflow=""), {}, tmp_path, place, "best", lambda row, work: [{"f1": 0.5}])
    place.parent.mkdir()
    found = []
    for text in ("one", "two"):
        place.write_text(text)
        found += run_row(row)
    first, second = (found[k]["origin"] for k in (0, 1))
    assert [key for key in first if first[key] != second[key]] == ["data"]
    assert found[0]["f1"] == 0.5 and first["data"].keys() == {"data"} and first["encoder"] is None


def test_a_row_that_is_run_twice_at_once_keeps_its_folder(tmp_path):
    """The second run would empty the folder in which the first trains."""
    runs: List[futures.Future] = []
    begun = []

    def judge(row: Row, work: Path) -> list:
        begun.append(work)
        (work / "made").write_text("here")
        if len(begun) == 1:
            runs.append(pool.submit(run_row, row))
            with pytest.raises(futures.TimeoutError):
                runs[0].result(timeout=1)
        return [{"made": (work / "made").read_text()}]

    columns = {"method": "a package", "language": "es"}
    row = Row(columns, Method(".", workflow=""), {}, tmp_path, tmp_path, "best", judge)
    with futures.ThreadPoolExecutor() as pool:
        found = [*run_row(row), *runs[0].result(timeout=60)]
    assert [one.get("made") for one in found] == ["here", "here"] and begun[0] == begun[1]


def test_the_origin_of_a_row(monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(ROOT / "benchmarks/transfer/run.py"), "--vars", "a=b c"])
    monkeypatch.setattr(own_rows, "has_bfloat16", lambda device: device == "cpu")
    found = own_rows.tell_origin()
    assert found["command"] == "python -m benchmarks.transfer.run --vars 'a=b c'"
    assert found["precision"] == "bfloat16" and re.fullmatch(r"\d+ x \S.*|\w+", found["processor"])
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    assert found["commit"] in (head, f"{head}-dirty")
    monkeypatch.setattr(own_rows, "ROOT", Path("/"))
    assert own_rows.tell_origin()["commit"] == ""


def test_an_error_is_a_row(tmp_path, monkeypatch, capsys):
    args = curves.parse_args([*WORDS, "--studies", "mcl-pseudo", "--amounts", "5", "--work", str(tmp_path)])
    monkeypatch.setattr("benchmarks.transfer.run.lay_out", lambda *args: {"data": "data", "targets": "es"})
    monkeypatch.setattr("benchmarks.transfer.run.convert", lambda *args, **kwargs: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter([Path("test.iob")]))
    task = make_rows(args, curves.find_points(args))[0]
    monkeypatch.undo()
    (row,) = run_row(task)
    assert {"study": "mcl-pseudo", "method": "mcl", "x": 0, "language": "es"}.items() <= row.items()
    assert "X101" in row["error"]
    assert "Traceback" in capsys.readouterr().err


def test_files_are_laid_out(tmp_path):
    for path in ("conll/en/train", "conll/en/dev", "conll/zh/train", "conll/zh/dev", "conll/zh/test"):
        file = tmp_path / f"{path}.iob"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("北京\tB-LOC\n开会\tO\n\n", encoding="utf8")
    (tmp_path / "tico19").mkdir()
    (tmp_path / "tico19" / "en-zh.tsv").write_text(
        "One .\t一 。\nTwo .\t二 。\nOne .\t三 。\n", encoding="utf8"
    )
    found = lay_out(tmp_path, tmp_path / "out", ("conll", "conll"), ("en", "zh"), ["tico19"])
    assert found["start"] == "start-parallel" and found["targets"] == found["target"] == "zh"
    out = tmp_path / "out"
    assert (out / "pairs.txt").read_text() == "One .\nTwo .\n"
    assert (out / "parallel" / "en-zh.tsv").read_text(encoding="utf8") == "One .\t三 。\nTwo .\t二 。\n"
    assert list(srsly.read_jsonl(out / "data" / "zh" / "test.jsonl")) == [
        {"text": "北京开会", "spans": [{"start": 0, "end": 2, "label": "LOC"}]}
    ]
    assert (out / "data" / "en" / "train.iob").is_symlink()
    with pytest.raises(XnerError, match=r"X101.*conll/de/train\.iob"):
        lay_out(tmp_path, tmp_path / "other", ("conll", "conll"), ("en", "de"), [])


def test_text_without_spaces():
    doc = Doc(spacy.blank("xx").vocab, words=["昨天", "在", "北京", "开会"])
    doc.set_ents([Span(doc, 2, 3, label="LOC")], default="outside")
    assert to_row(doc) == {"text": "昨天在北京开会", "spans": [{"start": 3, "end": 5, "label": "LOC"}]}


def test_target_labels_are_read_for_the_upper_bounds_alone():
    for name, method in METHODS.items():
        prepared = [line for step in method.steps(SHARED) for line in step.lines if " prepare " in line]
        assert len(prepared) == 1 and method.on_target == name.startswith("target-")


def test_rows_are_written_after_each(tmp_path):
    out = tmp_path / "rows.json"
    written: List[int] = []

    def make():
        for k in range(3):
            written.append(len(json.loads(out.read_text())) if out.exists() else 0)
            yield [{"x": k, "counts": [1]}, {"x": k, "counts": [2]}]

    rows = own_rows.collect(make(), out)
    assert written == [0, 2, 4]
    assert json.loads(out.read_text()) == rows and len(rows) == 6


def make_sentences(n: int, prefix: str) -> List[Doc]:
    vocab = spacy.blank("xx").vocab
    return [make_doc(vocab, f"Rom {i}", [(0, 1, "LOC")], group=f"{prefix}{i}") for i in range(n)]


def make_task(base: Path, method: str) -> Row:
    columns = {"method": method, "source": "en", "language": "es"}
    return Row(columns, METHODS[method], {}, base, base / "test.spacy", "best", judge_model)


def test_the_amount_is_what_the_model_read(tmp_path, monkeypatch):
    write_docs(tmp_path / "target.spacy", make_sentences(7, ""))
    task = make_task(tmp_path, "mcl")
    task.columns["x"] = "all"
    config = load_config(ROOT / "configs" / "mcl_selftrain.cfg")
    config["paths"]["target"] = "target.spacy"
    monkeypatch.setattr(curves, "judge_model", lambda *args: [{"f1": 0.5}])
    model = tmp_path / task.method.result
    model.mkdir(parents=True)
    for limit, read in ((0, 7), (5, 5), (9, 7)):
        config["corpora"]["train"]["corpora"]["target"]["limit"] = limit
        config.to_disk(model / "config.cfg")
        assert curves.judge_amount(task, tmp_path) == [{"f1": 0.5, "amount": "all", "x": read}]


def write_translated(folder: Path) -> None:
    """Three sentences of which two have a translation; one of the names is written alike."""
    for path, text in (
        ("conll/en/train.iob", "Rome\tB-LOC\nwins\tO\n\nBonn\tB-LOC\nwins\tO\n\nBonn\tB-LOC\n"),
        ("conll_translated/en-es.tsv", "Rome wins\tgana Roma\nBonn wins\tgana Bonn\n"),
    ):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)


def judge(folder: Path, target: str, aligner: str) -> Dict[str, Any]:
    words = ["--data", str(folder), "--targets", target, "--work", str(folder / "work"), "--keep-partial"]
    return carry.judge(carry.parse_args(words), target, aligner)


def test_projection_without_a_reference_has_a_rate(tmp_path):
    write_translated(tmp_path)
    row = judge(tmp_path, "es", "none")
    assert row["rate"] == 0.5 and "f1" not in row
    reference = tmp_path / "conll_projected" / "es" / "train.iob"
    reference.parent.mkdir(parents=True)
    reference.write_text("gana\tO\nRoma\tB-LOC\n\ngana\tO\nBonn\tB-LOC\n\n")
    row = judge(tmp_path, "es", "none")
    assert (row["precision"], row["recall"], row["f1"]) == (1.0, 0.5, pytest.approx(0.6667, abs=1e-4))


def test_alignments_that_there_are_not(tmp_path):
    write_translated(tmp_path)
    with pytest.raises(XnerError, match=r"X101.*en-es\.align"):
        judge(tmp_path, "es", "given")
    with pytest.raises(XnerError, match=r"X101.*en-de\.tsv"):
        judge(tmp_path, "de", "none")
