"""What each method's training costs beside plain fine-tuning of the same encoder.

All in one run, on the same text and the same encoder with random weights, each stage in a process of its own (on a GPU
all in one), timed by turns with the baseline `source_only`. docs/benchmarks.md tells what the figures mean.

Source, target and renderings are copies of the same sentences; stored distributions are those of their labels. They are
written to disk and read with the stage's own reader. An objective that has no loss in any batch is an error.
"""

import random
import tempfile
from argparse import Namespace
from collections import Counter
from statistics import median
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry

from spacy_xner.corpora.store import write_docs
from spacy_xner.errors import explain
from spacy_xner.evaluation.speed import time_run
from spacy_xner.hub import HASH
from spacy_xner.metadata import set_metadata
from spacy_xner.pipeline import find_component

from .command import Setting, list_settings, make_parser, make_pool, run, show_turns
from .headings import COSTS, Row
from .methods import PLAIN, Corpus, Stage, Trainings, list_stages, read_methods
from .peak import measure_memory, start_measuring, wait
from .sample import create_optimizer, make_pipeline, read_sample, store_gold
from .torch_loop import Recorder, TorchLoop, Updates, compare_by_turns


class Training:
    """A stage that is ready for epochs of updates on the sample."""

    def __init__(self, stage: Stage, docs: Sequence[Doc], settings: Dict[str, Any]) -> None:
        self.stage = stage
        self.nlp = make_pipeline(stage.config, {**settings, **stage.settings}, docs)
        self.pipe = find_component(self.nlp, stage.name)
        self.examples, self.batcher = read_training(self.nlp, stage, docs)
        self.optimizer, self.rng = create_optimizer(self.nlp), random.Random(0)
        # The share of the batches of the last epoch in which each objective had a loss.
        self.active: Dict[str, float] = {}

    def epoch(self) -> float:
        """RETURNS (float): seconds of a sentence in updates on all. RAISES: ValueError if an objective had no loss."""
        self.rng.shuffle(self.examples)
        losses: List[Dict[str, float]] = []
        seconds = time_run(lambda batches: self._update(batches, losses), list(self.batcher(self.examples)))
        self.active = {
            name: sum(f"{self.pipe.name}_{name}" in found for found in losses) / len(losses)
            for name, objective in self.pipe.objectives.items()
            if objective.weight
        }
        if idle := [name for name, share in self.active.items() if not share]:
            raise ValueError(f"{self.stage.name}: objectives without a loss: {idle}")
        return seconds / len(self.examples)

    def _update(self, batches: List[List[Example]], losses: List[Dict[str, float]]) -> None:
        drop = self.nlp.config["training"]["dropout"]
        for batch in batches:
            losses.append(self.nlp.update(batch, drop=drop, sgd=self.optimizer, losses={}))
            self.optimizer.step_schedules()
        wait()


def read_training(
    nlp: Language, stage: Stage, docs: Sequence[Doc]
) -> Tuple[List[Example], Callable[[List[Example]], Iterator[List[Example]]]]:
    """Write what the stage reads, and read it as the stage does. RETURNS (Tuple): its examples and its batcher."""
    with tempfile.TemporaryDirectory() as folder:
        config = nlp.config.copy()
        for name, corpus in stage.corpora.items():
            config["paths"][name] = f"{folder}/{name}.spacy"
            write_docs(config["paths"][name], render_all(find_component(nlp, stage.name), docs, corpus))
        found = config.interpolate()
        reader = registry.resolve({"corpora": found["corpora"]})["corpora"]["train"]
        batcher = registry.resolve({"batcher": found["training"]["batcher"]})["batcher"]
        return list(reader(nlp)), batcher


def render_all(pipe: Any, docs: Sequence[Doc], corpus: Corpus) -> Iterator[Doc]:
    """YIELDS (Doc): the renderings of each sentence."""
    for index, doc in enumerate(docs):
        for view in corpus.views:
            rendering = doc.copy()
            if view:
                set_metadata(rendering, group=str(index), view=view)
                spans = ((ent.start, ent.end, ent.label_) for ent in doc.ents)
                rendering.set_ents([Span(rendering, *span, span_id=str(k)) for k, span in enumerate(spans)])
            if corpus.taught:
                store_gold(pipe, rendering)
            yield rendering


def prepare_stage(args: Namespace, setting: Setting, name: str) -> Training:
    """RETURNS (Training): a stage with the encoder of a setting."""
    stage = list_stages()[name]
    size = {"training.batcher.size": args.batch_size} if args.batch_size else {}
    return Training(stage, read_sample(args), {**setting.overrides(stage.config), **size})


def measure(args: Namespace, setting: Setting, name: str) -> Row:
    """RETURNS (Row): the costs of a stage, by turns with the baseline, since a shared machine is slow at times."""
    start_measuring(args.gpu_id)
    training = prepare_stage(args, setting, name)
    training.epoch()
    memory = measure_memory(args.gpu_id)
    plain = prepare_stage(args, setting, PLAIN)
    plain.epoch()
    pairs = [(training.epoch(), plain.epoch()) for _ in range(args.repeats)]
    seconds = median(own for own, _ in pairs)
    words = sum(len(eg.reference) for eg in training.examples) / len(training.examples)
    return {
        "objectives": {name: round(share, 3) for name, share in training.active.items()},
        "text": round(len(training.examples) / len(plain.examples), 3),
        "milliseconds_per_sentence": round(1000 * seconds, 3),
        "words_per_second": round(words / seconds, 1),
        **show_turns([own / other for own, other in pairs], "of_plain"),
        **memory,
    }


def record(args: Namespace, setting: Setting) -> Updates:
    """RETURNS (Updates): what the encoder of the baseline reads in an epoch."""
    start_measuring(args.gpu_id)
    training = prepare_stage(args, setting, PLAIN)
    recorder = Recorder(training.pipe)
    training.epoch()
    return recorder.take()


def measure_loop(args: Namespace, setting: Setting, updates: Updates) -> Row:
    """RETURNS (Row): what the baseline costs in loops, by turns, and the memory of one on `updates`, which warm up."""
    start_measuring(args.gpu_id)
    device = torch.device("cpu" if args.gpu_id < 0 else f"cuda:{args.gpu_id}")
    loop = TorchLoop(setting.path, setting.precision, device)
    loop.epoch(updates)
    memory = measure_memory(args.gpu_id)
    training = prepare_stage(args, setting, PLAIN)
    recorder = Recorder(training.pipe)
    training.epoch()
    return {**compare_by_turns(training, recorder, loop, args.repeats), **memory}


def measure_all(args: Namespace) -> Iterator[Row]:
    """YIELDS (Row): for each encoder and precision those of its stages, of a torch loop and of the methods."""
    methods = {name: read_methods()[name] for name in args.methods}
    names = dict.fromkeys([PLAIN, *(stage.name for found in methods.values() for stage in found.stages)])
    with make_pool(args.gpu_id) as pool:
        for setting in list_settings(args):
            rows: List[Row] = []
            for name in names:
                found = attempt(pool, measure, args, setting, name)
                rows.append({**setting.columns, "stage": name, **found})
                yield rows[-1]
            if setting.encoder != HASH:
                updates = attempt(pool, record, args, setting)
                found = updates if "error" in updates else attempt(pool, measure_loop, args, setting, updates)
                yield {**setting.columns, "loop": PLAIN, **found, **compare_memory(rows[0], found)}
            for name, method in methods.items():
                yield from sum_stages({**setting.columns, "method": name}, method, rows)


def attempt(pool: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    """RETURNS (Any): what a function returns in another process, or the error, such as of memory, as a row."""
    try:
        return pool.apply(function, arguments)
    except Exception as error:
        return {"error": explain(error)}


def compare_memory(plain: Row, loop: Row) -> Row:
    """RETURNS (Row): the peak memory of the baseline as a multiple of that of the loop, if both were measured."""
    both = [row.get("peak_gpu_mib", row.get("peak_mib")) for row in (plain, loop)]
    return {"memory_of_torch": round(both[0] / both[1], 3)} if all(both) else {}


def sum_stages(columns: Row, method: Trainings, rows: Sequence[Row]) -> Iterator[Row]:
    """YIELDS (Row): the epochs of the baseline that one of all stages of a method costs, unless a stage failed."""
    epochs = {row["stage"]: row["text"] * row["of_plain"] for row in rows if "of_plain" in row}
    stages = Counter(stage.name for stage in method.stages)
    if stages.keys() <= epochs.keys():
        total = sum(times * epochs[name] for name, times in stages.items())
        yield {**columns, "stages": stages, "plain_epochs": round(total, 2)}


if __name__ == "__main__":
    methods = list(read_methods())
    parser = make_parser(__doc__, "training.json", sentences=400, repeats=5)
    parser.add_argument("--methods", nargs="+", default=methods, choices=methods, help="to measure")
    parser.add_argument("--batch-size", type=int, default=0, help="of all stages; 0: that of each config")
    run(parser, measure_all, COSTS)
