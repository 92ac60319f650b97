"""The paths of the server: what is answered, what is refused and how, what is counted and what is not logged."""

import asyncio
import json
import logging
from typing import Any, Callable

import pytest

TEXTS = ("ANGELA met BO", "nobody", "EU")


def run(test: Callable[[Any], Any], limits: Any = None, **thresholds: float) -> Any:
    """Run a test with an app; see standin.py."""
    from standin import serve

    async def inner() -> Any:
        async with serve(limits, **thresholds) as client:
            return await test(client)

    return asyncio.run(inner())


def make_limits(**settings: Any) -> Any:
    from spacy_xner.serving.limits import ServerLimits

    return ServerLimits(delay=0.001, **settings)


def test_answer():
    response = run(lambda client: client.recognise(*TEXTS))
    assert response.status == 200
    answer = response.json
    assert (answer["model"], answer["threshold"]) == ("one", 0.0)
    spans = [[(e["start"], e["end"], e["text"]) for e in d["entities"]] for d in answer["documents"]]
    assert spans == [[(0, 6, "ANGELA"), (11, 13, "BO")], [], [(0, 2, "EU")]]
    assert answer["documents"][0]["entities"][1] == {
        "start": 11,
        "end": 13,
        "text": "BO",
        "label": "NAME",
        "score": 0.2,
    }


def test_pipelines_and_thresholds():
    async def test(client):
        first = await client.recognise(*TEXTS)
        second = await client.recognise(*TEXTS, model="two")
        higher = await client.recognise(*TEXTS, model="two", threshold=0.5)
        lower = await client.recognise(*TEXTS, model="two", threshold=0.1)
        none = await client.recognise(*TEXTS, model="three")
        return first, second, higher, lower, none

    first, second, higher, lower, none = run(test, one=0.0, two=0.2)
    assert (first.json["model"], second.json["model"], second.json["threshold"]) == ("one", "two", 0.2)
    assert [len(d["entities"]) for d in higher.json["documents"]] == [1, 0, 0]
    assert lower.status == 422 and "[X325]" in lower.json["detail"] and "0.2" in lower.json["detail"]
    assert none.status == 404 and "[X320]" in none.json["detail"] and "one, two" in none.json["detail"]


def test_entities_without_score_stay():
    from spacy_xner.serving.app import check_found

    document = {"direction": "ltr", "entities": [{"score": None}, {"score": 0.5}, {"score": 0.6}]}
    assert check_found([document], 0.6)[0]["entities"] == [{"score": None}, {"score": 0.6}]


def test_language_goes_with_the_text():
    async def test(client):
        await client.recognise("A", "B", language="pt-BR")
        return client.worker.languages

    assert run(test) == ["pt-BR", "pt-BR"]


BAD = [
    (b"", 400, "X322"),
    (b"{", 400, "X322"),
    (b'{"texts": ["a"', 400, "X322"),
    (b'{"texts": ["\xff"]}', 400, "X322"),
    (rb'{"texts": ["\ud800"]}', 400, "X322"),
    (2000 * b"[", 400, "X322"),
    (b"[]", 422, "X322"),
    (b"{}", 422, "X322"),
    (b'{"texts": []}', 422, "X322"),
    (b'{"texts": "a"}', 422, "X322"),
    (b'{"texts": [1]}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": 1.1}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": NaN}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": true}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": false}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": "0.5"}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": [0.5]}', 422, "X322"),
    (b'{"texts": ["a"], "threshold": 1e999}', 422, "X322"),
    (b'{"texts": [true]}', 422, "X322"),
    (b'{"texts": {"0": "a"}}', 422, "X322"),
    (b'{"texts": ["a"], "model": true}', 422, "X322"),
    (b'{"texts": ["a"], "language": true}', 422, "X322"),
    (b'{"texts": ["a"], "language": "<b>"}', 422, "X322"),
    (b'{"texts": ["a"], "more": 1}', 422, "X322"),
    (b'{"texts": ["a", "b", "c", "d"]}', 413, "X323"),
    (b'{"texts": ["a", "12345678901"]}', 413, "X324"),
    (3000 * b" ", 413, "X321"),
]


@pytest.mark.parametrize("body, status, code", BAD, ids=range(len(BAD)))
def test_refused(body, status, code):
    async def test(client):
        return await client.ask("POST", "/recognise", [body[:5], body[5:]]), await client.recognise("A")

    refused, good = run(test, make_limits(max_bytes=2500, max_texts=3, max_length=10))
    assert refused.status == status and refused.json["detail"].startswith(f"[{code}] ")
    assert len(refused.body) < 400 and good.status == 200


@pytest.mark.parametrize("value, n_found", [(0, 2), (1, 0), (0.2, 2), (0.25, 1), (None, 2)])
def test_numbers_that_are_thresholds(value, n_found):
    response = run(lambda client: client.recognise(TEXTS[0], threshold=value))
    assert response.status == 200 and len(response.json["documents"][0]["entities"]) == n_found


def test_what_was_given_is_not_repeated():
    async def test(client):
        return await client.ask("POST", "/recognise", [b'{"texts": ["Merkel", 3], "threshold": "Kohl"}'])

    response = run(test)
    assert response.status == 422 and b"Merkel" not in response.body and b"Kohl" not in response.body


def test_too_long_is_refused_before_it_is_read():
    headers = {"content-type": "application/json", "content-length": "10000000000"}

    async def test(client):
        told = await client.ask("POST", "/recognise", 9 * [b"x"], headers)
        return told, len(client.left), client

    told, n_left, client = run(test)
    assert told.status == 413 and "[X321]" in told.json["detail"] and n_left == 9

    async def endless(client):
        told = await client.ask("POST", "/recognise", 9 * [400 * b" "])
        return told, len(client.left)

    told, n_left = run(endless, make_limits(max_bytes=1000))
    assert told.status == 413 and n_left == 6


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_only_json(kind):
    """What a form of another site can send without being asked is refused."""

    async def test(client):
        return await client.ask(
            "POST", "/recognise", [b'{"texts": ["a"]}'], {} if kind is None else {"content-type": kind}
        )

    response = run(test)
    assert response.status == 415 and "[X329]" in response.json["detail"]


def test_no_other_site_may_read():
    async def test(client):
        headers = {"origin": "https://example.org", "access-control-request-method": "POST"}
        return [
            await client.ask("OPTIONS", "/recognise", headers=headers),
            await client.ask("GET", "/health", headers=headers),
        ]

    responses = run(test)
    assert [response.status for response in responses] == [405, 200]
    assert not any("access-control" in name for response in responses for name in response.headers)


# Batches, and too much to do.


def test_batches_have_texts_of_several_requests():
    async def test(client):
        client.worker.gate.clear()
        asked = [asyncio.create_task(client.recognise(f"A{k}", f"B{k}")) for k in range(5)]
        await asyncio.sleep(0.05)
        client.worker.gate.set()
        answers = await asyncio.gather(*asked)
        return client.worker.batches, [r.json["documents"][1]["entities"][0]["text"] for r in answers]

    batches, found = run(test, make_limits(batch_size=4))
    assert found == [f"B{k}" for k in range(5)]
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sum(batches, []) == [f"{name}{k}" for k in range(5) for name in "AB"]


def test_more_bytes_than_there_is_room_for():
    """Refused at once, and answered again once the others are."""

    async def test(client):
        client.worker.gate.clear()
        asked = [asyncio.create_task(client.recognise(30 * "A")) for _ in range(3)]
        await asyncio.sleep(0.05)
        done = [task.result() for task in asked if task.done()]
        client.worker.gate.set()
        waited = [await task for task in asked]
        return done, waited, await client.recognise(30 * "A")

    done, waited, later = run(test, make_limits(max_held=100))
    assert [response.status for response in done] == [503]
    assert "[X326]" in done[0].json["detail"] and int(done[0].headers["retry-after"]) >= 1
    assert sorted(response.status for response in waited) == [200, 200, 503] and later.status == 200


@pytest.mark.parametrize("length", [{"content-length": "90"}, {}], ids=["declared", "chunked"])
def test_who_only_says_that_much_will_come_takes_no_room(length):
    """Only what has come takes room."""

    async def test(client):
        headers = {"content-type": "application/json", **length}
        slow = [asyncio.create_task(client.ask("POST", "/recognise", [b"{"], headers, 90)) for _ in range(5)]
        await asyncio.sleep(0.05)
        good = await client.recognise("A")
        client.leave.set()
        await asyncio.gather(*slow)
        return good.status

    assert run(test, make_limits(max_held=100, max_bytes=90)) == 200


def test_room_is_given_back_by_what_is_refused():
    async def test(client):
        for body in (b"{", b'{"texts": []}', b'{"texts": ["bad"]}', b'{"texts": ["a"], "model": "x"}'):
            for _ in range(20):
                headers = {"content-type": "application/json", "content-length": str(len(body))}
                await client.ask("POST", "/recognise", [body], headers)
        return await client.recognise("A")

    assert run(test, make_limits(max_held=100)).status == 200


def test_no_time_left():
    """Who has waited too long is told so, and its texts are not processed any more."""

    async def test(client):
        client.worker.gate.clear()
        asked = [asyncio.create_task(client.recognise(name)) for name in "AB"]
        await asyncio.sleep(0.01)
        asked.append(asyncio.create_task(client.recognise("C")))
        waited = [await task for task in asked]
        client.worker.gate.set()
        return waited, await client.recognise("D"), client.worker.batches, client.pool.n_waiting

    waited, later, batches, n_waiting = run(test, make_limits(timeout=0.2))
    assert [response.status for response in waited] == [503, 503, 503]
    assert all("retry-after" in response.headers for response in waited)
    assert later.status == 200 and batches == [["A", "B"], ["D"]] and n_waiting == 0


def test_what_nobody_waits_for_is_not_done():
    """As where a person types on: the page asks anew and takes its last question back."""

    async def test(client):
        client.worker.gate.clear()
        first = asyncio.create_task(client.recognise("A"))
        await asyncio.sleep(0.05)
        gone = asyncio.create_task(client.recognise("B", "C"))
        await asyncio.sleep(0.05)
        client.leave.set()
        statuses = [(await task).status for task in (first, gone)]
        client.worker.gate.set()
        client.leave.clear()
        last = await client.recognise("D")
        return statuses, last.status, client.worker.batches, client.pool.metrics.write()

    statuses, last, batches, metrics = run(test)
    assert statuses == [0, 0] and last == 200 and batches == [["A"], ["D"]]
    assert b'xner_requests_total{path="/recognise",status="0"} 2.0' in metrics


def test_what_nobody_waits_for_takes_no_time_from_others():
    """A flood whose clients have gone, or have waited too long, while the process is busy."""

    async def test(client):
        client.pool._queue.speed.learn("one", 1000, 10.0)
        client.worker.gate.clear()
        first = asyncio.create_task(client.recognise("A"))
        await asyncio.sleep(0.05)
        flood = [asyncio.create_task(client.recognise(100 * "b")) for _ in range(3)]
        await asyncio.sleep(0.05)
        before = client.pool.n_waiting
        client.leave.set()
        gone = [(await task).status for task in (first, *flood)]
        client.leave.clear()
        await asyncio.sleep(0.05)
        after = client.pool.n_waiting
        late = await client.recognise(100 * "c")
        told = client.pool.n_waiting, client.pool._queue.estimate_wait()
        last = asyncio.create_task(client.recognise("D"))
        await asyncio.sleep(0.05)
        client.worker.gate.set()
        return before, gone, after, late, told, (await last).status, client.worker.batches

    before, gone, after, late, told, last, batches = run(test, make_limits(timeout=2.5))
    assert (before, gone, after) == (3, [0, 0, 0, 0], 0)
    assert late.status == 503 and late.headers["retry-after"] == "1" and told == (0, 0.0)
    assert last == 200 and batches == [["A"], ["D"]]


# What fails.


def test_whatever_goes_wrong_others_are_answered():
    """The task that asks a process goes on, with a process that owes no answer."""

    async def test(client):
        failed = await client.recognise("A", "impossible")
        return failed, await client.recognise("A"), client.worker.n_starts

    failed, good, n_starts = run(test)
    assert failed.status == 500 and "RuntimeError" in failed.json["detail"]
    assert good.status == 200 and n_starts == 2


def test_a_text_that_fails():
    async def test(client):
        return await client.recognise("A", "bad"), await client.recognise("A"), client.pool.metrics.write()

    failed, good, metrics = run(test)
    assert (
        failed.status == 500 and "[X328] Text 2" in failed.json["detail"] and "Bad3" in failed.json["detail"]
    )
    assert good.status == 200 and b'xner_failed_texts_total{model="one"} 1.0' in metrics


def test_a_text_that_ends_the_process():
    """Those that were with it are answered by the next process."""

    async def test(client):
        client.worker.gate.clear()
        asked = [asyncio.create_task(client.recognise(*texts)) for texts in (["A"], ["deadly"], ["B", "C"])]
        await asyncio.sleep(0.05)
        client.worker.gate.set()
        return [await task for task in asked], client.worker, client.pool.metrics.write()

    answers, worker, metrics = run(test)
    assert [answer.status for answer in answers] == [200, 500, 200]
    assert worker.batches == [["A", "deadly", "B", "C"], ["A"], ["deadly"], ["B"], ["C"]]
    assert worker.n_starts == 3 and b"xner_restarts_total 2.0" in metrics


def test_nothing_of_a_text_is_logged(caplog):
    async def test(client):
        told = [
            await client.recognise("A", "bad"),
            await client.recognise("deadly"),
            await client.recognise("secret", model="none"),
            await client.ask("POST", "/recognise", [b'{"texts": ["secret"']),
            await client.ask("POST", "/secret", [b"secret"]),
        ]
        return [response.status for response in told], client.pool.metrics.write()

    with caplog.at_level(logging.DEBUG):
        statuses, metrics = run(test)
    assert statuses == [500, 500, 404, 400, 404]
    assert "secret" not in caplog.text and "deadly" not in caplog.text and b"secret" not in metrics
    assert b'path="other",status="404"' in metrics


def test_an_error_of_ours_says_no_more_than_where(caplog, monkeypatch):
    from spacy_xner.serving import app

    def fail(*args: Any) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(app, "check_found", fail)

    async def test(client):
        return await client.recognise("secret")

    response = run(test)
    assert response.status == 500 and "secret" not in caplog.text and b"secret" not in response.body
    assert "ValueError in " in caplog.text


# For those who look after it, and for people.


def test_health():
    async def test(client):
        well = await client.ask("GET", "/health")
        client.worker.is_ready = False
        return well, await client.ask("GET", "/health")

    well, ill = run(test, one=0.25)
    assert well.status == 200 and ill.status == 503
    assert well.json["models"] == {"one": {"labels": ["NAME"], "threshold": 0.25}}


def test_metrics():
    async def test(client):
        await client.recognise("ANGELA met BO", "EU")
        return await client.ask("GET", "/metrics")

    response = run(test)
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    parse = pytest.importorskip("prometheus_client.parser").text_string_to_metric_families
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in parse(response.body.decode())
        for sample in family.samples
    }
    expected = {
        ("xner_texts_total", "one"): 2,
        ("xner_characters_total", "one"): 15,
        ("xner_entities_total", "one", "NAME"): 3,
        ("xner_requests_total", "/recognise", "200"): 1,
        ("xner_request_seconds_count",): 1,
        ("xner_batch_texts_sum",): 2,
        ("xner_waiting_texts",): 0,
        ("xner_ready_processes",): 1,
    }
    labels = {key: found.get(key, found.get((key[0], *reversed(key[1:])))) for key in expected}
    assert labels == expected


def test_pages_load_nothing_from_elsewhere():
    async def test(client):
        return [await client.ask("GET", path) for path in ("/", "/docs", "/openapi.json")]

    page, docs, api = run(test, one=0.0, **{"<b>two</b>": 0.5})
    for response in (page, docs):
        text = response.body.decode("utf8")
        assert response.status == 200 and response.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in text and "src=" not in text and "@import" not in text
        assert "url(" not in text and "<b>two" not in text
    assert 'data-threshold="0.5"' in page.body.decode() and "&lt;b&gt;two&lt;/b&gt;" in page.body.decode()
    described = json.loads(api.body)
    assert list(described["paths"]) == ["/recognise", "/health", "/metrics"]
    for path in described["paths"]:
        assert path in docs.body.decode()
    assert "http://test/recognise" in docs.body.decode()
    fields = described["paths"]["/recognise"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(fields["properties"]) == {"texts", "model", "threshold", "language"}
    for name in fields["properties"]:
        assert f"<code>{name}</code>" in docs.body.decode()
