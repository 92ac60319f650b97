"""Judge label projection: gold labels of source text, carried to its translation, against a reference projection.

The reference is silver itself (`conll_projected`, made with another aligner), so this measures agreement. Without
one the rate of entities that were found is all there is to say.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from spacy.tokens import Doc

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import Errors, XnerError
from spacy_xner.files import find_packed, write_json
from spacy_xner.metadata import copy_identity, get_group, set_metadata
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.aligned import read_memory
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.memory import normalize_key
from spacy_xner.translation.projection.corpus import project_corpus
from spacy_xner.translation.projection.filters import make_filters
from spacy_xner.translation.projection.view_corpus import find_memory
from spacy_xner.translation.resolve import make_aligner
from spacy_xner.translation.types import Aligner


def read_split(path: Path, work: Path, language: str, prefix: str, limit: int = 0) -> List[Doc]:
    """Read tokens and tags. RETURNS (List[Doc]): the sentences; line i has the group "{prefix}{i}"."""
    output = work / f"{prefix}{language}.spacy"
    convert(path, output, language=language, group_prefix=prefix, limit=limit or None)
    return list(read_docs(output, get_blank().vocab))


def look_up(docs: List[Doc], memory: Path, language: str) -> List[Doc]:
    """RETURNS (List[Doc]): the translations in a memory of tokenized text, unlabelled, in the sentences' groups."""
    translations = read_memory(memory)
    found = [(doc, translations.get(normalize_key(doc.text))) for doc in docs]
    targets = [(doc, Doc(doc.vocab, words=pair.text.split())) for doc, pair in found if pair is not None]
    for doc, target in targets:
        copy_identity(doc, target)
        set_metadata(target, language=language)
    return [target for _, target in targets]


def compare(found: List[Doc], reference: List[Doc]) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): precision, recall and F1 of the entities; sentences that are not found count as
    without entities."""
    by_group = {get_group(doc): doc for doc in found}
    right = n_found = n_reference = 0
    for gold in reference:
        doc = by_group.get(get_group(gold))
        ours = {(ent.start, ent.end, ent.label_) for ent in doc.ents} if doc is not None else set()
        theirs = {(ent.start, ent.end, ent.label_) for ent in gold.ents}
        right += len(ours & theirs)
        n_found += len(ours)
        n_reference += len(theirs)
    precision, recall = right / max(n_found, 1), right / max(n_reference, 1)
    f1 = 2 * right / max(n_found + n_reference, 1)
    return {"precision": precision, "recall": recall, "f1": f1}


def get_aligner(
    name: str, settings: List[str], memory: Path, alignments: Optional[Path]
) -> Optional[Aligner]:
    """RETURNS (Optional[Aligner]): what aligns the words. RAISES: X101 if there are no alignments to be given."""
    if name == "none":
        return None
    if name != "given":
        return make_aligner(name, settings)
    if alignments is None:
        raise XnerError(Errors.X101.format(path=f"alignments of {memory}"))
    return make_aligner("given", [f"memory={memory}", f"alignments={alignments}"])


def judge(
    data: Path,
    corpus: str,
    languages: Tuple[str, str],
    item: str,
    work: Path,
    *,
    keep_partial: bool = False,
    limit: int = 0,
) -> Dict[str, Any]:
    """Carry the labels of a corpus to its translations.

    data (Path): folder of the corpora.
    languages (Tuple[str, str]): codes of source and target.
    item (str): the aligner, NAME[,KEY=VALUE...], "none", or "given" for the alignments beside the translations.
    work (Path): what eflomal found is kept there.
    keep_partial (bool): keep sentences with a lost entity.
    limit (int): most sentences, 0 for all.
    RETURNS (Dict[str, Any]): rates and, where there is a reference, scores.
    """
    source, target = languages
    memory, alignments = find_memory(data / f"{corpus}_translated", languages, "train")
    gold = data / corpus / source / "train.iob"
    labelled = read_split(find_packed(gold) or gold, work, source, "train-", limit)
    reference = find_packed(data / f"{corpus}_projected" / target / "train.iob")
    if reference is None:
        targets = look_up(labelled, memory, target)
    else:
        targets = read_split(reference, work, target, "train-", limit)
    name, *settings = item.split(",")
    start = time.perf_counter()
    found = project_corpus(
        labelled,
        targets,
        languages,
        make_filters(keep_partial=keep_partial),
        aligner=get_aligner(name, settings, memory, alignments),
        cache=Cache(work),
    )
    report = found.report
    return {
        "language": target,
        "aligner": item,
        **({} if reference is None else compare(found.kept, targets)),
        "dropped": report.sentences.total() - report.sentences["kept"],
        "rate": report.rate(),
        "by_type": {label: report.rate(label) for label in sorted(report.entities)},
        "seconds": round(time.perf_counter() - start, 1),
    }


def main(args: argparse.Namespace) -> int:
    rows = []
    for language in args.targets:
        for item in args.aligners:
            languages = args.source, language
            keep, limit = args.keep_partial, args.limit
            rows.append(
                judge(args.data, args.corpus, languages, item, args.work, keep_partial=keep, limit=limit)
            )
            print(json.dumps(rows[-1]), flush=True)
    write_json(args.out, rows)
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
    parser.add_argument("--limit", type=int, default=0, help="most sentences, 0 for all")
    parser.add_argument("--out", type=Path, default=Path("projection.json"))
    parser.add_argument("--work", type=Path, default=Path("benchmark/projection"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
