"""JSON objects that stand for sentences: what their readers have in common, with errors that name what is wrong."""

import json
from typing import Any, Dict, List, Optional, Sequence, TypedDict

# What the tools call the text.
TEXTS = ("text", "data")
# What tells a text from others.
IDENTITY = ("id", "language", "view")


def load_json(content: str) -> Any:
    """Read a JSON text. NaN, which Python writes for what pandas has not, is null.

    content (str): the text.
    RETURNS (Any): its value.
    RAISES: ValueError with place and reason.
    """
    try:
        return json.loads(content, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"no valid JSON, {place}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error


def require_object(data: Any) -> Dict[str, Any]:
    """Check that a value is an object.

    data (Any): a value of JSON.
    RETURNS (Dict[str, Any]): the same value.
    RAISES: ValueError if it is no object.
    """
    if not isinstance(data, dict):
        raise ValueError(f"found a {type(data).__name__}")
    return data


def require_objects(data: Any, name: str) -> List[Dict[str, Any]]:
    """Make sure that a value is a list of objects.

    data (Any): a value of JSON.
    name (str): the key it stands under, for the message.
    RETURNS (List[Dict[str, Any]]): the same.
    RAISES: ValueError if it is none.
    """
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ValueError(f"'{name}' is not a list of objects")
    return data


def get_text(data: Dict[str, Any], key: Optional[str] = None) -> str:
    """Get the text of an object.

    data (Dict[str, Any]): the object.
    key (Optional[str]): the key of the text, None for the usual ones.
    RETURNS (str): the text.
    RAISES: ValueError if it has none, or only white space.
    """
    found = find_text_key(data, key)
    text = check_string(data[found], found)
    if not text.strip():
        raise ValueError(f"'{found}' is empty")
    return text


def find_text_key(
    data: Dict[str, Any], key: Optional[str] = None, advice: str = "--text-key names one"
) -> str:
    """Find the key of an object's text.

    data (Dict[str, Any]): the object.
    key (Optional[str]): the key that the user names, None for the usual ones.
    advice (str): what to do if there is none, for the message.
    RETURNS (str): a key of the object.
    RAISES: ValueError if it has none, which names those that it has.
    """
    known: Sequence[str] = TEXTS if key is None else [key]
    for name in known:
        if name in data:
            return name
    raise ValueError(f"there is no text under '{known[0]}', the keys are {sorted(data)} ({advice})")


def refuse_unknown(data: Dict[str, Any], known: Sequence[str]) -> None:
    """Make sure that an object without labels has none under a key that is not known.

    data (Dict[str, Any]): the object.
    known (Sequence[str]): keys that hold no labels.
    RAISES: ValueError if another key holds a list of lists or objects, as labels are written.
    """
    for key, value in data.items():
        if key not in known and isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value):
            raise ValueError(f"no labels are found, and '{key}' is not known; the keys are {sorted(data)}")


def check_string(value: Any, key: str) -> str:
    """Make sure that a value is a string with anything in it that can be stored.

    value (Any): a value of JSON.
    key (str): the key it stands under, for the message.
    RETURNS (str): the same.
    RAISES: ValueError if it is none, empty, or has one half of a surrogate pair.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{key}' is {value!r}, not a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"'{key}' holds one half of a surrogate pair")
    return value


def check_strings(value: Any, key: str) -> List[str]:
    """Make sure that a value is a list of strings.

    value (Any): a value of JSON.
    key (str): the key it stands under, for the message.
    RETURNS (List[str]): the same.
    RAISES: ValueError if it is none or empty, or one of them is none that can be stored.
    """
    if not isinstance(value, list) or not value:
        raise ValueError(f"'{key}' is not a list of strings")
    return [check_string(item, key) for item in value]


def get_optional(data: Dict[str, Any], key: str) -> Optional[str]:
    """Get a string that an object may have, or a number, as ids often are.

    data (Dict[str, Any]): the object.
    key (str): the key.
    RETURNS (Optional[str]): the string, None if the key is missing or its value null or "".
    RAISES: ValueError if it is of another type.
    """
    value = data.get(key)
    if value is None or value == "" or value != value:  # what is not a number means that there is none
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes floats of numbers if one is missing
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else check_string(value, key)


class Identity(TypedDict):
    """The metadata of a sentence, as its record has them; None where missing."""

    group: Optional[str]
    language: Optional[str]
    view: Optional[str]


def read_identity(data: Dict[str, Any]) -> Identity:
    """Read the metadata of an object.

    data (Dict[str, Any]): the object, with "id", "language" (or "lang") and "view" or without.
    RETURNS (Identity): group (of "id"), language and view.
    RAISES: ValueError if one is of another type.
    """
    other = get_optional(data, "lang") if isinstance(data.get("lang"), str) else None
    return Identity(
        group=get_optional(data, "id"),
        language=get_optional(data, "language") or other,
        view=get_optional(data, "view"),
    )
