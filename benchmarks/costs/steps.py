"""Train every stage by spaCy's own loop for a few steps, from the shipped config: does it run on this machine, do all
numbers stay finite, and how much memory does it take?

What a stage would read of earlier ones is made up, see `stages.py`; its encoder has random weights. Each is in a
process of its own, so several can share a GPU. Its pipelines stay in the work folder.
"""

import contextlib
import time
import traceback
from argparse import ArgumentParser, Namespace
from functools import partial
from itertools import product
from typing import Iterator, Tuple

from spacy.cli.train import train
from spacy.util import load_config

from spacy_xner.errors import explain
from spacy_xner.pipeline import load_pipeline

from .columns import STEPS, Row
from .command import Setting, list_settings, make_parser, make_pool, run
from .memory import measure_memory, start_measuring
from .methods import list_stages
from .sample import make_pipeline, read_sample
from .stages import write_corpora


def attempt(args: Namespace, task: Tuple[Setting, str]) -> Row:
    """Train a stage. RETURNS (Row): what was found, or the error."""
    setting, name = task
    row = {**setting.columns, "stage": name, "steps": args.steps, "jobs": args.jobs}
    try:
        return {**row, **train_stage(args, setting, name)}
    except Exception as error:
        traceback.print_exc()
        return {**row, "error": explain(error)}


def train_stage(args: Namespace, setting: Setting, name: str) -> Row:
    """RETURNS (Row): seconds, memory, and how many entities the last checkpoint finds."""
    stage = list_stages()[name]
    folder = args.work / "-".join(("steps", *setting.columns.values(), name.replace("/", "-")))
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**setting.overrides(stage.config), **stage.settings}
    start_measuring(args.gpu_id)
    docs = read_sample(args)
    paths = dict.fromkeys(load_config(stage.config)["paths"])
    paths.update(write_corpora(make_pipeline(stage.config, settings, docs), stage, docs, folder))
    overrides = {
        **{f"paths.{path}": file for path, file in paths.items()},
        **settings,
        "training.max_steps": args.steps,
        "training.max_epochs": 0,
        "training.eval_frequency": max(args.steps // 2, 1),
        **({"training.batcher.size": args.batch_size} if args.batch_size else {}),
    }
    start_measuring(args.gpu_id)
    start = time.perf_counter()
    with open(folder / "log.txt", "w", encoding="utf8") as log, contextlib.redirect_stdout(log):
        train(stage.config, folder, use_gpu=args.gpu_id, overrides=overrides)
    found = {"seconds": round(time.perf_counter() - start, 1), **measure_memory(args.gpu_id)}
    # A prediction that isn't finite is an error.
    nlp = load_pipeline(str(folder / "model-last"))
    return {**found, "entities": sum(len(doc.ents) for doc in nlp.pipe(doc.text for doc in docs))}


def train_all(args: Namespace) -> Iterator[Row]:
    """YIELDS (Row): those of all stages with each encoder and precision, as they end."""
    tasks = list(product(list_settings(args), args.stages))
    with make_pool(jobs=args.jobs) as pool:
        yield from pool.imap_unordered(partial(attempt, args), tasks, chunksize=1)


def make_options() -> ArgumentParser:
    stages = list(list_stages())
    parser = make_parser(__doc__, "steps.json", sentences=200)
    add = parser.add_argument
    add("--stages", nargs="+", default=stages, choices=stages, help="to train")
    add("--steps", type=int, default=100, help="of each stage")
    add("--batch-size", type=int, default=0, help="of all stages; 0: that of each config")
    add("--jobs", type=int, default=1, help="stages at once")
    return parser


if __name__ == "__main__":
    run(make_options(), train_all, {"stage": STEPS})
