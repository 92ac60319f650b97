"""Trimming a vocabulary: the word pieces that occur in texts stay; single characters, special and added tokens, too."""

from typing import Any, Dict, Iterable, List, NamedTuple, Set

import srsly
from tokenizers import Tokenizer

from ..errors import Errors, XnerError
from .kinds import KINDS, Json, is_blank_piece


class Trimmed(NamedTuple):
    """A smaller vocabulary.

    tokenizer (Tokenizer): the tokenizer.
    ids (List[int]): for each of its ids, in order, the one before.
    """

    tokenizer: Tokenizer
    ids: List[int]


def trim_vocabulary(
    tokenizer: Tokenizer, occurring: Set[int], *, always: Iterable[int], name: str
) -> Trimmed:
    """Leave out word pieces. Text of those that stay is cut into the same pieces as before.

    tokenizer (Tokenizer): a tokenizer.
    occurring (Set[int]): the ids that `collect_ids` found.
    always (Iterable[int]): ids that stay in any case.
    name (str): what the tokenizer is from, for messages.
    RETURNS (Trimmed): the smaller vocabulary, its ids in the same order.
    RAISES: X183 if no piece of the texts is known, X184 if the vocabulary is of an unknown kind.
    """
    data = srsly.json_loads(tokenizer.to_str())
    model = data["model"]
    kind = KINDS.get(model["type"])
    if kind is None:
        raise XnerError(Errors.X184.format(name=name, found=model["type"], expected=", ".join(KINDS)))
    ids = kind.list_ids(model)
    added = {number: token.content for number, token in tokenizer.get_added_tokens_decoder().items()}
    if all(
        number in added or number not in occurring or is_blank_piece(piece) for piece, number in ids.items()
    ):
        raise XnerError(Errors.X183.format(name=name))
    kept, is_single = {*occurring, *always, *added}, kind.is_single(data)
    pieces = {piece for piece, number in ids.items() if number in kept or is_single(piece)}
    pieces |= kind.find_needed(model, pieces)
    ordered = sorted(pieces, key=ids.__getitem__)
    # Added tokens that are no pieces come behind the pieces, where tokenizers puts them as well.
    behind = [number for number in sorted(added) if added[number] not in pieces]
    chosen = [*map(ids.__getitem__, ordered), *behind]
    numbers = {old: new for new, old in enumerate(chosen)}
    data["model"] = kind.cut(model, ordered)
    data["added_tokens"] = sorted(
        ({**token, "id": numbers[token["id"]]} for token in data["added_tokens"]),
        key=lambda token: token["id"],
    )
    data["post_processor"] = _renumber(data["post_processor"], numbers)
    data["padding"] = data["truncation"] = None
    return Trimmed(Tokenizer.from_str(srsly.json_dumps(data)), chosen)


def _renumber(part: Any, numbers: Dict[int, int]) -> Any:
    """Give the special tokens of a post-processor their new ids.

    part (Any): a part of its JSON.
    numbers (Dict[int, int]): the new ids by the old ones.
    RETURNS (Any): the same part with new ids.
    """
    if isinstance(part, list):
        return [_renumber(item, numbers) for item in part]
    if not isinstance(part, dict):
        return part
    found: Json = {key: _renumber(value, numbers) for key, value in part.items()}
    for key in ("cls", "sep"):  # of BERT and RoBERTa: a token and its id
        if isinstance(part.get(key), list):
            found[key] = [part[key][0], numbers[part[key][1]]]
    if isinstance(part.get("ids"), list):  # of templates
        found["ids"] = [numbers[number] for number in part["ids"]]
    return found
