"""The command of load.py, for seconds in place of a minute: load, bad requests, a signal to stop."""

import asyncio
import time

import pytest
from util import SENTENCES

# As texts that no log may have: nothing else prints such words.
TEXTS = [f"Zarquon{k} {text}" for k in range(60) for text, _ in SENTENCES]


@pytest.fixture(scope="module")
def server(model):
    """A server that gives slow clients two seconds."""
    from tests.serving.load import Server

    with Server(model, "--timeout", "2", "--max-bytes", "200000") as running:
        yield running
        assert running.stop() == 0
        assert "Zarquon" not in running.log and "Merkel" not in running.log and "Traceback" not in running.log


def test_load(server):
    from tests.serving.load import run_load

    found = asyncio.run(run_load(server, TEXTS, n_clients=16, n_texts=4, seconds=4))
    assert set(found["statuses"]) == {200} and found["lost"] == []
    assert found["requests"] > 16 and found["texts_per_second"] > 0


def test_bad_requests(server):
    """Each kind at least thrice; slow ones hear why, and those who ask as they should never notice."""
    from tests.serving.load import send_many_bad

    found = asyncio.run(send_many_bad(server, 78, at_once=78, patience=30))
    assert found["unexpected"] == {}
    assert found["found"]["slow headers"] == {"408": 3} and found["found"]["a slow body"] == {"408": 3}
    good = found["good_meanwhile"]
    assert set(good["statuses"]) == {200} and good["lost"] == []
    assert set(found["good_afterwards"]) == {200}


@pytest.mark.parametrize("n_processes", [1, 2])
def test_no_request_is_lost_when_it_stops(model, n_processes):
    from tests.serving.load import Server, stop_under_load

    with Server(model, "-n", str(n_processes)) as server:
        found = asyncio.run(stop_under_load(server, TEXTS, n_clients=16, n_texts=4, seconds=2))
    assert found["exit_status"] == 0 and found["lost"] == []
    assert set(found["statuses"]) == {200} and found["answered_after_the_signal"] > 0


def test_more_connections_than_there_may_be(model):
    """Those that say nothing make room for who asks."""
    from tests.serving.load import Server, Tally, ask_on, make_request

    async def ask(port: int) -> Tally:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
        tally = Tally()
        await ask_on(port, [(make_request(TEXTS[:2]), 2)], tally, time.monotonic() + 1)
        for _, writer in silent:
            writer.close()
        return tally

    with Server(model, "--max-connections", "10") as server:
        tally = asyncio.run(ask(server.port))
        assert server.stop() == 0
    assert set(tally.statuses) == {200} and tally.lost == []
