"""The model to train: a pretrained one, or a small one from scratch, with the boundary symbols as tokens."""

import warnings
from pathlib import Path
from typing import Any, Iterable, List, NamedTuple, Sequence

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    MarianConfig,
    MarianMTModel,
    PreTrainedTokenizerFast,
)

from ...errors import Errors, XnerError
from ..engines import seq2seq
from ..engines.families import load_tokenizer, writes_target_before_source
from ..marks import get_style
from .examples import SentencePair
from .languages import PairDirection, get_prefix
from .settings import Size

SPECIAL = ["<pad>", "</s>", "<unk>"]
SYMBOL_START = "__SLOT"
MAX_POSITIONS = 512


class Seq2Seq(NamedTuple):
    """A translation model of transformers and its tokenizer."""

    model: Any
    tokenizer: Any


def get_symbols(n: int) -> List[str]:
    """List the boundary symbols b_1 to b_n of CROP, section 3.3.

    n (int): their number.
    RETURNS (List[str]): the symbols, such as `__SLOT0__`.
    """
    return [get_style("slots").symbols(i)[0] for i in range(n)]


def load_seq2seq(name: str) -> Seq2Seq:
    """Load a pretrained translation model.

    name (str): a Hugging Face name or a local folder.
    RETURNS (Seq2Seq): the model, on the CPU, and its tokenizer.
    RAISES: X207 if it can't be loaded.
    """
    return Seq2Seq(seq2seq.load_model(name), load_tokenizer(name))


def make_model(
    pairs: Sequence[SentencePair], size: Size, directions: Sequence[PairDirection], *, n: int, seed: int = 0
) -> Seq2Seq:
    """Make a small model from scratch. Once saved, `AutoModelForSeq2SeqLM` and `AutoTokenizer` can load it.

    pairs (Sequence[SentencePair]): the pairs on which the tokenizer for both languages is trained.
    size (Size): the size.
    directions (Sequence[PairDirection]): the directions to train, see `add_symbols`.
    n (int): number of symbols, see `add_symbols`.
    seed (int): seed of the weights.
    RETURNS (Seq2Seq): a model of the Marian family with random weights, and a tokenizer without unknown characters.
    RAISES: X306 if the width is odd or no multiple of the heads.
    """
    if size.width % size.heads or size.width % 2:
        expected = f"an even multiple of the {size.heads} heads"
        raise XnerError(Errors.X306.format(found=size.width, expected=expected, option="--width"))
    tokenizer = _make_tokenizer(
        (" ".join(side) for pair in pairs for side in (pair.source, pair.target)), size.vocab
    )
    _add_tokens(tokenizer, directions, n)
    if len(directions) == 1:
        # The languages, as in tokenizers of the Marian family.
        tokenizer.init_kwargs.update(source_lang=directions[0].source, target_lang=directions[0].target)
    config = MarianConfig(
        vocab_size=len(tokenizer),
        decoder_vocab_size=len(tokenizer),
        d_model=size.width,
        encoder_layers=size.layers,
        decoder_layers=size.layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=4 * size.width,
        decoder_ffn_dim=4 * size.width,
        dropout=size.dropout,
        activation_function="relu",
        scale_embedding=True,
        init_std=size.width**-0.5,
        max_position_embeddings=MAX_POSITIONS,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=None,
        # The decoder starts with the padding, as that of all Marian models.
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MarianMTModel(config)
        # Embeddings are as wide as their scale wants; layers are drawn as in the first transformer.
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embed" not in parameter_name and "shared" not in parameter_name:
                torch.nn.init.xavier_uniform_(parameter)
    return Seq2Seq(model, tokenizer)


def add_symbols(translator: Seq2Seq, directions: Sequence[PairDirection], *, n: int, seed: int = 0) -> None:
    """Add the boundary symbols to a model and its tokenizer, and the tokens of target languages if it needs these.

    Existing symbols are kept.

    translator (Seq2Seq): the model, whose embeddings are extended for new tokens.
    directions (Sequence[PairDirection]): the directions to train.
    n (int): number of symbols.
    seed (int): random seed of the new embeddings.
    """
    model, tokenizer = translator
    n_rows = _add_tokens(tokenizer, directions, n)
    if n_rows > model.get_input_embeddings().weight.shape[0]:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model.resize_token_embeddings(n_rows, mean_resizing=False)


def save_model(translator: Seq2Seq, path: Path) -> None:
    """Write a model and its tokenizer to a folder.

    translator (Seq2Seq): model and tokenizer.
    path (Path): the folder.
    """
    with warnings.catch_warnings():
        # Older models have options of generation in their config; saving moves them, with a warning.
        warnings.filterwarnings("ignore", message="Moving the following attributes")
        translator.model.save_pretrained(path)
        translator.tokenizer.save_pretrained(path)


def _add_tokens(tokenizer: Any, directions: Sequence[PairDirection], n: int) -> int:
    """RETURNS (int): the number of rows that the embeddings need with the symbols."""
    # Not special tokens, which decoding would remove. They include white space on their left, or it would be a token.
    tokens = [AddedToken(symbol, normalized=False, lstrip=True, special=False) for symbol in get_symbols(n)]
    if len(directions) > 1 and writes_target_before_source(tokenizer):
        prefixes = [get_prefix(direction.target) for direction in directions]
        tokens += [AddedToken(prefix, normalized=False, special=False) for prefix in prefixes]
    known = tokenizer.get_vocab()
    added = tokenizer.add_tokens([token for token in tokens if token.content not in known])
    if added and tokenizer.is_fast:
        # Decoding adds the white space again; otherwise two neighbouring symbols would be joined.
        backend = tokenizer.backend_tokenizer
        spaces = decoders.Replace(SYMBOL_START, f" {SYMBOL_START}")
        backend.decoder = decoders.Sequence([backend.decoder, spaces] if backend.decoder else [spaces])
    return max(tokenizer.convert_tokens_to_ids([token.content for token in tokens])) + 1


def _make_tokenizer(texts: Iterable[str], vocab: int) -> Any:
    # Byte-level pieces: every text can be restored, and no character is unknown.
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", SPECIAL.index("</s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=MAX_POSITIONS,
        # Otherwise transformers would turn it off, whatever the tokenizer's setting.
        add_prefix_space=True,
        clean_up_tokenization_spaces=False,
    )
