"""Learning curves by share of the labelled source text and by amount of pseudo-labelled target text.

`benchmarks.pages.plots` draws the rows.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from spacy.util import load_config

from spacy_xner.corpora.store import read_docs
from spacy_xner.tokenizer import get_blank

from .methods import METHODS, Method
from .run import Row, Rows, judge_model, make_rows, make_training_parser, run_rows

SHARES = (0.1, 0.25, 0.5, 1.0)
AMOUNTS = (500, 1000, 2000, 4000, 0)
SHARE, LIMIT = "--corpora.train.share", "--corpora.train.corpora.target.limit"
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


def mcl_pseudo(args: argparse.Namespace) -> Iterator[Point]:
    """MCL-NER figure 6b: self-training by number of pseudo-labelled sentences, from none."""
    yield "mcl", 0, METHODS["mcl-stage-1"], judge_model
    for n in args.amounts:
        yield "mcl", n or "all", change("mcl", options_target=f"{LIMIT} {n}"), judge_amount


def dualner_share(args: argparse.Namespace) -> Iterator[Point]:
    """DualNER figure 3: stage 1, and with one round of stage 2, by share of the source sentences that have labels."""
    for x in args.shares:
        own, student = {"options_teacher": f"{SHARE} {x}"}, f"--vars.share {x} --vars.rest_ratio {int(x < 1)}"
        yield "dualner-stage-1", x, change("dualner-stage-1", **own), judge_model
        both = {**own, "options_student": student}
        yield "dualner-one-round", x, change("dualner-one-round", **both), judge_model


def crop_pseudo(args: argparse.Namespace) -> Iterator[Point]:
    """CROP figure 5 and table 7: both rounds by number of target sentences that have labels, from none."""
    yield "crop", 0, METHODS["source-only"], judge_model
    for n in args.amounts:
        yield "crop", n or "all", change("crop", options=f"{LIMIT} {n}"), judge_amount


STUDIES: Dict[str, Callable[[argparse.Namespace], Iterator[Point]]] = {
    "mcl-share": mcl_share,
    "mcl-pseudo": mcl_pseudo,
    "dualner-share": dualner_share,
    "crop-pseudo": crop_pseudo,
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
    points = [(study, *point) for study in args.studies for point in STUDIES[study](args)]
    return [
        ({"study": study, "method": name, "x": x}, method, judge)
        for study, name, x, method, judge in points
        if not args.methods or name in args.methods
    ]


def main(args: argparse.Namespace) -> int:
    """Run studies and write their JSON rows. RETURNS (int): the exit status."""
    return run_rows(make_rows(args, find_points(args)), args.jobs, args.out)


def parse_args(words: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = make_training_parser(__doc__, "curves.json")
    parser.add_argument("--studies", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    parser.add_argument("--methods", nargs="+", help="only these methods of the studies")
    parser.add_argument("--shares", nargs="+", type=float, default=SHARES, help="of the source sentences")
    parser.add_argument("--amounts", nargs="+", type=int, default=AMOUNTS, help="target sentences, 0 for all")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(parse_args()))
