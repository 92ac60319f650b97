"""What each method's training costs beside plain fine-tuning of the same encoder.

All in one run, on the same text and the same encoder with weights drawn at random, each stage in a process of its own
(on a GPU all in one).
A stage's updates of one epoch are timed turn by turn with those of the baseline `source_only`: what a sentence costs,
as a multiple. Batches are those of the stage's config, unless --batch-size is given.

The sum of a method counts epochs of the baseline. It assumes that all stages are trained for as many epochs as the
baseline, and that source text, target text and each other rendering of the source (a translation, a code-switched
copy) have as many sentences: a stage that mixes source and target text sees twice as many as the baseline, and one that
is run for each of three pairs of views counts three times. The teachers' predictions, made and stored once, are left
out, as are evaluations.

Beside it, a plain torch loop runs the baseline's encoder on the same batches: how fast the baseline is as a multiple of
that, the share of the update of the weights in its time, and its peak memory as a multiple of that of the loop.

Source, target and renderings are copies of the same sentences; stored distributions are those of their labels. They are
written to disk and read with the stage's own reader. An objective that has no loss in any batch is an error.
"""

import argparse
import math
import os
import random
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

os.environ.setdefault("OMP_NUM_THREADS", "2")

import torch  # noqa: E402
from sample import (  # noqa: E402
    add_precisions,
    make_parser,
    make_pipeline,
    make_pool,
    measure_memory,
    prepare_all,
    read_sample,
    set_precision,
    show_memory,
    start_measuring,
    store_gold,
    vary_precision,
    write_rows,
)
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc, Span  # noqa: E402
from spacy.training import Example  # noqa: E402
from spacy.util import registry  # noqa: E402
from torch_loop import Recorder, TorchLoop, Updates, compare_by_turns  # noqa: E402
from wasabi import table  # noqa: E402

from spacy_xner.corpora.store import write_docs  # noqa: E402
from spacy_xner.errors import explain  # noqa: E402
from spacy_xner.evaluation.speed import time_run  # noqa: E402
from spacy_xner.metadata import set_metadata  # noqa: E402
from spacy_xner.pipeline import find_component  # noqa: E402

PLAIN = "source_only"


class Corpus(NamedTuple):
    """Renderings of the sample.

    views (Tuple[str, ...]): one of each sentence; "" belongs to no group.
    taught (bool): with the distributions that the stage reads.
    """

    views: Tuple[str, ...] = ("",)
    taught: bool = False


TEXT, TAUGHT = Corpus(), Corpus(taught=True)
VIEWS, SWITCHED = Corpus(("s", "si", "ti", "t")), Corpus(("s", "cs"))


@dataclass(frozen=True)
class Stage:
    """A config and what it reads.

    config (str): its name.
    corpora (Dict[str, Corpus]): the corpus of each path.
    settings (Dict[str, Any]): config overrides, as the method has them.
    """

    config: str
    corpora: Dict[str, Corpus] = field(default_factory=lambda: {"train": TEXT})
    settings: Dict[str, Any] = field(default_factory=dict)


STAGES = {
    "source_only": Stage(PLAIN),
    "dlbri_bridge": Stage("dlbri_bridge", {"train": VIEWS, "dev": VIEWS}),
    "dlbri_teachers span": Stage("dlbri_teachers", settings={"vars.task": "span"}),
    "dlbri_teachers type": Stage("dlbri_teachers", settings={"vars.task": "type"}),
    "dlbri_students span": Stage(
        "dlbri_students", {"train": TAUGHT, "source": TEXT}, settings={"vars.task": "span"}
    ),
    "dlbri_students type": Stage(
        "dlbri_students",
        {"train": TAUGHT},
        settings={"vars.task": "type", "vars.boundary": 0.0, "vars.source_ratio": 0.0},
    ),
    "dlbri_combine": Stage("dlbri_combine", {"train": TAUGHT}),
    "mcl": Stage("mcl", {"train": SWITCHED}),
    "mcl_selftrain": Stage("mcl_selftrain", {"train": SWITCHED, "target": TAUGHT}),
    "dualner": Stage("dualner"),
    "dualner_student": Stage("dualner_student", {"train": TAUGHT, "target": TAUGHT}),
    "concner": Stage("concner", {"train": VIEWS}),
    "concner_student": Stage("concner_student", {"train": TAUGHT}),
    "crop": Stage("crop", {"train": TEXT, "target": TEXT}),
    "tsl": Stage("tsl", {"train": TAUGHT}),
}
# How often each stage is run: for each pair of views or sub-task, or in each round.
METHODS: Dict[str, Dict[str, int]] = {
    "dlbri": {
        "dlbri_bridge": 3,
        "dlbri_teachers span": 1,
        "dlbri_teachers type": 1,
        "dlbri_students span": 1,
        "dlbri_students type": 1,
        "dlbri_combine": 1,
    },
    "mcl": {"mcl": 1, "mcl_selftrain": 1},
    "dualner": {"dualner": 1, "dualner_student": 2},
    "concner": {"concner": 1, "concner_student": 1},
    "crop": {"source_only": 1, "crop": 2},
    "tsl": {"source_only": 1, "tsl": 1},
}


class Training:
    """A stage that is ready for epochs of updates.

    stage (Stage): the stage.
    docs (Sequence[Doc]): the sample.
    settings (Dict[str, Any]): config overrides.
    """

    def __init__(self, stage: Stage, docs: Sequence[Doc], settings: Dict[str, Any]) -> None:
        self.stage = stage
        self.nlp = make_pipeline(stage.config, {**settings, **stage.settings}, docs)
        self.pipe = find_component(self.nlp, stage.config)
        self.examples, self.batcher = read_training(self.nlp, stage, docs)
        self.optimizer = self.nlp.create_optimizer()
        self.rng = random.Random(0)
        # The share of the batches of the last epoch in which each objective had a loss.
        self.active: Dict[str, float] = {}

    def epoch(self) -> float:
        """Update on all examples. RETURNS (float): seconds of a sentence. RAISES: ValueError if an objective found
        nothing to fall on."""
        self.rng.shuffle(self.examples)
        losses: List[Dict[str, float]] = []
        seconds = time_run(lambda batches: self._update(batches, losses), list(self.batcher(self.examples)))
        self.active = {
            name: sum(f"{self.pipe.name}_{name}" in found for found in losses) / len(losses)
            for name, objective in self.pipe.objectives.items()
            if objective.weight
        }
        if idle := [name for name, share in self.active.items() if not share]:
            raise ValueError(f"{self.stage.config}: objectives without a loss: {idle}")
        return seconds / len(self.examples)

    def _update(self, batches: List[List[Example]], losses: List[Dict[str, float]]) -> None:
        drop = self.nlp.config["training"]["dropout"]
        for batch in batches:
            losses.append(self.nlp.update(batch, drop=drop, sgd=self.optimizer, losses={}))
        if torch.cuda.is_available():
            torch.cuda.synchronize()


def read_training(
    nlp: Language, stage: Stage, docs: Sequence[Doc]
) -> Tuple[List[Example], Callable[[List[Example]], Iterator[List[Example]]]]:
    """Write what the stage reads, and read it as the stage does. RETURNS (Tuple): its examples and its batcher."""
    with tempfile.TemporaryDirectory() as folder:
        config = nlp.config.copy()
        config["paths"].update(write_corpora(nlp, stage, docs, Path(folder)))
        found = config.interpolate()
        reader = registry.resolve({"corpora": found["corpora"]})["corpora"]["train"]
        batcher = registry.resolve({"batcher": found["training"]["batcher"]})["batcher"]
        return list(reader(nlp)), batcher


def write_corpora(nlp: Language, stage: Stage, docs: Sequence[Doc], folder: Path) -> Dict[str, str]:
    """Write what the stage reads. RETURNS (Dict[str, str]): the file of each of its paths."""
    paths = {name: str(folder / f"{name}.spacy") for name in stage.corpora}
    for name, corpus in stage.corpora.items():
        write_docs(Path(paths[name]), render_all(find_component(nlp, stage.config), docs, corpus))
    return paths


def render_all(pipe: Any, docs: Sequence[Doc], corpus: Corpus) -> Iterator[Doc]:
    """YIELDS (Doc): the renderings of each sentence."""
    for index, doc in enumerate(docs):
        for view in corpus.views:
            rendering = doc.copy()
            if view:
                set_metadata(rendering, group=str(index), view=view)
                spans = [
                    Span(rendering, ent.start, ent.end, label=ent.label_, span_id=str(k))
                    for k, ent in enumerate(doc.ents)
                ]
                rendering.set_ents(spans)
            if corpus.taught:
                store_gold(pipe, rendering)
            yield rendering


def measure(
    name: str, settings: Dict[str, Any], precision: str, sample: Dict[str, Any], repeats: int, gpu_id: int
) -> Dict[str, Any]:
    """Measure a stage and the baseline turn by turn, since a machine that others use is slow at times.

    name (str): the stage.
    settings (Dict[str, Any]): config overrides of both.
    precision (str): of both, one of `PRECISIONS`.
    sample (Dict[str, Any]): the arguments of `read_sample`.
    repeats (int): epochs by the clock, after one to warm up.
    gpu_id (int): the GPU, -1 for the CPU.
    RETURNS (Dict[str, Any]): the stage's costs.
    """
    start_measuring(gpu_id)
    docs = read_sample(**sample)
    training = Training(STAGES[name], docs, {**settings, **set_precision(STAGES[name].config, precision)})
    training.epoch()
    memory = measure_memory(gpu_id)
    plain = Training(STAGES[PLAIN], docs, {**settings, **set_precision(PLAIN, precision)})
    plain.epoch()
    pairs = [(training.epoch(), plain.epoch()) for _ in range(repeats)]
    ratios = [own / other for own, other in pairs]
    seconds = statistics.median(own for own, _ in pairs)
    words = sum(len(eg.reference) for eg in training.examples) / len(training.examples)
    return {
        "objectives": {name: round(share, 3) for name, share in training.active.items()},
        "text": round(len(training.examples) / len(plain.examples), 3),
        "milliseconds_per_sentence": round(1000 * seconds, 3),
        "words_per_second": round(words / seconds, 1),
        "of_plain": round(statistics.median(ratios), 3),
        "least": round(min(ratios), 3),
        "most": round(max(ratios), 3),
        **memory,
    }


def record(settings: Dict[str, Any], precision: str, sample: Dict[str, Any], gpu_id: int) -> Updates:
    """RETURNS (Updates): what the encoder of the baseline reads in an epoch."""
    training, recorder = make_recorded(settings, precision, sample, gpu_id)
    training.epoch()
    return recorder.take()


def make_recorded(
    settings: Dict[str, Any], precision: str, sample: Dict[str, Any], gpu_id: int
) -> Tuple[Training, Recorder]:
    """RETURNS (Tuple[Training, Recorder]): the baseline, and what records it."""
    start_measuring(gpu_id)
    docs = read_sample(**sample)
    training = Training(STAGES[PLAIN], docs, {**settings, **set_precision(PLAIN, precision)})
    return training, Recorder(training.pipe)


def measure_loop(
    settings: Dict[str, Any],
    precision: str,
    sample: Dict[str, Any],
    repeats: int,
    gpu_id: int,
    updates: Updates,
) -> Dict[str, Any]:
    """Measure the baseline and a plain torch loop by turns.

    updates (Updates): what `record` gave, for an epoch of the loop that warms up and shows its memory; the other
        arguments are those of `measure`.
    RETURNS (Dict[str, Any]): the costs of the baseline as multiples of those of the loop, and the loop's memory.
    """
    start_measuring(gpu_id)
    device = torch.device("cpu" if gpu_id < 0 else f"cuda:{gpu_id}")
    loop = TorchLoop(settings["vars.encoder"], precision, device)
    loop.epoch(updates)
    memory = measure_memory(gpu_id)
    training, recorder = make_recorded(settings, precision, sample, gpu_id)
    training.epoch()
    return {**compare_by_turns(training, recorder, loop, repeats), **memory}


def main(args: argparse.Namespace) -> int:
    """Measure all stages with each encoder; write JSON and print the table. RETURNS (int): the exit status, 1 if one
    failed."""
    rows: List[Dict[str, Any]] = []
    sample, encoders = prepare_all(args)
    names = dict.fromkeys([PLAIN, *(name for method in args.methods for name in METHODS[method])])
    size = {"training.batcher.size": args.batch_size} if args.batch_size else {}
    with make_pool(args.gpu_id) as pool:
        for encoder, path, precision in vary_precision(encoders, args.precisions):
            columns = {"encoder": encoder, "precision": precision}
            settings = {"vars.encoder": path, **size}
            for name in names:
                task = (name, settings, precision, sample, args.repeats, args.gpu_id)
                try:
                    found = pool.apply(measure, task)
                except Exception as error:  # one that has too little memory, for example
                    found = {"error": explain(error)}
                rows.append({**columns, "stage": name, **found})
                write_rows(args.out, rows)
            if encoder != "hash":
                found = compare_with_loop(pool, (settings, precision, sample), args.repeats, args.gpu_id)
                rows.append({**columns, "loop": PLAIN, **found})
                compare_memory(rows)
                write_rows(args.out, rows)
            for row in sum_methods(columns, rows, args.methods):
                rows.append(row)
                write_rows(args.out, rows)
    print(format_rows([row for row in rows if "error" not in row]))
    return int(any("error" in row for row in rows))


def compare_with_loop(pool: Any, task: Tuple, repeats: int, gpu_id: int) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): what `measure_loop` found, or what went wrong."""
    try:
        updates = pool.apply(record, (*task, gpu_id))
        return dict(pool.apply(measure_loop, (*task, repeats, gpu_id, updates)))
    except Exception as error:
        return {"error": explain(error)}


def compare_memory(rows: List[Dict[str, Any]]) -> None:
    """Add to the last row, that of the loop, the peak memory of the baseline as a multiple of the loop's."""
    loop = rows[-1]
    same = [
        row
        for row in rows
        if row.get("stage") == PLAIN and all(row[name] == loop[name] for name in ("encoder", "precision"))
    ]
    kind = "peak_gpu_mib" if "peak_gpu_mib" in loop else "peak_mib"
    if kind in loop and kind in same[-1]:
        loop["memory_of_torch"] = round(same[-1][kind] / loop[kind], 3)


def sum_methods(
    columns: Dict[str, str], rows: Sequence[Dict[str, Any]], methods: Sequence[str]
) -> List[Dict[str, Any]]:
    """RETURNS (List[Dict[str, Any]]): for each method the epochs of the baseline that one of all its stages costs, by
    the rows of stages with the same columns; none for a method of which a stage failed."""
    epochs = {
        row["stage"]: row["text"] * row["of_plain"]
        for row in rows
        if "of_plain" in row and columns.items() <= row.items()
    }
    return [
        {
            **columns,
            "method": method,
            "plain_epochs": round(sum(times * epochs[name] for name, times in METHODS[method].items()), 2),
        }
        for method in methods
        if METHODS[method].keys() <= epochs.keys()
    ]


def format_rows(rows: Sequence[Dict[str, Any]]) -> str:
    """RETURNS (str): a table of the stages, one of the methods, and one of the baseline beside a torch loop."""
    stages = [
        [
            row["encoder"],
            row["precision"],
            row["stage"],
            f"{row['milliseconds_per_sentence']:.2f}",
            f"{row['words_per_second']:,.0f}",
            f"{row['of_plain']:.2f}",
            f"{row['least']:.2f} to {row['most']:.2f}",
            f"{row['text']:g}",
            f"{row['text'] * row['of_plain']:.2f}",
            show_memory(row),
        ]
        for row in rows
        if "stage" in row
    ]
    header = [
        *("encoder", "precision", "stage", "ms/sentence", "words/s", "of plain", "spread", "text"),
        *("plain epochs", "MiB"),
    ]
    methods = [
        [
            row["encoder"],
            row["precision"],
            row["method"],
            " + ".join(f"{times} {name}" for name, times in METHODS[row["method"]].items()),
            f"{row['plain_epochs']:.1f}",
        ]
        for row in rows
        if "method" in row
    ]
    loops = [
        [
            row["encoder"],
            row["precision"],
            f"{row['of_torch']:.2f}",
            f"{row['least']:.2f} to {row['most']:.2f}",
            f"{row['update_share']:.1%}",
            f"{row.get('memory_of_torch', math.nan):.2f}",
            show_memory(row),
        ]
        for row in rows
        if "loop" in row
    ]
    return str(
        table(stages, header=header, divider=True, aligns=(*"lll", *"rrrrrrr"))
        + table(
            methods,
            header=["encoder", "precision", "method", "stages", "plain epochs"],
            divider=True,
            aligns=("l", "l", "l", "l", "r"),
            max_col=160,
        )
        + table(
            loops,
            header=["encoder", "precision", "of a torch loop", "spread", "update", "memory of it", "its MiB"],
            divider=True,
            aligns=(*"ll", *"rrrrr"),
        )
    )


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, "training.json", sentences=400, repeats=5)
    add_precisions(parser)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--batch-size", type=int, default=0, help="of all stages; 0: that of each config")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
