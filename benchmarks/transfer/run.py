"""Judge methods by transfer from one language to others, on data in the layout of `DIR/{corpus}/{language}`.

No method but target-supervised and target-decomposed reads target labels, of train and dev, unless checkpoints are
chosen by `--checkpoint dev`. Types that the target's test text does not have are ignored, in gold and in predictions.
The rows go to `summarise.py`.
"""

import argparse
import hashlib
import json
import multiprocessing
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import srsly
from weasel.util import get_checksum

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.evaluation.metrics import score_language
from spacy_xner.evaluation.significance import count_entities
from spacy_xner.pipeline import load_pipeline
from spacy_xner.reporting.evaluate import list_labels, predict_corpora
from spacy_xner.tokenizer import get_blank

from ..rows import Rows, collect, tell_origin
from .checkpoints import RULES
from .data import lay_out, make_data_parser
from .methods import BUDGETS, METHODS, Method
from .workflows import Folder, hold

# What `lay_out` makes of a language pair.
PLACES = ("data", "memory", "parallel", "pairs.txt", "engine")


class Row(NamedTuple):
    """A method, a language and a seed, with where to work.

    columns (Dict[str, Any]): what tells it from others: method, language, seed and what else varies.
    method (Method): what is run.
    vars (Dict[str, Any]): vars of all projects.
    base (Path): the folder of the language pair, with its files.
    test (Path): the labelled text to score on.
    checkpoint (str): by what checkpoints are chosen.
    judge (Callable): from the folder and the pipeline's folder in it to rows.
    """

    columns: Dict[str, Any]
    method: Method
    vars: Dict[str, Any]
    base: Path
    test: Path
    checkpoint: str
    judge: Callable[["Row", Path], Rows]


def judge_model(row: Row, work: Path) -> Rows:
    """RETURNS (Rows): one row, the scores of the pipeline, or of an installed package, on the test text."""
    model = work / row.method.result
    name = str(model if model.exists() else row.method.result)
    return [score(name, row.test, row.columns["language"])]


def run_row(row: Row) -> Rows:
    """Train and judge. RETURNS (Rows): the rows, or one with the error."""
    columns = {**row.columns, "checkpoint": row.checkpoint, "vars": {**row.vars, **row.method.vars}}
    try:
        name = hashlib.sha1(json.dumps(columns, sort_keys=True).encode("utf8")).hexdigest()[:10]
        shared = dict(row.vars)
        if row.method.on_target:
            shared.update(source=shared["targets"], targets=shared["source"])
        path = row.base / f"{row.columns['method']}-{name}"
        with hold(path):
            folder = Folder(path, row.base / "kept", row.checkpoint, shared.get("source", ""))
            places = [name for name in PLACES if (row.base / name).exists()]
            for place in places:
                (folder.path / place).symlink_to(row.base / place)
            # Of several projects steps that are alike are run once.
            for step in dict.fromkeys(row.method.steps(shared)):
                folder.run(step)
            data = {place: get_checksum(row.base / place) for place in places}
            made = folder.path / "training" / "encoder"
            encoder = get_checksum(made) if made.exists() else None
            columns["origin"] = {**tell_origin(row.vars.get("gpu_id", -1)), "data": data, "encoder": encoder}
            return [{**columns, **folder.sum_up(), **found} for found in row.judge(row, folder.path)]
    except Exception as error:
        traceback.print_exc()
        return [{**columns, "error": str(error)}]


def score(model: str, test: Path, language: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the scores of a pipeline, and the entities of each sentence."""
    nlp = load_pipeline(model)
    labels = sorted({ent.label_ for doc in read_docs(test, get_blank().vocab) for ent in doc.ents})
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


def make_rows(
    args: argparse.Namespace, methods: Sequence[Tuple[Dict[str, Any], Method, Callable[[Row, Path], Rows]]]
) -> List[Row]:
    """RETURNS (List[Row]): with its data a row for each language, seed and method (columns, what is run, judge)."""
    # Other data or another source language must not find these files and models.
    place = hashlib.sha1(str(args.data.resolve()).encode("utf8")).hexdigest()[:8]
    corpora = (args.corpus, args.target_corpus or args.corpus)
    overrides = read_vars(args.vars)
    given = {"encoder": args.encoder, "gpu_id": args.gpu_id, "limit": args.limit}
    names = ("parallel", "source", "encoder", "limit", "budget", "split", "engine")
    told = {name: vars(args)[name] for name in names}
    told.update(corpora=corpora, overrides=overrides)
    rows = []
    for language in args.targets:
        languages = (args.source, language)
        base = args.work.resolve() / "-".join((*languages, *dict.fromkeys(corpora), *args.parallel, place))
        found = lay_out(args.data, base, corpora, languages, args.parallel, args.engine)
        (source,) = (base / "data" / language).glob(f"{args.split}.*")
        test = base / f"{args.split}.spacy"
        prefix, tokenizer = f"{language}-{args.split}-", get_blank().tokenizer
        convert(source, test, language=language, group_prefix=prefix, tokenizer=tokenizer)
        for seed in args.seeds:
            own = {**found, **given, **BUDGETS[args.budget], "seed": seed, "draw": seed, **overrides}
            for columns, method, judge in methods:
                all_columns = {**columns, **told, "language": language, "seed": seed}
                rows.append(Row(all_columns, method, own, base, test, args.checkpoint, judge))
    return rows


def read_vars(items: Sequence[str]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the vars of a list of KEY=VALUE, with values as in a project.yml."""
    return {key: srsly.yaml_loads(value) for key, _, value in (item.partition("=") for item in items)}


def run_rows(rows: Sequence[Row], jobs: int, out: Path) -> int:
    """Run so many rows at once, and write all that there are after each. RETURNS (int): 1 after an error."""
    start = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=1) as pool:
        found = collect(pool.imap_unordered(run_row, rows, chunksize=1), out)
    print(f"{len(found)} rows in {time.perf_counter() - start:.0f} s: {out}")
    return int(any("error" in row for row in found))


def main(args: argparse.Namespace) -> int:
    """Train methods and write one JSON row for each method, language and seed. RETURNS (int): the exit status."""
    chosen = {name: METHODS[name] for name in args.methods}
    chosen.update((name, Method(".", workflow="", model=name)) for name in args.packages)
    methods = [({"method": name}, method, judge_model) for name, method in chosen.items()]
    return run_rows(make_rows(args, methods), args.jobs, args.out)


def parse_args() -> argparse.Namespace:
    parser = make_training_parser(__doc__, "results.json")
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=["source-only", "dlbri"])
    parser.add_argument("--packages", nargs="*", default=[], help="installed pipelines, on the same text")
    return parser.parse_args()


def make_training_parser(description: Optional[str], out: str) -> argparse.ArgumentParser:
    """RETURNS (ArgumentParser): the options for data, encoder and machine."""
    parser = make_data_parser(description, out)
    add = parser.add_argument
    add("--target-corpus", help="corpus of the targets, by default that of the source")
    add("--parallel", nargs="*", default=[], help="parallel text, where labelled text has no translation")
    add("--engine", help="a .cfg with a block [translator], instead of translations of the target's raw text")
    add("--split", choices=["test", "dev"], default="test", help="target text to score on")
    add("--encoder", default="e5-small")
    add("--budget", choices=list(BUDGETS), default="4000", help="batches by amount of text")
    add("--seeds", nargs="+", type=int, default=[0])
    add("--jobs", type=int, default=1, help="rows computed at once")
    add("--gpu-id", type=int, default=-1, help="GPU to use, -1 for the CPU")
    add("--checkpoint", choices=list(RULES), default="best", help="by source dev, last, agreement, all dev")
    add("--vars", action="append", default=[], help="KEY=VALUE of every project that has it")
    return parser


if __name__ == "__main__":
    sys.exit(main(parse_args()))
