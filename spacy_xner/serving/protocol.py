"""HTTP as uvicorn speaks it, with times and numbers that keep slow clients from taking the server."""

import json
from collections import OrderedDict
from http import HTTPStatus
from typing import Any, Callable, Optional, Type

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import Errors
from .limits import ServerLimits

CLOSE = (b"connection", b"close")
# Most bytes of the headers of a request.
MAX_HEADERS = 16_384


def make_protocol(limits: ServerLimits) -> Type[H11Protocol]:
    """Make the class of a server's connections.

    limits (ServerLimits): those of the server.
    RETURNS (Type[H11Protocol]): the class.
    """
    # Connections that owe us a request, the first for the longest time.
    owing: OrderedDict[LimitedProtocol, None] = OrderedDict()

    class BoundProtocol(LimitedProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(limits, owing, *args, **kwargs)

    return BoundProtocol


class LimitedProtocol(H11Protocol):
    """A connection.

    Who owes a request has to send all of it in time, and who asked has to read the answer in time. If there are too
    many connections, the one that has owed a request for the longest time is closed: those of clients that work never
    owe for long. Once the server stops, a connection may send another request for a moment, and hears that it is the
    last: whatever was sent before is answered.
    """

    def __init__(
        self, limits: ServerLimits, owing: "OrderedDict[LimitedProtocol, None]", *args: Any, **kwargs: Any
    ) -> None:
        """Make a connection.

        limits (ServerLimits): those of the server.
        owing (OrderedDict[LimitedProtocol, None]): all connections that owe a request.
        args, kwargs (Any): uvicorn's.
        """
        super().__init__(*args, **kwargs)
        self.limits = limits
        self.owing = owing
        self._arrival: Optional[Any] = None
        self._reading: Optional[Any] = None

    def connection_made(self, transport: Any) -> None:
        """Begin, and close another connection if there are too many.

        transport (Transport): where bytes go.
        """
        super().connection_made(transport)
        self._owe(True)
        if len(self.connections) > self.limits.max_connections:
            oldest, _ = self.owing.popitem(last=False)
            told = Errors.X326.format(timeout=self.limits.timeout, seconds=1)
            oldest.refuse(503, told, begun_only=oldest is not self)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """End.

        exc (Optional[Exception]): what broke it; None if one of us has closed it.
        """
        self._owe(False)
        self._limit_reading(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request.

        data (bytes): the part.
        """
        super().data_received(data)
        self._owe(self._has_begun())

    def on_response_complete(self) -> None:
        """Wait for the next request, which may be here already."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._has_begun():
            self._owe(True)
        elif self.conn.their_state is h11.IDLE:
            # uvicorn closes it in a while, but others may need its place before.
            self.owing[self] = None
            self.owing.move_to_end(self)

    def pause_writing(self) -> None:
        """Wait until who asked has read more of the answer."""
        super().pause_writing()
        self._limit_reading(self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it was read."""
        self._limit_reading(None)
        super().resume_writing()

    def shutdown(self) -> None:
        """Stop, but answer what was sent before."""
        if self.cycle is not None and not self.cycle.response_complete:
            if not self.cycle.response_started:
                self.cycle.default_headers = [*self.cycle.default_headers, CLOSE]
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(self.limits.drain, self._shut)

    def _shut(self) -> None:
        is_asked = self.cycle is not None and not self.cycle.response_complete
        if not is_asked:
            self.transport.close()

    def refuse(self, status: int, message: str, *, begun_only: bool = True) -> None:
        """Close the connection, with an answer to the request that is on its way.

        status (int): the HTTP status.
        message (str): why.
        begun_only (bool): give no answer if nothing of a request is here.
        """
        if self.transport.is_closing():
            return
        is_answered = self.conn.their_state is h11.SEND_BODY and self.cycle.response_started
        if not is_answered and (self._has_begun() or not begun_only):
            body = json.dumps({"detail": message}).encode("utf8")
            again = "Retry-After: 1\r\n" if status == 503 else ""
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n{again}Connection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def _has_begun(self) -> bool:
        """RETURNS (bool): whether a part of a request is here, and another is missing."""
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _owe(self, owes: bool) -> None:
        """Watch how long a request takes to arrive. owes (bool): whether some of it is missing."""
        if not owes:
            self.owing.pop(self, None)
            if self._arrival is not None:
                self._arrival.cancel()
                self._arrival = None
        elif self._arrival is None:
            self.owing[self] = None
            self.owing.move_to_end(self)
            told = Errors.X327.format(timeout=self.limits.timeout)
            self._arrival = self.loop.call_later(self.limits.timeout, self.refuse, 408, told)

    def _limit_reading(self, abort: Optional[Callable[[], None]]) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._reading = None if abort is None else self.loop.call_later(self.limits.timeout, abort)
