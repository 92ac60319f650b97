"""Tag schemes of column formats. Tags are checked strictly and converted to (iob, types)."""

import re
from dataclasses import dataclass
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ...schemes import BEGIN, INSIDE, OUTSIDE

# Excludes tags of nested entities, such as "B-PER|B-LOC" in some corpora.
TAG = re.compile(r"O|[BILUES]-(?!\S*[#|,;+][BILUES]-)\S+")
# What was probably meant as a tag.
LIKE_TAG = re.compile(r"[oO]|[BILUESbilues][-_]\S+")
# The letters of IOBES for closing and single tags, as letters of BILOU.
_CANONICAL = {"E": "L", "S": "U"}


class _Tag(NamedTuple):
    letter: str
    label: str

    @classmethod
    def parse(cls, tag: str) -> "_Tag":
        letter, _, label = tag.partition("-")
        return cls(_CANONICAL.get(letter, letter), label)


_OUTSIDE = _Tag("O", "")


class TagError(ValueError):
    """A tag that breaks its scheme.

    index (int): the position of its token in the sentence.
    tag (str): the tag.
    reason (str): what is wrong with it.
    """

    def __init__(self, index: int, tag: str, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.tag = tag
        self.reason = reason


@dataclass(frozen=True)
class TagScheme:
    """The rules of a tag scheme.

    letters (str): the allowed letters, as letters of BILOU.
    begins (Callable): from the previous tag and a tag other than O to whether the tag opens an entity.
    forbids (Callable): from the previous tag and a tag to the reason why it can't follow, None if it can.
    """

    letters: str
    begins: Callable[[_Tag, _Tag], bool]
    forbids: Callable[[_Tag, _Tag], Optional[str]]


def _iob2_forbids(previous: _Tag, tag: _Tag) -> Optional[str]:
    if tag.letter == "I" and tag.label != previous.label:
        return f"continues no entity of its type, in iob2 entities begin with 'B-{tag.label}'"
    return None


def _iob1_forbids(previous: _Tag, tag: _Tag) -> Optional[str]:
    if tag.letter == "B" and previous == _OUTSIDE:
        return f"comes after no entity, in iob1 entities begin with 'I-{tag.label}' except after another one"
    return None


def _bilou_forbids(previous: _Tag, tag: _Tag) -> Optional[str]:
    if previous.letter in "BI" and (tag.letter not in "IL" or tag.label != previous.label):
        return f"comes before the entity '{previous.label}' is closed, in bilou with L- (E-)"
    if previous.letter not in "BI" and tag.letter in "IL":
        return "continues no entity, in bilou entities begin with B- or are single, U- (S-)"
    return None


TAG_SCHEMES: Dict[str, TagScheme] = {
    "iob2": TagScheme("OBI", lambda previous, tag: tag.letter == "B", _iob2_forbids),
    "iob1": TagScheme(
        "OBI", lambda previous, tag: tag.letter == "B" or tag.label != previous.label, _iob1_forbids
    ),
    "bilou": TagScheme("OBILU", lambda previous, tag: tag.letter in "BU", _bilou_forbids),
}


def read_tags(
    tags: Sequence[str], scheme: str, mended: Optional[List[int]] = None
) -> Tuple[List[int], List[str]]:
    """Check the tags of a sentence and convert them to spaCy's representation.

    tags (Sequence[str]): one tag for each token.
    scheme (str): "iob2", "iob1" or "bilou".
    mended (Optional[List[int]]): a list to which the positions of repaired tags are added. A tag that continues no
        entity begins one, and small letters count as capitals. None: such tags are errors.
    RETURNS (Tuple[List[int], List[str]]): for each token, inside, outside or begin, and its label or "".
    RAISES: TagError for the first tag that is malformed or not allowed at its position.
    """
    rules = TAG_SCHEMES[scheme]
    iob: List[int] = []
    previous = _OUTSIDE
    parsed = [_Tag.parse(tag) for tag in tags]
    for i, tag in enumerate(parsed):
        meant = tags[i][:1].upper() + tags[i][1:].replace("_", "-", 1)
        if mended is not None and not TAG.fullmatch(tags[i]) and TAG.fullmatch(meant):
            mended.append(i)
            tag = parsed[i] = _Tag.parse(meant)
        elif not TAG.fullmatch(tags[i]) or tag.letter not in rules.letters:
            raise TagError(i, tags[i], f"is no tag of the scheme {scheme}")
        reason = rules.forbids(previous, tag)
        if reason is not None and mended is None:
            raise TagError(i, tags[i], reason)
        if reason is not None and mended is not None and i not in mended:
            mended.append(i)
        begins = rules.begins(previous, tag) or tag.label != previous.label
        iob.append(OUTSIDE if tag == _OUTSIDE else BEGIN if begins else INSIDE)
        previous = tag
    if rules.forbids(previous, _OUTSIDE) is not None and mended is None:
        raise TagError(len(tags) - 1, tags[-1], "leaves its entity open at the end of the sentence")
    return iob, [tag.label for tag in parsed]


def infer_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """Infer the scheme of a file from the way entities begin and end.

    An entity that follows no other entity begins with B- in iob2 and with I- in iob1; only bilou has letters for the
    end.

    sentences (Iterable[Sequence[str]]): the tags of each sentence.
    RETURNS (str): "bilou" if any tag closes an entity, "iob2" if any B- follows no entity or there are no entities,
        else "iob1". A file with mixed schemes fails when its tags are read.
    """
    found = set()
    for tags in sentences:
        previous = _OUTSIDE
        for tag in map(_Tag.parse, tags):
            if tag.letter in ("L", "U"):
                return "bilou"
            if previous == _OUTSIDE and tag != _OUTSIDE:
                found.add(tag.letter)
            previous = tag
    return "iob1" if "I" in found and "B" not in found else "iob2"
