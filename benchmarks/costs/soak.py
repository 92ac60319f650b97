"""Whether memory stays flat: of one process that reads a long stream of sentences by `nlp.pipe`, and of one that trains
for long. Memory is what the process holds after each hundredth of the way; the mean of the first tenth is compared with
that of the last.
"""

import os
from argparse import ArgumentParser, Namespace
from itertools import cycle, islice
from pathlib import Path
from statistics import mean
from typing import Any, Iterator, List

from spacy_xner.corpora.reader import make_example
from spacy_xner.pipeline import use_gpu

from .columns import SOAK, Row
from .command import Setting, list_settings, make_parser, make_pool, run
from .methods import list_systems
from .sample import create_optimizer, make_pipeline, make_trained, read_sample

N_POINTS = 100


def follow(steps: Iterator[Any], n_steps: int) -> List[float]:
    """RETURNS (List[float]): the MiB that this process holds (on Linux) after each hundredth of the steps."""
    each, page = max(n_steps // N_POINTS, 1), os.sysconf("SC_PAGE_SIZE") / 2**20
    held = Path("/proc/self/statm")
    return [int(held.read_text().split()[1]) * page for k, _ in enumerate(steps, 1) if k % each == 0]


def measure_stream(args: Namespace, setting: Setting) -> List[float]:
    """RETURNS (List[float]): memory while sentences are predicted, texts that come again and again."""
    use_gpu(args.gpu_id)
    docs, config = read_sample(args), list_systems()[args.system]
    nlp = make_trained(config, setting.overrides(config), docs)
    texts = [doc.text for doc in docs]
    return follow(nlp.pipe(islice(cycle(texts), args.stream)), args.stream)


def measure_training(args: Namespace, setting: Setting) -> List[float]:
    """RETURNS (List[float]): memory while a pipeline is updated."""
    use_gpu(args.gpu_id)
    docs, config = read_sample(args), list_systems()[args.system]
    nlp = make_pipeline(config, setting.overrides(config), docs)
    optimizer = create_optimizer(nlp)

    def update_all() -> Iterator[None]:
        for step in range(1, args.steps + 1):
            start = step * args.batch % max(len(docs) - args.batch, 1)
            examples = [make_example(doc, nlp.vocab) for doc in docs[start : start + args.batch]]
            nlp.update(examples, sgd=optimizer, drop=0.1)
            yield

    return follow(update_all(), args.steps)


def measure_all(args: Namespace) -> Iterator[Row]:
    """YIELDS (Row): that of each kind with each encoder."""
    kinds = {"stream": (measure_stream, args.stream), "training": (measure_training, args.steps)}
    with make_pool() as pool:
        for setting in list_settings(args):
            for kind, (measure, n) in kinds.items():
                curve = pool.apply(measure, (args, setting))
                tenth = len(curve) // 10
                first, last = mean(curve[:tenth]), mean(curve[-tenth:])
                sizes = {"first_mib": round(first, 1), "last_mib": round(last, 1)}
                row = {**setting.columns, "system": args.system, "kind": kind, "n": n, **sizes}
                yield {**row, "ratio": round(last / first, 4), "mib": [round(mib, 1) for mib in curve]}


def make_options() -> ArgumentParser:
    parser = make_parser(__doc__, "soak.json", sentences=2000)
    parser.add_argument("--system", default="crop", choices=list(list_systems()), help="to watch")
    parser.add_argument("--stream", type=int, default=200000, help="sentences to predict")
    parser.add_argument("--steps", type=int, default=2000, help="updates of the training")
    parser.add_argument("--batch", type=int, default=16, help="sentences of an update")
    return parser


if __name__ == "__main__":
    run(make_options(), measure_all, {"kind": SOAK})
