"""Encoders of real sizes with random weights: the speed and the memory are real, the predictions are not."""

from pathlib import Path
from typing import Any, Dict, List, Type

import torch
from tokenizers import processors
from tokenizers.implementations import BertWordPieceTokenizer, SentencePieceUnigramTokenizer
from transformers import AutoModel, BertConfig, PretrainedConfig, PreTrainedTokenizerFast, XLMRobertaConfig

POSITIONS = 512
# Positions are counted from after the one of the padding.
ROBERTA = {"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1}


def shape(kind: Type[PretrainedConfig], layers: int, width: int, vocab: int, **settings: Any) -> Any:
    """RETURNS (PretrainedConfig): an encoder with 12 heads. vocab (int): rows of the table of word pieces."""
    sizes = {"num_hidden_layers": layers, "hidden_size": width, "intermediate_size": 4 * width}
    return kind(vocab_size=vocab, num_attention_heads=12, **sizes, **settings)


SHAPES: Dict[str, PretrainedConfig] = {
    "small": shape(BertConfig, 6, 384, 30000),
    # multilingual-e5-small, trimmed to the text of a few languages.
    "e5-small": shape(XLMRobertaConfig, 12, 384, 55000, **ROBERTA),
    "mbert-base": shape(BertConfig, 12, 768, 119547),
    "xlm-r-base": shape(XLMRobertaConfig, 12, 768, 250002, **ROBERTA),
}


def make_encoder(name: str, texts: List[str], folder: Path) -> Path:
    """Make an encoder, unless it is there. RETURNS (Path): its folder, which serves as the name of a model."""
    path = folder / name
    if not (path / "config.json").exists():
        train_tokenizer(texts, isinstance(SHAPES[name], XLMRobertaConfig)).save_pretrained(path)
        torch.manual_seed(0)
        AutoModel.from_config(SHAPES[name]).save_pretrained(path)
    return path


def train_tokenizer(texts: List[str], roberta: bool) -> PreTrainedTokenizerFast:
    """RETURNS (PreTrainedTokenizerFast): word pieces as XLM-R has them, or as BERT."""
    if roberta:
        names = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>"}
        tokenizer, options = SentencePieceUnigramTokenizer(), {"unk_token": "<unk>"}
    else:
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        tokenizer = BertWordPieceTokenizer(strip_accents=False, lowercase=False)
        options = {"min_frequency": 0}
    special = list(names.values())
    tokenizer.train_from_iterator(texts, 30000, show_progress=False, special_tokens=special, **options)
    first, last = ((names[key], tokenizer.token_to_id(names[key])) for key in ("cls_token", "sep_token"))
    tokenizer.post_processor = processors.BertProcessing(sep=last, cls=first)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer._tokenizer, model_max_length=POSITIONS, **names)
