"""Hugging Face transformers: loading them, and reading their limits from tokenizer and config."""

from pathlib import Path
from typing import Any, Dict, List, Tuple

import torch
from spacy_transformers.data_classes import HFObjects
from spacy_transformers.layers.transformer_model import huggingface_from_pretrained
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from ..errors import Errors, XnerError
from ..hub import (
    EncoderLoader,
    HubLoader,
    find_commit,
    find_model,
    find_reason,
    read_encoder_card,
    split_revision,
)


class FastTokenizer:
    """Loads the fast tokenizer of any model as a plain `PreTrainedTokenizerFast`.

    A saved pipeline then needs `tokenizer.json` only; the classes of some models need a vocabulary file, too.
    """

    @staticmethod
    def from_pretrained(name: str, **config: Any) -> Any:
        """Load a tokenizer.

        name (str): a Hugging Face name or a local folder.
        **config (Any): settings for the tokenizer.
        RETURNS (PreTrainedTokenizerFast): the tokenizer.
        RAISES: X009 if the model has only a slow tokenizer.
        """
        tokenizer = HubLoader(AutoTokenizer).from_pretrained(name, **config)
        if not tokenizer.is_fast:
            raise XnerError(Errors.X009.format(name=name))
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer.backend_tokenizer,
            model_max_length=tokenizer.model_max_length,
            **tokenizer.special_tokens_map,
        )


def load_pretrained(
    name: str, tokenizer_config: Dict[str, Any], transformer_config: Dict[str, Any]
) -> HFObjects:
    """Load a transformer with its tokenizer, always in float32.

    name (str): a Hugging Face name or a local folder.
    tokenizer_config (Dict[str, Any]): settings for the tokenizer.
    transformer_config (Dict[str, Any]): settings that replace those of the transformer's `config.json`.
    RETURNS (HFObjects): the transformer, on the current device, and the tokenizer.
    RAISES: X009 without a fast tokenizer, X010 if anything can't be loaded.
    """
    try:
        loaded = huggingface_from_pretrained(
            find_model(name),
            {"use_fast": True, **tokenizer_config},
            dict(transformer_config),
            config_cls=HubLoader(AutoConfig),
            model_cls=EncoderLoader(AutoModel),
            tokenizer_cls=FastTokenizer,
        )
    except XnerError:
        raise
    except Exception as error:  # transformers, tokenizers, safetensors and the network each raise their own
        raise XnerError(Errors.X010.format(name=name, reason=find_reason(name, error))) from error
    loaded.transformer.float()
    # The config is saved with the weights, and a pipeline that loads them builds the transformer from it.
    loaded.transformer.config.torch_dtype = torch.float32
    return loaded


def find_origin(name: str, transformer: Any) -> Dict[str, Any]:
    """Find what is known of where an encoder is from, which a trained pipeline keeps with its weights.

    name (str): a Hugging Face name or a local folder.
    transformer (PreTrainedModel): what was loaded from there.
    RETURNS (Dict[str, Any]): the card that `spacy xner encoder` wrote, whose `vocabulary.trimmed` tells whether it
        removed word pieces; of an encoder on the hub `base` and `revision`; nothing of other folders.
    """
    path = Path(name).expanduser()
    if path.exists():
        return read_encoder_card(name)
    return {"base": split_revision(name)[0], "revision": find_commit(transformer.config)}


def find_specials(tokenizer: Any) -> Tuple[List[int], List[int]]:
    """Find the special tokens that a transformer expects around a text.

    tokenizer (PreTrainedTokenizerFast): its tokenizer.
    RETURNS (Tuple[List[int], List[int]]): the ids before and the ids after the text.
    """
    encoded = tokenizer("a", return_special_tokens_mask=True)
    ids, special = encoded["input_ids"], encoded["special_tokens_mask"]
    start = special.index(0) if 0 in special else len(ids)
    end = len(ids) - special[::-1].index(0) if 0 in special else len(ids)
    return ids[:start], ids[end:]


def find_limit(tokenizer: Any, transformer: torch.nn.Module) -> int:
    """Find the most word pieces that a transformer can read at once, special tokens included.

    tokenizer (PreTrainedTokenizerFast): its tokenizer.
    transformer (PreTrainedModel): the transformer.
    RETURNS (int): the limit, a very large number if there is none.
    """
    limit = int(tokenizer.model_max_length)
    positions = getattr(transformer.config, "max_position_embeddings", None) or 0
    if positions < 1:
        return limit
    # RoBERTa and related models count positions from the one after the padding's.
    for path, module in transformer.named_modules():
        if "position" in path and isinstance(module, torch.nn.Embedding) and module.padding_idx is not None:
            positions -= module.padding_idx + 1
            break
    return min(limit, positions)
