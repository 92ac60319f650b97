"""Scores as plain text tables, in per cent."""

from typing import Any, Dict, List, Literal, Sequence

from wasabi import table

NOTHING = "There is no labelled text, so there are no scores."
# The title of languages of which no training has read a sentence.
NEVER_SEEN = "never seen"


def format_table(results: Sequence[Dict[str, Any]]) -> str:
    """Format the F1 of several models: one row per language, one column per model, the mean in the last row.

    Languages that no training has seen are in a table of their own.

    results (Sequence[Dict[str, Any]]): the result of `evaluate` for each model.
    RETURNS (str): the tables, with "-" if a model was not evaluated on a language; a sentence if none was on any.
    """
    if not any(result["languages"] for result in results):
        return NOTHING
    languages = list(dict.fromkeys(language for result in results for language in result["languages"]))
    unseen = {language for result in results for language in result.get("unseen", ())}
    models = [str(result["model"]) for result in results]
    tables = []
    for title, key, chosen in (
        ("F1", "mean", [language for language in languages if language not in unseen]),
        (f"F1, {NEVER_SEEN}", "mean_unseen", [language for language in languages if language in unseen]),
    ):
        rows: List[List[str]] = []
        for language in chosen:
            scores = [result["languages"].get(language) for result in results]
            rows.append([language, *("-" if s is None else _percent(s["f1"]) for s in scores)])
        means = [result.get(key) for result in results]
        footer = ["mean", *("-" if mean is None else _percent(mean["f1"]) for mean in means)]
        if rows:
            tables.append(_table(rows, [title, *models], footer))
    return "\n".join(tables)


def format_scores(result: Dict[str, Any]) -> str:
    """Format all scores of one model: one row per language, the mean in the last row.

    Languages that no training has seen are in a table of their own.

    result (Dict[str, Any]): the result of `evaluate`.
    RETURNS (str): the tables; a sentence if the model was evaluated on no language.
    """
    if not result["languages"]:
        return NOTHING
    intervals = any("interval" in scores for scores in result["languages"].values())
    outputs = result["mean"].get("span_output") is not None
    unseen = set(result.get("unseen", ()))
    rows = {
        key: [*_row(key, scores, intervals, outputs), f"{scores['entities']:,}"]
        for key, scores in result["languages"].items()
    }
    # The spans on which types were scored: "gold" or "found", see `score_types`.
    judged = {str(scores["type_accuracy_on"]).split()[0] for scores in result["languages"].values()}
    header = ["P", "R", "F1", *(["95 %"] if intervals else []), "Span F1"]
    header += ["Span model F1"] * outputs + [f"Type acc. ({'/'.join(sorted(judged))})", "Entities"]
    tables = []
    for title, key, apart in (("", "mean", False), (NEVER_SEEN, "mean_unseen", True)):
        chosen = [row for key, row in rows.items() if (key in unseen) is apart]
        if chosen:
            footer = [*_row("mean", result[key], intervals, outputs), ""]
            tables.append(_table(chosen, [title, *header], footer))
    return "\n".join(tables)


def _row(name: str, s: Dict[str, Any], intervals: bool, outputs: bool) -> List[str]:
    scores = [_percent(score) for score in (s["precision"], s["recall"], s["f1"])]
    if intervals:
        scores.append(" to ".join(_percent(end) for end in s.get("interval", ())))
    spans = [s["span"]["f1"], *([s["span_output"]] if outputs else [])]
    return [name, *scores, *map(_percent, [*spans, s["type_accuracy"]])]


def _table(rows: List[List[str]], header: List[str], footer: List[str]) -> str:
    aligns: List[Literal["l", "r", "c"]] = ["l"]
    aligns += ["r"] * (len(header) - 1)
    widest = max(len(cell) for row in (header, footer, *rows) for cell in row)
    return str(table(rows, header=header, footer=footer, divider=True, aligns=aligns, max_col=widest))


def _percent(score: float) -> str:
    return f"{100 * score:.1f}"
