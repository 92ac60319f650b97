"""Choosing one type for each name of a corpus, by a vote over its contexts."""

from collections import Counter, defaultdict
from typing import Counter as CounterT
from typing import DefaultDict, Dict, Sequence, Tuple

from spacy.tokens import Doc, Span

# The tokens on either side of a name, "" at an end of the document.
Context = Tuple[str, str]


def vote_types(docs: Sequence[Doc]) -> int:
    """Give each name the type that a model predicts in the majority of its contexts, if there is a majority.

    Names and contexts are compared without case. A context counts once, however often it recurs: the line at the head
    of each report of a news agency is one piece of evidence, on which a model can be wrong a thousand times.

    docs (Sequence[Doc]): labelled documents, which are changed.
    RETURNS (int): the number of entities whose type was changed.
    """
    types = _find_types(docs)
    n_changed = 0
    for doc in docs:
        spans = []
        for ent in doc.ents:
            label = types.get(ent.text.casefold(), ent.label_)
            spans.append(Span(doc, ent.start, ent.end, label=label, kb_id=ent.kb_id, span_id=ent.id))
        changed = sum(new.label != old.label for new, old in zip(spans, doc.ents, strict=True))
        if changed:
            doc.set_ents(spans, default="unmodified")
            n_changed += changed
    return n_changed


def _find_types(docs: Sequence[Doc]) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): the types of the names that have a majority."""
    met: DefaultDict[str, DefaultDict[Context, CounterT[str]]] = defaultdict(lambda: defaultdict(Counter))
    for doc in docs:
        for ent in doc.ents:
            met[ent.text.casefold()][_context(ent)][ent.label_] += 1
    types: Dict[str, str] = {}
    for name, contexts in met.items():
        votes: DefaultDict[str, float] = defaultdict(float)
        for counts in contexts.values():
            for label, count in counts.items():
                votes[label] += count / counts.total()
        best = max(votes, key=lambda label: votes[label])
        if votes[best] > len(contexts) / 2:
            types[name] = best
    return types


def _context(ent: Span) -> Context:
    doc = ent.doc
    left = doc[ent.start - 1].text.casefold() if ent.start else ""
    right = doc[ent.end].text.casefold() if ent.end < len(doc) else ""
    return left, right
