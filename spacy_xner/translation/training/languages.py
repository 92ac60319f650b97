"""Directions of translation, and how tokenizers and models are told of them."""

from typing import Any, List, Literal, NamedTuple, Sequence, Tuple

from transformers import PreTrainedTokenizerBase

from ...errors import Errors, XnerError


class Direction(NamedTuple):
    """source (str) and target (str): codes of the languages. swapped (bool): whether the pairs are read from
    right to left.
    """

    source: str
    target: str
    swapped: bool = False


def get_directions(
    source: str, target: str, which: Literal["both", "forward", "backward"] = "both"
) -> List[Direction]:
    """List the directions to train.

    source (str): code of the language on the left of the pairs.
    target (str): code of the language on the right.
    which (Literal["both", "forward", "backward"]): the choice.
    RETURNS (List[Direction]): one or two directions.
    RAISES: X306 for another choice.
    """
    both = {"forward": Direction(source, target), "backward": Direction(target, source, True)}
    if which != "both" and which not in both:
        raise XnerError(
            Errors.E306.format(found=which, expected="both, forward or backward", option="--directions")
        )
    return list(both.values()) if which == "both" else [both[which]]


def get_prefix(language: str) -> str:
    """RETURNS (str): the token that asks for a target language, as models of the Marian family write it."""
    return f">>{language}<<"


def has_codes(tokenizer: PreTrainedTokenizerBase) -> bool:
    """RETURNS (bool): whether the tokenizer takes the languages itself (M2M-100, NLLB, mBART)."""
    return hasattr(tokenizer, "src_lang") and hasattr(tokenizer, "tgt_lang")


def encode(
    tokenizer: PreTrainedTokenizerBase,
    direction: Direction,
    sources: Sequence[str],
    targets: Sequence[str],
) -> List[Tuple[List[int], List[int]]]:
    """Turn texts into ids, with everything that tells the languages.

    tokenizer (PreTrainedTokenizerBase): the tokenizer; its languages are set, where it has any.
    direction (Direction): the languages of sources and targets.
    sources (Sequence[str]): the texts to translate.
    targets (Sequence[str]): their translations.
    RETURNS (List[Tuple[List[int], List[int]]]): ids of source and target, not cut.
    """
    if has_codes(tokenizer):
        tokenizer.src_lang = check_code(tokenizer, direction.source)
        tokenizer.tgt_lang = check_code(tokenizer, direction.target)
    else:
        prefix = get_prefix(direction.target)
        if prefix in tokenizer.get_vocab():
            sources = [f"{prefix} {text}" for text in sources]
    inputs = tokenizer(list(sources), add_special_tokens=True, verbose=False)["input_ids"]
    labels = tokenizer(text_target=list(targets), add_special_tokens=True, verbose=False)["input_ids"]
    return list(zip(inputs, labels, strict=True))


def get_generation_options(tokenizer: PreTrainedTokenizerBase, direction: Direction) -> Any:
    """RETURNS (Dict[str, int]): what `generate` must be told of the target language."""
    if not has_codes(tokenizer):
        return {}
    code = check_code(tokenizer, direction.target)
    token = getattr(tokenizer, "lang_code_to_token", {}).get(code, code)
    return {"forced_bos_token_id": tokenizer.convert_tokens_to_ids(token)}


def check_code(tokenizer: PreTrainedTokenizerBase, language: str) -> str:
    """Check that a tokenizer knows a language.

    tokenizer (PreTrainedTokenizerBase): a tokenizer that takes the languages itself.
    language (str): the code as the tokenizer writes it: `es` for M2M-100, `spa_Latn` for NLLB.
    RETURNS (str): the code.
    RAISES: X221 if the tokenizer has no such code.
    """
    codes = getattr(tokenizer, "lang_code_to_token", None) or tokenizer.additional_special_tokens
    if language not in codes:
        raise XnerError(
            Errors.E221.format(model=tokenizer.name_or_path, found=language, expected=sorted(codes))
        )
    return language
