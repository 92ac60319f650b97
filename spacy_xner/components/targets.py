"""Build from documents the targets that objectives read."""

from typing import Dict, Iterable, List, Optional, Sequence, Tuple

import numpy
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors, XnerError
from ..metadata import get_group, get_group_key, get_language, get_soft_labels, get_view
from ..relations import add_entities, find_cells
from ..schemes import BEGIN, INSIDE, MISSING, OUTSIDE, get_scheme
from ..tokens import same_tokens
from ..types import SoftLabels, Targets

# spaCy's own key of spans that may lie within one another, which its spancat learns from by default.
NESTED = "sc"
_PREFIX_IOB = {"B": BEGIN, "U": BEGIN, "I": INSIDE, "L": INSIDE, "O": OUTSIDE}


def make_targets(
    examples: Sequence[Example],
    labels: Sequence[str],
    schemes: Dict[str, Optional[str]],
    soft: Dict[str, str],
    widths: Dict[str, int],
    device: torch.device,
) -> Targets:
    """Build the targets of a batch from the references of its examples, aligned to the predicted tokens.

    examples (Sequence[Example]): B examples.
    labels (Sequence[str]): the component's labels.
    schemes (Dict[str, Optional[str]]): tagging scheme of each output.
    soft (Dict[str, str]): names of the soft labels to read; each is mapped to the output with the same classes.
    widths (Dict[str, int]): the number of cells of a row, for outputs that relate tokens.
    device (torch.device): the device of the tensors.
    RETURNS (Targets): the targets.
    RAISES: X001 (unknown label), X005 (soft labels with other classes).
    """
    lengths = [len(eg.predicted) for eg in examples]
    shape = (len(examples), max(lengths, default=0))
    iob = numpy.zeros(shape, dtype="int64")
    types = numpy.zeros(shape, dtype="int64")
    entities = numpy.zeros(shape, dtype="int64")
    indices = {label: i + 1 for i, label in enumerate(labels)}
    entity_ids: Dict[Tuple[str, str], int] = {}
    for i, eg in enumerate(examples):
        iob[i, : lengths[i]], types[i, : lengths[i]] = _annotation(eg, indices)
        if widths and NESTED in eg.reference.spans:  # such spans are annotation, too: there are no others
            iob[i, : lengths[i]][iob[i, : lengths[i]] == MISSING] = OUTSIDE
        for start, end, key in _aligned_entities(eg):
            entities[i, start:end] = entity_ids.setdefault(key, len(entity_ids) + 1)
    mask = numpy.arange(shape[1])[None, :] < numpy.asarray(lengths, dtype="int64")[:, None]
    gold = {
        name: get_scheme(scheme).encode(iob, types, widths.get(name, 0))
        for name, scheme in schemes.items()
        if scheme is not None
    }
    for name in widths.keys() & gold.keys():
        for i, eg in enumerate(examples):
            nested = ((s.start, s.end, _index(s.label_, indices, eg)) for s in list_nested(eg))
            add_entities(gold[name][i], nested)
    groups: Dict[str, int] = {}
    names = [get_group_key(eg.reference, i) for i, eg in enumerate(examples)]

    def tensor(array: numpy.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(device)

    return Targets(
        mask=tensor(mask),
        labelled=tensor((iob != MISSING) & mask),
        gold={name: tensor(classes) for name, classes in gold.items()},
        soft={
            name: _stack_soft(
                examples,
                name,
                output,
                get_scheme(schemes[output] or "").classes(labels),
                (*shape, widths[output]) if output in widths else shape,
                device,
            )
            for name, output in soft.items()
        },
        groups=torch.tensor([groups.setdefault(name, len(groups)) for name in names], device=device),
        views=[get_view(eg.reference) for eg in examples],
        languages=[get_language(eg.reference) for eg in examples],
        entities=tensor(entities),
    )


def _annotation(eg: Example, indices: Dict[str, int]) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """RETURNS (Tuple[ndarray, ndarray]): `iob` and `types` of the predicted tokens, as schemes.py has them."""
    if same_tokens(eg.predicted, eg.reference):
        reference = eg.reference
        iob = reference.to_array(["ENT_IOB"]).astype("int64")
        types = numpy.zeros(len(iob), dtype="int64")
        for ent in reference.ents:
            types[ent.start : ent.end] = _index(ent.label_, indices, eg)
        return iob, types
    tags = eg.get_aligned_ner()
    iob = numpy.zeros(len(tags), dtype="int64")
    types = numpy.zeros(len(tags), dtype="int64")
    for i, tag in enumerate(tags):
        if tag is not None and tag != "-":
            prefix, _, label = tag.partition("-")
            iob[i] = _PREFIX_IOB[prefix]
            types[i] = _index(label, indices, eg) if label else 0
    return iob, types


def _index(label: str, indices: Dict[str, int], eg: Example) -> int:
    if label not in indices:
        text = eg.reference.text[:60]
        raise XnerError(Errors.X001.format(label=label, text=text, labels=list(indices)))
    return indices[label]


def _aligned_entities(eg: Example) -> List[Tuple[int, int, Tuple[str, str]]]:
    """RETURNS (List): start and end in predicted tokens, and (group, id), of the entities that bear an id."""
    group = get_group(eg.reference)
    spans = [ent for ent in eg.reference.ents if ent.id_]
    if not spans or not group:
        return []
    return [
        (found.start, found.end, (group, span.id_)) for span in spans for found in _align_spans(eg, [span])
    ]


def _align_spans(eg: Example, spans: Sequence[Span]) -> Sequence[Span]:
    """RETURNS (Sequence[Span]): the reference's spans in predicted tokens, but for those that begin or end in one."""
    if same_tokens(eg.predicted, eg.reference):
        return spans
    return eg.get_aligned_spans_y2x(spans, allow_overlap=True)


def list_nested(eg: Example) -> Sequence[Span]:
    """List gold entities that may lie within one another: the spans of the group "sc".

    eg (Example): the example.
    RETURNS (Sequence[Span]): the spans in predicted tokens, without those whose boundaries are inside a token there;
        none without such a group.
    """
    return _align_spans(eg, list(eg.reference.spans[NESTED])) if NESTED in eg.reference.spans else []


def count_entity_tokens(examples: Iterable[Example]) -> List[int]:
    """Count the tokens of gold entities, with those of `list_nested`.

    examples (Iterable[Example]): the examples. Entities that do not align with predicted tokens are left out.
    RETURNS (List[int]): the number of predicted tokens of each entity, in the order of the examples.
    """
    return [len(span) for eg in examples for span in [*_align_spans(eg, eg.reference.ents), *list_nested(eg)]]


def _stack_soft(
    examples: Sequence[Example],
    name: str,
    output: str,
    classes: List[str],
    shape: Tuple[int, ...],
    device: torch.device,
) -> SoftLabels:
    logp = numpy.zeros((*shape, len(classes)), dtype="float32")
    mask = numpy.zeros(shape, dtype="bool")
    for i, eg in enumerate(examples):
        stored = get_soft_labels(eg.reference, name)
        if stored is None:
            continue
        if stored.classes != classes:
            raise XnerError(
                Errors.X005.format(name=name, found=stored.classes, output=output, expected=classes)
            )
        if same_tokens(eg.predicted, eg.reference):
            # A teacher may have related tokens in a band of another width.
            shapes = zip(stored.logp.shape[:-1], shape[1:], strict=True)
            cells = tuple(slice(min(have, want)) for have, want in shapes)
            logp[i][cells] = stored.logp[cells]
            mask[i][cells] = True
            if len(shape) == 3:
                mask[i][: len(eg.predicted)] &= find_cells(len(eg.predicted), shape[2])[1]
    return SoftLabels(torch.from_numpy(logp).to(device), torch.from_numpy(mask).to(device))


def find_untaught(targets: Targets) -> torch.Tensor:
    """Find the sentences from which nothing can be learned.

    targets (Targets): the targets of a batch.
    RETURNS (Tensor): (B,) bool, True for sentences that have tokens, but neither a known label nor soft labels.
    """
    known = [targets.labelled, *(soft.mask.flatten(1) for soft in targets.soft.values())]
    return targets.mask.any(dim=1) & ~torch.cat(known, dim=1).any(dim=1)


def has_tokens(docs: Sequence[Doc]) -> bool:
    """Check whether a batch has any tokens.

    docs (Sequence[Doc]): the documents of the batch.
    RETURNS (bool): whether any document has a token.
    """
    return any(len(doc) for doc in docs)
