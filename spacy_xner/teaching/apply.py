"""The entities that a pipeline finds in a corpus, part by part, wherever a part is worked on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple

import srsly
from spacy.language import Language
from spacy.tokens import Doc

from ..corpora.formats.documents import list_identity
from ..corpora.store import pack_docs
from ..metadata import get_fields
from ..pipeline import find_component
from ..scores import get_scores
from .label import find_entities, label_docs
from .unsure import read_outside, unlabel_unsure
from .worker import Worker


class Counts(NamedTuple):
    """n_inputs, n_docs, n_entities, n_unsure, n_errors (int): documents read, documents left, their entities, tokens
    without label since they may be in one, and rows without text."""

    n_inputs: int
    n_docs: int
    n_entities: int
    n_unsure: int
    n_errors: int


class Labelled(NamedTuple):
    """What came of a part.

    counts (Counts): how much that is.
    docs (bytes): the documents as `pack_docs` gives them, or nothing.
    rows (List[Dict[str, Any]]): the texts with their spans, or nothing; see `write_rows`.
    """

    counts: Counts
    docs: bytes
    rows: List[Dict[str, Any]]


@dataclass(frozen=True)
class Labeller(Worker):
    """Labels parts of a corpus.

    rows (bool): rows come of a part, otherwise documents.
    threshold, drop_empty: as in `label_docs`.
    outside (float): tokens without entity stay unlabelled if they have a lower probability of being outside.
    """

    rows: bool = False
    threshold: float = 0.0
    drop_empty: bool = False
    outside: float = 0.0

    def work(self, nlp: Language, inputs: List[Doc]) -> bytes:
        """Label documents.

        nlp (Language): the pipeline.
        inputs (List[Doc]): the documents of a part; if `outside` is over 0, with the model's stored distributions.
        RETURNS (bytes): a `Labelled`, for `read_labelled`.
        RAISES: X011 without a component that gives scores or probabilities where they are needed, X309 if none tells
            what is outside.
        """
        schemes = find_component(nlp, self.model).schemes if self.outside else {}
        for doc in inputs if self.outside else ():
            if len(doc):
                read_outside(doc, schemes)
        chosen: Dict[str, Any] = {"threshold": self.threshold, "drop_empty": self.drop_empty}
        if self.rows:
            rows = [make_row(doc, found) for doc, found in find_entities(nlp, inputs, **chosen)]
            n_entities, n_errors = sum(len(row["spans"]) for row in rows), _count_errors(inputs)
            counts = Counts(len(inputs), len(rows), n_entities, 0, n_errors)
            return srsly.msgpack_dumps(Labelled(counts, b"", rows))
        docs = list(label_docs(nlp, inputs, **chosen))
        n_unsure = unlabel_unsure(docs, schemes, self.outside) if self.outside else 0
        counts = Counts(
            len(inputs), len(docs), sum(len(doc.ents) for doc in docs), n_unsure, _count_errors(docs)
        )
        return srsly.msgpack_dumps(Labelled(counts, pack_docs(docs), []))


def _count_errors(docs: List[Doc]) -> int:
    return sum("error" in get_fields(doc) for doc in docs)


def make_row(doc: Doc, found: Doc) -> Dict[str, Any]:
    """Make a row of a labelled document.

    doc (Doc): the document.
    found (Doc): what a pipeline made of it; its tokens may be others.
    RETURNS (Dict[str, Any]): its metadata and text and what else its row had, with the entities by characters and their
        scores as far as there are such.
    """
    spans = []
    for ent, score in zip(found.ents, get_scores(found), strict=True):
        span: Dict[str, Any] = {"start": ent.start_char, "end": ent.end_char, "label": ent.label_}
        # Digits that another machine finds, too.
        spans.append(span if score is None else {**span, "score": round(score, 4)})
    return {**list_identity(doc), **get_fields(doc), "text": doc.text, "spans": spans}


def read_labelled(paths: Iterable[Path]) -> Iterator[Labelled]:
    """Read what came of parts.

    paths (Iterable[Path]): files of what `Labeller` gave.
    YIELDS (Labelled): the content of each.
    """
    for path in paths:
        counts, docs, rows = srsly.msgpack_loads(path.read_bytes())
        yield Labelled(Counts(*counts), docs, rows)


def sum_counts(parts: Iterable[Labelled]) -> Counts:
    """Add up the counts of parts.

    parts (Iterable[Labelled]): what came of the parts.
    RETURNS (Counts): those of all together, 0 without parts.
    """
    return Counts(*map(sum, zip(Counts(0, 0, 0, 0, 0), *(part.counts for part in parts), strict=True)))
