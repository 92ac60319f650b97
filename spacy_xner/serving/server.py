"""Running a server until it is told to stop."""

import contextlib
import signal
import socket
from typing import Any, Callable, Iterator, List, Optional, Sequence

import uvicorn

from ..errors import Errors, XnerError, explain
from .app import build_app
from .hosts import list_hosts
from .limits import ServerLimits
from .protocol import CLOSE, MAX_HEADERS, make_protocol
from .worker import STOPPING, Duty

# Connections that wait until they are accepted.
BACKLOG = 2048


class GracefulServer(uvicorn.Server):
    """uvicorn's server, which tells its last clients that they are, and ends as a program that did what it should."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], Any]) -> None:
        """Make a server.

        config (Config): uvicorn's.
        announce (Callable[[], Any]): called once connections are accepted.
        """
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets: Optional[List[socket.socket]] = None) -> None:
        """Begin.

        sockets (Optional[List[socket.socket]]): where it listens.
        """
        await super().startup(sockets)
        self.announce()

    async def shutdown(self, sockets: Optional[List[socket.socket]] = None) -> None:
        """Accept no more connections, and wait until all requests are answered.

        sockets (Optional[List[socket.socket]]): where it listens.
        """
        # `LimitedProtocol.shutdown` does the same for requests that are being answered.
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal. uvicorn would let it end the process once all is done.

        YIELDS (None): meanwhile signals are taken.
        """
        before = {name: signal.signal(name, self.handle_exit) for name in STOPPING}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)


def listen(host: str, port: int) -> socket.socket:
    """Take an address, before anything is loaded.

    host (str): the name or address of this machine that others use.
    port (int): the port, 0 for any that is free.
    RETURNS (socket.socket): a socket that accepts no connection yet.
    RAISES: X330 if the address can't be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        own = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise XnerError(Errors.X330.format(host=host, port=port, reason=explain(error))) from error
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(address)
    except OSError as error:
        own.close()
        raise XnerError(Errors.X330.format(host=host, port=port, reason=explain(error))) from error
    return own


def serve(
    duty: Duty,
    limits: ServerLimits,
    *,
    host: str,
    port: int,
    allowed: Sequence[str],
    announce: Callable[[str], Any],
) -> None:
    """Serve pipelines until a signal says to stop. Whatever was asked before is answered.

    duty (Duty): the pipelines, and how many processes have them.
    limits (ServerLimits): what the server takes on.
    host (str): the name or address of this machine that others use.
    port (int): the port, 0 for any that is free.
    allowed (Sequence[str]): names of hosts that are answered beside those of this machine.
    announce (Callable[[str], Any]): called with the address once requests are answered.
    RAISES: X306, X330, X331, and what a pipeline raises that can't be loaded.
    """
    with listen(host, port) as own:
        app = build_app(duty, limits, list_hosts(host, own.getsockname()[0], allowed))
        pool = app.state.pool
        try:
            pool.load()
            config = uvicorn.Config(
                app,
                http=make_protocol(limits),
                ws="none",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                h11_max_incomplete_event_size=MAX_HEADERS,
                # Whoever does not read its answer.
                timeout_graceful_shutdown=int(3 * limits.timeout) + 1,
            )
            shown = f"[{host}]" if ":" in host else host
            url = f"http://{shown}:{own.getsockname()[1]}"
            GracefulServer(config, lambda: announce(url)).run(sockets=[own])
        finally:
            pool.stop()
