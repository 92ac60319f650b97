"""Families of translation models, and how each is told the source and the target language."""

import re
import warnings
from typing import Any, List, NamedTuple, Optional, Tuple

from ...errors import Errors, XnerError, tell_install
from ...hub import HubLoader, find_model, find_reason
from .languages import find_language, is_language

# Errors that are specific to translation models.
TOKENIZERS = "tokenizer.json, or a SentencePiece model"
KNOWN = {
    "Unrecognized configuration class": "this is no sequence-to-sequence model",
    "sentencepiece": f"its tokenizer needs the package sentencepiece ({tell_install('seq2seq')})",
}


class Family(NamedTuple):
    """A family of translation models.

    tokenizers (str): the beginning of the tokenizer's class name.
    pattern (Pattern): a language's token in the vocabulary; group 1 is its code.
    place (str): where the token of the target language is put.
    """

    tokenizers: Tuple[str, ...]
    pattern: "re.Pattern[str]"
    place: str


FAMILIES = {
    "M2M100": Family(("M2M100Tokenizer",), re.compile(r"__([a-z]{2,3})__"), "translation"),
    "NLLB": Family(("NllbTokenizer",), re.compile(r"([a-z]{3}_[A-Z][a-z]{3})"), "translation"),
    "mBART-50": Family(("MBart50Tokenizer",), re.compile(r"([a-z]{2}_[A-Z]{2})"), "translation"),
    "MADLAD-400": Family(("T5Tokenizer",), re.compile(r"<2([A-Za-z_]+)>"), "source"),
    "OPUS-MT": Family(("MarianTokenizer",), re.compile(r">>([A-Za-z_]+)<<"), "source"),
    # Models that `spacy xner train-translator` makes from scratch, as loaded by transformers 4 and 5.
    "spacy-xner": Family(
        ("PreTrainedTokenizerFast", "TokenizersBackend"), re.compile(r">>([A-Za-z_]+)<<"), "source"
    ),
}
# Families whose models may have a single direction, and then have no tokens of languages.
FIXED = ("OPUS-MT", "spacy-xner")


class Direction(NamedTuple):
    """How a model is told the languages.

    source, target (Optional[str]): the values of `src_lang` and `tgt_lang` of the tokenizer.
    prefix (str): the prefix of the source text.
    first (Optional[str]): the forced first token of the translation.
    languages (List[str]): all tokens of languages, which are not part of a translation.
    """

    source: Optional[str]
    target: Optional[str]
    prefix: str
    first: Optional[str]
    languages: List[str]


def load_tokenizer(name: str) -> Any:
    """Load the tokenizer of a translation model.

    name (str): a Hugging Face name or a local folder.
    RETURNS (PreTrainedTokenizerBase): the tokenizer.
    RAISES: X207 if it can't be loaded.
    """
    from transformers import AutoTokenizer

    try:
        with warnings.catch_warnings():
            # About a package that only normalizes punctuation, and that the tokenizer does not use.
            warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
            return HubLoader(AutoTokenizer).from_pretrained(find_model(name))
    except Exception as error:  # transformers, tokenizers, sentencepiece and the network each raise their own
        raise XnerError(Errors.X207.format(name=name, reason=find_cause(name, error))) from error


def find_direction(name: str, tokenizer: Any, source: str, target: str) -> Direction:
    """Find out how a model translates from one language to another.

    name (str): the name of the model, for messages.
    tokenizer (PreTrainedTokenizerBase): its tokenizer.
    source, target (str): codes of ISO 639-1, or codes of the model.
    RETURNS (Direction): how the model is told the languages.
    RAISES: X207 if the model is of no known family, X208 if it lacks one of the languages.
    """
    kind = type(tokenizer).__name__
    family = next((family for key, family in FAMILIES.items() if _is_of(tokenizer, key)), None)
    if family is None:
        reason = f"its tokenizer is a {kind}, but the known families are {', '.join(FAMILIES)}"
        raise XnerError(Errors.X207.format(name=name, reason=reason))
    # The tokenizer of M2M100 does not have its languages in the vocabulary.
    vocabulary = [*tokenizer.get_vocab(), *getattr(tokenizer, "lang_code_to_token", {}).values()]
    found = ((family.pattern.fullmatch(token), token) for token in vocabulary)
    tokens = {match.group(1): token for match, token in found if match}
    if family in [FAMILIES[fixed] for fixed in FIXED]:
        _check_fixed(name, tokenizer, source, target, has_targets=bool(tokens))
    elif not tokens:
        reason = f"the vocabulary of its {kind} has no tokens of languages"
        raise XnerError(Errors.X207.format(name=name, reason=reason))
    theirs = find_language(target, tokens)
    ours = find_language(source, tokens)
    needs_source = family.place == "translation"
    if (theirs is None and tokens) or (ours is None and needs_source):
        raise _unsupported(name, source, target, sorted(tokens))
    first = tokens[theirs] if theirs else None
    prefix = f"{first} " if first and not needs_source else ""
    if not needs_source:
        return Direction(None, None, prefix, None, list(tokens.values()))
    return Direction(ours, theirs, prefix, first, list(tokens.values()))


def writes_target_before_source(tokenizer: Any) -> bool:
    """Check whether a model with several target languages needs a token ">>xx<<" before the source.

    tokenizer (Any): the model's tokenizer.
    RETURNS (bool): True for the families of OPUS-MT and of our own models.
    """
    return any(_is_of(tokenizer, fixed) for fixed in FIXED)


def _is_of(tokenizer: Any, family: str) -> bool:
    return type(tokenizer).__name__.startswith(FAMILIES[family].tokenizers)


def _check_fixed(name: str, tokenizer: Any, source: str, target: str, *, has_targets: bool) -> None:
    """Check the languages of a model with a single direction, if the tokenizer knows them."""
    settings = tokenizer.init_kwargs
    fixed = settings.get("source_lang"), settings.get("target_lang")
    # Other models may be for groups of languages with unknown codes; our own models have exact codes.
    wrong = (None, False) if _is_of(tokenizer, "spacy-xner") else (False,)
    wrong_source = fixed[0] and is_language(fixed[0], source) in wrong
    wrong_target = fixed[1] and not has_targets and is_language(fixed[1], target) in wrong
    if wrong_source or wrong_target:
        raise _unsupported(name, source, target, [f"{fixed[0]}-{fixed[1]}"])


def _unsupported(name: str, source: str, target: str, codes: List[str]) -> XnerError:
    return XnerError(Errors.X208.format(engine=name, source=source, target=target, found=shorten(codes)))


def shorten(codes: List[str], limit: int = 8) -> str:
    """Join codes for a message.

    codes (List[str]): languages or directions.
    limit (int): most codes to show.
    RETURNS (str): the first codes, and the number of all if some are left out.
    """
    more = f", ... ({len(codes)} in all)" if len(codes) > limit else ""
    return ", ".join(codes[:limit]) + more if codes else "none"


def find_cause(name: str, error: Exception) -> str:
    """Find the reason why a translation model or its tokenizer can't be loaded, see `find_reason`.

    name (str): a Hugging Face name or a local folder.
    error (Exception): the error that was raised.
    RETURNS (str): the reason, for X207.
    """
    return find_reason(name, error, tokenizer=TOKENIZERS, known=KNOWN)
