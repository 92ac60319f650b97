"""What one long document costs beside the same text in short ones: seconds for each token, and peak memory.

Each is predicted in a process of its own, by a pipeline with a config's model and weights drawn at random.
"""

import argparse
import json
import multiprocessing
import sys
from typing import Any, Dict, List

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed, load_config, load_model_from_config
from stages import CONFIGS, peak_mib, read_overrides

from spacy_xner.evaluation.speed import time_runs

WORDS = ["Ana", "Lopez", "visited", "the", "new", "office", "of", "Blue", "River", "in", "Bonn", "again"]
# As long as CoNLL's longest entity.
LONGEST = 10
# A machine that others use is slow at times, never fast.
REPEATS = 7


def make_pipeline(config: str, settings: Dict[str, Any]) -> Language:
    """RETURNS (Language): the pipeline of a config, initialized on one sentence."""
    fix_random_seed(0)
    nlp = load_model_from_config(load_config(CONFIGS / f"{config}.cfg", overrides=settings))
    doc = Doc(nlp.vocab, words=WORDS)
    doc.set_ents([Span(doc, 0, LONGEST, label="PER")])
    nlp.initialize(lambda: [Example(Doc(nlp.vocab, words=WORDS), doc)])
    return nlp


def measure(config: str, settings: Dict[str, Any], n_tokens: int, length: int) -> Dict[str, float]:
    """Predict a text once to warm up, then by the clock. RETURNS (Dict[str, float]): its costs, time of the fastest."""
    nlp = make_pipeline(config, settings)
    words = (WORDS * (n_tokens // len(WORDS) + 1))[:n_tokens]

    def run() -> None:
        docs = [Doc(nlp.vocab, words=words[start : start + length]) for start in range(0, n_tokens, length)]
        assert sum(len(doc) for doc in nlp.pipe(docs)) == n_tokens

    before = peak_mib()
    seconds = time_runs(lambda _: run(), lambda: None, REPEATS)
    return {
        "microseconds_per_token": round(1e6 * min(seconds) / n_tokens, 1),
        "peak_mib": round(peak_mib(), 1),
        "peak_mib_before": round(before, 1),
    }


def main(args: argparse.Namespace) -> int:
    settings = {"vars.encoder": args.encoder, **read_overrides(args.override)}
    rows: List[Dict[str, Any]] = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for length in (args.short, args.tokens):
            found = pool.apply(measure, (args.config, settings, args.tokens, length))
            rows.append({"tokens_of_a_document": length, **found})
            print(json.dumps(rows[-1]), flush=True)
    short, long = rows
    for key in ("microseconds_per_token", "peak_mib"):
        print(f"{key}: {long[key] / short[key]:.2f} times")
    return 0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument(
        "--config", default="mcl", choices=sorted(path.stem for path in CONFIGS.glob("*.cfg"))
    )
    parser.add_argument("--encoder", default="hash")
    parser.add_argument("--tokens", type=int, default=20000, help="of the long document")
    parser.add_argument("--short", type=int, default=200, help="tokens of the short documents")
    parser.add_argument("--override", action="append", default=[], help="KEY=JSON for the config")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
