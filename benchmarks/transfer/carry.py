"""Judge label projection: gold labels of source text, carried to its translation, against a reference projection.

The reference is silver itself (`conll_projected`, made with another aligner), so this measures agreement. Without
one the rate of entities that were found is all there is to say.
"""

import argparse
import time
from itertools import product
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.training import Example

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.evaluation.metrics import score_micro
from spacy_xner.files import find_packed
from spacy_xner.metadata import get_group, set_metadata
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.aligned import read_memory
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.memory import normalize_key
from spacy_xner.translation.projection.translations import Translations
from spacy_xner.translation.projection.view_corpus import find_memory
from spacy_xner.translation.projection.workflow import Rules, project_labels

from ..rows import collect, tell_origin
from .data import make_data_parser


def read_split(path: Path, work: Path, language: str, limit: int) -> List[Doc]:
    """RETURNS (List[Doc]): the first sentences of a column file; the number of each is its group."""
    output = work / f"train-{language}.spacy"
    convert(path, output, language=language, group_prefix="train-", limit=limit or None)
    return list(read_docs(output, get_blank().vocab))


def look_up(docs: Sequence[Doc], memory: Path, language: str) -> Iterator[Doc]:
    """YIELDS (Doc): the translations in a memory of tokenized text, unlabelled, in the sentences' groups."""
    known = read_memory(memory)
    for doc in docs:
        found = known.get(normalize_key(doc.text))
        if found is not None:
            target = Doc(doc.vocab, words=found.text.split())
            set_metadata(target, group=get_group(doc), language=language)
            yield target


def judge(args: argparse.Namespace, language: str, item: str) -> Dict[str, Any]:
    """Carry the labels of a corpus to its translations.

    item (str): the aligner, NAME[,KEY=VALUE...], "none", or "given" for the alignments beside the translations.
    RETURNS (Dict[str, Any]): rates; scores where there is a reference: a dropped sentence is one without entities.
    """
    languages: Tuple[str, str] = (args.source, language)
    folder = args.data / f"{args.corpus}_translated"
    memory, alignments = find_memory(folder, languages, "train")
    gold = args.data / args.corpus / args.source / "train.iob"
    labelled = read_split(find_packed(gold) or gold, args.work, args.source, args.limit)
    reference = find_packed(args.data / f"{args.corpus}_projected" / language / "train.iob")
    if reference is None:
        targets = list(look_up(labelled, memory, language))
    else:
        targets = read_split(reference, args.work, language, args.limit)
    name, *settings = item.split(",")
    if name == "given":
        alignments = alignments or folder / f"{args.source}-{language}.align"
        settings = [f"memory={memory}", f"alignments={alignments}"]
    translations = Translations(aligner=None if name == "none" else name, aligner_settings=settings)
    start = time.perf_counter()
    rules, cache = Rules(keep_partial=args.keep_partial), Cache(args.work)
    found = project_labels(labelled, targets, languages, translations, rules, cache=cache)
    by_group = {get_group(doc): doc for doc in (*found.kept, *found.dropped)}
    examples = [Example(by_group[get_group(doc)], doc) for doc in targets]
    return {
        "language": language,
        "aligner": item,
        **({} if reference is None else score_micro(examples)),
        "dropped": len(found.dropped),
        "rate": found.report.rate(),
        "by_type": {label: found.report.rate(label) for label in sorted(found.report.entities)},
        "seconds": round(time.perf_counter() - start, 1),
        "origin": tell_origin(),
    }


def parse_args(words: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = make_data_parser(__doc__, "projection.json", "benchmark/projection")
    known = ["none", "eflomal", "given"]
    parser.add_argument("--aligners", nargs="+", default=known, help="NAME[,KEY=VALUE...] each")
    parser.add_argument("--keep-partial", action="store_true", help="keep sentences with a lost entity")
    return parser.parse_args(words)


if __name__ == "__main__":
    args = parse_args()
    collect(([judge(args, *found)] for found in product(args.targets, args.aligners)), args.out)
