"""What the options of `translate` and `project` say of translations, and what is printed of them."""

from pathlib import Path
from typing import List, Optional

from wasabi import msg

from ..errors import Errors, XnerError
from ..translation.projection.matching import SOFT
from ..translation.projection.report import Report
from ..translation.projection.translations import Translations
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
