"""Which language a text is in (py3langid)."""

from typing import Callable, List, Sequence, Set, Tuple

from ..errors import Errors, XnerError, tell_install

# The language of fewer words is anyone's guess.
IDENTIFIED_WORDS = 6


def make_identifier(languages: Sequence[str]) -> Callable[[str], str]:
    """Load a language identifier (py3langid), told which languages to expect.

    Of short texts it can't tell a hundred apart.

    languages (Sequence[str]): the codes, two at least.
    RETURNS (Callable[[str], str]): from a text to the code of its language.
    RAISES: X206 if py3langid is not installed, X306 if it does not know a language.
    """
    rank = _import_rank()
    known = list_identified()
    for code in languages:
        if code not in known:
            expected = f"one of the languages that py3langid knows ({', '.join(sorted(known))})"
            raise XnerError(Errors.X306.format(found=code, expected=expected, option="the language check"))
    return lambda text: next(language for language, _ in rank(text) if language in languages)


def list_identified() -> Set[str]:
    """List the languages that can be told.

    RETURNS (Set[str]): their codes.
    RAISES: X206 if py3langid is not installed.
    """
    return {language for language, _ in _import_rank()("")}


def _import_rank() -> Callable[[str], List[Tuple[str, float]]]:
    """RETURNS (Callable): from a text to all languages, the likeliest first."""
    try:
        from py3langid.langid import rank
    except ImportError as error:
        command = tell_install("langid")
        raise XnerError(Errors.X206.format(engine="langid", what="py3langid", command=command)) from error
    return rank
