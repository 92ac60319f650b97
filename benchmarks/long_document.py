"""Whether long documents and long streams cost more: words per second of 50,000-token documents beside the same text in
documents of 200 tokens, and peak memory of a long stream of such short documents beside a short one.

All systems in one run. Each is trained a little on the sample, so that the number of entities found is plausible, and
saved; each measurement loads it in a process of its own. Documents come from a generator and are not kept.
"""

import argparse
import multiprocessing
import os
import sys
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

os.environ.setdefault("OMP_NUM_THREADS", "2")

from sample import (  # noqa: E402
    SYSTEMS,
    make_parser,
    make_trained,
    measure_memory,
    prepare_all,
    read_sample,
    write_rows,
)
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc  # noqa: E402
from stages import read_overrides  # noqa: E402
from wasabi import table  # noqa: E402

from spacy_xner.evaluation.speed import time_runs  # noqa: E402
from spacy_xner.pipeline import load_pipeline, use_gpu  # noqa: E402

# How often a length has its turn, in a new process.
TURNS = 2


def save_trained(
    config: str, settings: Dict[str, Any], sample: Dict[str, Any], path: Path, gpu_id: int
) -> None:
    """Train a system a little, and save it."""
    use_gpu(gpu_id)
    make_trained(config, settings, read_sample(**sample)).to_disk(path)


def make_docs(nlp: Language, sample: Dict[str, Any], n_tokens: int, length: int) -> Iterator[Doc]:
    """YIELDS (Doc): documents of so many tokens, so many in all: the sample again and again."""
    words = [token.text for doc in read_sample(**sample) for token in doc]
    stream = cycle(words)
    for start in range(0, n_tokens, length):
        yield Doc(nlp.vocab, words=list(islice(stream, min(length, n_tokens - start))))


def choose_faster(first: Dict[str, Any], second: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): of two measurements the one with more words per second."""
    return max(first, second, key=lambda found: found["words_per_second"])


def measure_speed(
    path: Path, sample: Dict[str, Any], args: argparse.Namespace, length: int
) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): words per second of documents of a length, and memory. The fastest run counts: a
    machine that others use is slow at times, never fast."""
    use_gpu(args.gpu_id)
    nlp = load_pipeline(str(path))

    def run(docs: List[Doc]) -> None:
        for _ in nlp.pipe(docs):
            pass

    seconds = time_runs(run, lambda: list(make_docs(nlp, sample, args.tokens, length)), args.repeats)
    speeds = [args.tokens / second for second in seconds]
    return {
        "words_per_second": round(max(speeds), 1),
        "slowest": round(min(speeds), 1),
        **measure_memory(args.gpu_id),
    }


def measure_stream(
    path: Path, sample: Dict[str, Any], args: argparse.Namespace, n_docs: int
) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): peak memory after so many short documents, and before the first."""
    use_gpu(args.gpu_id)
    nlp = load_pipeline(str(path))
    before = measure_memory()["peak_mib"]
    docs = make_docs(nlp, sample, n_docs * args.short, args.short)
    n_entities = sum(len(doc.ents) for doc in nlp.pipe(docs))
    return {"entities": n_entities, "peak_mib_before": before, **measure_memory(args.gpu_id)}


def main(args: argparse.Namespace) -> int:
    """Measure all systems with each encoder; write JSON and print the table. RETURNS (int): the exit status."""
    rows: List[Dict[str, Any]] = []
    sample, encoders = prepare_all(args)
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for encoder, name in encoders:
            settings = {"vars.encoder": name, **read_overrides(args.override)}
            for system in args.systems:
                path = args.work / f"trained-{encoder}-{system}"
                pool.apply(save_trained, (SYSTEMS[system], settings, sample, path, args.gpu_id))
                row: Dict[str, Any] = {"encoder": encoder, "pipeline": system}
                # By turns, lest the machine be slow at one of them alone.
                for _ in range(TURNS):
                    for kind, length in (("short", args.short), ("long", args.tokens)):
                        found = pool.apply(measure_speed, (path, sample, args, length))
                        row[kind] = choose_faster(row.get(kind, found), found)
                for kind, n_docs in zip(("few", "many"), args.documents, strict=True):
                    row[kind] = pool.apply(measure_stream, (path, sample, args, n_docs))
                row["speed"] = round(row["long"]["words_per_second"] / row["short"]["words_per_second"], 3)
                row["memory"] = round(row["many"]["peak_mib"] / row["few"]["peak_mib"], 3)
                rows.append(row)
                write_rows(args.out, rows)
    print(format_rows(rows, args))
    return 0


def format_rows(rows: Sequence[Dict[str, Any]], args: argparse.Namespace) -> str:
    """RETURNS (str): a table with the ratios."""
    few, many = args.documents
    header = ["encoder", "pipeline", f"words/s at {args.short}", f"at {args.tokens}", "ratio"]
    header += ["MiB loaded", f"{few} documents", f"{many} documents", "ratio"]
    lines = [
        [
            row["encoder"],
            row["pipeline"],
            *(f"{row[kind]['words_per_second']:,.0f}" for kind in ("short", "long")),
            f"{row['speed']:.2f}",
            f"{row['few']['peak_mib_before']:,.0f}",
            *(f"{row[kind]['peak_mib']:,.0f}" for kind in ("few", "many")),
            f"{row['memory']:.2f}",
        ]
        for row in rows
    ]
    return str(table(lines, header=header, divider=True, aligns=("l", "l", *"rrrrrrr")))


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, "long_document.json", sentences=800, repeats=3)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--tokens", type=int, default=50000, help="of the long document")
    parser.add_argument("--short", type=int, default=200, help="tokens of the short documents")
    parser.add_argument(
        "--documents", type=int, nargs=2, default=[200, 2000], help="of the short and of the long stream"
    )
    parser.add_argument("--override", action="append", default=[], help="KEY=JSON for the configs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
