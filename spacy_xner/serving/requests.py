"""What is asked of a server and what it answers, and reading the first."""

from typing import Annotated, Callable, List, Optional

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from ..errors import Errors
from .limits import ServerLimits
from .refusal import Refusal

JSON = "application/json"


class Question(BaseModel):
    """The body of `POST /recognise`."""

    # Without `strict`, true would be the threshold 1, and a number may come as a string.
    model_config = ConfigDict(extra="forbid", strict=True)

    texts: Annotated[List[str], Field(min_length=1, description="Texts in any language, such as sentences")]
    model: Annotated[
        Optional[str],
        Field(description="Name of the pipeline, as GET /health lists them; by default the first"),
    ] = None
    threshold: Annotated[
        Optional[float],
        Field(
            ge=0,
            le=1,
            description="Lowest score of an entity; by default that of the pipeline, and not below it",
        ),
    ] = None
    language: Annotated[
        Optional[str],
        Field(
            pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
            description="Code of the language of the texts, for pipelines that ask for it",
        ),
    ] = None


class FoundEntity(BaseModel):
    """What was recognised in a text."""

    start: Annotated[int, Field(description="Its first character, counted in Unicode's code points")]
    end: Annotated[int, Field(description="The character after its last")]
    text: str
    label: str
    score: Annotated[Optional[float], Field(description="In [0, 1]; null if it has none")]


class Document(BaseModel):
    """A text with its entities, of which some may lie within others."""

    direction: Annotated[str, Field(description="ltr or rtl: how the text is written")]
    entities: List[FoundEntity]


class Answer(BaseModel):
    """The answer of `POST /recognise`: a document for each text, in order."""

    model: str
    threshold: float
    documents: List[Document]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


def check_head(request: Request, limits: ServerLimits) -> None:
    """Check what a request says of itself before it is read.

    request (Request): a request for `POST /recognise`.
    limits (ServerLimits): those of the server.
    RAISES: X329 (status 415) if it does not say that it is JSON, X321 (status 413) if it is too long.
    """
    kind = request.headers.get("content-type", "")
    # No form of another site can send this.
    if kind.partition(";")[0].strip().lower() != JSON:
        raise Refusal(415, Errors.X329.format(found=kind[:100]))
    if int(request.headers.get("content-length", 0)) > limits.max_bytes:
        raise Refusal(413, Errors.X321.format(limit=limits.max_bytes))


async def read_body(request: Request, limits: ServerLimits, take: Callable[[int], None]) -> bytes:
    """Read a request, but no more of it than there may be.

    request (Request): the request.
    limits (ServerLimits): those of the server.
    take (Callable[[int], None]): called with the bytes of each part, before it is kept.
    RETURNS (bytes): its body.
    RAISES: X321 (status 413) if it is too long, and what `take` raises.
    """
    body = bytearray()
    async for part in request.stream():
        take(len(part))
        body += part
        if len(body) > limits.max_bytes:
            raise Refusal(413, Errors.X321.format(limit=limits.max_bytes))
    return bytes(body)


def read_question(body: bytes, limits: ServerLimits) -> Question:
    """Understand a request.

    body (bytes): its body.
    limits (ServerLimits): those of the server.
    RETURNS (Question): what it asks.
    RAISES: X322 (status 400 if it is not JSON, else 422), X323, X324 (status 413) if it is too much.
    """
    try:
        question = Question.model_validate_json(body)
    except ValidationError as error:
        # What was given is left out: it may be a text.
        (first, *_) = error.errors(include_url=False, include_input=False, include_context=False)
        place = ".".join(map(str, first["loc"]))
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        status = 400 if first["type"] == "json_invalid" else 422
        raise Refusal(status, Errors.X322.format(reason=reason)) from None
    if len(question.texts) > limits.max_texts:
        raise Refusal(413, Errors.X323.format(found=len(question.texts), limit=limits.max_texts))
    for number, text in enumerate(question.texts, start=1):
        if len(text) > limits.max_length:
            told = Errors.X324.format(number=number, found=len(text), limit=limits.max_length)
            raise Refusal(413, told)
    return question
