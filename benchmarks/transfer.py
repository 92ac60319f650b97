"""Judge methods by transfer from one language to others, on data in the layout of `DIR/{corpus}/{language}`.

No method but target-supervised and target-decomposed reads target labels, of train and dev; the others choose their
checkpoints on source dev. Types that the target's test text does not have are ignored, in gold and in predictions.
The rows go to `summarise.py`.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

from data import Data, prepare, prepare_split  # noqa: E402
from parallel import label_views, learn_vectors, pair_text  # noqa: E402
from recipes import METHODS  # noqa: E402
from stages import Workspace, read, read_overrides, use_device  # noqa: E402

from spacy_xner.evaluation.metrics import score_language  # noqa: E402
from spacy_xner.evaluation.significance import count_entities  # noqa: E402
from spacy_xner.files import write_json  # noqa: E402
from spacy_xner.pipeline import load_pipeline  # noqa: E402
from spacy_xner.reporting.evaluate import list_labels, predict_corpora  # noqa: E402

Rows = List[Dict[str, Any]]


def judge_model(work: Workspace, data: Data, model: Path, test: Path) -> Rows:
    """RETURNS (Rows): one row, the scores of a pipeline on the target's test text."""
    return [score(model, test, data.languages[1])]


class Variant(NamedTuple):
    """What to train and how to judge it.

    columns (Dict[str, Any]): what tells its rows from those of others, "method" at least.
    recipe (Callable): makes something of a workspace and the data, mostly a pipeline.
    judge (Callable): from workspace, data, what the recipe made and the target's test text to rows.
    """

    columns: Dict[str, Any]
    recipe: Callable[[Workspace, Data], Any]
    judge: Callable[[Workspace, Data, Any, Path], Rows] = judge_model


class Task(NamedTuple):
    """A variant, a language and a seed, with where to work and what to override."""

    variant: Variant
    language: str
    seed: int
    data: Data
    test: Path
    work: Path
    overrides: Dict[str, Any]
    gpu_id: int
    corpora: Tuple[str, str]
    limit: int
    vectors: bool
    parallel: Sequence[str]
    checkpoint: str


def run_task(task: Task) -> Rows:
    """Train and judge one variant. RETURNS (Rows): its rows, or one with the error."""
    columns = task.variant.columns
    row: Dict[str, Any] = {
        **columns,
        "method": columns["method"] + "+vectors" * task.vectors,
        "corpora": task.corpora,
        "parallel": task.parallel,
        "source": task.data.languages[0],
        "language": task.language,
        "encoder": task.overrides["vars.encoder"],
        "limit": task.limit,
        "checkpoint": task.checkpoint,
        "overrides": {key: value for key, value in task.overrides.items() if key != "vars.encoder"},
        "seed": task.seed,
    }
    try:
        use_device(task.gpu_id)
        common = {**task.overrides, "system.seed": task.seed}
        root = task.work / task.language / f"seed-{task.seed}"
        work = Workspace(root, common, task.gpu_id, task.checkpoint)
        data = task.data if task.data.text == task.data.train else label_views(work, task.data)
        if task.vectors:
            work.static = learn_vectors(work, pair_text(work, data))
        found = task.variant.judge(work, data, task.variant.recipe(work, data), task.test)
        return [{**row, **work.costs(), **scores} for scores in found]
    except Exception as error:
        traceback.print_exc()
        return [{**row, "error": str(error)}]


def score(model: Path, test: Path, language: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the scores of a pipeline, and the entities of each sentence."""
    nlp = load_pipeline(str(model))
    labels = sorted({ent.label_ for doc in read(test) for ent in doc.ents})
    # Spans that have no type yet can be scored only where all types count.
    chosen = labels if set(list_labels(nlp)) - set(labels) else None
    found = predict_corpora(nlp, [test], labels=chosen)
    examples = found.examples[language]
    scores = score_language(examples, found.type_output, str(test), found.span_output)
    return {
        "labels": labels,
        **{key: scores[key] for key in ("precision", "recall", "f1", "type_accuracy", "type_accuracy_on")},
        "span_f1": scores["span"]["f1"],
        "span_output": scores["span_output"],
        "per_type": {label: prf["f1"] for label, prf in scores["per_type"].items()},
        "counts": {name: array.tolist() for name, array in count_entities(examples)._asdict().items()},
    }


def make_tasks(args: argparse.Namespace, variants: Sequence[Variant]) -> List[Task]:
    """Prepare the data. RETURNS (List[Task]): a task for each variant, language and seed."""
    if args.vectors and args.encoder != "hash":
        raise SystemExit(f"--vectors: static vectors are for the encoder hash, not for {args.encoder}.")
    overrides = {"vars.encoder": args.encoder, **read_overrides(args.override)}
    # Other data or another source language must not find these corpora and models.
    place = hashlib.sha1(str(args.data.resolve()).encode("utf8")).hexdigest()[:8]
    work = args.work / f"{args.source}-{place}-{args.limit or 'all'}"
    corpora = (args.corpus, args.target_corpus or args.corpus)
    models = work / "-".join(dict.fromkeys(corpora)) / args.encoder.replace("/", "_")
    tasks: List[Task] = []
    for language in args.targets:
        languages = (args.source, language)
        data = prepare(args.data, work, corpora, languages, args.parallel, args.limit)
        test = prepare_split(args.data / corpora[1], work, language, "test")
        tasks += [
            Task(
                variant,
                language,
                seed,
                data,
                test,
                models,
                overrides,
                args.gpu_id,
                corpora,
                args.limit,
                args.vectors,
                args.parallel,
                args.checkpoint,
            )
            for seed in args.seeds
            for variant in variants
        ]
    return tasks


def run_tasks(
    tasks: Sequence[Task], jobs: int, out: Path, finish: Optional[Callable[[Rows], None]] = None
) -> int:
    """Run tasks, each in a process of its own, and write all rows after each.

    jobs (int): tasks at once.
    finish (Optional[Callable[[Rows], None]]): adds to the rows so far what is found by comparing them.
    RETURNS (int): the exit status, 1 after an error.
    """
    start = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=1) as pool:
        rows = collect(pool.imap_unordered(run_task, tasks, chunksize=1), out, finish)
    print(f"{len(rows)} rows in {time.perf_counter() - start:.0f} s: {out}")
    return int(any("error" in row for row in rows))


def collect(found: Iterable[Rows], out: Path, finish: Optional[Callable[[Rows], None]] = None) -> Rows:
    """Write all rows whenever there are more, see `run_tasks`. RETURNS (Rows): the rows."""
    rows: Rows = []
    for more in found:
        rows += more
        if finish is not None:
            finish(rows)
        write_json(out, rows)
        for row in more:
            print(json.dumps({key: value for key, value in row.items() if key != "counts"}), flush=True)
    return rows


def main(args: argparse.Namespace) -> int:
    """Train methods and write one JSON row for each method, language and seed. RETURNS (int): the exit status."""
    variants = [Variant({"method": name}, METHODS[name]) for name in args.methods]
    return run_tasks(make_tasks(args, variants), args.jobs, args.out)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=["source-only", "dlbri"])
    parser.add_argument("--out", type=Path, default=Path("results.json"))
    add_options(parser)
    return parser.parse_args()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for data, encoder and machine."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--corpus", default="conll")
    parser.add_argument("--target-corpus", help="corpus of the targets, by default that of the source")
    parser.add_argument(
        "--parallel",
        nargs="*",
        default=[],
        help="corpora of parallel text, where labelled text has no translation",
    )
    parser.add_argument("--source", default="en")
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--encoder", default="hash")
    parser.add_argument("--vectors", action="store_true", help="static vectors for every method, `hash` only")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("benchmark"),
        help="finished stages there are kept; remove it after a change of the code",
    )
    parser.add_argument("--jobs", type=int, default=1, help="rows computed at once")
    parser.add_argument("--gpu-id", type=int, default=-1, help="GPU to use, -1 for the CPU")
    parser.add_argument("--limit", type=int, default=0, help="most sentences of a training corpus, 0 for all")
    parser.add_argument(
        "--checkpoint",
        choices=["best", "last"],
        default="best",
        help="of each training: best on source dev, or last",
    )
    parser.add_argument("--override", action="append", default=[], help="KEY=JSON for every training config")


if __name__ == "__main__":
    sys.exit(main(parse_args()))
