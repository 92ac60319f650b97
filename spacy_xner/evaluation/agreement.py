"""A score for text without labels: how well predictions agree with each other and with a teacher."""

from itertools import combinations
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

import numpy
from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors, XnerError
from ..metadata import get_soft_labels, get_tags
from ..schemes import find_spans, get_scheme, match_boundaries
from ..tokens import copy_tokens
from .scorer import score_examples

# The schemes of a reading's outputs, sorted.
READABLE = (["bio"], ["span"], ["type"], ["end", "start"])

Find = Tuple[int, int, str]
Tags = Dict[str, numpy.ndarray]
Annotate = Callable[[List[Doc], Dict[str, List[numpy.ndarray]]], None]


def create_agreement_scorer(
    readings: Optional[List[List[str]]] = None,
    teachers: Optional[Dict[str, str]] = None,
) -> Callable:
    """Create a scorer that adds "{name}_agreement" to the scores of `create_scorer`.

    The agreement is the micro F between all pairs of readings of one kind, in [0, 1], over the sentences without
    annotation, such as raw target text in the dev corpus. It is 0 if no reading finds anything, and None if there is
    nothing to compare. The kinds are typed entities, spans and typed tokens. With this score a checkpoint is chosen
    without target labels. Ours: the papers use labels or do not say.

    A student that begins as its teacher agrees with it best before any training. So a teacher is asked only if it is
    named, or if the outputs can't be compared with each other: then the component's entities are compared with those
    that its decoder finds in the soft labels of each teacher that its objectives read, relations of token pairs too.

    readings (Optional[List[List[str]]]): the outputs from which the entities of a sentence can be read: one with the
        scheme "bio", "span" or "type" (for "type" the typed tokens are compared), or one with "start" and one with
        "end". None: all that there are.
    teachers (Optional[Dict[str, str]]): the names of the soft labels for each output, which are read in the same way;
        an output that is not named has none. None: as told above.
    RETURNS (Callable): from examples to scores.
    RAISES: X034 when it is called, if the heads have no such output, X035 if no entities can be read from outputs.
    """

    def score(
        examples: Iterable[Example],
        *,
        name: str,
        schemes: Dict[str, Optional[str]],
        labels: Sequence[str],
        annotate: Optional[Annotate] = None,
        soft: Sequence[Dict[str, str]] = (),
        **kwargs: Any,
    ) -> Dict[str, Any]:
        examples = list(examples)
        chosen = find_readings(schemes) if readings is None else readings
        for output in [*(output for reading in chosen for output in reading), *(teachers or {})]:
            if output not in schemes:
                raise XnerError(Errors.X034.format(name=name, output=output, found=list(schemes)))
        for reading in chosen:
            kinds = sorted(str(schemes[output]) for output in reading)
            if kinds not in READABLE:
                raise XnerError(Errors.X035.format(name=name, reading=reading, found=kinds))
        found = score_examples(examples, name=name, schemes=schemes, labels=labels, **kwargs)
        classes = {output: get_scheme(scheme).classes(labels) for output, scheme in schemes.items() if scheme}
        prf, compared = PRFScore(), False
        for eg in examples:
            if not eg.reference.has_annotation("ENT_IOB"):
                finds = read_all(eg, chosen, teachers or {}, schemes, classes)
                pairs = [(a, b) for (kind, a), (other, b) in combinations(finds, 2) if kind == other]
                if not pairs and teachers is None and annotate is not None:
                    own = read_found(eg.predicted)
                    pairs = [(own, other) for other in read_teachers(eg, annotate, soft, classes)]
                for first, second in pairs:
                    prf.score_set(first, second)
                    compared = True
        # 0 rather than None if nothing is found yet: spaCy drops the weight of a score once it is None.
        return {**found, f"{name}_agreement": prf.fscore if compared else None}

    return score


def find_readings(schemes: Dict[str, Optional[str]]) -> List[List[str]]:
    """List the outputs, or pairs of starts and ends, from which entities can be read.

    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    RETURNS (List[List[str]]): the outputs of each reading.
    """
    starts, ends = (
        [name for name, found in schemes.items() if found == scheme] for scheme in ("start", "end")
    )
    alone = [[name] for name, scheme in schemes.items() if [scheme] in READABLE]
    return [*alone, *(list(pair) for pair in zip(starts, ends, strict=False))]


def read_found(doc: Doc) -> Set[Find]:
    """List the entities of a document.

    doc (Doc): the document.
    RETURNS (Set[Find]): start, end (exclusive) and type of each.
    """
    return {(ent.start, ent.end, ent.label_) for ent in doc.ents}


def read_teachers(
    eg: Example, annotate: Annotate, teachers: Sequence[Dict[str, str]], classes: Dict[str, List[str]]
) -> Iterator[Set[Find]]:
    """Read the entities of a sentence as the component's decoder finds them in the soft labels of its teachers.

    eg (Example): the example, with soft labels stored with the reference.
    annotate (Callable): sets the entities of documents from (n, ...) arrays of each output.
    teachers (Sequence[Dict[str, str]]): for each teacher the outputs, with the names of their soft labels.
    classes (Dict[str, List[str]]): the class names of each output.
    YIELDS (Set[Find]): the entities of each teacher. One whose soft labels are missing is left out.
    """
    for teacher in teachers:
        found = {output: get_soft_labels(eg.reference, name) for output, name in teacher.items()}
        logp = {
            output: soft.logp
            for output, soft in found.items()
            if soft and soft.classes == classes[output] and len(soft.logp) == len(eg.predicted)
        }
        if len(logp) == len(teacher):
            doc = copy_tokens(eg.predicted, eg.predicted.vocab)
            annotate([doc], {output: [values] for output, values in logp.items()})
            yield read_found(doc)


def read_all(
    eg: Example,
    readings: List[List[str]],
    teachers: Dict[str, str],
    schemes: Dict[str, Optional[str]],
    classes: Dict[str, List[str]],
) -> List[Tuple[str, Set[Find]]]:
    """Read the entities of a sentence from all readings.

    eg (Example): the example, with tags set by the component, and soft labels stored with the reference.
    readings (List[List[str]]): the outputs of each reading.
    teachers (Dict[str, str]): the names of the soft labels for each output.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    classes (Dict[str, List[str]]): the class names of each output.
    RETURNS (List[Tuple[str, Set[Find]]]): the kind of each reading and what it finds. Readings whose predictions or
        soft labels are missing are left out.
    """
    stored: Tags = {}
    for output, teacher in teachers.items():
        soft = get_soft_labels(eg.reference, teacher)
        if soft is not None and list(soft.classes) == classes.get(output):
            stored[output] = soft.logp.argmax(axis=-1)
    return [
        read(tags, reading, schemes, classes)
        for tags in (get_tags(eg.predicted), stored)
        for reading in readings
        if all(output in tags and len(tags[output]) == len(eg.predicted) for output in reading)
    ]


def read(
    tags: Tags, reading: List[str], schemes: Dict[str, Optional[str]], classes: Dict[str, List[str]]
) -> Tuple[str, Set[Find]]:
    """Read the entities of a sentence from one reading.

    tags (Dict[str, ndarray]): (n,) class indices of each output.
    reading (List[str]): the outputs of the reading.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    classes (Dict[str, List[str]]): the class names of each output.
    RETURNS (Tuple[str, Set[Find]]): the kind, "entity", "span" or "token", and for each find its start, end (exclusive)
        and type ("" for a span).
    """
    by_scheme = {schemes[output]: tags[output].tolist() for output in reading}
    names = classes[reading[0]]
    if by_scheme.keys() == {"start", "end"}:
        matched = match_boundaries(by_scheme["start"], by_scheme["end"])
        return "entity", {(start, end, names[kind]) for start, end, kind in matched}
    ((scheme, tagged),) = by_scheme.items()
    if scheme == "type":
        return "token", {(i, i + 1, names[tag]) for i, tag in enumerate(tagged) if tag}
    return "span" if scheme == "span" else "entity", set(find_spans([names[tag] for tag in tagged]))
