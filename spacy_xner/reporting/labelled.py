"""The part of a report on labelled text: scores, kinds of mistakes, calibration."""

from typing import Any, Dict, List, Optional, Sequence, Set

from ..evaluation.calibration import Scored, measure_calibration_error, suggest_threshold, try_thresholds
from ..evaluation.mistakes import KINDS, count_confusions, count_kinds, count_lengths, count_unseen
from .analysis import Analysis, collect_scores
from .figures import draw_calibration, draw_found, draw_kinds, draw_scores, draw_types
from .page import Picture, take_picture
from .tables import make_rows, percent, score_types_of

# Fewer entities tell nothing of scores and thresholds.
ENOUGH_SCORES = 100


def show_labelled(
    analyses: Sequence[Analysis],
    labels: Sequence[str],
    seen: Optional[Set[str]],
    numbers: Dict[str, Any],
    pictures: List[Picture],
) -> Dict[str, Any]:
    """Show how a pipeline, or two, do on labelled text.

    analyses (Sequence[Analysis]): one pipeline or two, on the same labelled sentences.
    labels (Sequence[str]): all types.
    seen (Optional[Set[str]]): the names of the training data in lower case; None if unknown.
    numbers (Dict[str, Any]): the numbers of each pipeline by language, to which those of the figures are added.
    pictures (List[Picture]): the figures of the page, to which those here are added.
    RETURNS (Dict[str, Any]): what `templates/labelled.html` reads, but for the sentences.
    RAISES: X125 without matplotlib.
    """
    first = analyses[0]
    languages = [*first.seen, *first.unseen]
    names = [analysis.name for analysis in analyses]
    types = score_types_of(analyses, first.seen)
    groups = [f"{language} *" if language in first.unseen else language for language in languages]
    rows = [[analysis.scores[language] for language in languages] for analysis in analyses]
    overview = [take_picture("F1 with 95 % intervals", "scores", draw_scores(groups, names, rows))]
    scores = [[row.scores[k]["f1"] for row in types] for k in range(len(analyses))]
    by_type = take_picture("F1 by type", "types", draw_types([row.label for row in types], names, scores))
    for k, analysis in enumerate(analyses):
        title = "What became of the entities" + (f": {analysis.name}" if len(analyses) > 1 else "")
        counts = [count_kinds(analysis.list_pairs(language)) for language in languages]
        overview.append(take_picture(title, f"kinds-{k}", draw_kinds(groups, counts)))
    calibrations = []
    for k, analysis in enumerate(analyses):
        scored = collect_scores([example for found in analysis.examples.values() for example in found])
        if scored is not None and len(scored.scores) >= ENOUGH_SCORES:
            picture = take_picture(
                f"Scores and thresholds: {analysis.name}", f"calibration-{k}", draw_calibration(scored)
            )
            calibrations.append((picture, _advise(scored)))
    blocks = []
    for i, language in enumerate(languages):
        columns = []
        for k, analysis in enumerate(analyses):
            column, found = _make_column(analysis, language, labels, seen, f"{language}-{i}-{k}")
            columns.append(column)
            numbers[analysis.name][language] = {**analysis.scores[language], **found}
        f1 = [percent(analysis.scores[language]["f1"]) for analysis in analyses]
        blocks.append({"language": language, "f1": f1, "columns": columns})
    pictures += [*overview, by_type, *(picture for picture, _ in calibrations)]
    pictures += [picture for block in blocks for column in block["columns"] for picture in column["pictures"]]
    return {
        "seen": make_rows(analyses, first.seen),
        "unseen": make_rows(analyses, first.unseen),
        "types": types,
        "by_type": by_type,
        "labels": labels,
        "languages": languages,
        "kinds": KINDS,
        "overview": overview,
        "calibrations": calibrations,
        "blocks": blocks,
    }


def _make_column(
    analysis: Analysis, language: str, labels: Sequence[str], seen: Optional[Set[str]], name: str
) -> tuple:
    """RETURNS (Tuple[Dict[str, Any], Dict[str, Any]]): what the page shows of a language, and its numbers."""
    pairs = analysis.list_pairs(language)
    groups = [count_lengths(pairs)] + ([count_unseen(pairs, seen)] if seen is not None else [])
    confusions = count_confusions(pairs, labels)
    numbers: Dict[str, Any] = {
        "kinds": count_kinds(pairs),
        "lengths": groups[0],
        "confusions": {"types": [*labels, None], "counts": confusions},
    }
    if seen is not None:
        numbers["names"] = groups[1]
    scored = collect_scores(analysis.examples[language])
    if scored is not None:
        numbers["calibration_error"] = measure_calibration_error(scored)
        if len(scored.scores) >= ENOUGH_SCORES:
            numbers["threshold"] = suggest_threshold(try_thresholds(scored))._asdict()
    pictures = []
    if any(groups):
        title = "Found, by number of tokens"
        title += " and by whether the name was in training" if seen is not None else ""
        pictures.append(take_picture(title, f"found-{name}", draw_found(groups)))
    return {"title": analysis.name, "confusions": confusions, "pictures": pictures}, numbers


def _advise(scored: Scored) -> str:
    """RETURNS (str): what the scores of entities say, and what they don't."""
    best, error = suggest_threshold(try_thresholds(scored)), measure_calibration_error(scored)
    note = (
        f"Scores differ from the share that is right by {percent(error)} points on average (expected calibration "
        f"error, {len(scored.scores):,} entities). The best F1 here has the threshold {best.value:.2f}: P "
        f"{percent(best.precision)}, R {percent(best.recall)}, F1 {percent(best.f1)}. It was chosen on the sentences "
        "that it is measured on, so expect less on others, and choose yours on text that you don't report on."
    )
    if scored.n_unscored:
        note += f" {scored.n_unscored} entities have no score: no threshold leaves them out."
    return note
