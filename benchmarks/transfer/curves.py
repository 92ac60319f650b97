"""Learning curves by labelled source text, and by labelled or pseudo-labelled target text; `plots` draws the rows."""

import argparse
import sys
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from spacy.util import load_config

from spacy_xner.corpora.store import read_docs
from spacy_xner.tokenizer import get_blank

from .methods import METHODS, Method
from .run import Row, Rows, judge_model, make_rows, make_training_parser, run_rows

SHARES = (0.1, 0.25, 0.5, 1.0)
STARTS = ("encoder", "source-only", "dlbri")
AMOUNTS, FEW = (500, 1000, 2000, 4000, 0), (0, 25, 50, 100, 200, 400)
SHARE, TARGET = "--corpora.train.share", "--corpora.train.corpora.target"
Point = Tuple[str, Any, Method, Callable[[Row, Path], Rows]]


def change(name: str, **own: Any) -> Method:
    """RETURNS (Method): a method with other vars."""
    return METHODS[name]._replace(vars={**METHODS[name].vars, **own})


def mcl_share(args: argparse.Namespace) -> Iterator[Point]:
    """MCL-NER figure 6a: self-training, its first stage and plain training by share of the source sentences."""
    for x in args.shares:
        source = {"options_source": f"{SHARE} {x}"}
        target = f"--corpora.train.corpora.source.share {x} --vars.source_ratio {1 / x}"
        yield "source-only", x, change("source-only", options_baseline=f"{SHARE} {x}"), judge_model
        yield "mcl-stage-1", x, change("mcl-stage-1", **source), judge_model
        yield "mcl", x, change("mcl", **source, options_target=target), judge_model


def pseudo(args: argparse.Namespace, name: str, none: str, option: str) -> Iterator[Point]:
    """MCL-NER figure 6b, CROP figure 5 and table 7: a method by number of pseudo-labelled sentences, from none."""
    yield name, 0, METHODS[none], judge_model
    for n in args.amounts:
        yield name, n or "all", change(name, **{option: f"{TARGET}.limit {n}"}), judge_amount


def dualner_share(args: argparse.Namespace) -> Iterator[Point]:
    """DualNER figure 3: stage 1, and with one round of stage 2, by share of the source sentences that have labels."""
    for x in args.shares:
        own, student = {"options_teacher": f"{SHARE} {x}"}, f"--vars.share {x} --vars.rest_ratio {int(x < 1)}"
        yield "dualner-stage-1", x, change("dualner-stage-1", **own), judge_model
        yield "dualner-one-round", x, change("dualner-one-round", **own, options_student=student), judge_model


def few_labels(args: argparse.Namespace) -> Iterator[Point]:
    """By number of labelled target sentences, suggested or drawn at random: from methods, package or encoder."""
    for start, n in product(args.starts, args.labels):
        alone = start == "encoder"
        zero = METHODS.get("source-only" if alone else start) or Method(".", workflow="", model=start)
        own = {"suggested": max(args.labels), "start_from": zero.result}
        options = "--corpora.dev.limit 200"  # source text, on which no checkpoint is chosen
        if alone:
            # All there is are the labelled sentences, and heads that know nothing.
            own["from"] = ""
            options += " --vars.source_ratio 0 --vars.pseudo_ratio 0 --vars.steps ${vars.steps_baseline}"
        for how, file, option in (("suggested",) * 2 + ("limit",), ("random", "gold", "sample")):
            if not n:
                yield from () if alone else [(f"{start}, {how}", 0, zero, judge_model)]
                continue
            # 400 target sentences a pass, those of a smaller sample several times.
            ratio = f"--vars.target_ratio {max(1, 400 / n):g}"
            own["options_finetune"] = f"{options} {ratio} {TARGET}.{option} {n}"
            files = {"gold": "data/${vars.targets}/train.iob.gz", "labelled": f"corpus/finetune/{file}.spacy"}
            finetune = METHODS["finetune"]._replace(vars={**own, **files}, start=zero)
            yield f"{start}, {how}", n, finetune, judge_model


STUDIES: Dict[str, Callable[[argparse.Namespace], Iterator[Point]]] = {
    **{study.__name__.replace("_", "-"): study for study in (mcl_share, dualner_share, few_labels)},
    "mcl-pseudo": partial(pseudo, name="mcl", none="mcl-stage-1", option="options_target"),
    "crop-pseudo": partial(pseudo, name="crop", none="source-only", option="options"),
}


def judge_amount(row: Row, work: Path) -> Rows:
    """RETURNS (Rows): the scores of a model with the amount of target sentences, as x how many of them it read."""
    config = load_config(work / row.method.result / "config.cfg", interpolate=True)
    target = config["corpora"]["train"]["corpora"]["target"]
    n = len(list(read_docs(work / target["path"], get_blank().vocab)))
    amount = {"amount": row.columns["x"], "x": min(n, target["limit"] or n)}
    return [{**found, **amount} for found in judge_model(row, work)]


def find_points(args: argparse.Namespace) -> List[Tuple[Dict[str, Any], Method, Callable[[Row, Path], Rows]]]:
    """RETURNS (List[tuple]): all that is to be trained, as `make_rows` takes it."""
    return [
        ({"study": study, "method": name, "x": x}, method, judge)
        for study in args.studies
        for name, x, method, judge in STUDIES[study](args)
        if not args.methods or name in args.methods
    ]


def parse_args(words: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = make_training_parser(__doc__, "curves.json")
    parser.add_argument("--studies", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    parser.add_argument("--methods", nargs="+", help="only these methods of the studies")
    parser.add_argument("--shares", nargs="+", type=float, default=SHARES, help="of the source sentences")
    parser.add_argument("--amounts", nargs="+", type=int, default=AMOUNTS, help="target sentences, 0 for all")
    parser.add_argument("--labels", nargs="+", type=int, default=FEW, help="labelled target sentences")
    parser.add_argument("--starts", nargs="+", default=STARTS, help="these, other methods, or packages")
    return parser.parse_args(words)


if __name__ == "__main__":
    args = parse_args()
    sys.exit(run_rows(make_rows(args, find_points(args)), args.jobs, args.out))
