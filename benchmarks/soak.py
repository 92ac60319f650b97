"""Whether memory stays flat: of one process that reads a long stream of sentences by `nlp.pipe`, and of one that trains
for long. Memory is what the process holds after each hundredth of the way; the mean of the first tenth is compared with
that of the last.
"""

import argparse
import multiprocessing
import os
import sys
from itertools import cycle, islice
from pathlib import Path
from statistics import mean
from typing import Any, Dict, List, Sequence

os.environ.setdefault("OMP_NUM_THREADS", "2")

from sample import (  # noqa: E402
    SYSTEMS,
    create_optimizer,
    make_parser,
    make_pipeline,
    make_trained,
    prepare_all,
    read_sample,
    write_rows,
)
from wasabi import table  # noqa: E402

from spacy_xner.corpora.reader import make_example  # noqa: E402
from spacy_xner.pipeline import find_component, use_gpu  # noqa: E402

PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20
N_POINTS = 100


def get_memory() -> float:
    """RETURNS (float): the MiB of memory that this process holds now (of Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def measure_stream(settings: Dict[str, Any], sample: Dict[str, Any], args: argparse.Namespace) -> List[float]:
    """RETURNS (List[float]): memory while sentences are predicted, texts that come again and again."""
    use_gpu(args.gpu_id)
    docs = read_sample(**sample)
    nlp = make_trained(SYSTEMS[args.system], settings, docs)
    texts = [doc.text for doc in docs]
    found = []
    for k, _ in enumerate(nlp.pipe(islice(cycle(texts), args.stream)), 1):
        if k % max(args.stream // N_POINTS, 1) == 0:
            found.append(get_memory())
    return found


def measure_training(
    settings: Dict[str, Any], sample: Dict[str, Any], args: argparse.Namespace
) -> List[float]:
    """RETURNS (List[float]): memory while a pipeline is updated."""
    use_gpu(args.gpu_id)
    docs = read_sample(**sample)
    nlp = make_pipeline(SYSTEMS[args.system], settings, docs)
    assert find_component(nlp).objectives
    optimizer = create_optimizer(nlp)
    found = []
    for step in range(1, args.steps + 1):
        start = step * args.batch % max(len(docs) - args.batch, 1)
        examples = [make_example(doc, nlp.vocab) for doc in docs[start : start + args.batch]]
        nlp.update(examples, sgd=optimizer, drop=0.1)
        if step % max(args.steps // N_POINTS, 1) == 0:
            found.append(get_memory())
    return found


KINDS = {"stream": measure_stream, "training": measure_training}


def main(args: argparse.Namespace) -> int:
    """Measure both with each encoder; write JSON and print the table. RETURNS (int): the exit status."""
    rows: List[Dict[str, Any]] = []
    sample, encoders = prepare_all(args)
    for encoder, name in encoders:
        for kind, measure in KINDS.items():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                curve = pool.apply(measure, ({"vars.encoder": name}, sample, args))
            tenth = len(curve) // 10
            first, last = mean(curve[:tenth]), mean(curve[-tenth:])
            row = {"encoder": encoder, "system": args.system, "kind": kind}
            row["n"] = args.stream if kind == "stream" else args.steps
            row.update(
                {"first_mib": round(first, 1), "last_mib": round(last, 1), "ratio": round(last / first, 4)}
            )
            rows.append({**row, "mib": [round(value, 1) for value in curve]})
            write_rows(args.out, rows)
    print(format_rows(rows))
    return 0


def format_rows(rows: Sequence[Dict[str, Any]]) -> str:
    """RETURNS (str): a table of both ends of each curve."""
    names = ("encoder", "system", "kind", "n", "first_mib", "last_mib", "ratio")
    lines = [[str(row[name]) for name in names] for row in rows]
    return str(table(lines, header=names, divider=True, aligns=("l", "l", "l", *"rrrr")))


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, "soak.json", sentences=2000, repeats=1)
    parser.add_argument("--system", default="crop", choices=list(SYSTEMS))
    parser.add_argument("--stream", type=int, default=200000, help="sentences to predict")
    parser.add_argument("--steps", type=int, default=2000, help="updates of the training")
    parser.add_argument("--batch", type=int, default=16, help="sentences of an update")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
