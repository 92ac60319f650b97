"""What the options of `translate` and `project` say of translations, and what is printed of them."""

from dataclasses import replace
from pathlib import Path
from typing import Dict, List, Optional

from wasabi import msg

from ..errors import Errors, XnerError
from ..translation.engine import Estimate
from ..translation.projection.matching import SOFT
from ..translation.projection.report import Report
from ..translation.projection.translations import Translations
from ..translation.remote.budget import Budget
from ..translation.remote.translator import RemoteTranslator
from ..translation.spread import Spread
from ..translation.types import Translator
from ._options import require
from ._parts import Place

# Rules for an entity's own text, which is all that there is where no rendering was given beforehand.
OWN_TEXT = ("exact", *SOFT)


def find_translations(
    engine: Optional[str],
    settings: Optional[List[str]],
    place: Place,
    aligner: Optional[str],
    aligner_settings: Optional[List[str]],
    lexicon: Optional[Path],
    memory: Optional[Path] = None,
    align: Optional[Path] = None,
    tokenized: bool = False,
    match: str = "exact",
) -> Translations:
    """Read from the options where translations come from.

    engine (Optional[str]): the option --engine.
    settings (Optional[List[str]]): the options --set.
    place (Place): the options --ray, --workers and --gpu-id.
    aligner (Optional[str]): the option --aligner.
    aligner_settings (Optional[List[str]]): the options --aligner-set.
    lexicon (Optional[Path]): the option --lexicon.
    memory (Optional[Path]): the option --memory.
    align (Optional[Path]): the option --align.
    tokenized (bool): the option --tokenized.
    match (str): the option --match.
    RETURNS (Translations): where translations come from. Nothing is loaded yet.
    RAISES: X306 if an option lacks the one that it belongs to or for an unknown --match, X125 if Ray is missing.
    """
    require("--set", settings, "--engine", engine)
    require("--ray", place.ray, "--engine", engine)
    run = place.choose_run()
    require("--aligner-set", aligner_settings, "--aligner", aligner)
    if match not in OWN_TEXT:
        raise XnerError(Errors.X306.format(found=match, expected=f"one of {OWN_TEXT}", option="--match"))
    require("--align", align, "--memory FILE", memory is not None and memory.is_file())
    return Translations(
        engine=engine,
        settings=settings or [],
        spread=None if place.ray is None else Spread(run, place.gpu),
        memory=memory,
        alignments=align,
        aligner=aligner,
        aligner_settings=aligner_settings or [],
        lexicon=lexicon,
        tokenized=tokenized,
        match=match,
    )


def limit_characters(translations: Translations, max_characters: Optional[int]) -> Translations:
    """Add a budget to what the options say of translations.

    translations (Translations): where translations come from.
    max_characters (Optional[int]): the option --max-characters.
    RETURNS (Translations): the same with the budget, if there is one.
    """
    return replace(translations, budget=None if max_characters is None else Budget(max_characters))


def print_report(code: str, report: Report, translator: Optional[Translator]) -> None:
    """Print how many sentences and entities came through, and by which engine.

    code (str): the target's code, or "source-target" of several sources.
    report (Report): what became of them.
    translator (Optional[Translator]): the engine, told with its licence; None if there was none.
    """
    total = report.sentences.total()
    left_out = ", ".join(f"{n} {fate}" for fate, n in sorted(report.sentences.items()) if fate != "kept")
    rate = f"; {report.rate():.1%} of their entities found" if report.entities else ""
    msg.good(f"{code}: {report.sentences['kept']} of {total} sentences kept ({left_out or 'all'}){rate}")
    for label, counts in sorted(report.entities.items()):
        ways = ", ".join(f"{how} {n}" for how, n in counts.most_common())
        print(f"  {label}: {report.rate(label):.1%} ({ways})")
    if translator is not None:
        print(f"  engine {translator.name}; licence of the model: {translator.licence}")
    if isinstance(translator, RemoteTranslator):
        sent = translator.usage
        again = f"; {sent.again:,} more after answers that were no use" if sent.again else ""
        print(f"  {sent.characters:,} characters sent in {sent.requests} requests{again}")


def print_estimates(estimates: Dict[str, Estimate], price: float) -> None:
    """Print what would be sent to a service.

    estimates (Dict[str, Estimate]): the numbers by language, or pair of languages.
    price (float): of a million characters, or tokens if the service charges for these; 0 if it is not told.
    """
    total = 0.0
    for code, found in estimates.items():
        size = found.characters / (found.characters_per_token or 1.0)
        total += size * price / 1e6
        tokens = f", about {size:,.0f} tokens" if found.characters_per_token else ""
        msg.info(
            f"{code}: {found.characters:,} characters in {found.requests} requests{tokens}; {found.different} "
            f"different sentences of {found.sentences}, {found.known} translated before"
        )
    if any(found.characters_per_token for found in estimates.values()):
        print("  tokens are counted as of English; those of the answers come on top")
    if price:
        print(f"  cost: {total:,.2f} at {price:g} a million")
    print("  nothing was sent; what a service answers badly may be sent once more")
