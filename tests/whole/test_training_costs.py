"""`benchmarks/costs` measures what it says; what it costs is not tested."""

import re
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import List

import pytest
import srsly
import torch
from spacy.tokens import Doc, Span
from spacy.util import load_config

from benchmarks.costs import agreement, methods
from benchmarks.costs.agreement import compare, make_options
from benchmarks.costs.command import Setting, choose_precision, show_turns
from benchmarks.costs.long_document import make_docs
from benchmarks.costs.methods import PLAIN, Corpus, Stage, list_stages, list_systems, read_methods
from benchmarks.costs.sample import make_pipeline, make_trained, store_gold
from benchmarks.costs.speed import prepare_spacy
from benchmarks.costs.stages import Training, compare_memory, sum_stages
from benchmarks.costs.torch_loop import Recorder, TorchLoop, compare_by_turns
from benchmarks.pages.tables import print_all
from benchmarks.transfer.workflows import list_steps
from spacy_xner.architectures import precision, transformer
from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.metadata import get_soft_labels
from spacy_xner.pipeline import find_component
from spacy_xner.tokenizer import get_blank

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
HASH = {"vars.encoder": "hash"}
STAGES, METHODS = list_stages(), read_methods()


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> List[Doc]:
    path = tmp_path_factory.mktemp("sample") / "en.spacy"
    convert(ROOT / "assets" / "train.en.jsonl", path, language="en", limit=12)
    return list(read_docs(path, get_blank().vocab))


def count_texts(stage: Stage) -> float:
    """How many texts an epoch reads of each sentence, by the readers of the config and what commands wrote for them."""
    config = load_config(stage.config, overrides=stage.settings, interpolate=False)
    raw, train = config["corpora"]["train"], config.interpolate()["corpora"]["train"]
    readers, ratios = train.get("corpora", {"": train}), train.get("ratios", {})
    total = 0.0
    for name, reader in raw.get("corpora", {"": raw}).items():
        path = re.fullmatch(r"\$\{paths\.(\w+)\}", reader["path"])
        views = stage.corpora[path[1]].views
        total += ratios.get(name, 1) * len(set(views) & set(readers[name].get("views", views)))
    return total


@pytest.mark.parametrize("name", STAGES)
def test_every_objective_of_a_stage_is_measured(name, docs):
    stage = STAGES[name]
    assert stage.corpora.keys() <= load_config(stage.config)["paths"].keys()
    training = Training(stage, docs, HASH)
    assert len(training.examples) == count_texts(stage) * len(docs)
    assert training.epoch() > 0
    wanted = {name for name, objective in training.pipe.objectives.items() if objective.weight}
    assert wanted and training.active.keys() == wanted


def test_a_torch_loop_gets_the_same_batches(docs, tiny_transformer):
    settings = {"vars.encoder": tiny_transformer, "training.batcher.size": 8}
    training = Training(STAGES[PLAIN], docs, settings)
    recorder = Recorder(training.pipe)
    training.epoch()
    assert recorder.seconds > 0
    updates = recorder.take()
    assert len(updates) == 2 and recorder.updates == [[]]
    windows = sum(len(inputs["input_ids"]) for batches in updates for inputs in batches)
    assert windows >= len(docs)
    loop = TorchLoop(tiny_transformer, "fp32", torch.device("cpu"))
    before = loop.head.weight.detach().clone()
    assert loop.epoch(updates) > 0
    assert not torch.equal(loop.head.weight, before)
    found = compare_by_turns(training, recorder, loop, 1)
    assert found["least"] == found["of_torch"] == found["most"] > 0
    assert 0 < found["update_share"] < 1


def test_memory_is_compared_with_that_of_the_loop():
    plain, error = {"peak_mib": 1500.0}, {"error": "no memory"}
    assert compare_memory(plain, {"peak_mib": 1000.0}) == {"memory_of_torch": 1.5}
    on_gpu = [{"peak_mib": 1500.0, "peak_gpu_mib": n} for n in (100.0, 50.0)]
    assert compare_memory(*on_gpu) == {"memory_of_torch": 2.0}
    assert compare_memory(plain, error) == compare_memory(error, plain) == {}


def test_an_objective_without_loss_is_an_error(docs):
    stage = STAGES["mcl/source"]._replace(corpora={"train": Corpus()})
    with pytest.raises(
        ValueError, match=r"mcl/source: objectives without a loss: \['semantic', 'relation'\]"
    ):
        Training(stage, docs, HASH).epoch()


def test_methods_sum_what_their_stages_cost():
    place = {"encoder": "small", "precision": "fp32"}
    rows = [
        {**place, "stage": "source_only", "text": 1.0, "of_plain": 1.0},
        {**place, "stage": "crop/round1", "text": 2.0, "of_plain": 1.5},
        {**place, "stage": "tsl/student", "error": "no memory"},
    ]
    (row,) = sum_stages(place, METHODS["crop"], rows)
    assert row == {**place, "stages": {"source_only": 1, "crop/round1": 2}, "plain_epochs": 7.0}
    assert list(sum_stages(place, METHODS["tsl"], rows)) == []


def test_methods_are_those_of_the_project_files():
    folders = {
        path.parent.name for room in ("projects", "examples") for path in ROOT.glob(f"{room}/*/project.yml")
    }
    assert METHODS.keys() == {"dlbri", *folders} and len(folders) > 5
    names = [stage.name for stage in METHODS["dlbri"].stages]
    assert (
        names[:3] == ["dlbri/bridge_1", "dlbri/bridge_2", "dlbri/bridge_3"] and names[-1] == "dlbri/combine"
    )
    assert STAGES["dlbri/type_students"].settings["vars.boundary"] == 0
    assert STAGES["mcl/target"].corpora == {
        "train": Corpus(("s", "cs")),
        "target": Corpus(taught=True),
        "dev": Corpus(),
    }
    # The baseline only where the method needs it, and the second round is the first again.
    assert "source_only" not in names
    assert [stage.name for stage in METHODS["crop"].stages] == ["source_only", "crop/round1", "crop/round1"]


def test_a_new_method_needs_no_edit(tmp_path, monkeypatch):
    """A folder with a project file is enough, whose settings are those that are measured."""
    for name in ("configs", "project.yml", "projects"):
        (tmp_path / name).symlink_to(ROOT / name)
    text = (ROOT / "examples" / "tsl" / "project.yml").read_text(encoding="utf8")
    text = text.replace("concner_student.cfg", "dualner_student.cfg").replace("tsl", "new")
    text = text.replace('options: ""', 'options: "--vars.dual 0.25 --paths.train corpus/new/taught.spacy"')
    folder = tmp_path / "examples" / "new"
    folder.mkdir(parents=True)
    (folder / "project.yml").write_text(text, encoding="utf8")
    monkeypatch.setattr(methods, "ROOT", tmp_path)
    monkeypatch.setattr(methods, "list_steps", partial(list_steps, root=tmp_path))
    found = read_methods.__wrapped__()["new"]
    assert [stage.name for stage in found.stages] == ["source_only", "new/student"]
    assert found.stages[1].settings == {"vars.dual": 0.25} and found.system == found.stages[1].config
    assert found.stages[1].corpora == {"train": Corpus(taught=True), "target": Corpus(), "dev": Corpus()}


def test_gold_relations_are_stored_in_the_band(docs):
    nlp = make_pipeline(CONFIGS / "mcl_selftrain.cfg", HASH, docs)
    pipe = find_component(nlp, "mcl_selftrain")
    doc = docs[0].copy()
    store_gold(pipe, doc)
    soft = get_soft_labels(doc, "relation")
    assert soft is not None and soft.logp.shape == (len(doc), pipe.longest + 1, len(soft.classes))
    assert (soft.logp.argmax(axis=-1) > 0).any()


def test_documents_of_a_stream_have_the_length_asked_for(docs):
    nlp = get_blank()
    assert [len(doc) for doc in make_docs(nlp, docs, 500, 200)] == [200, 200, 100]
    words = [token.text for doc in docs for token in doc]
    assert [token.text for token in next(make_docs(nlp, docs, 10**4, 10**4))][: len(words)] == words


def test_systems_are_configs():
    assert all(config.exists() for config in list_systems().values())
    assert "crop" in list_systems() and "ensemble" not in list_systems()


def test_the_spacy_pipeline_has_the_encoder(docs, tiny_transformer):
    for setting in (Setting("hash", "hash", "fp32"), Setting("tiny", tiny_transformer, "fp32")):
        assert min(prepare_spacy(setting, docs[:4], 1)(1)) > 0


@pytest.fixture(scope="module")
def pipeline(docs, tiny_transformer, tmp_path_factory) -> str:
    """A pipeline that has learnt where most words are names, so that it finds some."""
    nlp = make_trained(CONFIGS / "source_only.cfg", {"vars.encoder": tiny_transformer}, docs, updates=40)
    path = tmp_path_factory.mktemp("agreement") / "model"
    nlp.to_disk(path)
    write_docs(path.with_name("text.spacy"), docs)
    return str(path)


def compare_precisions(pipeline: str) -> dict:
    args = make_options().parse_args([pipeline, str(Path(pipeline).with_name("text.spacy"))])
    (row,) = compare(args)
    return row


def test_both_precisions_are_computed(pipeline, monkeypatch):
    """Without bfloat16 both are the same; with it `auto` computes other numbers, float32 never does."""
    seen = []
    use = transformer.use_bfloat16
    monkeypatch.setattr(
        transformer, "use_bfloat16", lambda *args: seen.append((args[0], use(*args))) or seen[-1][1]
    )
    for has in (False, True):
        monkeypatch.setattr(precision, "has_bfloat16", lambda device, has=has: has)
        row = compare_precisions(pipeline)
        assert set(seen) == {("auto", has), ("float32", False)}
        assert min(row["entities"], row["entities_float32"]) > 0
        assert row["agreement"] == 1 if not has else row["agreement"] > 0.8
        seen.clear()


def test_agreement_is_the_f1_of_one_against_the_other(pipeline, docs, monkeypatch):
    """Of entities of `auto` one is missing and one has another type."""
    several = next(k for k, doc in enumerate(docs) if len(doc.ents) > 1)
    wanted = {"auto": [], "float32": []}
    for name, found in wanted.items():
        for k, doc in enumerate(doc.copy() for doc in docs):
            ents = list(doc.ents)
            if k == several and name == "auto":
                ents = [Span(doc, ents[0].start, ents[0].end, label="OTHER"), *ents[2:]]
            doc.set_ents(ents, default="outside")
            found.append(doc)
    loaded = []

    def predict(name, paths):
        loaded.append(name)
        return Namespace(examples={"en": [Namespace(predicted=doc) for doc in wanted[name]]})

    monkeypatch.setattr(agreement, "spacy", Namespace(load=lambda path, config: set(config.values()).pop()))
    monkeypatch.setattr(agreement, "predict_corpora", predict)
    row, n = compare_precisions(pipeline), sum(len(doc.ents) for doc in docs)
    assert loaded == ["auto", "float32"] and (row["entities"], row["entities_float32"]) == (n - 1, n)
    assert row["agreement"] == pytest.approx(2 * (n - 2) / (2 * n - 1), abs=1e-4)


def test_a_pipeline_that_finds_nothing_agrees_on_nothing(pipeline, docs, monkeypatch):
    monkeypatch.setattr(agreement, "predict_corpora", lambda *args: Namespace(examples={}))
    with pytest.raises(ValueError, match="finds no entity"):
        compare_precisions(pipeline)


def test_precisions_are_those_of_all_encoders():
    config = load_config(CONFIGS / "dlbri_combine.cfg")
    config["components"]["other"] = {"factory": "sentencizer"}
    assert choose_precision(config, "float32") == {
        f"components.xner.model.encoders.{name}.precision": "float32" for name in ("span", "type")
    }


def test_turns_are_summed_up():
    assert show_turns([2.0, 1.0, 4.0], "of_plain") == {"of_plain": 2.0, "least": 1.0, "most": 4.0}


def test_tables_of_the_gpu(tmp_path, capsys):
    assert print_all(tmp_path) == 1 and "No figures" in capsys.readouterr().out
    place = {"encoder": "small", "peak_mib": 2000.0, "peak_gpu_mib": 1000.0, "words_per_second": 4000.0}
    stage = {"stage": "crop", "of_plain": 1.25}
    rows = {
        "costs": [
            {**place, **stage, "precision": "fp32"},
            {**place, **stage, "precision": "bf16", "of_plain": 1.5},
            {"encoder": "small", "precision": "fp32", "stage": "mcl", "error": "X008: not finite"},
            {"encoder": "small", "precision": "fp32", "method": "crop", "plain_epochs": 2.5},
        ],
        "speed": [
            {**place, "precision": "fp32", "pipeline": "mcl", "of_encoder": 0.9},
            {**place, "precision": "fp32", "pipeline": "spaCy ner", "of_encoder": 0.3},
            {"encoder": "small", "precision": "fp32", "pipeline": "gliner", "skipped": "no weights"},
        ],
    }
    for name, found in rows.items():
        srsly.write_json(tmp_path / f"{name}.json", found)
    assert print_all(tmp_path) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| small")]
    assert lines == [
        "| small | fp32 | crop | 4,000 | 1.25 | 1,000 |  |",
        "| small | bf16 | crop | 4,000 | 1.50 | 1,000 |  |",
        "| small | fp32 | mcl |  |  |  | X008: not finite |",
        "| small | fp32 | crop | 2.5 |",
        "| small | fp32 | mcl | 4,000 | 0.90 | 3.00 | 1,000 |  |",
        "| small | fp32 | spaCy ner | 4,000 | 0.30 | 1.00 | 1,000 |  |",
        "| small | fp32 | gliner |  |  |  |  | no weights |",
    ]
