"""The tables of this room: what stands in each column, for the terminal and the pages."""

from typing import Any, Callable, Dict, List, Sequence

Row = Dict[str, Any]
# Titles of columns, and what each shows of a row.
Columns = Dict[str, Callable[[Row], str]]


def value(name: str, form: str = "") -> Callable[[Row], str]:
    """RETURNS (Callable): shows one value of a row, "" where there is none. name (str): its keys, with dots between."""

    def show(row: Row) -> str:
        found: Any = row
        for key in name.split("."):
            found = found.get(key) if found is not None else None
        return "" if found is None else format(found, form)

    return show


def show_spread(row: Row) -> str:
    return f"{row['least']:.2f} to {row['most']:.2f}" if "least" in row else ""


def show_memory(row: Row) -> str:
    """RETURNS (str): peak memory in MiB, of the GPU if one was used."""
    return value("peak_gpu_mib" if "peak_gpu_mib" in row else "peak_mib", ",.0f")(row)


def fields(*names: str) -> Columns:
    """RETURNS (Columns): values as they are, under their own names."""
    return {name: value(name) for name in names}


SPEED: Columns = {
    **fields("encoder", "precision", "pipeline"),
    "words/s": value("words_per_second", ",.0f"),
    "of the encoder": value("of_encoder", ".2f"),
    "least to most": show_spread,
    "of spaCy's `ner`": value("of_spacy", ".2f"),
    "of transformers": value("of_transformers", ".2f"),
    "peak MiB": show_memory,
    **fields("skipped"),
}
AGREEMENT: Columns = {**fields("pipeline", "entities"), "agreement": value("agreement", ".2%")}
LONG: Columns = {
    **fields("encoder", "precision", "pipeline"),
    "words/s, short documents": value("short.words_per_second", ",.0f"),
    "words/s, long ones": value("long.words_per_second", ",.0f"),
    "ratio of speed": value("speed", ".2f"),
    "peak MiB, short stream": value("few.peak_mib", ",.0f"),
    "peak MiB, long one": value("many.peak_mib", ",.0f"),
    "ratio of memory": value("memory", ".2f"),
}
STAGES: Columns = {
    **fields("encoder", "precision", "stage"),
    "ms/sentence": value("milliseconds_per_sentence", ".2f"),
    "words/s": value("words_per_second", ",.0f"),
    "of plain fine-tuning": value("of_plain", ".2f"),
    "least to most": show_spread,
    "text": value("text", "g"),
    "peak MiB": show_memory,
    **fields("error"),
}
METHODS: Columns = {
    **fields("encoder", "precision", "method"),
    "plain epochs": value("plain_epochs", ".1f"),
    "stages": lambda row: " + ".join(f"{n} {name}" for name, n in row.get("stages", {}).items()),
}
LOOPS: Columns = {
    **fields("encoder", "precision"),
    "speed of a torch loop": value("of_torch", ".2f"),
    "least to most": show_spread,
    "update of the weights": value("update_share", ".1%"),
    "memory of the loop": value("memory_of_torch", ".2f"),
    "peak MiB of the loop": show_memory,
    **fields("error"),
}
# The tables of `stages.py`: each of the rows that have a column of that name.
COSTS = {"stage": STAGES, "method": METHODS, "loop": LOOPS}
# Whose speed that of our pipelines is compared with, by the names of their rows.
OTHERS = {"of_spacy": "spaCy ner", "of_transformers": "transformers pipeline"}


def compare_speeds(rows: Sequence[Row]) -> List[Row]:
    """RETURNS (List[Row]): rows of `speed.py` with their speeds as shares of those of others in the same setting."""
    known = {(row["encoder"], row.get("precision"), row["pipeline"]): row.get("of_encoder") for row in rows}
    compared = []
    for row in rows:
        own, place = row.get("of_encoder"), (row["encoder"], row.get("precision"))
        others = {key: known.get((*place, name)) for key, name in OTHERS.items()}
        compared.append({**row, **{key: own / other for key, other in others.items() if own and other}})
    return compared


def make_table(titles: Sequence[str], *cells: Sequence[str]) -> str:
    """RETURNS (str): a table in Markdown, all columns but the first aligned right."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def make_page_table(columns: Columns, rows: Sequence[Row]) -> str:
    """RETURNS (str): a table in Markdown of rows, without columns that are empty in every row."""
    cells = [[show(row) for show in columns.values()] for row in rows]
    filled = [k for k in range(len(columns)) if any(line[k] for line in cells)]
    return make_table(*([line[k] for k in filled] for line in (list(columns), *cells)))


def show_tables(tables: Dict[str, Columns], rows: Sequence[Row]) -> str:
    """RETURNS (str): tables in Markdown, each of the rows that have a column of its name, if there are any."""
    found = ((columns, [row for row in rows if name in row]) for name, columns in tables.items())
    return "\n\n".join(make_page_table(columns, own) for columns, own in found if own)
