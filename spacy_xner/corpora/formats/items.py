"""The items of a JSON file: one per line, or all in one array."""

from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional

from ..lines import open_lines
from .objects import load_json


class Item(NamedTuple):
    """An item of a JSON file.

    line, unit (int, str): its place, as in records.
    value (Any): its value, or the ValueError if it can't be parsed.
    """

    line: int
    unit: str
    value: Any


def read_items(path: Path, unit: str = "item") -> Iterator[Item]:
    """Read JSON lines, an array, or a single object.

    A pair `[text, {...}]` or `[text, [[start, end, label]]]`, as in spaCy's old training data, is converted to one
    object. The list in `{"classes": [...], "annotations": [...]}`, which annotation tools for spaCy write, is read as
    an array.

    path (Path): the file; blank lines are skipped.
    unit (str): the name of an array's element in messages.
    YIELDS (Item): the items.
    RAISES: those of `open_lines`.
    """
    lines = ((number, line) for number, line in open_lines(path) if line.strip())
    number, first = next(lines, (0, ""))
    value, second = _load(first), next(lines, None)
    if second is not None and _may_go_on(value, first):
        found = _load("\n".join(line for _, line in open_lines(path)))
        if not isinstance(found, ValueError) or first.lstrip().startswith("["):
            yield from _list_items(found, number, unit)
            return
    if second is None:
        yield from _list_items(value, number, unit)
        return
    yield Item(number, "line", _join_pair(value))
    yield Item(second[0], "line", _join_pair(_load(second[1])))
    for number, line in lines:
        yield Item(number, "line", _join_pair(_load(line)))


def _may_go_on(value: Any, line: str) -> bool:
    """RETURNS (bool): whether a line that is no complete value may begin a value of several lines."""
    return isinstance(value, ValueError) and line.lstrip()[:1] in "[{"


def _list_items(value: Any, line: int, unit: str) -> Iterator[Item]:
    """YIELDS (Item): the items of the only value of a file."""
    values = _find_list(value)
    if values is None:
        yield Item(line, "line", _join_pair(value))
    else:
        for number, item in enumerate(values, start=1):
            if item is not None:  # null: the annotator skipped it
                yield Item(number, unit, _join_pair(item))


def _find_list(value: Any) -> Optional[List[Any]]:
    if isinstance(value, list) and not _is_pair(value):
        return value
    if isinstance(value, dict) and "classes" in value and isinstance(value.get("annotations"), list):
        return value["annotations"]
    return None


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], (dict, list))
    )


def _join_pair(value: Any) -> Any:
    if not _is_pair(value):
        return value
    return {"text": value[0], **(value[1] if isinstance(value[1], dict) else {"entities": value[1]})}


def _load(line: str) -> Any:
    try:
        return load_json(line)
    except ValueError as error:
        return error
