"""The summary of a conversion: counts, and the sentences that were changed or left out."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Counter, Dict, Iterable, Iterator, List, Sequence, Set

from ..errors import Errors, Warnings, XnerError
from .formats import Found, Note, Record

# Places that a message lists.
SHOWN = 10


@dataclass
class ConvertSummary:
    """The summary of a conversion.

    path (Path): the file that was read.
    sentences, unlabelled, tokens (int): the numbers of sentences, of sentences without annotation, and of tokens.
    entities (Counter[str]): the number of entities of each type.
    dropped (List[str]): entities left out because they don't match token boundaries, with place and reason.
    invalid (List[str]): the errors of sentences left out because they are invalid.
    notes (Dict[str, List[str]]): the places of the reader's repairs and decisions, by kind.
    lost (Set[str]): the kinds of notes that mean a loss of annotation.
    """

    path: Path
    sentences: int = 0
    unlabelled: int = 0
    tokens: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    dropped: List[str] = field(default_factory=list)
    invalid: List[str] = field(default_factory=list)
    notes: Dict[str, List[str]] = field(default_factory=dict)
    lost: Set[str] = field(default_factory=set)

    def add_note(self, note: Note, place: str) -> None:
        """Add a note.

        note (Note): a repair or decision of the reader.
        place (str): its place, such as "line 3".
        """
        self.notes.setdefault(note.kind, []).append(f"{place} ({note.detail})" if note.detail else place)
        self.lost |= {note.kind} if note.loses else set()

    def reject(self, error: XnerError, limit: int) -> None:
        """Leave an invalid sentence out.

        error (XnerError): its error.
        limit (int): most sentences that may be left out.
        RAISES: the error itself if none may be, X151 if there are more than may be.
        """
        if not limit:
            raise error
        self.invalid.append(str(error))
        if len(self.invalid) > limit:
            found = list_some(self.invalid)
            raise XnerError(Errors.X151.format(limit=limit, path=self.path, found=found))


def sift_records(found: Iterable[Found], summary: ConvertSummary, skip_invalid: int) -> Iterator[Record]:
    """Pass valid sentences on, and add errors and notes to a summary.

    found (Iterable[Found]): the output of a reader.
    summary (ConvertSummary): the summary.
    skip_invalid (int): most errors that are allowed.
    YIELDS (Record): the sentences.
    RAISES: the error itself if none is allowed, X151 if there are too many.
    """
    for item in found:
        if isinstance(item, XnerError):
            summary.reject(item, skip_invalid)
        elif isinstance(item, Note):
            summary.add_note(item._replace(detail=""), item.detail)
        else:
            for note in item.notes:
                summary.add_note(note, item.place)
            yield item


def check_summary(summary: ConvertSummary, max_dropped: float) -> None:
    """Check a summary, and warn of sentences and entities that were changed or left out.

    summary (ConvertSummary): the summary.
    max_dropped (float): the largest share of entities that may be left out.
    RAISES: X102 (no sentence), X150 (too many entities left out).
    """
    path, n_dropped = summary.path, len(summary.dropped)
    for kind, places in ((kind, summary.notes[kind]) for kind in sorted(summary.lost)):
        warnings.warn(
            Warnings.XW151.format(path=path, n=len(places), kind=kind, found=list_some(places)), stacklevel=2
        )
    if summary.invalid:
        found = "; ".join(summary.invalid)
        warnings.warn(Warnings.XW150.format(n=len(summary.invalid), path=path, found=found), stacklevel=2)
    if not summary.sentences:
        raise XnerError(Errors.X102.format(path=path))
    total, found = n_dropped + summary.entities.total(), list_some(summary.dropped)
    if n_dropped > max_dropped * total:
        raise XnerError(
            Errors.X150.format(n=n_dropped, total=total, path=path, limit=max_dropped, found=found)
        )
    if n_dropped:
        warnings.warn(Warnings.XW002.format(n=n_dropped, path=path, found=found), stacklevel=2)


def list_some(found: Sequence[str]) -> str:
    """Join items for a message; of many items only the first are shown.

    found (Sequence[str]): the items.
    RETURNS (str): the items, separated by semicolons.
    """
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more
