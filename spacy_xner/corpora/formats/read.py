"""Reading the objects of a JSON file, and reporting invalid ones without stopping."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Union

from ...errors import Errors, XnerError
from .items import Item, read_items
from .objects import require_object
from .records import Found, Note, Record
from .spans import SpanError
from .tags import TagError

# From an object to a sentence, a note if it is left out, or None if it is empty. A ValueError says why it is invalid.
Parse = Callable[[Dict[str, Any]], Optional[Union[Record, Note]]]


def read_objects(path: Path, parse: Parse, error: str, unit: str = "item") -> Iterator[Found]:
    """Read the objects of a JSON file with one object per line or one array.

    path (Path): the file.
    parse (Callable): converts an object to a sentence.
    error (str): the message for an invalid object, with fields for path, place and reason.
    unit (str): the name of an array's element in messages.
    YIELDS (Found): see `parse_items`.
    RAISES: those of `open_lines`.
    """
    return parse_items(path, read_items(path, unit), parse, error)


def parse_items(path: Path, items: Iterable[Item], parse: Parse, error: str) -> Iterator[Found]:
    """Convert items to sentences.

    path (Path): the file.
    items (Iterable[Item]): its items.
    parse, error (Callable, str): see `read_objects`.
    YIELDS (Found): the sentences, and notes with their places; for an invalid item X105 (a tag), X107 (a span that is
        empty, overlaps or is outside the text) or the given message.
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
    """Make the error for a tag that breaks its scheme.

    path (Path): the file.
    place (str): the place of the token, such as "line 3".
    error (TagError): what is wrong.
    RETURNS (XnerError): X105.
    """
    return XnerError(Errors.X105.format(path=path, place=place, tag=error.tag, reason=error.reason))


def describe_span(path: Path, place: str, error: SpanError) -> XnerError:
    """Make the error for an invalid span.

    path (Path): the file.
    place (str): the place of the text, such as "line 3".
    error (SpanError): what is wrong.
    RETURNS (XnerError): X107.
    """
    return XnerError(Errors.X107.format(path=path, place=place, reason=error, **error.span._asdict()))
