"""Judge `translate --match`: how many sentences of a translation memory are kept, and which entities have the right
boundaries, on the sample of languages with endings and clitics (tests/cases/inflected.tsv) and on Spanish and German of
assets/."""

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import srsly
from spacy.tokens import Doc

from spacy_xner.files import write_json
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.projection.render import number_entities, render_docs
from spacy_xner.translation.resolve import make_engine

ROOT = Path(__file__).parents[1]
SAMPLE, ASSETS = ROOT / "tests" / "cases" / "inflected.tsv", ROOT / "assets"
LANGUAGES = ["pl", "ru", "fi", "tr", "hu", "hi", "ar", "he", "es", "de"]
IN_ASSETS = ("es", "de")
RULES = ["exact", "inflected", "fuzzy"]
# `[number TYPE text]`; in translations without the type.
MARK = re.compile(r"\[(\d) (?:([A-Z]+) )?([^]]+)\]")

Pairs = List[Tuple[Doc, Doc]]


def read_pairs(language: str) -> Pairs:
    """RETURNS (Pairs): labelled sentences with their labelled translations; entities correspond by id."""
    if language not in IN_ASSETS:
        rows = [line.split("\t") for line in SAMPLE.read_text(encoding="utf8").splitlines()[1:]]
        return [
            (read_marked(source), read_marked(target)) for code, source, target in rows if code == language
        ]
    sides: List[Dict[str, Doc]] = []
    for code in ("en", language):
        rows = [row for path in sorted(ASSETS.glob(f"*.{code}.jsonl")) for row in srsly.read_jsonl(path)]
        sides.append({row["id"]: read_row(row) for row in rows})
    return [(doc, sides[1][name]) for name, doc in sides[0].items() if name in sides[1]]


def read_marked(text: str) -> Doc:
    """RETURNS (Doc): a sentence of the sample with its entities."""
    plain, spans, at = "", [], 0
    for mark in MARK.finditer(text):
        plain += text[at : mark.start()]
        spans.append((len(plain), len(plain) + len(mark[3]), mark[2] or "NAME", mark[1]))
        plain, at = plain + mark[3], mark.end()
    return make_doc(plain + text[at:], spans)


def read_row(row: Dict[str, Any]) -> Doc:
    """RETURNS (Doc): a sentence of assets/ with its entities."""
    spans = [(span["start"], span["end"], span["label"], span.get("id", "")) for span in row["spans"]]
    return make_doc(row["text"], spans)


def make_doc(text: str, spans: Sequence[Tuple[int, int, str, str]]) -> Doc:
    """RETURNS (Doc): a sentence with entities. RAISES: ValueError if one is no row of tokens."""
    doc = get_blank().tokenizer(text)
    ents = [doc.char_span(start, end, label, span_id=name) for start, end, label, name in spans]
    if None in ents:
        raise ValueError(f"An entity of '{text}' begins or ends inside a token.")
    doc.set_ents(ents)
    number_entities(doc)
    return doc


def measure(pairs: Pairs, language: str, rule: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): counts of sentences, of those that are kept, and of entities: all, found, and found
    with the right boundaries."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.tsv"
        path.write_text("".join(f"{one.text}\t{other.text}\n" for one, other in pairs), encoding="utf8")
        engine = make_engine("memory", [f"path={path}"])("en", language)
        docs = [doc for doc, _ in pairs]
        found = render_docs(docs, engine, ("en", language), get_blank().tokenizer, match=rule)
    gold = [{ent.id_: (ent.start, ent.end) for ent in target.ents} for _, target in pairs]
    right = [
        places.get(span.id_) == (span.start, span.end)
        for (_, projection), places in zip(found, gold, strict=True)
        for span in projection.spans
    ]
    return {
        "language": language,
        "match": rule,
        "sentences": len(pairs),
        "kept": sum(not projection.missing for _, projection in found),
        "entities": sum(len(doc.ents) for doc in docs),
        "found": len(right),
        "right": sum(right),
    }


def main(args: argparse.Namespace) -> int:
    rows = [measure(read_pairs(code), code, rule) for code in LANGUAGES for rule in RULES]
    write_json(args.out, rows)
    for row in rows:
        print(row)
    return 0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "inflected.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
