"""Keys and addresses of services. A key comes from the environment, and nothing that is written has it."""

import hashlib
import os
import re
from contextlib import contextmanager
from typing import Iterator, Optional
from urllib.parse import quote, urlsplit

from ...errors import Errors, XnerError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# Longer texts with a figure in them are rather keys than names of variables.
_LONGEST_WORD = 24


class Key:
    """A key of a service, which is not shown when the object is printed, and can't be pickled.

    value (str): the key, "" for none.
    """

    def __init__(self, value: str) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Key(***)"

    def __reduce__(self) -> str:
        raise TypeError("a key stays in its process")

    def reveal(self) -> str:
        """RETURNS (str): the key, for the client that sends it."""
        return self._value

    def redact(self, text: str) -> str:
        """Take the key out of a text that others wrote, such as the message of a service.

        text (str): the text.
        RETURNS (str): the text with stars in place of the key.
        """
        for form in (self._value, quote(self._value, safe="")):
            text = text.replace(form, "***") if form else text
        return text


def read_key(engine: str, variable: Optional[str], *, required: bool = True) -> Key:
    """Read the key of a service from the environment.

    engine (str): the engine, for messages.
    variable (Optional[str]): the name of the environment variable, None for no key.
    required (bool): whether there must be one.
    RETURNS (Key): the key; an empty one without a variable, or if none is there and none is required.
    RAISES: X240 if the key is missing or can't be sent, X241 if the name of the variable is none. No message has the
        key, nor what was given in place of the name, which may be one.
    """
    if variable is None:
        return Key("")
    looks_like_a_key = len(variable) > _LONGEST_WORD and any(char.isdigit() for char in variable)
    if not _VARIABLE.fullmatch(variable) or looks_like_a_key:
        reason = "is no name of an environment variable; a key itself is never given there"
        raise XnerError(Errors.X241.format(setting="key_variable", engine=engine, reason=reason))
    value = os.environ.get(variable, "").strip()
    if not value and required:
        raise XnerError(Errors.X240.format(engine=engine, variable=variable, reason="is not set"))
    if not (value.isascii() and value.isprintable()) or " " in value:
        reason = "has characters that no key has"
        raise XnerError(Errors.X240.format(engine=engine, variable=variable, reason=reason))
    return Key(value)


@contextmanager
def hide_variables(prefix: str) -> Iterator[None]:
    """Take variables out of the environment while a client is made that would send them.

    prefix (str): how their names begin.
    YIELDS (None): while they are hidden.
    """
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefix)}
    try:
        yield
    finally:
        os.environ.update(hidden)


def check_address(engine: str, address: str) -> str:
    """Check the address of a service.

    engine (str): the engine, for messages.
    address (str): such as "https://api.example.com/v1".
    RETURNS (str): the address without a slash at its end.
    RAISES: X241 if it is none of HTTP, or has a name, a password or a query, which may be a key. The message does not
        repeat it.
    """
    parts = urlsplit(address)
    reason = None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        reason = "must begin with http:// or https:// and a host"
    elif "@" in parts.netloc or parts.query or parts.fragment:
        reason = "must be without user name, password and query: a key comes from the environment"
    if reason is not None:
        raise XnerError(Errors.X241.format(setting="address", engine=engine, reason=reason))
    return address.rstrip("/")


def describe_address(address: Optional[str]) -> str:
    """Tell services apart by their addresses, without publishing these.

    address (Optional[str]): the address; None for the usual one.
    RETURNS (str): "" for None, else "@" and a digest.
    """
    if address is None:
        return ""
    return f"@{hashlib.sha256(address.encode('utf8')).hexdigest()[:8]}"
