"""Whether long documents and long streams of short ones cost more: words per second and peak memory.

All systems in one run. Each is trained a little on the sample, so that the number of entities found is plausible, and
saved; each measurement loads it in a process of its own. A stream comes from a generator, and nothing of it is kept.
"""

from argparse import Namespace
from itertools import cycle, islice
from operator import itemgetter
from pathlib import Path
from typing import Iterator, List

from spacy.language import Language
from spacy.tokens import Doc

from spacy_xner.evaluation.speed import measure_speed
from spacy_xner.pipeline import load_pipeline, use_gpu

from .command import Setting, list_settings, make_parser, make_pool, run
from .headings import LONG, Row
from .methods import list_systems
from .peak import measure_memory
from .sample import make_trained, read_sample

# How often a length has its turn, in a new process.
TURNS = 2


def save_trained(args: Namespace, setting: Setting, config: Path, path: Path) -> None:
    use_gpu(args.gpu_id)
    make_trained(config, setting.overrides(config), read_sample(args)).to_disk(path)


def make_docs(nlp: Language, sample: List[Doc], n_tokens: int, length: int) -> Iterator[Doc]:
    """YIELDS (Doc): documents of `length` tokens, `n_tokens` in all: the sample again and again."""
    stream = cycle([token.text for doc in sample for token in doc])
    for start in range(0, n_tokens, length):
        yield Doc(nlp.vocab, words=list(islice(stream, min(length, n_tokens - start))))


def measure_length(args: Namespace, path: Path, length: int) -> Row:
    """RETURNS (Row): words per second of the fastest run, since others only slow it down, and memory."""
    use_gpu(args.gpu_id)
    nlp = load_pipeline(str(path))
    docs = list(make_docs(nlp, read_sample(args), args.tokens, length))
    speeds = [round(speed, 1) for speed in measure_speed(nlp, docs, repeats=args.repeats)]
    return {"words_per_second": max(speeds), "slowest": min(speeds), **measure_memory(args.gpu_id)}


def measure_stream(args: Namespace, path: Path, n_docs: int) -> Row:
    """RETURNS (Row): peak memory after `n_docs` short documents, and before the first."""
    use_gpu(args.gpu_id)
    nlp = load_pipeline(str(path))
    before = measure_memory()["peak_mib"]
    docs = make_docs(nlp, read_sample(args), n_docs * args.short, args.short)
    n_entities = sum(len(doc.ents) for doc in nlp.pipe(docs))
    return {"entities": n_entities, "peak_mib_before": before, **measure_memory(args.gpu_id)}


def measure_all(args: Namespace) -> Iterator[Row]:
    """YIELDS (Row): that of each system with each encoder."""
    lengths, get_speed = (args.short, args.tokens), itemgetter("words_per_second")
    with make_pool() as pool:
        for setting in list_settings(args):
            for system in args.systems:
                path = args.work / "-".join(("trained", *setting.columns.values(), system))
                pool.apply(save_trained, (args, setting, list_systems()[system], path))
                # By turns, since the machine may be slow at one of them alone.
                turns = [[pool.apply(measure_length, (args, path, n)) for n in lengths] for _ in range(TURNS)]
                short, long = (max(found, key=get_speed) for found in zip(*turns, strict=True))
                few, many = (pool.apply(measure_stream, (args, path, n)) for n in args.documents)
                yield {
                    **setting.columns,
                    "pipeline": system,
                    **{"short": short, "long": long, "few": few, "many": many},
                    "speed": round(get_speed(long) / get_speed(short), 3),
                    "memory": round(many["peak_mib"] / few["peak_mib"], 3),
                }


if __name__ == "__main__":
    systems = list(list_systems())
    parser = make_parser(__doc__, "long_document.json", sentences=800, repeats=3)
    add = parser.add_argument
    add("--systems", nargs="+", default=systems, choices=systems, help="to measure")
    add("--tokens", type=int, default=50000, help="of the long document")
    add("--short", type=int, default=200, help="tokens of the short documents")
    add("--documents", type=int, nargs=2, default=[200, 2000], help="of the short and of the long stream")
    run(parser, measure_all, {"pipeline": LONG})
