"""Find the labels and the length of the longest entity in the training data, before the heads are built."""

import warnings
from typing import Dict, Iterable, List, Optional, Sequence, Set

from spacy.training import Example

from ..errors import Errors, Warnings, XnerError
from ..metadata import get_soft_labels
from ..schemes import get_scheme, relates_tokens
from ..types import HeadSpec
from .handover import Source
from .targets import count_entity_tokens, list_nested


def find_labels(
    examples: Sequence[Example],
    sources: Sequence[Source],
    soft: Dict[str, str],
    schemes: Dict[str, Optional[str]],
    name: str,
) -> List[str]:
    """Find the labels. Those of soft labels or of earlier pipelines come first, in their order there.

    examples (Sequence[Example]): the training examples.
    sources (Sequence[Source]): the parts that are taken over from saved pipelines.
    soft (Dict[str, str]): the soft labels that objectives read, with the outputs of the same classes.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    name (str): the component's name, for messages.
    RETURNS (List[str]): the labels of the soft labels, or else of the pipelines that parts come from. Other labels of
        the examples follow, unless heads are taken over.
    RAISES: X002, X022 if there is none.
    """
    labels = _find_soft_labels(examples, soft, schemes)
    if not labels and sources:
        labels = list(sources[0].pipe.labels)
    if not any(source.source.startswith("head:") for source in sources):
        labels += sorted(
            {label for eg in examples for label in collect_labels(eg, schemes)}.difference(labels)
        )
    if labels:
        return labels
    stored = any(get_soft_labels(eg.reference, key) is not None for eg in examples for key in soft)
    if soft and not stored:
        raise XnerError(Errors.X022.format(name=name, soft=list(soft)))
    raise XnerError(Errors.X002.format(name=name))


def collect_labels(eg: Example, schemes: Dict[str, Optional[str]]) -> Set[str]:
    """List the labels of an example, those of nested entities too if token pairs are classified.

    eg (Example): the example.
    schemes (Dict[str, Optional[str]]): the tagging scheme of each output.
    RETURNS (Set[str]): the labels.
    """
    nested = list_nested(eg) if any(map(relates_tokens, schemes.values())) else ()
    return {span.label_ for span in (*eg.reference.ents, *nested)}


def _find_soft_labels(
    examples: Iterable[Example], soft: Dict[str, str], schemes: Dict[str, Optional[str]]
) -> List[str]:
    for eg in examples:
        for name, output in soft.items():
            stored = get_soft_labels(eg.reference, name)
            scheme = get_scheme(schemes[output] or "")
            if stored is not None and (labels := scheme.labels(stored.classes)):
                return labels
    return []


def find_longest(examples: Iterable[Example], heads: Dict[str, HeadSpec]) -> int:
    """Find the length of the longest entity. Warns if it is much longer than others.

    examples (Iterable[Example]): the training examples.
    heads (Dict[str, HeadSpec]): the heads by name; those that relate tokens are built for this length.
    RETURNS (int): the tokens of the longest entity, 0 without entities.
    """
    lengths = sorted(count_entity_tokens(examples))
    longest = lengths[-1] if lengths else 0
    usual = lengths[int(0.999 * len(lengths))] if lengths else 0
    warn_of_longer(heads, longest, lengths)
    for name, spec in heads.items():
        if spec.relates and spec.max_length is None and longest > max(2 * usual, 20):
            message = Warnings.XW005.format(longest=longest, total=len(lengths), usual=usual, head=name)
            warnings.warn(message, stacklevel=3)
    return longest


def warn_of_longer(heads: Dict[str, HeadSpec], longest: int, lengths: Sequence[int]) -> None:
    """Warn of entities that are too long for the heads that relate tokens.

    heads (Dict[str, HeadSpec]): the heads by name.
    longest (int): the tokens of the longest entity in the training data.
    lengths (Sequence[int]): the tokens of each entity.
    """
    for name, spec in heads.items():
        n_longer = sum(length > spec.longest(longest) for length in lengths) if spec.relates else 0
        if n_longer:
            message = Warnings.XW004.format(
                n=n_longer, total=len(lengths), head=name, limit=spec.longest(longest), longest=max(lengths)
            )
            warnings.warn(message, stacklevel=3)
