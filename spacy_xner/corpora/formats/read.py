"""Reading the objects of a JSON file: what is wrong with one is told, and the next is read."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Union

from ...errors import Errors, XnerError
from .items import Item, read_items
from .objects import require_object
from .records import Found, Note, Record
from .spans import SpanError
from .tags import TagError

# From an object to a sentence, or a note if it is left out, or None if it is empty; ValueError with the reason if it is
# wrong.
Parse = Callable[[Dict[str, Any]], Optional[Union[Record, Note]]]


def read_objects(path: Path, parse: Parse, error: str, unit: str = "item") -> Iterator[Found]:
    """Read the objects of a file of JSON, which has one a line or all in an array.

    path (Path): the file.
    parse (Callable): makes a sentence of an object.
    error (str): the message for an object that is wrong, with places for path, place and reason.
    unit (str): what an element of an array is called.
    YIELDS (Found): see `parse_items`.
    RAISES: those of `open_lines`.
    """
    return parse_items(path, read_items(path, unit), parse, error)


def parse_items(path: Path, items: Iterable[Item], parse: Parse, error: str) -> Iterator[Found]:
    """Make sentences of items.

    path (Path): the file.
    items (Iterable[Item]): its items.
    parse, error (Callable, str): see `read_objects`.
    YIELDS (Found): the sentences, the notes with their places, or for an item that is wrong X105 (a tag), X107 (a span
        is outside the text, empty or overlaps) or that message.
    """
    for line, unit, value in items:
        place = f"{unit} {line}"
        try:
            if isinstance(value, ValueError):
                raise value
            found = parse(require_object(value))
        except SpanError as wrong:
            yield describe_span(path, place, wrong)
        except TagError as wrong:
            yield describe_tag(path, place, wrong)
        except ValueError as wrong:
            yield XnerError(error.format(path=path, place=place, reason=wrong))
        else:
            if isinstance(found, Note):
                yield found._replace(detail=place)
            elif found is not None:
                yield replace(found, line=line, unit=unit)


def describe_tag(path: Path, place: str, error: TagError) -> XnerError:
    """Make an error of a tag that breaks its scheme.

    path (Path): the file.
    place (str): where the token stands, as "line 3".
    error (TagError): what is wrong.
    RETURNS (XnerError): X105.
    """
    return XnerError(Errors.E105.format(path=path, place=place, tag=error.tag, reason=error.reason))


def describe_span(path: Path, place: str, error: SpanError) -> XnerError:
    """Make an error of a span that its text can't have.

    path (Path): the file.
    place (str): where the text stands, as "line 3".
    error (SpanError): what is wrong.
    RETURNS (XnerError): X107.
    """
    return XnerError(Errors.E107.format(path=path, place=place, reason=error, **error.span._asdict()))
