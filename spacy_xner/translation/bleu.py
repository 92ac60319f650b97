"""BLEU of translations, as the package sacrebleu computes it (CROP, table 5)."""

from importlib.util import find_spec
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors, XnerError, explain, tell_install
from .cache import Cache
from .engine import Progress, translate_sentences
from .types import MarkedText, Translator

PACKAGE = "sacrebleu"


class Bleu(NamedTuple):
    """BLEU of a corpus.

    score (float): BLEU, 0 to 100.
    signature (str): how sacrebleu computed it, which figures that are compared must share.
    """

    score: float
    signature: str


class EngineScore(NamedTuple):
    """What an engine makes of a parallel corpus in one direction.

    bleu (Bleu): BLEU of all its translations.
    rows (List[Tuple[str, str, str]]): source, reference and translation of each pair.
    missing (int): how many pairs have no translation, which counts as an empty one.
    """

    bleu: Bleu
    rows: List[Tuple[str, str, str]]
    missing: int


def has_bleu() -> bool:
    """Find out whether BLEU can be computed.

    RETURNS (bool): whether sacrebleu is installed.
    """
    return find_spec(PACKAGE) is not None


def make_metric(language: str, tokenize: Optional[str] = None) -> Any:
    """Make what computes BLEU.

    language (str): code of the language of the translations.
    tokenize (Optional[str]): the name that sacrebleu has for how tokens are cut, such as "13a", "zh", "flores101" (it
        fetches a model of word pieces, that of CROP) or "none" for texts that are tokens with spaces between; None for
        what it chooses for the language.
    RETURNS (Any): an object of sacrebleu's class BLEU.
    RAISES: X125 without sacrebleu, X306 for an unknown name, X241 if the tokenizer lacks something.
    """
    try:
        from sacrebleu.metrics.bleu import BLEU  # optional
    except ImportError as error:
        message = Errors.X125.format(what="BLEU", package=PACKAGE, command=tell_install("bleu"))
        raise XnerError(message) from error
    if tokenize is not None and tokenize not in BLEU.TOKENIZERS:
        expected = f"one of {', '.join(BLEU.TOKENIZERS)}"
        raise XnerError(Errors.X306.format(found=tokenize, expected=expected, option="--tokenize"))
    try:
        # Tokens may be cut already: `force` leaves out a warning.
        return BLEU(tokenize=tokenize, trg_lang=language, force=True)
    except (ImportError, OSError, RuntimeError) as error:  # MeCab is not there, or a model can't be fetched
        reason = f"can't be used ({explain(error)})"
        message = Errors.X241.format(setting=f"tokenize={tokenize}", engine=PACKAGE, reason=reason)
        raise XnerError(message) from error


def get_bleu(
    found: Sequence[str], references: Sequence[str], language: str = "", tokenize: Optional[str] = None
) -> Bleu:
    """Compute BLEU.

    found (Sequence[str]): the translations.
    references (Sequence[str]): one reference for each.
    language (str): code of their language.
    tokenize (Optional[str]): see `make_metric`.
    RETURNS (Bleu): BLEU of all of them together, 0 without any.
    RAISES: those of `make_metric`.
    """
    metric = make_metric(language, tokenize)
    if not found:
        return Bleu(0.0, "")
    score = metric.corpus_score(list(found), [list(references)]).score
    return Bleu(float(score), str(metric.get_signature()))


def score_engine(
    engine: Translator,
    languages: Tuple[str, str],
    pairs: Sequence[Tuple[str, str]],
    *,
    tokenize: Optional[str] = None,
    cache: Optional[Cache] = None,
    progress: Optional[Progress] = None,
) -> EngineScore:
    """Translate the sources of a parallel corpus, and compare with the references.

    engine (Translator): the engine.
    languages (Tuple[str, str]): codes of source and target.
    pairs (Sequence[Tuple[str, str]]): source and reference of each.
    tokenize (Optional[str]): see `make_metric`.
    cache (Optional[Cache]): what the engine found before.
    progress (Optional[Callable]): told of the sentences done, and of all.
    RETURNS (EngineScore): the score and the translations.
    RAISES: those of `make_metric`, before anything is translated, and of `translate_sentences`.
    """
    make_metric(languages[1], tokenize)
    sentences = [MarkedText(source) for source, _ in pairs]
    results = translate_sentences(engine, languages, sentences, cache=cache, progress=progress)
    texts = ["" if result is None else " ".join(result.text.split()) for result in results]
    rows = [(*pair, text) for pair, text in zip(pairs, texts, strict=True)]
    bleu = get_bleu(texts, [reference for _, reference in pairs], languages[1], tokenize)
    return EngineScore(bleu, rows, sum(not text for text in texts))
