"""The candidates of a stream of sentences: the most unsure of each language and label, no two alike."""

import heapq
import math
import re
from typing import Collection, Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from ...errors import Errors, XnerError
from .examine import Examined, Finding

# Candidates for each sentence to choose, and most of them, at least two for each: candidates are compared in pairs.
POOL, LARGEST = 20, 5000
# The language and the label that a sentence counts for.
Group = Tuple[str, str]


class Candidate(NamedTuple):
    """A sentence that may be chosen.

    finding (Finding): what is known of it.
    part, place (int): where its document is.
    """

    finding: Finding
    part: int
    place: int

    @property
    def rank(self) -> Tuple[float, int, int]:
        """RETURNS (tuple): what candidates are sorted by: the most unsure is the largest, else the first."""
        return self.finding.score, -self.part, -self.place


def find_size(n: int) -> int:
    """Find how many candidates of each group to keep.

    n (int): how many sentences are chosen.
    RETURNS (int): the number.
    """
    return max(min(POOL * n, LARGEST), 2 * n)


class CandidatePool:
    """The most unsure sentences of a stream, without near-duplicates, so many of each group that has a share.

    size (int): candidates of a group.
    shares (Shares): the shares of languages and labels; labels only make groups if they have shares.
    max_tokens (int): most tokens of a sentence, 0 for any number.
    """

    def __init__(self, size: int, shares: "Shares", max_tokens: int = 0) -> None:
        self.size = size
        self.shares = shares
        self.max_tokens = max_tokens
        self.groups: Dict[Group, Dict[int, Candidate]] = {}
        self.languages: Set[str] = set()
        self.n_inputs = self.n_words = self.n_long = self.n_known = 0
        self.score = 0.0

    def add(self, part: int, examined: Examined, known: FrozenSet[int] = frozenset()) -> None:
        """Add the sentences of a part.

        part (int): its number.
        examined (Examined): what is known of them.
        known (FrozenSet[int]): keys of texts that are labelled already.
        """
        self.n_inputs += examined.n_inputs
        for place, finding in enumerate(examined.findings):
            self.n_words += 1
            self.score += finding.score
            self.languages.add(finding.language)
            if finding.key in known:
                self.n_known += 1
            elif self.max_tokens and finding.n_tokens > self.max_tokens:
                self.n_long += 1
            else:
                self._keep(Candidate(finding, part, place))

    def _keep(self, candidate: Candidate) -> None:
        key, name = candidate.finding.key, self.shares.find_group(candidate.finding)
        if not self.shares.weigh(name):
            return
        group = self.groups.setdefault(name, {})
        if key not in group or candidate.rank > group[key].rank:
            group[key] = candidate
        if len(group) >= 2 * self.size:
            best = heapq.nlargest(self.size, group.values(), key=lambda item: item.rank)
            group.clear()
            group.update({item.finding.key: item for item in best})

    def list_groups(self) -> Dict[Group, List[Candidate]]:
        """List the candidates. Of texts that are alike only the most unsure is one, whatever groups they are in.

        RETURNS (Dict[Group, List[Candidate]]): the candidates of each group, the most unsure first.
        """
        found: Dict[Group, List[Candidate]] = {name: [] for name in sorted(self.groups)}
        seen: Set[int] = set()
        kept = ((item, name) for name, group in self.groups.items() for item in group.values())
        for item, name in sorted(kept, key=lambda pair: pair[0].rank, reverse=True):
            if item.finding.key not in seen and len(found[name]) < self.size:
                seen.add(item.finding.key)
                found[name].append(item)
        return found


class Shares(NamedTuple):
    """How many of the sentences are of each language and label.

    languages (Dict[str, float]): weights; if empty, all languages have the same.
    labels (Dict[str, float]): weights; if empty, labels have no share.
    """

    languages: Dict[str, float]
    labels: Dict[str, float]

    def find_group(self, finding: Finding) -> Group:
        """Find what a sentence counts for.

        finding (Finding): what is known of the sentence.
        RETURNS (Group): its group.
        """
        return finding.language, finding.label if self.labels else ""

    def divide(self, n: int, available: Dict[Group, int]) -> Dict[Group, int]:
        """Divide a number of sentences among groups.

        n (int): the number.
        available (Dict[Group, int]): how many sentences each group has. What a group lacks goes to the others.
        RETURNS (Dict[Group, int]): how many sentences to choose from each group.
        """
        weights = {group: self.weigh(group) for group in available}
        found = dict.fromkeys(available, 0)
        while sum(found.values()) < n:
            left = {g: w for g, w in weights.items() if w and found[g] < available[g]}
            if not left:
                break
            # One by one to whoever is farthest behind its share.
            group = min(left, key=lambda g: ((found[g] + 1) / left[g], g))
            found[group] += 1
        return found

    def weigh(self, group: Group) -> float:
        """Find the weight of a group.

        group (Group): the group.
        RETURNS (float): the weight of its language by that of its label, 0 if it has no share.
        """
        weights = zip((self.languages, self.labels), group, strict=True)
        return math.prod(given.get(name, 0.0) if given else 1.0 for given, name in weights)


def read_shares(text: Optional[str], option: str) -> Dict[str, float]:
    """Read an option that gives shares.

    text (Optional[str]): names with commas between, each with "=WEIGHT" or without, such as "es=2,de".
    option (str): its name, for the message.
    RETURNS (Dict[str, float]): the weights by name, {} without a text.
    RAISES: X306 if there is no such list.
    """
    found: Dict[str, float] = {}
    for item in (text or "").split(",") if text is not None else ():
        match = re.fullmatch(r"\s*([^=]+?)\s*(?:=\s*(\d+(?:\.\d+)?)\s*)?", item)
        if match is None or float(match[2] or 1) <= 0:
            expected = "a list such as 'es=2,de', of names with numbers above 0"
            raise XnerError(Errors.X306.format(found=text, expected=expected, option=option))
        found[match[1]] = float(match[2] or 1)
    return found


def check_names(shares: Dict[str, float], known: Collection[str], option: str, path: str) -> None:
    """Make sure that shares are of what there is.

    shares (Dict[str, float]): the weights by name.
    known (Collection[str]): the names that there are.
    option (str): where the shares are from, for the message.
    path (str): what has these names.
    RAISES: X340 if another one is named.
    """
    if missing := ", ".join(sorted(set(shares) - set(known))):
        found = ", ".join(sorted(filter(None, known))) or "none"
        raise XnerError(Errors.X340.format(option=option, missing=missing, path=path, found=found))
