"""Tiny encoders of the kinds that people choose, with random weights."""

from pathlib import Path
from typing import Any, Callable, Dict

import srsly
import torch
from tiny import SENTENCES, save_transformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

SIZES = {"hidden_size": 16, "num_hidden_layers": 5, "num_attention_heads": 2, "intermediate_size": 32}
BYTES = [f"<0x{number:02X}>" for number in range(256)]


def make_configs(vocab_size: int, **ids: int) -> Dict[str, Any]:
    """A tiny config of each family of models, by its name."""
    from transformers import (
        BertConfig,
        DebertaV2Config,
        DistilBertConfig,
        ElectraConfig,
        ModernBertConfig,
        RemBertConfig,
        XLMRobertaConfig,
    )

    shared = {**SIZES, "vocab_size": vocab_size, **ids}
    return {
        "bert": BertConfig(**shared),
        "xlm-roberta": XLMRobertaConfig(**shared),
        "distilbert": DistilBertConfig(
            vocab_size=vocab_size, dim=16, n_layers=5, n_heads=2, hidden_dim=32, **ids
        ),
        "electra": ElectraConfig(**shared, embedding_size=8),
        "deberta-v2": DebertaV2Config(
            **shared, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8
        ),
        # Each second layer reads two word pieces to each side only.
        "modernbert": ModernBertConfig(
            **shared, global_attn_every_n_layers=2, local_attention=4, reference_compile=False
        ),
        "rembert": RemBertConfig(**shared, input_embedding_size=8, output_embedding_size=8),
    }


def make_bytes_tokenizer() -> Tokenizer:
    """BPE as Gemma and mmBERT have it: no white space before merges, single bytes for unknown characters."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=[*special, *BYTES], limit_alphabet=100, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES[:7], trainer)
    data = srsly.json_loads(tokenizer.to_str())
    data["model"].update(byte_fallback=True, fuse_unk=True)
    data["added_tokens"] = [token for token in data["added_tokens"] if token["content"] in special]
    tokenizer = Tokenizer.from_str(srsly.json_dumps(data))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.ByteFallback()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", pair="<bos> $A <eos> $B <eos>", special_tokens=[("<bos>", 2), ("<eos>", 1)]
    )
    return tokenizer


def save_bytes_encoder(path: Path) -> str:
    """A ModernBERT with `make_bytes_tokenizer`."""
    names = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=make_bytes_tokenizer(),
        cls_token="<bos>",
        sep_token="<eos>",
        mask_token="<mask>",
        model_input_names=["input_ids", "attention_mask"],
        **names,
    )
    fast.save_pretrained(path)
    ids = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 1, "cls_token_id": 2, "sep_token_id": 1}
    save_transformer(make_configs(len(fast), **ids)["modernbert"], path)
    return str(path)


def save_encoder(family: str, tokenizer_of: str, path: Path) -> str:
    """An encoder of a family with the tokenizer of another folder."""
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    tokenizer.save_pretrained(path)
    names = ("pad", "bos", "eos", "cls", "sep")
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in names}
    known = {key: value for key, value in ids.items() if value is not None}
    save_transformer(make_configs(len(tokenizer), **known)[family], path)
    return str(path)


def make_encode(model: Any) -> Callable[[Any], torch.Tensor]:
    """What a model makes of ids, (W, T), in which 1 in the mask are those that count."""
    model.eval()

    def encode(ids: Any, mask: Any = None) -> torch.Tensor:
        ids = torch.as_tensor(ids)
        with torch.no_grad():
            return model(input_ids=ids, attention_mask=torch.ones_like(ids) if mask is None else mask)[0]

    return encode
