"""Connections of the server: how long they may take, how many there may be, and how they end."""

import asyncio
import re
from typing import Any, Callable, List

import pytest

ASK = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n"


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes when there is nothing to do, and then at once."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0].when())
        super()._run_once()


class Transport:
    """Where a connection writes; `written` and `ended` are what the client sees."""

    def __init__(self) -> None:
        self.written = b""
        self.ended = ""
        self.protocol: Any = None

    def write(self, data: bytes) -> None:
        assert not self.ended
        self.written += data

    def close(self) -> None:
        self._end("closed")

    def abort(self) -> None:
        self._end("aborted")

    def _end(self, how: str) -> None:
        if not self.ended:
            self.ended = how
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def is_closing(self) -> bool:
        return bool(self.ended)

    def get_extra_info(self, name: str) -> Any:
        return None

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    @property
    def statuses(self) -> List[int]:
        return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", self.written)]


class Connections:
    """Connections to an app that answers once its gate is open."""

    def __init__(self, **limits: Any) -> None:
        import uvicorn
        from uvicorn.server import ServerState

        from spacy_xner.serving.limits import ServerLimits
        from spacy_xner.serving.protocol import make_protocol

        self.gate = asyncio.Event()
        self.gate.set()
        self.bodies: List[bytes] = []
        self.config = uvicorn.Config(self.app, interface="asgi3", log_config=None)
        self.config.load()
        self.state = ServerState()
        self.make = make_protocol(ServerLimits(**{"timeout": 0.1, "drain": 0.1, **limits}))

    async def app(self, scope: Any, receive: Callable, send: Callable) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if message["type"] == "http.disconnect":
            return
        self.bodies.append(body)
        await self.gate.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    def open(self) -> Any:
        transport = Transport()
        transport.protocol = self.make(self.config, self.state, {}, _loop=asyncio.get_running_loop())
        transport.protocol.connection_made(transport)
        return transport


def run(test: Callable[[Connections], Any], **limits: Any) -> Any:
    async def inner() -> Any:
        return await test(Connections(**limits))

    loop = Loop()
    try:
        return loop.run_until_complete(inner())
    finally:
        loop.close()


def test_requests_in_time():
    async def test(all_):
        client = all_.open()
        for pause in (0.02, 0.2, 0.2):
            await asyncio.sleep(pause)
            client.protocol.data_received(POST + b"te")
            await asyncio.sleep(0.07)
            client.protocol.data_received(b"xt")
        await asyncio.sleep(0.2)
        return client, all_.bodies

    client, bodies = run(test)
    assert client.statuses == [200, 200, 200] and bodies == 3 * [b"text"] and not client.ended


@pytest.mark.parametrize(
    "parts", [[b"GET / HT", b"TP/1.1\r\n", b"X: y\r\n"], [POST, b"t", b"e", b"x"], [ASK, ASK[:20], b"a"]]
)
def test_slow_requests(parts):
    """Each part comes in time, the whole does not."""

    async def test(all_):
        client = all_.open()
        for part in parts:
            client.protocol.data_received(part)
            await asyncio.sleep(0.04)
        await asyncio.sleep(0.1)
        return client, all_.bodies

    client, bodies = run(test)
    assert client.ended == "closed" and client.statuses[-1] == 408 and b"[X327]" in client.written
    assert len(client.statuses) == (2 if parts[0] == ASK else 1)
    assert bodies == ([b""] if parts[0] == ASK else [])


@pytest.mark.parametrize("half", [POST, POST + b"te", ASK[:20]], ids=["head", "body", "half a head"])
def test_a_slow_request_behind_another(half):
    """What is sent behind a request has its time from when that one is answered."""

    async def test(all_):
        client = all_.open()
        all_.gate.clear()
        client.protocol.data_received(ASK + half)
        await asyncio.sleep(0.2)
        assert not client.ended
        all_.gate.set()
        await asyncio.sleep(0.05)
        assert client.statuses == [200] and not client.ended
        await asyncio.sleep(0.1)
        return client

    client = run(test)
    assert client.ended == "closed" and client.statuses == [200, 408] and b"[X327]" in client.written


def test_a_connection_that_says_nothing():
    async def test(all_):
        client = all_.open()
        await asyncio.sleep(0.15)
        return client

    client = run(test)
    assert client.ended == "closed" and client.written == b""


def test_time_for_an_answer_is_no_time_of_the_client():
    async def test(all_):
        client = all_.open()
        all_.gate.clear()
        client.protocol.data_received(ASK)
        await asyncio.sleep(0.2)
        assert not client.ended
        all_.gate.set()
        await asyncio.sleep(0.01)
        return client

    assert run(test).statuses == [200]


def test_an_answer_that_is_not_read():
    async def test(all_):
        never, late = all_.open(), all_.open()
        for client in (never, late):
            client.protocol.pause_writing()
        await asyncio.sleep(0.05)
        late.protocol.resume_writing()
        late.protocol.data_received(ASK)
        await asyncio.sleep(0.08)
        return never, late

    never, late = run(test)
    assert never.ended == "aborted" and not late.ended


def test_too_many_connections():
    """Who owes a request for the longest time goes first; who works stays, and so does who is answered."""

    async def test(all_):
        works, idle, slow, fresh = (all_.open() for _ in range(4))
        all_.gate.clear()
        works.protocol.data_received(ASK)
        slow.protocol.data_received(ASK[:10])
        await asyncio.sleep(0.01)
        found = []
        for _ in range(3):
            new = all_.open()
            new.protocol.data_received(ASK)
            await asyncio.sleep(0.01)
            found.append([client.ended for client in (works, idle, slow, fresh)])
        last = all_.open()
        await asyncio.sleep(0.01)
        all_.gate.set()
        await asyncio.sleep(0.01)
        return found, works, idle, slow, fresh, last

    found, works, idle, slow, fresh, last = run(test, max_connections=4, timeout=10)
    assert found == [
        ["", "closed", "", ""],
        ["", "closed", "closed", ""],
        ["", "closed", "closed", "closed"],
    ]
    assert works.statuses == [200] and idle.statuses == [] and slow.statuses == [503]
    assert last.statuses == [503] and b"Retry-After: 1" in last.written and b"[X326]" in last.written


def test_idle_connections_make_room():
    """Between two requests a connection owes one, too, and is closed without a word."""

    async def test(all_):
        first = all_.open()
        first.protocol.data_received(ASK)
        await asyncio.sleep(0.01)
        second = all_.open()
        await asyncio.sleep(0.01)
        return first, second

    first, second = run(test, max_connections=1, timeout=10)
    assert first.statuses == [200] and first.ended == "closed" and not second.ended


def test_stop():
    """Whoever has asked is answered, whoever asks within a moment is, too, and both hear that it was the last time."""

    async def test(all_):
        from spacy_xner.serving.server import GracefulServer

        server = GracefulServer(all_.config, lambda: None)
        server.server_state, server.servers = all_.state, []

        class Lifespan:
            async def shutdown(self) -> None: ...

        server.lifespan = Lifespan()
        asked, asks, silent = (all_.open() for _ in range(3))
        all_.gate.clear()
        asked.protocol.data_received(ASK)
        await asyncio.sleep(0.01)
        stopping = asyncio.create_task(server.shutdown([]))
        await asyncio.sleep(0.05)
        assert not any(client.ended for client in (asked, asks, silent))
        asks.protocol.data_received(ASK)
        await asyncio.sleep(0.1)
        assert silent.ended == "closed" and not stopping.done()
        all_.gate.set()
        await asyncio.wait_for(stopping, 5)
        return asked, asks, silent

    asked, asks, silent = run(test, timeout=10)
    for client in (asked, asks):
        assert client.statuses == [200] and b"connection: close" in client.written.lower()
        assert client.ended == "closed"
    assert silent.written == b""
