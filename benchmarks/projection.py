"""Judge label projection: gold labels of source text, carried to its translation, against a reference projection.

The reference is silver itself (`conll_projected`, made with another aligner), so this measures agreement.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional

from spacy.tokens import Doc
from stages import find_file

from spacy_xner.cli._util import get_blank
from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.files import write_bytes
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.filters import make_filters
from spacy_xner.translation.project import project_corpus
from spacy_xner.translation.resolve import make_aligner
from spacy_xner.translation.types import Aligner


def read_split(path: Path, work: Path, language: str, prefix: str) -> List[Doc]:
    """Read tokens and tags. RETURNS (List[Doc]): the sentences; line i has the group "{prefix}{i}"."""
    output = work / f"{prefix}{language}.spacy"
    convert(path, output, language=language, group_prefix=prefix)
    return list(read_docs(output, get_blank().vocab))


def compare(found: List[Doc], reference: List[Doc]) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): precision, recall and F1 of the entities; sentences that are not found count as
    without entities."""
    by_group = {doc.user_data["xner"]["group"]: doc for doc in found}
    right = n_found = n_reference = 0
    for gold in reference:
        doc = by_group.get(gold.user_data["xner"]["group"])
        ours = {(ent.start, ent.end, ent.label_) for ent in doc.ents} if doc is not None else set()
        theirs = {(ent.start, ent.end, ent.label_) for ent in gold.ents}
        right += len(ours & theirs)
        n_found += len(ours)
        n_reference += len(theirs)
    precision, recall = right / max(n_found, 1), right / max(n_reference, 1)
    f1 = 2 * right / max(n_found + n_reference, 1)
    return {key: round(100 * value, 2) for key, value in (("p", precision), ("r", recall), ("f1", f1))}


def get_aligner(name: str, settings: List[str], memory: Path, alignments: Path) -> Optional[Aligner]:
    if name == "none":
        return None
    if name == "given":
        return make_aligner("given", [f"memory={memory}", f"alignments={alignments}"])
    return make_aligner(name, settings)


def main(args: argparse.Namespace) -> int:
    rows = []
    for language in args.targets:
        memory = next(find_file(args.data / f"{args.corpus}_translated" / f"{args.source}-{language}.tsv"))
        alignments = next(find_file(memory.parent / f"{args.source}-{language}.align"))
        folder = args.data / args.corpus / args.source
        source = read_split(next(find_file(folder / "train.iob")), args.work, args.source, "train-")
        folder = args.data / f"{args.corpus}_projected" / language
        reference = read_split(next(find_file(folder / "train.iob")), args.work, language, "train-")
        for item in args.aligners:
            name, *settings = item.split(",")
            start = time.perf_counter()
            kept, _, report = project_corpus(
                source,
                reference,
                (args.source, language),
                make_filters(keep_partial=args.keep_partial),
                aligner=get_aligner(name, settings, memory, alignments),
                cache=Cache(args.work),
            )
            row: Dict[str, object] = {"language": language, "aligner": item, **compare(kept, reference)}
            row["dropped"] = report.sentences.total() - report.sentences["kept"]
            row["rate"] = round(100 * report.rate(), 2)
            row["by_type"] = {label: round(100 * report.rate(label), 2) for label in sorted(report.entities)}
            row["seconds"] = round(time.perf_counter() - start, 1)
            rows.append(row)
            print(json.dumps(row), flush=True)
    write_bytes(args.out, (json.dumps(rows, indent=1) + "\n").encode("utf8"))
    return 0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--corpus", default="conll")
    parser.add_argument("--source", default="en")
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument(
        "--aligners", nargs="+", default=["none", "eflomal", "given"], help="NAME[,KEY=VALUE...] each"
    )
    parser.add_argument("--keep-partial", action="store_true", help="keep sentences with a lost entity")
    parser.add_argument("--out", type=Path, default=Path("projection.json"))
    parser.add_argument("--work", type=Path, default=Path("benchmark/projection"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
