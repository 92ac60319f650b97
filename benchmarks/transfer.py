"""Judge methods by transfer from one language to others, on data in the layout of `DIR/{corpus}/{language}`.

No method but target-supervised and target-decomposed reads target labels; checkpoints are chosen on source dev.
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
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

from data import Data  # noqa: E402
from recipes import METHODS  # noqa: E402
from stages import Workspace, find_file, read_overrides  # noqa: E402

from spacy_xner.cli._util import get_blank, get_tokenizer  # noqa: E402
from spacy_xner.cli.evaluate import evaluate  # noqa: E402
from spacy_xner.corpora.convert import convert  # noqa: E402
from spacy_xner.corpora.store import read_docs, write_docs  # noqa: E402
from spacy_xner.files import write_bytes  # noqa: E402
from spacy_xner.pipeline import load_pipeline, use_gpu  # noqa: E402
from spacy_xner.translation.render import number_entities, render_docs  # noqa: E402
from spacy_xner.translation.resolve import make_aligner, make_engine  # noqa: E402
from spacy_xner.translation.translate import find_memory, hold_out, make_corpus  # noqa: E402


class Task(NamedTuple):
    """One row to compute: a method, a language and a seed, with where to work and what to override."""

    method: str
    language: str
    seed: int
    data: Data
    test: Path
    work: Path
    overrides: Dict[str, Any]
    gpu_id: int


def prepare_split(
    folder: Path, work: Path, corpus: str, language: str, split: str, unlabelled: bool = False, limit: int = 0
) -> Path:
    """Convert `folder/{language}/{split}.iob[.gz]`. RETURNS (Path): the `.spacy` file."""
    output = work / "corpora" / corpus / language / f"{'unlabelled-' if unlabelled else ''}{split}.spacy"
    if not output.exists():
        source = next(find_file(folder / language / f"{split}.iob"), folder / language / f"{split}.iob")
        prefix = f"{language}-{split}-"
        convert(
            source, output, language=language, group_prefix=prefix, unlabelled=unlabelled, limit=limit or None
        )
    return output


def prepare_views(
    data: Path, work: Path, corpus: str, source: str, language: str, train: Path
) -> Tuple[Optional[Path], Optional[Path]]:
    """Make the views of the source text from the translations, and set 3 % aside to watch bridging.

    RETURNS (Tuple[Optional[Path], Optional[Path]]): the two corpora, None where there is no translation.
    """
    outputs = [work / "corpora" / corpus / language / f"views-{name}.spacy" for name in ("train", "dev")]
    folder = data / f"{corpus}_translated"
    if not folder.exists():
        return None, None
    if not all(output.exists() for output in outputs):
        languages = (source, language)
        memory, align = find_memory(folder, languages, "train")
        sentences = list(read_docs(train, get_blank().vocab))
        for doc in sentences:
            number_entities(doc)
        engine = make_engine("memory", [f"path={memory}"])(*languages)
        aligner = make_aligner("given", [f"memory={memory}", f"alignments={align}"]) if align else None
        tokenizer = get_tokenizer(tokenized=True)
        renderings = render_docs(sentences, engine, languages, tokenizer, aligner=aligner)
        docs, report = make_corpus(sentences, renderings, languages, engine=engine)
        print(f"{language}: {report.to_dict()}", flush=True)
        for output, part in zip(outputs, hold_out(docs, 0.03), strict=True):
            write_docs(output, part)
    return outputs[0], outputs[1]


def run_task(task: Task) -> Dict[str, Any]:
    """Train and test one method. RETURNS (Dict[str, Any]): the row, or the error."""
    row: Dict[str, Any] = {"method": task.method, "language": task.language, "seed": task.seed}
    try:
        use_gpu(task.gpu_id)
        common = {**task.overrides, "system.seed": task.seed}
        work = Workspace(task.work / task.language / f"seed-{task.seed}", common, task.gpu_id)
        model = METHODS[task.method](work, task.data)
        scores = evaluate(load_pipeline(str(model)), [task.test])["languages"][task.language]
        row.update({key: scores[key] for key in ("precision", "recall", "f1")})
        row.update({"span_f1": scores["span"]["f1"], "type_accuracy": scores["type_accuracy"]})
        row.update(work.costs())
    except Exception as error:
        traceback.print_exc()
        row["error"] = str(error)
    return row


def main(args: argparse.Namespace) -> int:
    """Train methods and write one JSON row for each method, language and seed. RETURNS (int): the exit status."""
    overrides = {"vars.encoder": args.encoder, **read_overrides(args.override)}
    folder = args.data / args.corpus
    # Other data or another source language must not find these corpora and models.
    place = hashlib.sha1(str(args.data.resolve()).encode("utf8")).hexdigest()[:8]
    work = args.work / f"{args.source}-{place}-{args.limit or 'all'}"
    train = prepare_split(folder, work, args.corpus, args.source, "train", limit=args.limit)
    dev = prepare_split(folder, work, args.corpus, args.source, "dev")
    tasks = []
    for language in args.targets:
        views, views_dev = prepare_views(args.data, work, args.corpus, args.source, language, train)
        inputs = Data(
            (args.source, language),
            next(find_file(args.data / f"{args.corpus}_parallel" / f"{args.source}-{language}.tsv"), None),
            next(find_file(args.data / f"{args.corpus}_translated" / f"{args.source}-{language}.tsv"), None),
            train,
            dev,
            prepare_split(folder, work, args.corpus, language, "train", unlabelled=True, limit=args.limit),
            views,
            views_dev,
            prepare_split(folder, work, args.corpus, language, "train", limit=args.limit),
        )
        test = prepare_split(folder, work, args.corpus, language, "test")
        models = work / args.corpus / args.encoder.replace("/", "_")
        tasks += [
            Task(method, language, seed, inputs, test, models, overrides, args.gpu_id)
            for seed in args.seeds
            for method in args.methods
        ]
    start = time.perf_counter()
    rows: List[Dict[str, Any]] = []
    with multiprocessing.get_context("spawn").Pool(args.jobs, maxtasksperchild=1) as pool:
        for row in pool.imap_unordered(run_task, tasks, chunksize=1):
            rows.append(row)
            write_bytes(args.out, (json.dumps(rows, indent=1) + "\n").encode("utf8"))
            print(json.dumps(row), flush=True)
    print(f"{len(rows)} rows in {time.perf_counter() - start:.0f} s: {args.out}")
    return int(any("error" in row for row in rows))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--corpus", default="conll")
    parser.add_argument("--source", default="en")
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=["source-only", "dlbri"])
    parser.add_argument("--encoder", default="hash")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--out", type=Path, default=Path("results.json"))
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("benchmark"),
        help="finished stages there are kept; remove it after a change of the code",
    )
    parser.add_argument("--jobs", type=int, default=1, help="rows computed at once")
    parser.add_argument("--gpu-id", type=int, default=-1, help="GPU to use, -1 for the CPU")
    parser.add_argument("--limit", type=int, default=0, help="most sentences of a training corpus, 0 for all")
    parser.add_argument("--override", action="append", default=[], help="KEY=JSON for every training config")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
