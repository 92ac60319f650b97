"""The hosts that a server is asked for: a name of another site that points to this machine is none of them."""

import asyncio
from typing import Any, List, Sequence

import pytest
from util import run_xner

LOOPBACK = ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]", "[::1]:8080"]
OTHERS = [
    "evil.example.com",
    "evil.example.com:8080",
    "localhost.evil.example.com",
    "evil@localhost",
    "localhost:evil",
    "127.0.0.1.evil.example.com",
    "::1",
    "[::1]evil",
    "",
]


def ask(
    host: str, address: str, allowed: Sequence[str], asked: Sequence[str], path: str = "/health"
) -> List[Any]:
    """RETURNS (List[Any]): the answers of a server that listens on a host, one for each header."""
    from standin import serve

    from spacy_xner.serving.hosts import list_hosts

    async def inner() -> List[Any]:
        async with serve(hosts=list_hosts(host, address, allowed)) as client:
            return [await client.ask("GET", path, headers={"host": name}) for name in asked]

    return asyncio.run(inner())


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/metrics", "/openapi.json"])
def test_this_machine_alone(path):
    found = ask("127.0.0.1", "127.0.0.1", [], LOOPBACK + OTHERS, path)
    assert [response.status for response in found] == len(LOOPBACK) * [200] + len(OTHERS) * [400]
    for response in found[len(LOOPBACK) :]:
        assert response.json["detail"].startswith("[X333] ") and "--allow-host" in response.json["detail"]
        assert b"evil" not in response.body


def test_texts_of_another_host_are_not_read(caplog):
    from standin import serve

    from spacy_xner.serving.hosts import list_hosts

    async def inner() -> Any:
        async with serve(hosts=list_hosts("localhost", "127.0.0.1", [])) as client:
            headers = {"host": "evil.example.com", "content-type": "application/json"}
            refused = await client.ask("POST", "/recognise", [b'{"texts": ["Zarquon"]}'], headers)
            return refused, len(client.left), client.worker.batches, client.pool.metrics.write()

    refused, n_left, batches, metrics = asyncio.run(inner())
    assert refused.status == 400 and n_left == 1 and batches == []
    assert b"Zarquon" not in refused.body and "Zarquon" not in caplog.text and "evil" not in caplog.text
    assert b'xner_requests_total{path="/recognise",status="400"} 1.0' in metrics and b"evil" not in metrics


@pytest.mark.parametrize(
    "host, address, allowed, good, bad",
    [
        ("0.0.0.0", "0.0.0.0", [], ["evil.example.com", ""], []),
        ("::", "::", [], ["evil.example.com"], []),
        (
            "0.0.0.0",
            "0.0.0.0",
            ["NER.example.org"],
            ["ner.example.org:80", "localhost"],
            ["evil.example.com"],
        ),
        ("127.0.0.1", "127.0.0.1", ["a.example", "b.example"], ["a.example", "B.example:1"], ["c.example"]),
        ("127.0.0.1", "127.0.0.1", ["2001:db8::1"], ["[2001:db8::1]:80"], ["[2001:db8::2]"]),
        ("127.0.0.2", "127.0.0.2", [], ["127.0.0.2:80", "localhost"], ["127.0.0.3"]),
        ("::1", "::1", [], ["[::1]:80", "localhost:80"], ["evil.example.com"]),
        ("my-machine", "127.0.1.1", [], ["my-machine:80"], ["another-machine"]),
    ],
)
def test_other_addresses_and_names(host, address, allowed, good, bad):
    found = ask(host, address, allowed, good + bad)
    assert [response.status for response in found] == len(good) * [200] + len(bad) * [400]


@pytest.mark.parametrize("name", ["http://a.example", "a.example:80", "a.example/", "", "a b", "[a", "*"])
def test_what_is_no_name(name):
    from spacy_xner.errors import XnerError
    from spacy_xner.serving.hosts import list_hosts

    with pytest.raises(XnerError, match=r"X306.*--allow-host"):
        list_hosts("127.0.0.1", "127.0.0.1", [name])


def test_command(model):
    from tests.serving.load import Server

    printed = run_xner("serve", model, "--port", 0, "--allow-host", "http://a.example", code=1)
    assert "[X306]" in printed and "--allow-host" in printed

    async def ask_all(port: int) -> List[int]:
        from tests.serving.load import send_bad

        request = "GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n"
        names = ("localhost", "a.example", "b.example", "evil.example")
        return [await send_bad(port, request.format(name).encode(), 0, False, 30) for name in names]

    with Server(model, "--allow-host", "a.example", "--allow-host", "b.example") as server:
        assert asyncio.run(ask_all(server.port)) == [200, 200, 200, 400]
        assert server.stop() == 0
