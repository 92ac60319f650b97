"""A server's app without HTTP and without processes: requests as an ASGI server hands them on, a worker that finds
every word in capitals."""

import asyncio
import contextlib
import json
from typing import Any, AsyncIterator, Dict, FrozenSet, List, NamedTuple, Optional, Sequence

from spacy_xner.serving.app import make_app
from spacy_xner.serving.limits import ServerLimits
from spacy_xner.serving.metrics import Metrics
from spacy_xner.serving.pipelines import Description
from spacy_xner.serving.pool import ServerPool
from spacy_xner.serving.worker import WorkerDied


class StandIn:
    """In the place of `ServerWorker`. What it is asked is in `batches`; while `gate` is closed it does not answer."""

    def __init__(self, **thresholds: float) -> None:
        self.thresholds = thresholds or {"one": 0.0}
        self.is_ready = False
        self.batches: List[List[str]] = []
        self.languages: List[Optional[str]] = []
        self.n_starts = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def start(self) -> Dict[str, Description]:
        self.is_ready = True
        self.n_starts += 1
        return {name: Description(["NAME"], threshold) for name, threshold in self.thresholds.items()}

    def restart(self) -> None:
        self.start()

    async def ask(self, name: str, texts: Sequence[str], languages: Sequence, timeout: float) -> List[Any]:
        self.batches.append(list(texts))
        self.languages += languages
        await self.gate.wait()
        if "deadly" in texts:
            raise WorkerDied
        if "impossible" in texts:
            raise RuntimeError("impossible")
        return [f"Bad{len(text)}" if text == "bad" else recognise(text) for text in texts]

    def kill(self) -> None:
        self.is_ready = False

    def stop(self) -> None:
        self.is_ready = False


def recognise(text: str) -> Dict[str, Any]:
    """Words in capitals are names, the surer the longer they are."""
    found, start = [], 0
    for word in text.split(" "):
        if word.isupper():
            end = start + len(word)
            score = min(len(word), 10) / 10
            found.append({"start": start, "end": end, "text": word, "label": "NAME", "score": score})
        start += len(word) + 1
    return {"direction": "ltr", "entities": found}


class Response(NamedTuple):
    status: int
    headers: Dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks an app."""

    def __init__(self, app: Any, worker: StandIn, pool: ServerPool) -> None:
        self.app, self.worker, self.pool = app, worker, pool
        # Set when who asked goes.
        self.leave = asyncio.Event()

    async def ask(
        self,
        method: str,
        path: str,
        parts: Sequence[bytes] = (b"",),
        headers: Optional[Dict] = None,
        missing: int = 0,
    ) -> Response:
        """Send a request whose body comes in parts, but for the bytes that are missing."""
        given = {"content-type": "application/json"} if headers is None else headers
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "scheme": "http",
            "server": ("test", 80),
            "client": ("test", 1),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }
        left, sent = list(parts), []

        async def receive() -> Dict[str, Any]:
            if not left:
                await self.leave.wait()
                return {"type": "http.disconnect"}
            part = left.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(left or missing)}

        async def send(message: Dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        self.left = left
        if not sent:
            return Response(0, {}, b"")
        start = sent[0]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Response(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body)

    async def recognise(self, *texts: str, **settings: Any) -> Response:
        body = json.dumps({"texts": texts, **settings}).encode()
        return await self.ask(
            "POST",
            "/recognise",
            [body],
            {"content-type": "application/json", "content-length": str(len(body))},
        )


@contextlib.asynccontextmanager
async def serve(
    limits: Optional[ServerLimits] = None, hosts: Optional[FrozenSet[str]] = None, **thresholds: float
) -> AsyncIterator[Client]:
    """Start an app with one worker."""
    worker = StandIn(**thresholds)
    pool = ServerPool([worker], limits or ServerLimits(delay=0.001), Metrics())
    app = make_app(pool, hosts)
    async with app.router.lifespan_context(app):
        yield Client(app, worker, pool)
