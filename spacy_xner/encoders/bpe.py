"""Trimming vocabularies of byte pair encoding.

A piece is made by merging two others, so these and the merge must be kept. The merges within a piece do not depend on
the text around it. So a text is cut as before if the merges that make its pieces are kept in their order.
"""

from typing import Any, Dict, List, Set, Tuple

from tokenizers.decoders import ByteLevel

Merge = Tuple[str, str]

_BYTES = ByteLevel()


def is_single_of_bytes(piece: str) -> bool:
    """Check whether a byte-level piece is at most one character.

    piece (str): a piece, with a character for each byte.
    RETURNS (bool): whether it is one character, with or without a space before it, or part of a character's bytes.
    """
    text = _BYTES.decode([piece]).lstrip(" ")
    return len(text) <= 1 or set(text) == {"\ufffd"}


def find_merges(model: Dict[str, Any], pieces: Set[str]) -> Set[Merge]:
    """Find the merges that make pieces.

    model (Dict[str, Any]): a BPE model.
    pieces (Set[str]): the pieces.
    RETURNS (Set[Tuple[str, str]]): the merges; none for a piece that is never the result of merging.
    """
    ranks = {(left, right): rank for rank, (left, right) in enumerate(model["merges"])}
    prefix, suffix = model["continuing_subword_prefix"] or "", model["end_of_word_suffix"] or ""
    found: Set[Merge] = set()
    for piece in pieces:
        found.update(_trace(_split(piece, prefix, suffix), ranks, prefix))
    return found


def find_parts(model: Dict[str, Any], pieces: Set[str]) -> Set[str]:
    """Find the pieces from which other pieces are merged.

    model (Dict[str, Any]): a BPE model.
    pieces (Set[str]): the pieces.
    RETURNS (Set[str]): the pieces that must be kept so that these can be made.
    """
    return {part for merge in find_merges(model, pieces) for part in merge}


def cut_bpe(model: Dict[str, Any], pieces: List[str]) -> Dict[str, Any]:
    """Remove pieces, and the merges that make them.

    model (Dict[str, Any]): a BPE model.
    pieces (List[str]): the pieces to keep, including those from which they are merged.
    RETURNS (Dict[str, Any]): the smaller model.
    """
    needed = find_merges(model, set(pieces))
    merges = [[left, right] for left, right in model["merges"] if (left, right) in needed]
    return {**model, "vocab": {piece: number for number, piece in enumerate(pieces)}, "merges": merges}


def _split(piece: str, prefix: str, suffix: str) -> List[str]:
    """RETURNS (List[str]): the characters of a piece, with the marks that they have in a word, before any merge."""
    inside = prefix and piece.startswith(prefix)
    ends = suffix and piece.endswith(suffix)
    characters = list(piece.removeprefix(prefix if inside else "").removesuffix(suffix if ends else ""))
    marked = [prefix + char if inside or number else char for number, char in enumerate(characters)]
    return [*marked[:-1], marked[-1] + suffix] if ends and marked else marked


def _trace(parts: List[str], ranks: Dict[Merge, int], prefix: str) -> List[Merge]:
    """Merge as the tokenizer does: apply the first possible merge of the list, at its first position, and repeat.

    parts (List[str]): the characters of a piece.
    ranks (Dict[Tuple[str, str], int]): the merges with their positions in the list.
    prefix (str): the mark of parts inside words, which a merge removes from the second part.
    RETURNS (List[Tuple[str, str]]): the merges that were applied; none if more than one part is left.
    """
    done: List[Merge] = []
    while len(parts) > 1:
        pairs = list(zip(parts[:-1], parts[1:], strict=True))
        at = min(range(len(pairs)), key=lambda number: ranks.get(pairs[number], len(ranks)))
        if pairs[at] not in ranks:
            return []
        done.append(pairs[at])
        parts = [*parts[:at], parts[at] + parts[at + 1].removeprefix(prefix), *parts[at + 2 :]]
    return done
