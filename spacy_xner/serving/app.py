"""The server's paths."""

import asyncio
import contextlib
import logging
import time
import traceback
from typing import Any, AsyncIterator, Coroutine, Dict, FrozenSet, List, Optional, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import __version__
from ..errors import Errors
from .hosts import KnownHosts
from .limits import ServerLimits
from .metrics import Metrics
from .pages import HEADERS, show_api, show_page
from .pipelines import Found
from .pool import ServerPool
from .refusal import Refusal, Room
from .requests import JSON, Answer, Problem, Question, check_head, read_body, read_question
from .worker import Duty, ServerWorker

T = TypeVar("T")
logger = logging.getLogger("spacy_xner")

PATHS = ("/", "/recognise", "/health", "/metrics", "/docs", "/openapi.json")
PROBLEMS: Dict[Any, Dict[str, Any]] = {
    400: {"description": "Not JSON, or asked of a host that is not answered"},
    404: {"description": "No such pipeline"},
    408: {"description": "The request took too long to arrive"},
    413: {"description": "Too many bytes or texts, a text too long, or more than can be recognised in time"},
    415: {"description": "Not sent as JSON"},
    422: {"description": "JSON that does not fit"},
    500: {"description": "A text that can't be processed"},
    503: {"description": "Too much to do: ask again after the seconds of Retry-After"},
}


def build_app(
    duty: Duty, limits: Optional[ServerLimits] = None, hosts: Optional[FrozenSet[str]] = None
) -> FastAPI:
    """Build the app of a server, with processes of its own.

    duty (Duty): the pipelines, and how many processes have them.
    limits (Optional[ServerLimits]): what the app takes on; None for what `spacy xner serve` does by default.
    hosts (Optional[FrozenSet[str]]): the hosts that are answered, as `hosts.list_hosts` lists them; None for all.
    RETURNS (FastAPI): the app, for any server of ASGI apps; `app.state.pool` has the processes.
    """
    workers = [ServerWorker(duty) for _ in range(duty.n_processes)]
    return make_app(ServerPool(workers, limits or ServerLimits(), Metrics()), hosts)


def make_app(pool: ServerPool, hosts: Optional[FrozenSet[str]] = None) -> FastAPI:
    """Make the app of a server.

    pool (ServerPool): the processes with the pipelines. They are started with the app, unless they are already.
    hosts (Optional[FrozenSet[str]]): the hosts that are answered, None for all.
    RETURNS (FastAPI): the app.
    """

    @contextlib.asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with pool.run():
            yield

    # FastAPI's own pages of the API load scripts from elsewhere.
    app = FastAPI(
        title="spacy_xner",
        version=__version__,
        description="Recognises named entities in texts.",
        docs_url=None,
        redoc_url=None,
        lifespan=run,
    )
    app.state.pool = pool
    # The last is asked first.
    app.add_middleware(KnownHosts, hosts=hosts)
    app.add_middleware(Watch, metrics=pool.metrics)
    add_recognise(app, pool)
    add_state(app, pool)
    add_pages(app, pool)
    return app


def add_recognise(app: FastAPI, pool: ServerPool) -> None:
    """Add the path that recognises.

    app (FastAPI): the app.
    pool (ServerPool): the processes with the pipelines.
    """
    room = Room(pool.limits)
    problems = {status: {"model": Problem, **told} for status, told in PROBLEMS.items()}
    schema = {"required": True, "content": {JSON: {"schema": Question.model_json_schema()}}}

    # The request is read by us, and no more of it than there may be.
    @app.post(
        "/recognise",
        summary="Recognise the entities of texts",
        responses={200: {"model": Answer}, **problems},
        openapi_extra={"requestBody": schema},
    )
    async def recognise(request: Request) -> Response:
        check_head(request, pool.limits)
        with room.hold() as take:
            question = read_question(await read_body(request, pool.limits, take), pool.limits)
            return JSONResponse(await while_connected(request, answer(question, pool)))


async def while_connected(request: Request, answering: Coroutine[Any, Any, T]) -> T:
    """Do something until it is done, or until nobody waits for it any more.

    request (Request): whose body has been read.
    answering (Coroutine): what to do.
    RETURNS (T): what comes of it. It is cancelled, and ClientDisconnect raised, if who asked has gone.
    """
    doing = asyncio.ensure_future(answering)
    leaving = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise ClientDisconnect
    finally:
        leaving.cancel()
        doing.cancel()


async def answer(question: Question, pool: ServerPool) -> Dict[str, Any]:
    """Answer a question.

    question (Question): what is asked.
    pool (ServerPool): the processes with the pipelines.
    RETURNS (Dict[str, Any]): the answer, as `Answer` describes it.
    RAISES: X320 (status 404), X325 (status 422), X326 (status 503), X328 (status 500), X332 (status 413).
    """
    name = next(iter(pool.models)) if question.model is None else question.model
    if name not in pool.models:
        raise Refusal(404, Errors.X320.format(name=name, found=", ".join(pool.models)))
    own = pool.models[name].threshold
    threshold = own if question.threshold is None else question.threshold
    if threshold < own:
        raise Refusal(422, Errors.X325.format(value=threshold, name=name, own=own))
    found = await pool.recognise(name, question.texts, question.language)
    return {"model": name, "threshold": threshold, "documents": check_found(found, threshold)}


def check_found(found: List[Found], threshold: float) -> List[Dict[str, Any]]:
    """Check the answers to the texts of a request.

    found (List[Found]): the answer to each.
    threshold (float): the lowest score of an entity.
    RETURNS (List[Dict[str, Any]]): the documents, without the entities that have a lower one.
    RAISES: X328 (status 500) if a text can't be processed.
    """
    documents = []
    for number, document in enumerate(found, start=1):
        if isinstance(document, str):
            raise Refusal(500, Errors.X328.format(number=number, reason=document))
        kept = [e for e in document["entities"] if e["score"] is None or e["score"] >= threshold]
        documents.append({**document, "entities": kept})
    return documents


def add_state(app: FastAPI, pool: ServerPool) -> None:
    """Add the paths for those who look after the server.

    app (FastAPI): the app.
    pool (ServerPool): the processes with the pipelines.
    """

    @app.get("/health", summary="Whether it works, and with which pipelines")
    async def health() -> Response:
        is_ready = pool.n_ready > 0
        models = {name: told._asdict() for name, told in pool.models.items()}
        told = {"status": "ok" if is_ready else "starting", "version": __version__, "models": models}
        return JSONResponse(told, 200 if is_ready else 503)

    @app.get("/metrics", summary="Counters in the text format of Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(pool.metrics.write(), media_type="text/plain; version=0.0.4; charset=utf-8")


def add_pages(app: FastAPI, pool: ServerPool) -> None:
    """Add the pages for people. They load nothing from elsewhere.

    app (FastAPI): the app.
    pool (ServerPool): the processes with the pipelines.
    """

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return HTMLResponse(show_page(pool.models), headers=HEADERS)

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return HTMLResponse(show_api(app.openapi(), str(request.base_url)), headers=HEADERS)


class Watch:
    """Counts requests, and lets no error out of the app: its message may have a text in it.

    app (ASGIApp): the app.
    metrics (Metrics): where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        scope (Scope): what is known of it.
        receive (Receive): reads it.
        send (Send): writes the answer.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            status = 0  # nobody is there to be answered
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("%s in %s, line %s", type(error).__name__, place.filename, place.lineno)
            if not status:
                told = JSONResponse({"detail": "Internal server error"}, 500)
                await told(scope, receive, watch)
        path = scope["path"] if scope["path"] in PATHS else "other"
        self.metrics.requests.labels(path, str(status)).inc()
        if path == "/recognise":
            self.metrics.seconds.observe(time.perf_counter() - start)
