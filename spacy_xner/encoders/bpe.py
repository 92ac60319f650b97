"""Vocabularies of byte pair encoding: pieces are made by merging two others, so these and the merge have to stay.

Which merges take place inside of a piece does not depend on what is around it. So a text is cut as before by those
merges alone that make its pieces, in their old order.
"""

from typing import Any, Dict, List, Set, Tuple

from tokenizers.decoders import ByteLevel

Merge = Tuple[str, str]

_BYTES = ByteLevel()


def is_single_of_bytes(piece: str) -> bool:
    """Tell whether a piece of bytes is a character at most.

    piece (str): a piece, a sign for each byte.
    RETURNS (bool): whether it is one character, with or without a space before it, or bytes that make none.
    """
    text = _BYTES.decode([piece]).lstrip(" ")
    return len(text) <= 1 or set(text) == {"\ufffd"}


def find_merges(model: Dict[str, Any], pieces: Set[str]) -> Set[Merge]:
    """Find the merges that make pieces.

    model (Dict[str, Any]): a BPE model.
    pieces (Set[str]): the pieces.
    RETURNS (Set[Tuple[str, str]]): the merges; none for a piece that no text is merged to.
    """
    ranks = {(left, right): rank for rank, (left, right) in enumerate(model["merges"])}
    prefix, suffix = model["continuing_subword_prefix"] or "", model["end_of_word_suffix"] or ""
    found: Set[Merge] = set()
    for piece in pieces:
        found.update(_trace(_split(piece, prefix, suffix), ranks, prefix))
    return found


def find_parts(model: Dict[str, Any], pieces: Set[str]) -> Set[str]:
    """Find what pieces are merged from.

    model (Dict[str, Any]): a BPE model.
    pieces (Set[str]): the pieces.
    RETURNS (Set[str]): the pieces that have to stay so that these are made.
    """
    return {part for merge in find_merges(model, pieces) for part in merge}


def cut_bpe(model: Dict[str, Any], pieces: List[str]) -> Dict[str, Any]:
    """Leave pieces out, and the merges that make others.

    model (Dict[str, Any]): a BPE model.
    pieces (List[str]): those that stay, with what they are merged from.
    RETURNS (Dict[str, Any]): the smaller model.
    """
    needed = find_merges(model, set(pieces))
    merges = [[left, right] for left, right in model["merges"] if (left, right) in needed]
    return {**model, "vocab": {piece: number for number, piece in enumerate(pieces)}, "merges": merges}


def _split(piece: str, prefix: str, suffix: str) -> List[str]:
    """RETURNS (List[str]): what a piece begins as: its characters, with the marks that they have in a word."""
    inside = prefix and piece.startswith(prefix)
    ends = suffix and piece.endswith(suffix)
    characters = list(piece.removeprefix(prefix if inside else "").removesuffix(suffix if ends else ""))
    marked = [prefix + char if inside or number else char for number, char in enumerate(characters)]
    return [*marked[:-1], marked[-1] + suffix] if ends and marked else marked


def _trace(parts: List[str], ranks: Dict[Merge, int], prefix: str) -> List[Merge]:
    """Merge as the tokenizer does: the first merge of the list, at its first place, until there is none.

    parts (List[str]): what a piece begins as.
    ranks (Dict[Tuple[str, str], int]): the merges by their place in the list.
    prefix (str): the mark of parts inside of words, which merging takes from the second part.
    RETURNS (List[Tuple[str, str]]): the merges that took place; none if more than one part is left.
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
