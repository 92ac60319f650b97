"""What the commands of this room share: their options, the processes that measure, the rows that they write."""

import multiprocessing
import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace
from pathlib import Path
from statistics import median
from typing import Any, Callable, Dict, Iterator, NamedTuple, Sequence

from spacy.util import load_config

from spacy_xner.hub import HASH

from ..rows import collect, tell_origin
from .headings import Columns, Row, show_tables
from .sample import read_sample
from .shapes import SHAPES, make_encoder

# Of encoders, with the names that configs have for them.
PRECISIONS = {"fp32": "float32", "bf16": "bfloat16"}


class Setting(NamedTuple):
    """An encoder by its name, as configs have it, and the precision that it computes in."""

    encoder: str
    path: str
    precision: str

    @property
    def columns(self) -> Dict[str, str]:
        """RETURNS (Dict[str, str]): what tells its rows from others."""
        return {"encoder": self.encoder, "precision": self.precision}

    def overrides(self, config: Path) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): what lets all encoders of a config be this one in this precision."""
        precisions = choose_precision(load_config(config), PRECISIONS[self.precision])
        return {"vars.encoder": self.path, **precisions}


def choose_precision(config: Dict[str, Any], precision: str) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): overrides that let all encoders of a config compute in a precision."""
    return {
        f"components.{name}.model.encoders.{encoder}.precision": precision
        for name, component in config["components"].items()
        for encoder in component.get("model", {}).get("encoders", {})
    }


def make_parser(description: str, out: str, *, sentences: int, repeats: int) -> ArgumentParser:
    """RETURNS (ArgumentParser): the options of every command, with these defaults."""
    parser = ArgumentParser(description=description, formatter_class=ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder with conll/LANGUAGE/test.iob[.gz]")
    add("--languages", nargs="+", default=["en"], help="of the sample")
    add("--sentences", type=int, default=sentences, help="of each language")
    add("--encoders", nargs="+", default=[HASH, "small"], choices=[HASH, *SHAPES], help="to measure with")
    add("--precisions", nargs="+", default=["fp32"], choices=list(PRECISIONS), help="of encoders")
    add("--repeats", type=int, default=repeats, help="measurements")
    add("--work", type=Path, default=Path("benchmark/speed"), help="keeps text and encoders")
    add("--out", type=Path, default=Path(out), help="gets the rows, after each")
    add("--gpu-id", type=int, default=-1, help="GPU to use, -1 for the CPU")
    return parser


def list_settings(args: Namespace) -> Iterator[Setting]:
    """YIELDS (Setting): each encoder in each precision, the CNN in fp32 alone. Makes the sample and the encoders."""
    args.work.mkdir(parents=True, exist_ok=True)
    texts = [doc.text for doc in read_sample(args)]
    for name in args.encoders:
        path = name if name == HASH else str(make_encoder(name, texts, args.work))
        for precision in args.precisions if name != HASH else ("fp32",):
            yield Setting(name, path, precision)


def make_pool(gpu_id: int = -1) -> Any:
    """RETURNS (Pool): a new process for each task, as memory is told as a peak; on a GPU, where it is reset, one."""
    return multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1 if gpu_id < 0 else None)


def show_turns(ratios: Sequence[float], name: str) -> Row:
    """RETURNS (Row): the median of ratios that were measured by turns, under this name, and how far they spread."""
    return {name: round(median(ratios), 3), "least": round(min(ratios), 3), "most": round(max(ratios), 3)}


def run(
    parser: ArgumentParser,
    measure: Callable[[Namespace], Iterator[Row]],
    tables: Dict[str, Columns],
    finish: Callable[[Sequence[Row]], Sequence[Row]] = list,
) -> None:
    """Write all rows after each, print the tables of all rows as `finish` made them, end with 1 after an error."""
    args = parser.parse_args()
    origin = tell_origin(args.gpu_id)
    rows = collect(([{**row, "origin": origin}] for row in measure(args)), args.out)
    print(show_tables(tables, finish(rows)))
    sys.exit(any("error" in row for row in rows))
