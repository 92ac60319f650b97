"""The queue: whose turn it is, and how much is taken at once."""

import asyncio
from typing import Any, Callable, List, Optional

import pytest


def run(test: Callable[[Any, Any], Any], **settings: Any) -> Any:
    """Run a test with a queue, and a function that puts the texts of a request into it."""
    from spacy_xner.serving.limits import ServerLimits
    from spacy_xner.serving.queue import Queue, Request

    async def inner() -> Any:
        queue = Queue(ServerLimits(**{"delay": 0.001, **settings}), 1)

        def put(texts: str, model: str = "one") -> Request:
            request = Request(model, texts.split(), None)
            queue.put(request)
            return request

        return await test(queue, put)

    return asyncio.run(inner())


async def take(queue: Any) -> List[str]:
    return [entry.text for entry in await asyncio.wait_for(queue.take(), 1)]


def test_a_batch_is_of_one_pipeline_and_the_oldest_comes_first():
    async def test(queue, put):
        for texts, model in (("a b", "one"), ("c d", "two"), ("e", "one"), ("f", "two")):
            put(texts, model)
        return [await take(queue), await take(queue), queue.n_texts, queue.n_characters]

    assert run(test) == [["a", "b", "e"], ["c", "d", "f"], 0, 0]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"batch_size": 2}, [["a", "bb"], ["cccc", "d"]]),
        ({"batch_length": 3}, [["a", "bb"], ["cccc"], ["d"]]),
        ({"batch_length": 1}, [["a"], ["bb"], ["cccc"], ["d"]]),
    ],
)
def test_most_at_once(settings, expected):
    async def test(queue, put):
        put("a bb cccc d")
        return [await take(queue) for _ in expected]

    assert run(test, **settings) == expected


def test_the_first_waits_for_others_a_moment():
    async def test(queue, put):
        put("a")
        taking = asyncio.create_task(take(queue))
        await asyncio.sleep(0.01)
        put("b")
        return await taking

    assert run(test, delay=0.2) == ["a", "b"]


def test_what_nobody_waits_for_is_left_out():
    """It counts no more at once, whether a process takes from the queue or not."""

    async def test(queue, put):
        queue.speed.learn("one", 1000, 1000.0)
        gone = put("aaaa bbbb")
        put("c")
        queue.forget(gone)
        queue.forget(gone)
        counts = [(queue.n_texts, queue.n_characters, queue.estimate_wait())]
        found = await take(queue)
        queue.forget(put("d"))
        counts.append((queue.n_texts, queue.n_characters, queue.estimate_wait()))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(queue.take(), 0.05)
        return found, counts

    assert run(test) == (["c"], [(1, 1, 1.0), (0, 0, 0.0)])


def test_what_was_taken_and_is_forgotten_is_not_put_back():
    async def test(queue, put):
        gone, kept = put("a b"), put("c")
        batch = await queue.take()
        put("d")
        queue.forget(gone)
        counts = [queue.n_texts]
        queue.put_back(batch)
        counts.append(queue.n_texts)
        found = [await take(queue) for _ in counts]
        queue.forget(kept)
        return counts, found, queue.n_texts, queue.n_characters

    assert run(test) == ([1, 2], [["c"], ["d"]], 0, 0)


def test_put_back_each_alone_and_before_others():
    async def test(queue, put):
        put("a b")
        batch = await queue.take()
        put("c d")
        queue.put_back(batch)
        return [await take(queue) for _ in range(3)]

    assert run(test) == [["a"], ["b"], ["c", "d"]]


def test_answers_in_order():
    async def test(queue, put):
        request = put("a b c")
        for place in (2, 0, 1):
            assert not request.done.done()
            request.answer(place, {"place": place})
        return await request.done

    assert [answer["place"] for answer in run(test)] == [0, 1, 2]


def test_what_would_not_have_its_turn_in_time_is_refused():
    """100 characters a second are known of the last batches."""
    from spacy_xner.serving.refusal import Refusal

    async def test(queue, put):
        put(400 * "a")
        assert queue.estimate_wait() == 0  # nothing is known yet
        queue.speed.learn("one", 1000, 10.0)
        assert queue.estimate_wait() == pytest.approx(4)
        with pytest.raises(Refusal) as refused:
            put("b")
        await take(queue)
        put("c")
        return refused.value

    refused = run(test, timeout=3)
    assert refused.status_code == 503 and refused.headers == {"Retry-After": "3"}
    assert "[X326]" in refused.detail


def test_speed_is_that_of_the_last_batches():
    async def test(queue, put):
        put(100 * "a")
        for _ in range(40):
            queue.speed.learn("one", 1000, 20.0)
        return queue.estimate_wait()

    assert run(test) == pytest.approx(2)


@pytest.mark.parametrize(
    "n_processes, texts, expected",
    [
        (1, [301], 4),
        (1, [300], None),
        (1, [200, 101], 4),
        (2, [200, 101], None),
        (2, [301], 4),
        (2, 7 * [100], 4),
    ],
)
def test_what_takes_too_long_even_alone_is_refused(n_processes, texts, expected):
    """100 characters a second of long texts, by each process; short texts tell nothing of it."""
    from spacy_xner.serving.limits import ServerLimits
    from spacy_xner.serving.queue import Queue, Request
    from spacy_xner.serving.refusal import Refusal

    def make() -> Request:
        return Request("one", [n * "a" for n in texts], None)

    async def inner() -> Optional[Refusal]:
        queue = Queue(ServerLimits(timeout=3), n_processes)
        with queue.hold(make()):
            pass
        queue.speed.learn("one", 1, 0.2)
        queue.speed.learn("two", 1000, 1000.0)
        with queue.hold(make()):
            pass
        queue.speed.learn("one", 1000, 10.0)
        try:
            with queue.hold(make()):
                return None
        except Refusal as refused:
            return refused

    refused = asyncio.run(inner())
    if expected is None:
        assert refused is None
    else:
        assert refused.status_code == 413 and not refused.headers
        assert refused.detail.startswith(
            f"[X332] The request takes about {expected} seconds, the limit is 3."
        )


@pytest.mark.parametrize("batch", [(2, 30.0), (0, 5.0), (900, 29.0)], ids=["cold", "empty", "short"])
def test_a_short_batch_that_took_long_refuses_nothing(batch):
    """A machine that was slow for a moment, or a model that was still loaded, has not become slow for ever."""

    async def test(queue, put):
        queue.speed.learn("one", *batch)
        return put(5000 * "a").n_left, queue.estimate_wait()

    assert run(test) == (1, 0.0)


def test_texts_that_were_refused_for_their_time_are_tried_again():
    """A long batch took much longer than such batches do, and all that is asked is long."""
    from spacy_xner.serving.refusal import Refusal

    async def test(queue, put):
        for _ in range(20):
            queue.speed.learn("one", 5000, 1.0)
        queue.speed.learn("one", 5000, 50.0)
        n_refused = 0
        while True:
            try:
                put(5000 * "a")
                return n_refused
            except Refusal as refused:
                assert refused.status_code == 413
                n_refused += 1

    assert 0 < run(test) < 10


def test_a_faster_batch_shows_that_long_texts_are_faster_too():
    async def test(queue, put):
        queue.speed.learn("one", 5000, 50.0)
        queue.speed.learn("one", 500, 0.5)
        return put(5000 * "a").n_left

    assert run(test) == 1
