"""Requests to services: retries, pauses, budgets, keys; and what is judged of an answer."""

import json
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from spacy_xner.errors import XnerError
from spacy_xner.translation.engines.chat import read_translations
from spacy_xner.translation.remote import sending
from spacy_xner.translation.remote.budget import Budget
from spacy_xner.translation.remote.check import is_echo, is_plausible, is_untranslated, make_check
from spacy_xner.translation.remote.keys import check_address, describe_address, read_key
from spacy_xner.translation.remote.sending import Sender, Sending
from spacy_xner.translation.remote.service import choose_codes
from spacy_xner.translation.remote.trouble import Trouble, judge_status, read_retry_after
from spacy_xner.translation.types import MarkedText


@pytest.fixture
def rests(monkeypatch):
    """The seconds that are waited for, without waiting; the clock goes on by them."""
    found = []
    now = [100.0]

    def rest(stopped, seconds):
        found.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(sending, "rest", rest)
    monkeypatch.setattr(sending.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sending.random, "uniform", lambda least, most: most)
    return found


def answer(*events):
    """A request that raises each trouble in turn, and returns the last."""
    left = list(events)

    def ask():
        event = left.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    return ask


AGAIN = Trouble("503", again=True)


def test_back_off_doubles_up_to_a_limit(rests):
    sender = Sender("x", Sending(backoff=1.0, longest=6.0))
    assert sender.send(answer(*[AGAIN] * 5, "done"), 10) == "done"
    assert rests == [1.0, 2.0, 4.0, 6.0, 6.0]
    assert (sender.usage.requests, sender.usage.retries, sender.usage.characters) == (1, 5, 10)
    assert sender.usage.again == 0 and sender.budget.spent == 10


def test_retries_are_bounded(rests):
    sender = Sender("x", Sending(retries=2))
    with pytest.raises(XnerError, match="X209.*'x' was asked 3 times without success \\(503\\).*is kept"):
        sender.send(answer(AGAIN, AGAIN, AGAIN, "late"), 10)
    assert len(rests) == 2 and sender.budget.spent == 0


def test_what_is_refused_is_not_sent_again(rests):
    with pytest.raises(XnerError, match="X242.*'x'.*456 quota exceeded.*is kept"):
        Sender("x", Sending()).send(answer(judge_status(456, {})), 10)
    assert rests == []


def test_a_service_that_asks_to_wait(rests):
    """All requests wait, no longer than is allowed; zero seconds are not taken at its word."""
    sender = Sender("x", Sending(longest=30.0))
    limited = [judge_status(429, {"retry-after": after}) for after in ("7", "0", "31")]
    assert sender.send(answer(limited[0], "done"), 1) == "done" and rests == [7.0]
    assert sender.send(answer(limited[1], "done"), 1) == "done" and rests == [7.0, 1.0]
    with pytest.raises(
        XnerError, match="X209.*asked once.*429 Too Many Requests; it asks to wait 31 seconds"
    ):
        sender.send(answer(limited[2]), 1)


def test_others_wait_too(rests):
    sender = Sender("x", Sending())
    sender._postpone(5.0, Trouble("429", again=True, after=5.0))
    sender._ready_at += 3.0
    assert sender.send(answer("done"), 1) == "done" and rests == [5.0, 3.0]


def test_what_may_be_charged_for_counts(rests):
    """A request whose answer was lost may be charged for: it stays in the budget, and is told."""
    sender = Sender("x", Sending())
    sender.budget = Budget(25)
    assert sender.send(answer(Trouble("cut", again=True, billed=True), "done"), 10) == "done"
    assert (sender.usage.characters, sender.usage.again, sender.budget.spent) == (10, 10, 20)
    with pytest.raises(XnerError, match="X243.*has 10 characters, and 5 of the 25"):
        sender.send(answer("done"), 10)
    sender.send(answer(AGAIN, "done"), 5, again=True)
    assert (sender.usage.characters, sender.usage.again, sender.budget.spent) == (10, 15, 25)


def test_a_stop_ends_waiting():
    sender = Sender("x", Sending(backoff=60.0))
    with ThreadPoolExecutor(1) as pool:
        asked = threading.Event()

        def ask():
            asked.set()
            raise AGAIN

        future = pool.submit(sender.send, ask, 1)
        assert asked.wait(5)
        sender.stop()
        assert "X209" in str(future.exception(timeout=5))


@pytest.mark.parametrize("again", [False, True])
def test_a_stop_ends_waiting_for_others(again):
    """What waits because the service asked for it is not sent; nor is anything else before the next start."""
    sender, sent = Sender("x", Sending()), []
    sender._ready_at = time.monotonic() + 60.0
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(sender.send, lambda: sent.append(1), 1, again=again)
        sender.stop()
        assert "X209" in str(future.exception(timeout=5))
    sender._ready_at = 0.0
    with pytest.raises(XnerError, match="X209.*'x' was stopped before a request was sent"):
        sender.send(lambda: sent.append(1), 1, again=again)
    assert not sent and sender.budget.spent == 0
    sender.start()
    sender.send(lambda: sent.append(1), 1, again=again)
    assert sent == [1]


@pytest.mark.parametrize("setting", ["parallel", "timeout", "retries", "backoff"])
def test_settings(setting):
    with pytest.raises(XnerError, match=f"X241.*'{setting}' of engine 'x' must be"):
        Sender("x", Sending(**{setting: -1}))


@pytest.mark.parametrize(
    "status, headers, again, after",
    [
        (429, {"Retry-After": "120"}, True, 120.0),
        (503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, True, 0.0),
        (500, {}, True, None),
        (504, {"Retry-After": "soon"}, True, None),
        (408, {}, True, None),
        (400, {}, False, None),
        (401, {}, False, None),
        (404, {"Retry-After": "1"}, False, None),
        (302, {}, False, None),
        (499, {}, False, None),
    ],
)
def test_statuses(status, headers, again, after):
    found = judge_status(status, headers, "what it says")
    assert (found.again, found.after, found.billed) == (again, after, False)
    assert found.reason.startswith(str(status))


def test_what_a_service_says_of_keys():
    assert "sk-12" not in judge_status(401, {}, "Incorrect API key provided: sk-12***34").reason
    assert judge_status(400, {}, "bad key sk-12***34 .").reason == "400 Bad Request: bad key ***"
    assert judge_status(403, {}, "User Rate Limit Exceeded").again
    assert not judge_status(403, {}, "Forbidden").again


def test_dates():
    now = datetime(2026, 11, 30, 8, 0, tzinfo=timezone.utc)
    assert read_retry_after("Mon, 30 Nov 2026 08:01:30 GMT", now) == 90.0
    assert read_retry_after("Mon, 30 Nov 2026 07:00:00 -0000", now) == 0.0
    assert read_retry_after(" 1.5 ") == 1.5 and read_retry_after(None) is None


class TestKeys:
    """Keys come from the environment, and no message shows one."""

    def test_read(self, monkeypatch):
        monkeypatch.setenv("MY_KEY", " abc+1\n")
        key = read_key("x", "MY_KEY")
        assert key.reveal() == "abc+1" and "abc" not in f"{key!r} {key}"
        assert key.redact("at ?key=abc%2B1 with abc+1") == "at ?key=*** with ***"
        with pytest.raises(TypeError):
            pickle.dumps(key)

    def test_missing(self, monkeypatch):
        monkeypatch.delenv("MY_KEY", raising=False)
        with pytest.raises(XnerError, match="X240.*'x'.*MY_KEY is not set"):
            read_key("x", "MY_KEY")
        assert not read_key("x", "MY_KEY", required=False)
        assert read_key("x", "MY_KEY", required=False).redact("text") == "text"
        assert not read_key("x", None)

    @pytest.mark.parametrize("value", ["a\nb", "schlüssel", "a b", "a\x7fb"])
    def test_what_can_not_be_sent(self, monkeypatch, value):
        monkeypatch.setenv("MY_KEY", value)
        with pytest.raises(XnerError, match="X240.*MY_KEY has characters") as raised:
            read_key("x", "MY_KEY")
        assert value not in str(raised.value)

    @pytest.mark.parametrize("value", ["sk-12345", "0f1e2d3c", "abcdef0123456789abcdef0123456789", ""])
    def test_a_key_in_place_of_a_name(self, value):
        with pytest.raises(XnerError, match="X241.*key_variable") as raised:
            read_key("x", value)
        assert not value or value not in str(raised.value)

    @pytest.mark.parametrize(
        "address",
        ["https://me:secret@host/v1", "https://host/v1?key=secret", "ftp://host/secret", "secret", "http://"],
    )
    def test_addresses(self, address):
        with pytest.raises(XnerError, match="X241.*'address'") as raised:
            check_address("x", address)
        assert "secret" not in str(raised.value)

    def test_names_do_not_publish_addresses(self):
        assert check_address("x", "http://gpu7.local:8000/v1/") == "http://gpu7.local:8000/v1"
        one, other = map(describe_address, ("http://gpu7.local:8000/v1", "http://gpu8.local:8000/v1"))
        assert one != other and "gpu" not in one and describe_address(None) == ""


def test_codes():
    assert choose_codes(("zh", "no"), {}, {"zh": "zh-CN", "no": "nb"}) == ("zh-CN", "nb")
    assert choose_codes(("en", "pt"), {}, {}, {"en": "EN-US", "pt": "PT-PT"}) == ("en", "PT-PT")
    assert choose_codes(("en", "pt"), {"pt": "PT-BR"}, {}, {"pt": "PT-PT"}) == ("en", "PT-BR")


@pytest.mark.parametrize(
    "sentence, found, expected",
    [
        ("the old man went home", "the old man went home", True),
        ("the old man went home", "the  old man went home ", True),
        ("the old man went home", "el viejo se fue a casa", False),
        # Names and figures are the same in many languages.
        ("Manchester United 2 Chelsea 1", "Manchester United 2 Chelsea 1", False),
        ("Ana met Bob", "Ana met Bob", False),
        ("北京是中华人民共和国的首都", "北京是中华人民共和国的首都", True),
        ("北京", "北京", False),
    ],
)
def test_echo(sentence, found, expected):
    assert is_echo(MarkedText(sentence), MarkedText(found)) is expected


def test_words_in_spans_may_stay():
    text = "the bank of england waits"
    assert is_echo(MarkedText(text), MarkedText(text))
    assert not is_echo(MarkedText(text, ((0, 19),)), MarkedText(text, (None,)))


@pytest.mark.parametrize(
    "found, expected",
    [
        (["the old man went home", "Ana met Bob"], True),
        (["el viejo se fue a casa", "Ana met Bob"], False),
        (["the old man went home", "Ana encontró a Bob"], False),
        (["the old man went home", None], False),
    ],
)
def test_a_whole_request_given_back(found, expected):
    """Then what could stay as it is was not translated either."""
    sentences = [MarkedText("the old man went home"), MarkedText("Ana met Bob")]
    texts = [None if text is None else MarkedText(text) for text in found]
    assert is_untranslated(sentences, texts) is expected
    assert not is_untranslated(sentences[1:], [MarkedText("Ana met Bob")]) and not is_untranslated([], [])


def test_plausible():
    source = MarkedText("short")
    assert is_plausible(source, MarkedText("corto"))
    assert not is_plausible(source, MarkedText(" ")) and not is_plausible(source, MarkedText("x" * 200))


def test_language():
    check = make_check(lambda text: "es" if "el " in text else "en", "es")
    assert check(MarkedText("a"), MarkedText("el viejo se fue a su casa"))
    assert not check(MarkedText("a"), MarkedText("he went to his old house again"))
    assert check(MarkedText("a"), MarkedText("he went"))  # too short to tell


ROWS = [{"id": 1, "text": "b"}, {"id": 0, "text": "a"}]


@pytest.mark.parametrize(
    "content, expected",
    [
        (json.dumps({"translations": ROWS}), ["a", "b"]),
        (json.dumps(ROWS), ["a", "b"]),
        (f"```json\n{json.dumps({'translations': ROWS})}\n```", ["a", "b"]),
        (f"```\n{json.dumps(ROWS)}```\n", ["a", "b"]),
        (json.dumps({"translations": ROWS[:1]}), [None, "b"]),
        (json.dumps({"translations": [*ROWS, {"id": 1, "text": "c"}]}), ["a", None]),
        (json.dumps({"translations": [{"id": 7, "text": "c"}, {"id": True, "text": "d"}, ROWS[1]]}), ["a", None]),
        (json.dumps({"translations": [{"id": 0, "text": ["a"]}, {"id": "1", "text": "b"}, 3]}), [None, None]),
        (json.dumps({"sentences": ROWS}), [None, None]),
        (json.dumps({"translations": ROWS})[:-9], [None, None]),
        ("Here you are: __import__('os')", [None, None]),
        ("[" * 100_000, [None, None]),
        (None, [None, None]),
        ("", [None, None]),
    ],
)  # fmt: skip
def test_what_a_model_wrote(content, expected):
    assert read_translations(content, 2) == expected
