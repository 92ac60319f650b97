"""The studies of `benchmarks/curves.py` train what they say, and `benchmarks/plots.py` draws their rows."""

import json
import pickle
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
import srsly
from spacy.tokens import Doc
from spacy.util import load_config
from util import make_doc

from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import curves  # noqa: E402
import plots  # noqa: E402
from crop import CROP  # noqa: E402
from mcl import LOG, MCL  # noqa: E402
from recording import Record, make_data  # noqa: E402
from stages import STAGE, Workspace  # noqa: E402
from transfer import Rows, collect, make_tasks, run_task  # noqa: E402

WORDS = ["--data", "nowhere", "--targets", "es"]
TRAINED = [name for name in curves.STUDIES if name != "projection"]


def find_variants(study: str, *words: str) -> list:
    return curves.find_variants(curves.parse_args([*WORDS, "--studies", study, *words]))


@pytest.mark.parametrize("encoder", ["hash", "xlm-roberta-base"])
@pytest.mark.parametrize("study", TRAINED)
def test_every_setting_of_a_variant_is_one_of_its_config(study, encoder, tmp_path):
    for variant in find_variants(study):
        work = Record(tmp_path, encoder)
        assert variant.recipe(work, make_data()).name
        assert work.trained
        assert pickle.loads(pickle.dumps(variant)).columns == variant.columns  # it goes to another process
        assert variant.columns["study"] == study


@pytest.mark.parametrize("study", TRAINED)
def test_target_labels_train_nothing_but_the_upper_bounds(study, tmp_path):
    data = replace(make_data(), target_train=Path("gold-train"), target_dev=Path("gold-dev"))
    read = set()
    for variant in find_variants(study):
        work = Record(tmp_path, "hash")
        variant.recipe(work, data)
        for settings in work.settings:
            keys = {key for key, value in settings.items() if "gold-" in str(value)}
            read.update((variant.columns["method"], key) for key in keys)
    methods = ("target-supervised", "target-decomposed")
    bounds = {(method, f"paths.{split}") for method in methods for split in ("train", "dev")}
    logged = {("mcl", "vars.gold")}
    assert read == {"subtasks": bounds, "mcl-epochs": logged}.get(study, set())


def test_raw_text_is_projected_without_target_labels(tmp_path):
    for variant in find_variants("projection", "--methods", "raw-crop", "raw-crop-plain"):
        work = Record(tmp_path, "hash")
        kept, dropped = variant.recipe(work, replace(make_data(), target_train=Path("gold-train")))
        assert (kept.name, dropped.name) == ("kept", "dropped") and len(work.trained) == 1
        assert "gold-train" not in str(work.settings)


@pytest.mark.parametrize(
    "study,config,key",
    [
        ("mcl-share", "mcl", "corpora.train.share"),
        ("mcl-share", "mcl_selftrain", "corpora.train.corpora.source.share"),
        ("mcl-share", "source_only", "corpora.train.share"),
        ("dualner-share", "dualner", "corpora.train.share"),
        ("dualner-share", "dualner_student", "vars.share"),
        ("mcl-pseudo", "mcl_selftrain", "corpora.train.corpora.target.limit"),
        ("crop-pseudo", "crop", "corpora.train.corpora.target.limit"),
    ],
)
def test_what_varies_reaches_the_training(study, config, key, tmp_path):
    wanted = ["0.2", "0.7"] if "share" in study else ["30", "700"]
    option = "--shares" if "share" in study else "--amounts"
    found = set()
    for variant in find_variants(study, option, *wanted):
        work = Record(tmp_path, "hash")
        variant.recipe(work, make_data())
        pairs = zip(work.trained, work.settings, strict=True)
        values = {settings.get(key) for name, settings in pairs if name == config}
        x = variant.columns["x"] or variant.columns.get("amount")
        if values - {None}:  # an earlier round reads all
            assert values - {None} == {x or 0}
            found.update(values - {None, 0})
    assert found == set(map(float, wanted))


@pytest.mark.parametrize(
    "encoder,epochs,wanted",
    [("hash", None, 40), ("xlm-roberta-base", None, 0), ("xlm-roberta-base", 3, 30), ("hash", 0, 0)],
)
def test_a_share_is_trained_on_for_as_many_steps(encoder, epochs, wanted, tmp_path):
    """Fewer would end before the first evaluation, with the untrained model for the best."""
    configs = set()
    for study in ("mcl-share", "dualner-share"):
        for variant in find_variants(study, "--shares", "0.1"):
            work = Record(tmp_path, encoder)
            work.common.update({} if epochs is None else {"training.max_epochs": epochs})
            variant.recipe(work, make_data())
            for config, settings in zip(work.trained, work.settings, strict=True):
                if config in ("source_only", "mcl", "dualner"):
                    assert settings.get("training.max_epochs", 0) == wanted
                elif config == "mcl_selftrain":
                    assert settings["vars.source_ratio"] == 10 and "training.max_epochs" not in settings
                configs.add(config)
    assert {"source_only", "mcl", "mcl_selftrain", "dualner", "dualner_student"} == configs


def test_an_untrained_checkpoint_is_told(tmp_path, monkeypatch, capsys):
    def train(path, folder, use_gpu, overrides):
        print("E    #       LOSS\n---  ------\n  0       0       2.95")
        if overrides["vars.evaluated"]:
            print("  0     100       1.95")

    monkeypatch.setattr("stages.train", train)
    for evaluated in (False, True):
        work = Workspace(tmp_path, {"vars.encoder": "hash"})
        work.train("mcl", "mcl", {"vars.evaluated": evaluated})
        assert ("fewer steps than training.eval_frequency" in capsys.readouterr().out) != evaluated


def test_methods_can_be_chosen():
    methods = {
        variant.columns["method"] for variant in find_variants("crop-pseudo", "--methods", "crop-plain")
    }
    assert methods == {"crop-plain"}
    amounts = [
        variant.columns.get("amount") for variant in find_variants("mcl-pseudo", "--amounts", "5", "all")
    ]
    assert amounts == [None, 5, "all"]


def test_other_parallel_text_has_labels_from_all_source_labels():
    for study in ("mcl-share", "crop-source"):
        with pytest.raises(SystemExit, match=f"{study}: not with --parallel"):
            curves.main(curves.parse_args([*WORDS, "--studies", study, "--parallel", "tico19"]))


def make_sentences(n: int, prefix: str) -> List[Doc]:
    vocab = spacy.blank("xx").vocab
    return [make_doc(vocab, f"Rom {i}", [(0, 1, "LOC")], group=f"{prefix}{i}") for i in range(n)]


def groups(path: Path) -> List[str]:
    return [get_group(doc) for doc in read_docs(path, spacy.blank("xx").vocab)]


def test_a_share_has_the_labels_of_the_same_sentences_everywhere(tmp_path):
    """CROP reads a translation only if it reads the sentence, and a larger share holds a smaller one."""
    source, translated = tmp_path / "source.spacy", tmp_path / "translated.spacy"
    write_docs(source, make_sentences(40, "en-train-"))
    write_docs(translated, make_sentences(30, "es-en-train-"))  # not all have a translation
    data = replace(make_data(), train=source)
    work = Workspace(tmp_path, {})
    assert CROP().sample(work, data, source) == source
    few, many = (CROP(share=share).sample(work, data, source) for share in (0.25, 0.5))
    assert len(groups(few)) == 10 and len(groups(many)) == 20 and set(groups(few)) < set(groups(many))
    some = {f"es-{group}" for group in groups(few)}
    often = groups(CROP(share=0.25).sample(work, data, source, repeat=True))
    assert len(often) == len(set(often)) == 40 and {group.partition("#")[0] for group in often} == set(
        groups(few)
    )
    own = groups(CROP(share=0.25).sample(work, data, translated))
    assert own == [group for group in groups(translated) if group in some] and own


def test_crop_reads_its_share_and_nothing_else(tmp_path):
    for share, train, gold in ((1.0, "train", "translated-gold"), (0.3, "share", "share")):
        work = Record(tmp_path, "hash")
        CROP(share=share)(work, make_data())
        assert {settings["paths.train"] for settings in work.settings} == {train}
        ratios = {settings.get("vars.views_ratio") for settings in work.settings}
        assert ratios == {None, 1 / share}
        labelled, targets, *_ = work.keys["translations"]
        assert labelled[0] == targets[0] == Path(gold)


def test_the_first_of_a_shuffled_corpus_are_a_sample(tmp_path):
    source = tmp_path / "source.spacy"
    write_docs(source, make_sentences(40, ""))
    found = groups(Workspace(tmp_path, {}).shuffle(source))
    assert sorted(found) == sorted(groups(source)) and sorted(found[:20]) != sorted(groups(source)[:20])


def test_the_log_lies_in_the_folder_of_the_stage(tmp_path, monkeypatch):
    seen: Dict[str, Any] = {}
    monkeypatch.setattr("stages.train", lambda path, folder, use_gpu, overrides: seen.update(overrides))
    work = Workspace(tmp_path, {"vars.encoder": "hash"})
    model = work.train("mcl-selftrain", "mcl_selftrain", MCL(gold=True).log(make_data()))
    assert STAGE not in str(seen)
    assert Path(seen["training.before_update.output"]) == model.parent / LOG
    assert seen["vars.gold"] == "target"


def test_rows_are_written_after_each(tmp_path):
    out = tmp_path / "rows.json"
    written: List[int] = []

    def make():
        for k in range(3):
            written.append(len(json.loads(out.read_text())) if out.exists() else 0)
            yield [{"x": k, "counts": [1]}, {"x": k, "counts": [2]}]

    rows = collect(make(), out, lambda rows: rows[-1].update(last=True))
    assert written == [0, 2, 4]
    assert json.loads(out.read_text()) == rows and len(rows) == 6 and rows[-1]["last"]


def test_an_error_is_a_row(tmp_path, monkeypatch, capsys):
    args = curves.parse_args([*WORDS, "--studies", "mcl-epochs", "--work", str(tmp_path), "--seeds", "3"])
    monkeypatch.setattr("transfer.prepare", lambda *args: make_data())
    monkeypatch.setattr("transfer.prepare_split", lambda *args: Path("test"))
    (task,) = make_tasks(args, curves.find_variants(args))
    (row,) = run_task(task)
    assert {
        "study": "mcl-epochs",
        "method": "mcl",
        "x": None,
        "language": "es",
        "seed": 3,
    }.items() <= row.items()
    assert "X101" in row["error"] and "views" in row["error"]
    assert "Traceback" in capsys.readouterr().err


def test_labels_of_raw_text_are_compared_with_gold(tmp_path):
    golds, kept = make_sentences(4, "es-train-"), make_sentences(3, "en-es-train-")
    kept[1].set_ents([])
    other = make_sentences(1, "en-es-pairs-")  # parallel text, which has no gold labels
    for name, docs in (("gold", golds), ("kept", [*kept, *other]), ("dropped", make_sentences(1, "d"))):
        write_docs(tmp_path / f"{name}.spacy", docs)
    data = replace(make_data(), target_train=tmp_path / "gold.spacy")
    labelled = [tmp_path / "kept.spacy", tmp_path / "dropped.spacy"]
    (row,) = curves.judge_labels(Workspace(tmp_path, {}), data, labelled, Path("test"))
    assert row == pytest.approx({"x": "es", "kept": 0.8, "precision": 1.0, "recall": 0.6667, "f1": 0.8})


def test_the_amount_is_what_the_model_read(tmp_path, monkeypatch):
    write_docs(tmp_path / "target.spacy", make_sentences(7, ""))
    config = load_config(ROOT / "configs" / "mcl_selftrain.cfg")
    config["paths"]["target"] = str(tmp_path / "target.spacy")
    monkeypatch.setattr(curves, "judge_model", lambda *args: [{"f1": 0.5}])
    for limit, read in ((0, 7), (5, 5), (9, 7)):
        config["corpora"]["train"]["corpora"]["target"]["limit"] = limit
        config.to_disk(tmp_path / "config.cfg")
        found = curves.judge_amount(Workspace(tmp_path, {}), make_data(), tmp_path, Path("test"))
        assert found == [{"f1": 0.5, "x": read}]


def test_pseudo_labels_are_scored_as_epochs_begin_and_after_the_last(tmp_path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Rom"}])
    nlp.to_disk(tmp_path / "model-last")
    golds = make_sentences(3, "")
    golds[0].set_ents([])
    write_docs(tmp_path / "gold.spacy", golds)
    log = {"epoch": 0, "step": 0, "precision": 0.1, "recall": 0.2, "f1": 0.3}
    srsly.write_jsonl(tmp_path / LOG, [log])
    data = replace(make_data(), target_train=tmp_path / "gold.spacy")
    first, last = curves.judge_epochs(Workspace(tmp_path, {}), data, tmp_path / "model-best", Path("test"))
    assert first == pytest.approx({"x": 0, "precision": 0.1, "recall": 0.2, "f1": 0.3})
    assert last == pytest.approx({"x": 1, "precision": 2 / 3, "recall": 1.0, "f1": 0.8})


def write_translated(folder: Path) -> None:
    """Three sentences of which two have a translation; one of the names is written alike."""
    for path, text in (
        ("conll/en/train.iob", "Rome\tB-LOC\nwins\tO\n\nBonn\tB-LOC\nwins\tO\n\nBonn\tB-LOC\n"),
        ("conll_translated/en-es.tsv", "Rome wins\tgana Roma\nBonn wins\tgana Bonn\n"),
    ):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)


def test_projection_without_a_reference_has_a_rate(tmp_path):
    write_translated(tmp_path)
    words = ["--studies", "projection", "--aligners", "none", "--methods", "translations-none"]
    args = curves.parse_args([*WORDS, "--data", str(tmp_path), *words])
    (variant,) = curves.find_variants(args)
    work = Workspace(tmp_path / "work", {})
    (row,) = variant.judge(work, make_data(), variant.recipe(work, make_data()), Path("test"))
    assert row.pop("seconds") >= 0 and row == {"x": "es", "rate": 0.5}
    reference = tmp_path / "conll_projected" / "es" / "train.iob"
    reference.parent.mkdir(parents=True)
    reference.write_text("gana\tO\nRoma\tB-LOC\n\ngana\tO\nBonn\tB-LOC\n\n")
    (row,) = variant.judge(work, make_data(), variant.recipe(work, make_data()), Path("test"))
    assert (row["precision"], row["recall"], row["f1"]) == (1.0, 0.5, pytest.approx(0.6667))


def test_alignments_that_there_are_not(tmp_path):
    write_translated(tmp_path)
    with pytest.raises(XnerError, match="X101.*alignments of .*en-es.tsv"):
        curves.judge(tmp_path, "conll", ("en", "es"), "given", tmp_path)
    with pytest.raises(XnerError, match=r"X101.*en-de\.tsv"):
        curves.judge(tmp_path, "conll", ("en", "de"), "none", tmp_path)


def make_row(
    study: str, method: str, x: Any, f1: float, seed: int = 0, language: str = "es", **more: Any
) -> dict:
    place = {"language": language, "corpora": ["conll", "conll"], "encoder": "hash", "limit": 0}
    scores = {"f1": f1, "span_f1": f1, "type_accuracy": f1 / 2}
    return {"study": study, "method": method, "x": x, "seed": seed, **place, **scores, **more}


def test_gaps_of_sub_tasks():
    rows = [
        make_row("subtasks", "source-only", "source", 0.2),
        make_row("subtasks", "decomposed", "source", 0.3),
        make_row("subtasks", "dlbri", "source", 0.5, language="de"),
        make_row("subtasks", "target-decomposed", "target", 0.7),
        make_row("subtasks", "target-supervised", "target", 0.8),
        make_row("subtasks", "target-supervised", "target", 0.9, seed=1),
        {"study": "subtasks", "method": "dlbri", "language": "es", "seed": 0, "error": "no"},
        make_row("mcl-share", "source-only", 1.0, 0.1),
    ]
    curves.add_gaps(rows)
    assert rows[0]["span_gap"] == pytest.approx(0.6) and rows[0]["type_gap"] == pytest.approx(0.3)
    assert rows[1]["span_gap"] == pytest.approx(0.4)
    assert [k for k, row in enumerate(rows) if "span_gap" in row] == [0, 1]


def make_rows() -> Rows:
    rows: Rows = []
    for language in ("es", "de"):
        for seed in (0, 1):
            for study in plots.CURVES:
                xs = (0.1, 1.0) if plots.CURVES[study].share else (0, 500)
                for x in xs:
                    rows.append(make_row(study, "mcl", x, 0.4 + seed / 10, seed, language))
            for name in ("source-only", "target-supervised"):
                rows.append(make_row("subtasks", name, "source", 0.5 + seed / 10, seed, language))
            rows.append(make_row("projection", "raw-crop", language, 0.5, seed, language))
    rows.append({**make_row("mcl-share", "crop", 0.5, 0.5), "f1": None, "error": "no"})
    return rows


def test_every_study_has_a_plot():
    assert {*plots.CURVES, *plots.BARS} == set(curves.STUDIES)


def test_lines_are_means_over_seeds():
    rows = [
        make_row("mcl-pseudo", "mcl", 500, 0.3),
        make_row("mcl-pseudo", "mcl", 500, 0.4),  # the last of a seed counts
        make_row("mcl-pseudo", "mcl", 500, 0.6, seed=1),
        make_row("mcl-pseudo", "mcl", 90, 0.5, amount="all"),
        make_row("mcl-pseudo", "mcl", 110, 0.7, seed=1, amount="all"),
        make_row("mcl-pseudo", "mcl", 0, 0.1, language="ar"),
        {**make_row("mcl-pseudo", "mcl", 0, 0.2, language="ar"), "corpora": ["conll", "aqmar"]},
    ]
    found = plots.find_lines(rows)
    assert found.keys() == {"es", "ar (conll)", "ar (aqmar)"}
    assert found["es"]["mcl"] == [pytest.approx((100, 50, 60, 70)), pytest.approx((500, 40, 50, 60))]


def test_plots(tmp_path):
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    found = plots.draw_all(make_rows(), tmp_path / "plots")
    assert {path.name for path in found} == {
        f"{study}.{suffix}" for study in curves.STUDIES for suffix in ("png", "svg")
    }
    for path in found:
        assert path.read_bytes().startswith(b"\x89PNG" if path.suffix == ".png" else b"<?xml")
    drawn = (tmp_path / "plots" / "mcl-share.svg").read_text()
    assert all(f">{text}<" in drawn for text in ("es", "de", "100", "test F1, %"))
    bars = (tmp_path / "plots" / "subtasks.svg").read_text()
    assert ">55<" in bars and ">28<" in bars  # the means of span F1 and of type accuracy


def test_settings_are_plotted_apart(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    rows = [
        make_row("mcl-share", "mcl", 1.0, 0.5),
        {**make_row("mcl-share", "mcl", 1.0, 0.9), "limit": 60, "encoder": "a/b"},
        {**make_row("mcl-epochs", "mcl", 1.0, 0.9), "f1": None},
    ]
    found = {path.name for path in plots.draw_all(rows, tmp_path)}
    assert found == {
        f"mcl-share-{name}.{suffix}" for name in ("hash-all", "a_b-60") for suffix in ("png", "svg")
    }
    assert "mcl-epochs-hash-all: no row has a score" in capsys.readouterr().out


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match=r"matplotlib: pip install 'spacy-xner\[report\]'"):
        plots.draw_all(make_rows(), tmp_path)
