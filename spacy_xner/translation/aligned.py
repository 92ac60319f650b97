"""Parallel text with word alignments: which words they are about, and whether both belong together."""

import unicodedata
import warnings
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ..corpora.lines import open_lines
from ..errors import Errors, Warnings, XnerError
from ..files import write_bytes
from .memory import normalize_key, read_alignments, read_pairs
from .types import Alignment

# Words that both sides of a pair have once are nearly always aligned with each other. Of so many at least this share
# must be, or the alignments are of other pairs.
LEAST_SHARED, LEAST_ALIGNED = 20, 0.5

Words = Tuple[str, ...]


class AlignedPair(NamedTuple):
    """A sentence pair with its word alignment.

    source, target (Words): the words of both sides.
    alignment (Alignment): pairs of source and target word, from 0.
    """

    source: Words
    target: Words
    alignment: Alignment


class Translation(NamedTuple):
    """A translation.

    text (str): the translated text.
    alignment (Optional[Alignment]): pairs of source and target token, from 0; None if unknown.
    """

    text: str
    alignment: Optional[Alignment]


def read_aligned(memory: Path, alignments: Path) -> List[AlignedPair]:
    """Read a parallel file with its word alignments.

    Words are what stands between spaces, or what the file of tokens beside the alignments tells (see `name_tokens`).

    memory (Path): lines of source text, tab, target text; `.gz` or plain, UTF-8.
    alignments (Path): a line of pairs "i-j" for each line.
    RETURNS (List[AlignedPair]): the pairs, in order.
    RAISES: X201 (lines do not pair up), X202 (no tab), X203 (bad alignment), X240 (tokens of another text), X101 to
        X103 and X115. Warns (XW201) if the alignments seem to be of other pairs.
    """
    pairs = list(read_pairs(memory))
    tokens = name_tokens(alignments)
    if tokens.is_file():
        pairs = _read_tokens(tokens, pairs, memory)
    found = [
        AlignedPair(tuple(source.split()), tuple(target.split()), alignment)
        for (source, target), alignment in zip(pairs, read_alignments(alignments, pairs, memory), strict=True)
    ]
    _check_fit(found, memory, alignments)
    return found


def read_memory(path: Path, alignments: Optional[Path] = None) -> Dict[str, Translation]:
    """Read a translation memory.

    path (Path): lines of source text, tab, target text; `.gz` or plain, UTF-8.
    alignments (Optional[Path]): a line of pairs "i-j" for each line.
    RETURNS (Dict[str, Translation]): the translations by source text with single spaces. If a text has several
        translations, the first is used. With alignments both are the words that these are about, with spaces between.
    RAISES: X202 (no tab), X101 to X103 and X115, and those of `read_aligned`.
    """
    memory: Dict[str, Translation] = {}
    if alignments is None:
        for text, target in read_pairs(path):
            memory.setdefault(normalize_key(text), Translation(target, None))
    else:
        for pair in read_aligned(path, alignments):
            translation = Translation(" ".join(pair.target), pair.alignment)
            memory.setdefault(normalize_key(" ".join(pair.source)), translation)
    return memory


def write_aligned(
    path: Path, alignments: Sequence[Alignment], tokens: Optional[Sequence[Tuple[Words, Words]]]
) -> None:
    """Write the word alignments of a parallel file.

    path (Path): the file of the alignments.
    alignments (Sequence[Alignment]): the alignment of each pair.
    tokens (Optional[Sequence[Tuple[Words, Words]]]): the words of each pair, to be kept beside the alignments; None
        if they are what stands between spaces.
    """
    beside = name_tokens(path)
    if tokens is None:
        beside.unlink(missing_ok=True)
    else:
        rows = (f"{' '.join(source)}\t{' '.join(target)}\n" for source, target in tokens)
        write_bytes(beside, "".join(rows).encode("utf8"))
    lines = (" ".join(f"{i}-{j}" for i, j in sorted(alignment)) for alignment in alignments)
    write_bytes(path, "".join(f"{line}\n" for line in lines).encode("utf8"))


def name_tokens(alignments: Path) -> Path:
    """Name the file that tells the words of alignments.

    alignments (Path): the file of the alignments, `.gz` or plain.
    RETURNS (Path): the file beside it that has a line of source words, tab, target words for each pair, if the words
        are not what stands between spaces.
    """
    return alignments.with_name(f"{alignments.name.removesuffix('.gz')}.tokens")


def cut_pair(source: Doc, target: Doc) -> Tuple[Words, Words]:
    """List the words of a sentence pair.

    source, target (Doc): both sides, cut into tokens.
    RETURNS (Tuple[Words, Words]): the tokens of both sides that are not white space.
    """
    return tuple(_list_words(source)), tuple(_list_words(target))


def squeeze(words: Sequence[str]) -> str:
    """Join words to a key that does not tell how a text was cut.

    words (Sequence[str]): the words of a text.
    RETURNS (str): their letters in Unicode's composed form (NFC), without white space.
    """
    return "".join(_squeeze(word) for word in words)


def spread_alignment(pair: AlignedPair, source: Sequence[str], target: Sequence[str]) -> Alignment:
    """Carry an alignment over to the same text, cut in another way.

    pair (AlignedPair): the words that the alignment is about.
    source, target (Sequence[str]): the tokens of the same text.
    RETURNS (Alignment): pairs of tokens that share characters with aligned words.
    """
    left, right = _match(pair.source, source), _match(pair.target, target)
    return {(i, j) for one, other in pair.alignment for i in left[one] for j in right[other]}


def _match(words: Sequence[str], tokens: Sequence[str]) -> List[List[int]]:
    """RETURNS (List[List[int]]): for each word the tokens with which it shares characters."""
    owners = [k for k, token in enumerate(tokens) for _ in _squeeze(token)]
    found, at = [], 0
    for word in words:
        end = at + len(_squeeze(word))
        found.append(sorted(set(owners[at:end])))
        at = end
    return found


def _squeeze(word: str) -> str:
    return "".join(unicodedata.normalize("NFC", word).split())


def _list_words(doc: Doc) -> List[str]:
    return [token.text for token in doc if token.text.strip()]


def _read_tokens(path: Path, pairs: List[Tuple[str, str]], memory: Path) -> List[Tuple[str, str]]:
    found = [tuple(line.split("\t")) for _, line in open_lines(path)]
    wanted = [(squeeze([source]), squeeze([target])) for source, target in pairs]
    same = [tuple(squeeze([text]) for text in row) for row in found]
    if same != wanted:
        both = enumerate(zip(same, wanted, strict=False), start=1)
        line = next(
            (number for number, (one, other) in both if one != other), min(len(same), len(wanted)) + 1
        )
        raise XnerError(Errors.X240.format(path=path, line=line, memory=memory))
    return [(row[0], row[1]) for row in found]


def _check_fit(pairs: Sequence[AlignedPair], memory: Path, alignments: Path) -> None:
    shared = [
        (pair.source.index(word), pair.target.index(word)) in pair.alignment
        for pair in pairs
        for word in set(pair.source) & set(pair.target)
        if pair.source.count(word) == pair.target.count(word) == 1
    ]
    if len(shared) >= LEAST_SHARED and sum(shared) < LEAST_ALIGNED * len(shared):
        warnings.warn(
            Warnings.XW201.format(path=alignments, memory=memory, n=sum(shared), total=len(shared)),
            stacklevel=3,
        )
