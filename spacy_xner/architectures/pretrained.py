"""Hugging Face transformers: loading them, and reading their limits from tokenizer and config."""

from typing import Any, Dict, List, Tuple

import torch
from spacy_transformers.data_classes import HFObjects
from spacy_transformers.layers.transformer_model import huggingface_from_pretrained
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from ..errors import Errors, XnerError
from ..hub import NoRemoteCode, find_model, find_reason, read_encoder_card


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
        tokenizer = NoRemoteCode(AutoTokenizer).from_pretrained(name, **config)
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
            config_cls=NoRemoteCode(AutoConfig),
            model_cls=NoRemoteCode(AutoModel),
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


def is_trimmed(name: str) -> bool:
    """Check whether `spacy xner encoder` removed word pieces from an encoder's vocabulary.

    name (str): a Hugging Face name or a local folder.
    RETURNS (bool): True if the encoder's card says so.
    """
    return bool(read_encoder_card(name).get("vocabulary", {}).get("trimmed"))


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
