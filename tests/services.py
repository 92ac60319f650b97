"""Services of translation on loopback: each speaks the protocol that the real one publishes, and may be at fault."""

import html
import json
import re
import threading
import time
from collections import deque
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from spacy_xner.translation.types import MarkedText

KEY = "planted-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
# Faults of the connection or the server: nothing of the answer can be used, and nothing is charged for. So with "hang",
# for which one must wait.
OUTAGES = ("429", "500", "cut", "broken")
# Faults of the translations; those of marks are charged for. "slow" is none.
SPOILT, DAMAGED = ("count", "echo"), ("lost", "doubled", "nested")


class Refused(Exception):
    """A request that is answered with an error.

    status (int): of HTTP.
    body (Any): what is said of it.
    """

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body


class Protocol(NamedTuple):
    """How a service is spoken to.

    read (Callable): from path, headers and body to the texts; raises Refused.
    write (Callable): from the body and the translations to the answer.
    element (str): the element that marks a span.
    charge (Callable): from the body and its texts to the characters that are charged for.
    """

    read: Callable[[str, Dict[str, str], Any], List[str]]
    write: Callable[[Any, List[str]], Any]
    element: str
    charge: Callable[[Any, List[str]], int]


class Service:
    """A service on loopback.

    known (Dict[str, MarkedText]): translations by the text of the sentence; the i-th span is the i-th of the sentence.
    faults (Iterable[str]): the faults of the first requests, "" for none.
    charged (int): the characters of answers without faults, or with damaged marks alone.
    requests (List[Any]): the bodies of all requests.
    headers (List[Dict[str, str]]): their headers, with names in small letters.
    """

    def __init__(
        self, protocol: str, known: Dict[str, MarkedText], faults: Iterable[str] = (), after: str = "0"
    ) -> None:
        self.protocol = PROTOCOLS[protocol]
        self.known = known
        self.faults = deque(faults)
        self.after = after
        self.charged = 0
        self.requests: List[Any] = []
        self.headers: List[Dict[str, str]] = []
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self._at_once = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def _make_handler(self) -> Any:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with service.lock:
                    service._at_once += 1
                    service.most_at_once = max(service.most_at_once, service._at_once)
                try:
                    service.answer(self)
                finally:
                    with service.lock:
                        service._at_once -= 1

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def answer(self, handler: Any) -> None:
        """Answer a request, with the next fault."""
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self.lock:
            self.requests.append(body)
            self.headers.append(headers)
            fault = self.faults.popleft() if self.faults else ""
        try:
            texts = self.protocol.read(handler.path, headers, body)
        except Refused as refused:
            return send(handler, refused.status, json.dumps(refused.body))
        if fault == "429":
            return send(handler, 429, '{"message": "Too many requests"}', {"Retry-After": self.after})
        if fault == "500":
            return send(handler, 500, "<h1>Internal Server Error</h1>", {"Content-Type": "text/html"})
        if fault == "hang":
            self.over.wait(5.0)
            handler.close_connection = True
            return None
        if fault == "slow":
            time.sleep(0.1)
        found = [self.translate(text, fault) for text in texts]
        if fault == "count":
            found = found[:-1]
        data = json.dumps(self.protocol.write(body, found))
        if fault == "cut":
            data = data[: len(data) // 2]
        elif fault not in (*SPOILT, "broken"):
            with self.lock:
                self.charged += self.protocol.charge(body, texts)
        return send(handler, 200, data, missing=50 if fault == "broken" else 0)

    def translate(self, text: str, fault: str) -> str:
        """Translate a text with tags."""
        if fault == "echo":
            return text
        sentence = parse(text, self.protocol.element)
        target = self.known[sentence.text]
        spans = sorted((target.spans[i], i) for i in range(len(sentence.spans)))
        parts, at = [], 0
        for (start, end), i in spans:
            opening, closing = f'<{self.protocol.element} id="{i}">', f"</{self.protocol.element}>"
            inner = f"{opening}{html.escape(target.text[start:end])}{closing}"
            if fault == "lost":
                inner = inner.removesuffix(closing)
            elif fault == "doubled":
                inner += inner.replace(html.escape(target.text[start:end]), "")
            elif fault == "nested":
                inner = f'{opening}<{self.protocol.element} id="7">{inner.removeprefix(opening)}{closing}'
            parts += [html.escape(target.text[at:start]), inner]
            at = end
        return "".join([*parts, html.escape(target.text[at:])])


@contextmanager
def serve(*args: Any, **kwargs: Any) -> Iterator[Service]:
    """Run a service. For the arguments see `Service`."""
    service = Service(*args, **kwargs)
    thread = threading.Thread(
        target=service.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        service.server.shutdown()
        service.server.server_close()
        thread.join()


def send(
    handler: Any, status: int, data: str, headers: Optional[Dict[str, str]] = None, missing: int = 0
) -> None:
    """Send an answer. `missing` is how many bytes fewer come than are promised."""
    body = data.encode("utf8")
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) + missing))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


class _Tags(HTMLParser):
    """Reads marked text as browsers read HTML."""

    def __init__(self, element: str) -> None:
        super().__init__(convert_charrefs=True)
        self.element, self.text = element, ""
        self.spans: Dict[int, Tuple[int, int]] = {}
        self.opened: List[Tuple[int, int]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag == self.element, tag
        self.opened.append((int(dict(attrs)["id"]), len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        number, start = self.opened.pop()
        self.spans[number] = (start, len(self.text))

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(text: str, element: str) -> MarkedText:
    """Read a text with tags, strictly: it is well-formed, and has each number once."""
    if element == "x":
        ElementTree.fromstring(f"<all>{text}</all>")
    tags = _Tags(element)
    tags.feed(text)
    tags.close()
    assert not tags.opened and sorted(tags.spans) == list(range(len(tags.spans))), text
    return MarkedText(tags.text, tuple(tags.spans[i] for i in range(len(tags.spans))))


def demand(is_right: bool, status: int, body: Any) -> None:
    """Refuse a request that is not right."""
    if not is_right:
        raise Refused(status, body)


def read_deepl(path: str, headers: Dict[str, str], body: Any) -> List[str]:
    """POST /v2/translate."""
    demand(headers.get("authorization") == f"DeepL-Auth-Key {KEY}", 403, {"message": "Forbidden"})
    demand(urlsplit(path).path == "/v2/translate", 404, {"message": "Not found"})
    demand(body.get("tag_handling") == "xml", 400, {"message": "tag_handling"})
    demand(1 <= len(body["text"]) <= 50, 413, {"message": "Too many texts"})
    demand(body["target_lang"] == "ES" and body["source_lang"] == "EN", 400, {"message": "target_lang"})
    return body["text"]


def write_deepl(body: Any, found: List[str]) -> Any:
    rows = [{"detected_source_language": "EN", "text": text, "billed_characters": 0} for text in found]
    return {"translations": rows}


def read_google(path: str, headers: Dict[str, str], body: Any) -> List[str]:
    """POST /language/translate/v2."""
    found = headers.get("x-goog-api-key")
    error = {"error": {"code": 400, "message": f"API key not valid: {found}. Please pass a valid API key."}}
    demand(found == KEY and "key" not in parse_qs(urlsplit(path).query), 400, error)
    demand(urlsplit(path).path == "/language/translate/v2", 404, {})
    demand(body["format"] == "html" and (body["source"], body["target"]) == ("en", "es"), 400, {"error": "?"})
    demand(1 <= len(body["q"]) <= 128, 400, {"error": {"message": "Too many text segments"}})
    return body["q"]


def write_google(body: Any, found: List[str]) -> Any:
    # Google writes apostrophes so.
    rows = [{"translatedText": text.replace("'", "&#39;")} for text in found]
    return {"data": {"translations": rows}}


def read_azure(path: str, headers: Dict[str, str], body: Any) -> List[str]:
    """POST /translate?api-version=2026-06-06."""
    found = headers.get("ocp-apim-subscription-key")
    demand(found == KEY, 401, {"error": {"code": 401000, "message": f"The key {found} is not valid."}})
    url = urlsplit(path)
    demand(url.path == "/translate" and parse_qs(url.query) == {"api-version": ["2026-06-06"]}, 404, {})
    for row in body["inputs"]:
        is_right = (row["language"], row["textType"], row["targets"]) == ("en", "Html", [{"language": "es"}])
        demand(
            is_right,
            400,
            {"error": {"code": 400035, "message": f"The language is not valid; your key {KEY}"}},
        )
    return [row["text"] for row in body["inputs"]]


def write_azure(body: Any, found: List[str]) -> Any:
    return {"value": [{"translations": [{"language": "es", "text": text}]} for text in found]}


def count_units(body: Any, texts: List[str]) -> int:
    return sum(1 + (ord(char) > 0xFFFF) for text in texts for char in text)


def read_libre(path: str, headers: Dict[str, str], body: Any) -> List[str]:
    """POST /translate."""
    demand(body.get("api_key") == KEY, 403, {"error": f"Invalid API key {body.get('api_key')}"})
    demand(urlsplit(path).path == "/translate", 404, {"error": "Not found"})
    demand(body["format"] == "html" and (body["source"], body["target"]) == ("en", "es"), 400, {"error": "?"})
    return body["q"]


def read_chat(path: str, headers: Dict[str, str], body: Any) -> List[str]:
    """POST /v1/chat/completions."""
    found = headers.get("authorization", "")
    error = {
        "error": {"message": f"Incorrect API key provided: {found[7:20]}***{found[-4:]}.", "type": "auth"}
    }
    demand(found == f"Bearer {KEY}", 401, error)
    demand(urlsplit(path).path == "/v1/chat/completions", 404, {"error": {"message": "Not found"}})
    system, user = body["messages"]
    demand(
        system["role"] == "system" and '"en"' in system["content"] and '"es"' in system["content"], 400, {}
    )
    return [row["text"] for row in json.loads(user["content"])["sentences"]]


def write_chat(body: Any, found: List[str]) -> Any:
    content = {"translations": [{"id": i, "text": text} for i, text in enumerate(found)]}
    # As models like to do it.
    text = f"```json\n{json.dumps(content, ensure_ascii=False)}\n```"
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [choice],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def count_sent(body: Any, texts: List[str]) -> int:
    return sum(map(len, texts))


def count_without_tags(body: Any, texts: List[str]) -> int:
    return sum(len(html.unescape(re.sub(r"<[^<>]*>", "", text))) for text in texts)


def count_messages(body: Any, texts: List[str]) -> int:
    return sum(len(message["content"]) for message in body["messages"])


PROTOCOLS = {
    "azure": Protocol(read_azure, write_azure, "b", count_units),
    "deepl": Protocol(read_deepl, write_deepl, "x", count_without_tags),
    "google": Protocol(read_google, write_google, "b", count_sent),
    "libretranslate": Protocol(read_libre, lambda body, found: {"translatedText": found}, "b", count_sent),
    "chat": Protocol(read_chat, write_chat, "x", count_messages),
}
