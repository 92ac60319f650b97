"""Making a model of transformers smaller: fewer word pieces, fewer layers."""

from typing import Any, Dict, List, Sequence, Set

import torch
from torch import nn
from transformers import AutoModel

from ..errors import Errors, XnerError


def find_config_ids(model: Any) -> Set[int]:
    """Find the word pieces that a model's settings name.

    model (PreTrainedModel): the model.
    RETURNS (Set[int]): their ids.
    """
    found = {number for value in _list_config_ids(model.config).values() for number in _as_list(value)}
    n_rows = model.get_input_embeddings().num_embeddings
    kept = {number for number in found if number < n_rows}
    # RoBERTa and its kin count positions from the id of the padding, so that must not change.
    if any(
        "position" in name and isinstance(part, nn.Embedding) and part.padding_idx is not None
        for name, part in model.named_modules()
    ):
        kept.update(range(model.config.pad_token_id + 1))
    return kept


def keep_rows(model: Any, ids: Sequence[int]) -> None:
    """Leave out rows of a model's table of word pieces, and give the ids in its settings their new numbers.

    model (PreTrainedModel): the model, which is changed.
    ids (Sequence[int]): the rows that stay, in their new order.
    """
    table = model.get_input_embeddings()
    numbers = {old: new for new, old in enumerate(ids)}
    # In place: some models have tables of a class of their own.
    table.weight = nn.Parameter(table.weight.detach()[torch.tensor(ids, device=table.weight.device)].clone())
    table.num_embeddings = len(ids)
    if table.padding_idx is not None:
        table.padding_idx = numbers.get(table.padding_idx)
    for key, value in _list_config_ids(model.config).items():
        new = [numbers[number] for number in _as_list(value) if number in numbers]
        setattr(model.config, key, new if isinstance(value, list) else next(iter(new), None))
    model.config.vocab_size = len(ids)


def keep_layers(model: Any, n: int, name: str) -> List[int]:
    """Leave out layers, so that those that stay are evenly spread, the first and the last among them.

    Where layers of several kinds take turns, they still do, and the last may go.

    model (PreTrainedModel): the model, which is changed.
    n (int): how many stay.
    name (str): where the model is from, for the message.
    RETURNS (List[int]): the layers that stay, from 0.
    RAISES: X306 if there are not so many, X185 if its layers can't be taken out.
    """
    total = model.config.num_hidden_layers
    if not 1 <= n <= total:
        expected = f"a number of layers from 1 to {total}, which '{name}' has"
        raise XnerError(Errors.X306.format(found=n, expected=expected, option="--layers"))
    places = [
        (path, part)
        for path, part in model.named_modules()
        if isinstance(part, nn.ModuleList) and len(part) == total
    ]
    if len(places) != 1:
        raise XnerError(Errors.X185.format(name=name, reason="its layers are not in one list"))
    # ModernBERT reads the whole text in each third layer only.
    turn = getattr(model.config, "global_attn_every_n_layers", None) or 1
    left = (total - n) // turn
    chosen = [i + turn * round(i * left / max(n - 1, 1)) for i in range(n)]
    path, layers = places[0]
    parent = model.get_submodule(path.rpartition(".")[0])
    setattr(parent, path.rpartition(".")[2], nn.ModuleList(layers[i] for i in chosen))
    model.config.num_hidden_layers = n
    return chosen


def check_shapes(model: Any, name: str) -> None:
    """Make sure that the model can be loaded again by its settings.

    model (PreTrainedModel): a model that was made smaller.
    name (str): where it is from, for the message.
    RAISES: X185 if its weights are not those of a model with these settings.
    """
    with torch.device("meta"):
        expected = AutoModel.from_config(model.config).state_dict()
    found = {key: value.shape for key, value in model.state_dict().items()}
    wrong = sorted(
        {key for key, value in expected.items() if found.get(key) != value.shape}
        | (set(found) - set(expected))
    )
    if wrong:
        raise XnerError(
            Errors.X185.format(name=name, reason=f"its weights '{wrong[0]}' depend on them as well")
        )


def _list_config_ids(config: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the settings that are ids of word pieces, by name."""
    return {
        key: value
        for key, value in config.to_dict().items()
        if key.endswith("_token_id") and value is not None and _as_list(value)
    }


def _as_list(value: Any) -> List[int]:
    return [number for number in (value if isinstance(value, list) else [value]) if isinstance(number, int)]
