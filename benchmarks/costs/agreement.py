"""Whether a pipeline finds the same entities in the precision of `auto` and in float32.

`agreement` is the F1 of one against the other. Without bfloat16 in the processor both are float32; `origin` tells that.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Iterator

import spacy
from spacy.training import Example
from spacy.util import load_config

from spacy_xner.evaluation.metrics import score_micro
from spacy_xner.pipeline import find_pipeline
from spacy_xner.reporting.evaluate import predict_corpora

from .command import choose_precision, run
from .headings import AGREEMENT, Row


def compare(args: Namespace) -> Iterator[Row]:
    """YIELDS (Row): the agreement and the number of entities in each precision. RAISES: ValueError if there is none."""
    config, found = load_config(find_pipeline(args.pipeline) / "config.cfg"), []
    for precision in ("auto", "float32"):
        nlp = spacy.load(args.pipeline, config=choose_precision(config, precision))
        examples = predict_corpora(nlp, args.corpora).examples
        found.append([example.predicted for language in examples.values() for example in language])
    auto, float32 = (sum(len(doc.ents) for doc in docs) for docs in found)
    if not auto + float32:
        raise ValueError(f"{args.pipeline} finds no entity in either precision.")
    agreement = score_micro([Example(*docs) for docs in zip(*found, strict=True)])["f1"]
    yield {"pipeline": args.pipeline, "agreement": agreement, "entities": auto, "entities_float32": float32}


def make_options() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("pipeline", help="a trained pipeline, a folder or an installed package")
    parser.add_argument("corpora", type=Path, nargs="+", help="labelled text that `evaluate` reads")
    parser.add_argument("--out", type=Path, default=Path("agreement.json"), help="gets the row")
    parser.set_defaults(gpu_id=-1)
    return parser


if __name__ == "__main__":
    run(make_options(), compare, {"agreement": AGREEMENT})
