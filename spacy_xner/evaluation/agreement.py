"""A score for text without labels: how well predictions agree with each other and with a teacher."""

from itertools import combinations
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

import numpy
from spacy.scorer import PRFScore
from spacy.training import Example
from spacy.util import SimpleFrozenDict

from ..errors import Errors, XnerError
from ..metadata import get_soft_labels, get_tags
from ..schemes import find_spans, get_scheme, match_boundaries
from .scorer import score_examples

# The schemes of a reading's outputs, sorted.
READABLE = (["bio"], ["span"], ["type"], ["end", "start"])

Find = Tuple[int, int, str]
Tags = Dict[str, numpy.ndarray]


def create_agreement_scorer(
    readings: List[List[str]],
    teachers: Dict[str, str] = SimpleFrozenDict(),
) -> Callable:
    """Create a scorer that adds "{name}_agreement" to the scores of `create_scorer`.

    The agreement is the micro F between all pairs of readings of one kind, in [0, 1], over the sentences without
    annotation, such as raw target text in the dev corpus. It is 0 if no reading finds anything, and None if there is
    nothing to compare. The kinds are typed entities, spans and typed tokens. With this score a checkpoint is chosen
    without target labels. Ours: the papers use labels or do not say.

    readings (List[List[str]]): the outputs from which the entities of a sentence can be read: one with the scheme
        "bio", "span" or "type" (for "type" the typed tokens are compared), or one with "start" and one with "end".
    teachers (Dict[str, str]): the names of the soft labels for each output, which are read in the same way; an output
        that is not named has none.
    RETURNS (Callable): from examples to scores.
    RAISES: X034 when it is called, if the heads have no such output, X035 if no entities can be read from outputs.
    """

    def score(
        examples: Iterable[Example],
        *,
        name: str,
        schemes: Dict[str, Optional[str]],
        labels: Sequence[str],
        **kwargs: Any,
    ) -> Dict[str, Any]:
        examples = list(examples)
        for output in [*(output for reading in readings for output in reading), *teachers]:
            if output not in schemes:
                raise XnerError(Errors.X034.format(name=name, output=output, found=list(schemes)))
        for reading in readings:
            kinds = sorted(str(schemes[output]) for output in reading)
            if kinds not in READABLE:
                raise XnerError(Errors.X035.format(name=name, reading=reading, found=kinds))
        found = score_examples(examples, name=name, schemes=schemes, labels=labels, **kwargs)
        classes = {
            output: get_scheme(schemes[output] or "").classes(labels)
            for reading in readings
            for output in reading
        }
        prf, compared = PRFScore(), False
        for eg in examples:
            if not eg.reference.has_annotation("ENT_IOB"):
                finds = read_all(eg, readings, teachers, schemes, classes)
                for (kind, first), (other, second) in combinations(finds, 2):
                    if kind == other:
                        prf.score_set(first, second)
                        compared = True
        # 0 rather than None if nothing is found yet: spaCy drops the weight of a score once it is None.
        return {**found, f"{name}_agreement": prf.fscore if compared else None}

    return score


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
