"""What came of a conversion: counts, and what is told of sentences that are not as the file has them."""

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
    """What was written.

    path (Path): the file that was read.
    sentences, unlabelled, tokens (int): how many sentences, how many of them without annotation, how many tokens.
    entities (Counter[str]): the number of entities of each type.
    dropped (List[str]): entities left out because they don't match token boundaries, with place and reason.
    invalid (List[str]): sentences left out because they are wrong: their errors.
    notes (Dict[str, List[str]]): places of what the reader mended or decided, by its kind.
    lost (Set[str]): the kinds by which annotation was lost.
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
        """Keep a note.

        note (Note): what a reader mended or decided.
        place (str): where, as "line 3".
        """
        self.notes.setdefault(note.kind, []).append(f"{place} ({note.detail})" if note.detail else place)
        self.lost |= {note.kind} if note.loses else set()

    def reject(self, error: XnerError, limit: int) -> None:
        """Leave a sentence out.

        error (XnerError): what is wrong with it.
        limit (int): so many may be left out.
        RAISES: the error itself if none may be, X151 if there are more than may be.
        """
        if not limit:
            raise error
        self.invalid.append(str(error))
        if len(self.invalid) > limit:
            found = list_some(self.invalid)
            raise XnerError(Errors.E151.format(limit=limit, path=self.path, found=found))


def sift_records(found: Iterable[Found], summary: ConvertSummary, skip_invalid: int) -> Iterator[Record]:
    """Let through what is right, and keep what is to be told of the rest.

    found (Iterable[Found]): what a reader gives.
    summary (ConvertSummary): gets errors and notes.
    skip_invalid (int): so many errors may be.
    YIELDS (Record): the sentences.
    RAISES: the error itself if none may be, X151 if there are more than may be.
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
    """Tell what is not as the file has it.

    summary (ConvertSummary): what was read.
    max_dropped (float): the largest share of entities that may be left out.
    RAISES: X102 (no sentence), X150 (too many entities left out).
    """
    path, n_dropped = summary.path, len(summary.dropped)
    for kind, places in ((kind, summary.notes[kind]) for kind in sorted(summary.lost)):
        warnings.warn(
            Warnings.W151.format(path=path, n=len(places), kind=kind, found=list_some(places)), stacklevel=2
        )
    if summary.invalid:
        found = "; ".join(summary.invalid)
        warnings.warn(Warnings.W150.format(n=len(summary.invalid), path=path, found=found), stacklevel=2)
    if not summary.sentences:
        raise XnerError(Errors.E102.format(path=path))
    total, found = n_dropped + summary.entities.total(), list_some(summary.dropped)
    if n_dropped > max_dropped * total:
        raise XnerError(
            Errors.E150.format(n=n_dropped, total=total, path=path, limit=max_dropped, found=found)
        )
    if n_dropped:
        warnings.warn(Warnings.W002.format(n=n_dropped, path=path, found=found), stacklevel=2)


def list_some(found: Sequence[str]) -> str:
    """List what was found, the first of it if it is much. found (Sequence[str]): what was found.
    RETURNS (str): it, with semicolons between.
    """
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more
