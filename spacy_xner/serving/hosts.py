"""The names that a server answers to.

A page of another site can let a name of its own point here: it would be as good as a page of ours (DNS rebinding).
"""

import ipaddress
import re
from typing import FrozenSet, Optional, Sequence

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import Errors, XnerError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# A name, or an address of version 6 in brackets, and maybe a port.
HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")


def list_hosts(host: str, address: str, allowed: Sequence[str]) -> Optional[FrozenSet[str]]:
    """List what a server is asked for.

    host (str): the name or address that it listens on, as its user gave it.
    address (str): the address that this is.
    allowed (Sequence[str]): further names, as given with --allow-host.
    RETURNS (Optional[FrozenSet[str]]): names and addresses, those of version 6 in brackets; None for all there are: it
        listens to other machines, and no name is given.
    RAISES: X306 if one of these is none.
    """
    if not allowed and not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return None
    return frozenset([*LOOPBACK, _write_host(host), *map(_check_host, allowed)])


def _write_host(host: str) -> str:
    """RETURNS (str): a name or address as a header has it."""
    return f"[{host}]".lower() if ":" in host and not host.startswith("[") else host.lower()


def _check_host(name: str) -> str:
    written = _write_host(name) if name.count(":") > 1 else name.lower()
    if not re.fullmatch(r"\[[0-9a-f:.]+\]|[^\s:/*@\[\]]+", written):
        expected = "a name or address without a port, such as ner.example.org"
        raise XnerError(Errors.X306.format(found=name, expected=expected, option="--allow-host"))
    return written


class KnownHosts:
    """Refuses what is asked of another host. Starlette's own would say so as plain text, and old ones know no IPv6.

    app (ASGIApp): the app.
    hosts (Optional[FrozenSet[str]]): what `list_hosts` returns.
    """

    def __init__(self, app: ASGIApp, hosts: Optional[FrozenSet[str]]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        scope (Scope): what is known of it.
        receive (Receive): reads it.
        send (Send): writes the answer.
        """
        app = self.app
        if self.hosts is not None and scope["type"] == "http":
            found = HOST.fullmatch(Headers(scope=scope).get("host", ""))
            if found is None or found[1].lower() not in self.hosts:
                app = JSONResponse({"detail": Errors.X333}, 400)
        await app(scope, receive, send)
