"""Labelling the parts of a corpus with a pipeline, on this machine or another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional

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
    """The counts of a part.

    n_inputs, n_docs (int): documents read, and documents kept.
    n_entities (int): entities of the documents kept.
    n_unsure (int): tokens whose label was removed because they may be in an entity.
    n_errors (int): rows without text.
    """

    n_inputs: int
    n_docs: int
    n_entities: int
    n_unsure: int
    n_errors: int


class Labelled(NamedTuple):
    """The result of a part: documents or rows.

    counts (Counts): the counts of the part.
    docs (bytes): the documents from `pack_docs`, or nothing.
    rows (List[Dict[str, Any]]): the texts with their spans, or nothing; see `write_rows`.
    """

    counts: Counts
    docs: bytes
    rows: List[Dict[str, Any]]


@dataclass(frozen=True)
class Labeller(Worker):
    """Labels the parts of a corpus.

    rows (bool): whether the result of a part is rows; otherwise it is documents.
    threshold, drop_empty: as in `label_docs`.
    outside (float): tokens without an entity are unlabelled if their probability of being outside is lower.
    batch_size, n_process: as in `label_docs`; the result does not depend on them.
    """

    rows: bool = False
    threshold: float = 0.0
    drop_empty: bool = False
    outside: float = 0.0
    batch_size: Optional[int] = None
    n_process: int = 1

    def work(self, nlp: Language, inputs: List[Doc]) -> bytes:
        """Label documents.

        nlp (Language): the pipeline.
        inputs (List[Doc]): the documents of a part; if `outside` is above 0, with the model's soft labels.
        RETURNS (bytes): a `Labelled`, for `read_done`.
        RAISES: X011 if scores or probabilities are needed and no component gives them, X309 if no soft labels tell
            which tokens are outside.
        """
        schemes = find_component(nlp, self.model).schemes if self.outside else {}
        for doc in inputs if self.outside else ():
            if len(doc):
                read_outside(doc, schemes)
        chosen: Dict[str, Any] = {
            "threshold": self.threshold,
            "drop_empty": self.drop_empty,
            "batch_size": self.batch_size,
            "n_process": self.n_process,
        }
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
    """Make a row from a labelled document.

    doc (Doc): the document.
    found (Doc): the same text as labelled by a pipeline, which may have other tokens.
    RETURNS (Dict[str, Any]): metadata, text and the other fields of its row, with the entities by characters and the
        scores that they have.
    """
    spans = []
    for ent, score in zip(found.ents, get_scores(found), strict=True):
        span: Dict[str, Any] = {"start": ent.start_char, "end": ent.end_char, "label": ent.label_}
        # Only the digits that are the same on every machine.
        spans.append(span if score is None else {**span, "score": round(score, 4)})
    return {**list_identity(doc), **get_fields(doc), "text": doc.text, "spans": spans}


def read_done(paths: Iterable[Path]) -> Iterator[Labelled]:
    """Read the results of parts.

    paths (Iterable[Path]): files with results of `Labeller`.
    YIELDS (Labelled): the result in each file.
    """
    for path in paths:
        counts, docs, rows = srsly.msgpack_loads(path.read_bytes())
        yield Labelled(Counts(*counts), docs, rows)


def sum_counts(parts: Iterable[Labelled]) -> Counts:
    """Add up the counts of parts.

    parts (Iterable[Labelled]): the results of the parts.
    RETURNS (Counts): the sums, 0 without parts.
    """
    return Counts(*map(sum, zip(Counts(0, 0, 0, 0, 0), *(part.counts for part in parts), strict=True)))
