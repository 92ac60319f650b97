"""Directions of translation, and how tokenizers and models are told the languages."""

from typing import Any, Dict, List, Literal, NamedTuple, Sequence, Tuple

from transformers import PreTrainedTokenizerBase

from ...errors import Errors, XnerError
from ..engines.families import find_direction


class PairDirection(NamedTuple):
    """A direction of translation.

    source, target (str): codes of the languages.
    swapped (bool): whether the pairs are used from right to left.
    """

    source: str
    target: str
    swapped: bool = False


def get_directions(
    source: str, target: str, which: Literal["both", "forward", "backward"] = "both"
) -> List[PairDirection]:
    """List the directions to train.

    source (str): code of the language on the left of the pairs.
    target (str): code of the language on the right.
    which (Literal["both", "forward", "backward"]): the choice.
    RETURNS (List[PairDirection]): one or two directions.
    RAISES: X306 for another choice.
    """
    both = {"forward": PairDirection(source, target), "backward": PairDirection(target, source, True)}
    if which != "both" and which not in both:
        raise XnerError(
            Errors.X306.format(found=which, expected="both, forward or backward", option="--directions")
        )
    return list(both.values()) if which == "both" else [both[which]]


def get_prefix(language: str) -> str:
    """Get the token for a target language in models of the Marian family.

    language (str): the language's code.
    RETURNS (str): the token, such as ">>de<<".
    """
    return f">>{language}<<"


def encode(
    tokenizer: PreTrainedTokenizerBase,
    direction: PairDirection,
    sources: Sequence[str],
    targets: Sequence[str],
) -> List[Tuple[List[int], List[int]]]:
    """Encode texts, including the tokens for the languages.

    tokenizer (PreTrainedTokenizerBase): the tokenizer; its languages are set if it has any.
    direction (PairDirection): the languages of sources and targets.
    sources (Sequence[str]): the texts to translate.
    targets (Sequence[str]): their translations.
    RETURNS (List[Tuple[List[int], List[int]]]): ids of source and target, not truncated.
    RAISES: X207 and X208 if the tokenizer is of no known family or lacks a language.
    """
    told = find_direction(tokenizer.name_or_path, tokenizer, direction.source, direction.target)
    if told.source is not None:
        tokenizer.src_lang, tokenizer.tgt_lang = told.source, told.target
    sources = [told.prefix + text for text in sources]
    inputs = tokenizer(list(sources), add_special_tokens=True, verbose=False)["input_ids"]
    labels = tokenizer(text_target=list(targets), add_special_tokens=True, verbose=False)["input_ids"]
    return list(zip(inputs, labels, strict=True))


def get_generation_options(tokenizer: PreTrainedTokenizerBase, direction: PairDirection) -> Dict[str, Any]:
    """Get the options of `generate` for a target language.

    tokenizer (PreTrainedTokenizerBase): the model's tokenizer.
    direction (PairDirection): the languages.
    RETURNS (Dict[str, Any]): the forced first token of translations; empty if the source text names the language.
    RAISES: X207 and X208 if the tokenizer is of no known family or lacks a language.
    """
    told = find_direction(tokenizer.name_or_path, tokenizer, direction.source, direction.target)
    return {"forced_bos_token_id": tokenizer.convert_tokens_to_ids(told.first)} if told.first else {}
