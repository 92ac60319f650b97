"""Encoders of real sizes with weights drawn at random, and tokenizers trained on the text at hand: as fast and as large
as those of the hub, and as good as nothing."""

from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, BertConfig, PretrainedConfig, PreTrainedTokenizerFast, XLMRobertaConfig


class Shape(NamedTuple):
    """The size of an encoder.

    layers, width, heads (int): as in its config; the inner layers are four times as wide.
    vocab (int): rows of the table of word pieces.
    roberta (bool): a kin of XLM-R, otherwise of BERT.
    """

    layers: int
    width: int
    heads: int
    vocab: int
    roberta: bool


SHAPES: Dict[str, Shape] = {
    "small": Shape(6, 384, 12, 30000, False),
    # multilingual-e5-small, trimmed to the text of a few languages.
    "e5-small": Shape(12, 384, 12, 55000, True),
    "mbert-base": Shape(12, 768, 12, 119547, False),
    "xlm-r-base": Shape(12, 768, 12, 250002, True),
}
POSITIONS = 512


def make_encoder(name: str, texts: Sequence[str], folder: Path) -> Path:
    """Make an encoder, unless it is there. RETURNS (Path): its folder, which serves as the name of a model."""
    path = folder / name
    if not (path / "config.json").exists():
        shape = SHAPES[name]
        tokenizer = train_tokenizer(list(texts), shape)
        tokenizer.save_pretrained(path)
        torch.manual_seed(0)
        AutoModel.from_config(make_config(shape)).save_pretrained(path)
    return path


def make_config(shape: Shape) -> PretrainedConfig:
    settings = {
        "vocab_size": shape.vocab,
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": 4 * shape.width,
    }
    if shape.roberta:
        # Positions are counted from behind the one of the padding.
        return XLMRobertaConfig(**settings, max_position_embeddings=POSITIONS + 2, type_vocab_size=1)
    return BertConfig(**settings, max_position_embeddings=POSITIONS)


def train_tokenizer(texts: List[str], shape: Shape) -> PreTrainedTokenizerFast:
    """RETURNS (PreTrainedTokenizerFast): word pieces as BERT has them, or as XLM-R."""
    if shape.roberta:
        names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=30000, special_tokens=list(names.values()), unk_token="<unk>", show_progress=False
        )
        around = ("<s>", "</s>")
    else:
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(
            vocab_size=30000, special_tokens=list(names.values()), show_progress=False
        )
        around = ("[CLS]", "[SEP]")
    tokenizer.train_from_iterator(texts, trainer)
    ids = [(piece, tokenizer.token_to_id(piece)) for piece in around]
    tokenizer.post_processor = processors.BertProcessing(sep=ids[1], cls=ids[0])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, **names)
