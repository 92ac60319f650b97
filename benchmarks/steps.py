"""Train every stage by spaCy's own loop for a few steps, from the shipped config: does it run on this machine, do all
numbers stay finite, and how much memory does it take?

What a stage would read of earlier ones is made up, see `training.py`; its encoder has random weights. Each is in a
process of its own, so several can share a GPU. Its pipelines stay in the work folder.
"""

import argparse
import contextlib
import multiprocessing
import os
import sys
import time
import traceback
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any, Dict, List, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "2")

from sample import (  # noqa: E402
    add_precisions,
    find_config,
    make_parser,
    make_pipeline,
    measure_memory,
    prepare_all,
    read_sample,
    set_precision,
    show_memory,
    start_measuring,
    vary_precision,
    write_rows,
)
from spacy.cli.train import train  # noqa: E402
from spacy.util import load_config  # noqa: E402
from training import STAGES, TEXT, write_corpora  # noqa: E402
from wasabi import table  # noqa: E402

from spacy_xner.errors import explain  # noqa: E402
from spacy_xner.pipeline import load_pipeline  # noqa: E402


class Task(NamedTuple):
    """A stage, an encoder by its name and as configs have it, and a precision."""

    stage: str
    encoder: str
    name: str
    precision: str


def run(task: Task, sample: Dict[str, Any], args: argparse.Namespace) -> Dict[str, Any]:
    """Train a stage. RETURNS (Dict[str, Any]): seconds, memory and entities found; or the error."""
    columns = {"encoder": task.encoder, "precision": task.precision, "stage": task.stage}
    limits = {"steps": args.steps, "jobs": args.jobs}
    stage = replace(STAGES[task.stage], corpora={"dev": TEXT, **STAGES[task.stage].corpora})
    folder = args.work / "-".join(("steps", *columns.values())).replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        start_measuring(args.gpu_id)
        docs = read_sample(**sample)
        settings = {
            "vars.encoder": task.name,
            **set_precision(stage.config, task.precision),
            **stage.settings,
        }
        paths = write_corpora(make_pipeline(stage.config, settings, docs), stage, docs, folder)
        config = find_config(stage.config)
        start_measuring(args.gpu_id)
        start = time.perf_counter()
        with open(folder / "log.txt", "w", encoding="utf8") as log, contextlib.redirect_stdout(log):
            train(
                config,
                folder,
                use_gpu=args.gpu_id,
                overrides={
                    **{f"paths.{name}": None for name in load_config(config)["paths"]},
                    **{f"paths.{name}": path for name, path in paths.items()},
                    **settings,
                    "training.max_steps": args.steps,
                    "training.max_epochs": 0,
                    "training.eval_frequency": max(args.steps // 2, 1),
                    **({"training.batcher.size": args.batch_size} if args.batch_size else {}),
                },
            )
        found = {"seconds": round(time.perf_counter() - start, 1), **measure_memory(args.gpu_id)}
        # A prediction that isn't finite is an error.
        nlp = load_pipeline(str(folder / "model-last"))
        return {
            **columns,
            **limits,
            **found,
            "entities": sum(len(doc.ents) for doc in nlp.pipe(d.text for d in docs)),
        }
    except Exception as error:
        traceback.print_exc()
        return {**columns, **limits, "error": explain(error)}


def main(args: argparse.Namespace) -> int:
    """Train all stages with each encoder; write JSON and print the table. RETURNS (int): the exit status, 1 if one
    failed."""
    rows: List[Dict[str, Any]] = []
    sample, encoders = prepare_all(args)
    tasks = [
        Task(stage, encoder, path, precision)
        for (encoder, path, precision), stage in product(
            vary_precision(encoders, args.precisions), args.stages
        )
    ]
    with multiprocessing.get_context("spawn").Pool(args.jobs, maxtasksperchild=1) as pool:
        for row in pool.imap_unordered(partial(run, sample=sample, args=args), tasks, chunksize=1):
            rows.append(row)
            write_rows(args.out, rows)
    print(format_rows(rows))
    return int(any("error" in row for row in rows))


def format_rows(rows: List[Dict[str, Any]]) -> str:
    """RETURNS (str): a table of the stages."""
    lines = [
        [
            *(row[name] for name in ("encoder", "precision", "stage")),
            *(
                (row["error"][:60], "", "")
                if "error" in row
                else (f"{row['seconds']:.1f}", show_memory(row), str(row["entities"]))
            ),
        ]
        for row in rows
    ]
    header = ["encoder", "precision", "stage", "seconds", "MiB", "entities"]
    return str(table(lines, header=header, divider=True, aligns=("l", "l", "l", "r", "r", "r")))


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, "steps.json", sentences=200)
    add_precisions(parser)
    parser.add_argument("--stages", nargs="+", default=list(STAGES), choices=list(STAGES))
    parser.add_argument("--steps", type=int, default=100, help="of each stage")
    parser.add_argument("--batch-size", type=int, default=0, help="of all stages; 0: that of each config")
    parser.add_argument("--jobs", type=int, default=1, help="stages at once")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
