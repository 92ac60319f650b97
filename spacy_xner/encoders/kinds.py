"""The kinds of vocabularies in a `tokenizer.json`: which pieces are single characters, and how to remove pieces.

`model` is the object of that name in the file. Pieces that are kept stay in order.
"""

import re
from typing import Any, Callable, Dict, List, NamedTuple, Set

from .bpe import cut_bpe, find_parts, is_single_of_bytes

Json = Dict[str, Any]

# The character for a space, in sentencepiece and in byte-level vocabularies.
MARK, BYTES_MARK = "\u2581", "\u0120"
BYTE = re.compile(r"<0x[0-9A-F]{2}>")


class Kind(NamedTuple):
    """The functions for a kind of vocabulary.

    list_ids (Callable): from the model to the pieces and their ids.
    is_single (Callable): from the tokenizer's JSON to a function that checks whether a piece is at most one character.
    find_needed (Callable): from the model and the pieces that occur to other pieces that must be kept.
    cut (Callable): from the model and the pieces to keep, in order, to the trimmed model.
    """

    list_ids: Callable[[Json], Dict[str, int]]
    is_single: Callable[[Json], Callable[[str], bool]]
    find_needed: Callable[[Json, Set[str]], Set[str]]
    cut: Callable[[Json, List[str]], Json]


def is_single_of_sentencepiece(tokenizer: Json) -> Callable[[str], bool]:
    """Make the check for single characters in sentencepiece.

    tokenizer (Dict[str, Any]): the JSON of a tokenizer.
    RETURNS (Callable[[str], bool]): checks whether a piece is a character, with or without the mark before words, or a
        byte.
    """
    return lambda piece: len(piece.lstrip(MARK)) <= 1 or BYTE.fullmatch(piece) is not None


def is_single_of_words(tokenizer: Json) -> Callable[[str], bool]:
    """Make the check for single characters in WordPiece.

    tokenizer (Dict[str, Any]): the JSON of a tokenizer.
    RETURNS (Callable[[str], bool]): checks whether a piece is a character, with or without the mark inside words.
    """
    prefix = tokenizer["model"]["continuing_subword_prefix"]
    return lambda piece: len(piece.removeprefix(prefix)) <= 1


def is_single_of_merges(tokenizer: Json) -> Callable[[str], bool]:
    """Make the check for single characters in BPE.

    tokenizer (Dict[str, Any]): the JSON of a tokenizer.
    RETURNS (Callable[[str], bool]): checks whether a piece is a character or a part of one.
    """
    of_bytes = "'ByteLevel'" in repr(tokenizer["pre_tokenizer"])
    return is_single_of_bytes if of_bytes else is_single_of_sentencepiece(tokenizer)


def find_lowest(model: Json, pieces: Set[str]) -> Set[str]:
    """Find the pieces that determine the score of an unknown character, which is the lowest score minus ten.

    model (Dict[str, Any]): a Unigram model.
    pieces (Set[str]): not read.
    RETURNS (Set[str]): the piece with the lowest score, and the unknown piece.
    """
    lowest = min(model["vocab"], key=lambda row: row[1])[0]
    return {lowest} if model["unk_id"] is None else {lowest, model["vocab"][model["unk_id"]][0]}


def cut_unigram(model: Json, pieces: List[str]) -> Json:
    """Remove pieces. The best segmentation of a text stays the best.

    model (Dict[str, Any]): a Unigram model.
    pieces (List[str]): the pieces to keep.
    RETURNS (Dict[str, Any]): the smaller model.
    """
    scores = dict(model["vocab"])
    unknown = None if model["unk_id"] is None else pieces.index(model["vocab"][model["unk_id"]][0])
    return {**model, "vocab": [[piece, scores[piece]] for piece in pieces], "unk_id": unknown}


def cut_wordpiece(model: Json, pieces: List[str]) -> Json:
    """Remove pieces. The longest piece at each position of a text stays the longest.

    model (Dict[str, Any]): a WordPiece model.
    pieces (List[str]): the pieces to keep.
    RETURNS (Dict[str, Any]): the smaller model.
    """
    return {**model, "vocab": {piece: number for number, piece in enumerate(pieces)}}


def is_blank_piece(piece: str) -> bool:
    """Check whether a piece has no meaning of its own.

    piece (str): a piece of any vocabulary.
    RETURNS (bool): whether it is a space, or a byte of a character that the vocabulary does not have.
    """
    return not piece.strip(MARK + BYTES_MARK) or BYTE.fullmatch(piece) is not None


def _list_rows(model: Json) -> Dict[str, int]:
    return {piece: number for number, (piece, _) in enumerate(model["vocab"])}


def _list_items(model: Json) -> Dict[str, int]:
    return dict(model["vocab"])


def _find_unknown(model: Json, pieces: Set[str]) -> Set[str]:
    return {model["unk_token"]}


def _find_merged(model: Json, pieces: Set[str]) -> Set[str]:
    return find_parts(model, pieces) | ({model["unk_token"]} & set(model["vocab"]))


KINDS: Dict[str, Kind] = {
    "Unigram": Kind(_list_rows, is_single_of_sentencepiece, find_lowest, cut_unigram),
    "WordPiece": Kind(_list_items, is_single_of_words, _find_unknown, cut_wordpiece),
    "BPE": Kind(_list_items, is_single_of_merges, _find_merged, cut_bpe),
}
