"""The content of a report, from predictions, figures and encoders."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set

import spacy

from .. import __version__
from ..corpora.store import remove_others
from ..files import write_bytes, write_json
from .analysis import Analysis
from .labelled import show_labelled
from .page import Picture, render_page
from .palette import choose_colours
from .sentences import collect_sentences, collect_unlabelled
from .tables import make_tiles
from .unlabelled import show_unlabelled
from .views import EncoderViews


class PipelineReport(NamedTuple):
    """A report on one pipeline or two.

    page (str): HTML.
    pictures (List[Picture]): the figures on the page.
    numbers (Dict[str, Any]): the numbers in the figures.
    """

    page: str
    pictures: List[Picture]
    numbers: Dict[str, Any]


def make_report(
    analyses: Sequence[Analysis],
    *,
    views: Optional[EncoderViews] = None,
    seen: Optional[Set[str]] = None,
    most: int = 200,
    most_right: int = 30,
    bootstrap: int = 1000,
) -> PipelineReport:
    """Make a report.

    analyses (Sequence[Analysis]): one pipeline, or two, on the same sentences, labelled or not.
    views (Optional[EncoderViews]): the views of the first pipeline's encoders; None to leave them out.
    seen (Optional[Set[str]]): the names of the training data in lower case; None if unknown.
    most, most_right (int): most sentences of each language on the page with mistakes, and without.
    bootstrap (int): samples for the intervals of means.
    RETURNS (PipelineReport): the page, its figures and its numbers.
    RAISES: X125 without matplotlib.
    """
    labels = sorted({label for analysis in analyses for label in analysis.labels})
    colours = choose_colours(labels)
    labelled = unlabelled = None
    pictures = list(views.pictures) if views else []
    numbers: Dict[str, Any] = {analysis.name: {} for analysis in analyses}
    if analyses[0].examples:
        labelled = show_labelled(analyses, labels, seen, numbers, pictures)
        labelled["sample"] = collect_sentences(analyses, colours, most, most_right)
    if analyses[0].unlabelled:
        unlabelled = show_unlabelled(analyses, labels, numbers, pictures)
        unlabelled["sample"] = collect_unlabelled(analyses, colours, most)
    page = render_page(
        names=[analysis.name for analysis in analyses],
        about=[(analysis.name, analysis.about) for analysis in analyses],
        text=_describe_text(analyses[0]),
        made=f"{datetime.now(timezone.utc):%Y-%m-%d}, spacy_xner {__version__}, spaCy {spacy.__version__}",
        tiles=make_tiles(analyses, bootstrap),
        colours=colours,
        labelled=labelled,
        unlabelled=unlabelled,
        views=views,
    )
    return PipelineReport(page, pictures, numbers)


def write_report(report: PipelineReport, output: Path) -> None:
    """Write the page, report.json with its numbers, and its figures into a folder beside it.

    report (PipelineReport): the report.
    output (Path): the folder; figures of an earlier report are removed.
    RAISES: X112 if a file can't be written.
    """
    for picture in report.pictures:
        write_bytes(output / "figures" / f"{picture.name}.svg", picture.svg.encode("utf8"))
    remove_others(output / "figures", [picture.name for picture in report.pictures], ".svg")
    write_json(output / "report.json", report.numbers)
    write_bytes(output / "index.html", report.page.encode("utf8"))


def _describe_text(analysis: Analysis) -> str:
    told = []
    if analysis.examples:
        n_sentences = sum(map(len, analysis.examples.values()))
        n_entities = sum(scores["entities"] for scores in analysis.scores.values())
        told.append(
            f"{n_sentences:,} labelled sentences with {n_entities:,} entities in {', '.join(analysis.examples)}"
        )
    if analysis.unlabelled:
        n_raw = sum(map(len, analysis.unlabelled.values()))
        told.append(f"{n_raw:,} sentences without labels in {', '.join(analysis.unlabelled)}")
    return "; ".join(told)
