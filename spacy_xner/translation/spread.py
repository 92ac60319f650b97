"""Translation in several processes, on one machine or several."""

import json
from dataclasses import dataclass
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors, XnerError
from ..files import make_absolute
from ..parallel.parts import Part, Run, Work
from ..pipeline import use_gpu
from .remote.translator import RemoteTranslator
from .resolve import make_engine
from .types import MarkedText, Translated, Translator, read_marked_text


@dataclass(frozen=True)
class EngineWorker:
    """Creates an engine in the process where it works, and translates batches there.

    name (str), settings (Tuple[str, ...]): as in `make_engine`. Files that they name must exist on every machine.
    languages (Tuple[str, str]): codes of source and target.
    gpu_id (int): the GPU, -1 for none.
    """

    name: str
    settings: Tuple[str, ...]
    languages: Tuple[str, str]
    gpu_id: int

    def __call__(self) -> Work:
        use_gpu(self.gpu_id)
        engine = self.make()

        def work(data: bytes) -> bytes:
            sentences = map(read_marked_text, json.loads(data))
            return json.dumps(engine.translate([found for found in sentences if found is not None])).encode()

        return work

    def make(self) -> Translator:
        """RETURNS (Translator): the engine."""
        return make_engine(self.name, self.settings)(*self.languages)


class SpreadTranslator:
    """An engine that translates several batches at once, in other processes.

    engine (Translator): the same engine in this process, used only for its name and licence.
    worker (EngineWorker): creates the engine in other processes.
    run (Callable): runs the parts of the work.
    """

    def __init__(self, engine: Translator, worker: EngineWorker, run: Run) -> None:
        self.name = engine.name
        self.licence = engine.licence
        self.worker = worker
        self.run = run

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate one batch in another process.

        sentences (Sequence[MarkedText]): the sentences with the spans to mark.
        RETURNS (List[Optional[MarkedText]]): the translations in order, None for a sentence without one.
        """
        return [text for _, found in self.translate_batches([sentences]) for text in found.values()]

    def translate_batches(self, batches: Sequence[Sequence[MarkedText]]) -> Iterator[Translated]:
        """Translate several batches at once in other processes.

        batches (Sequence[Sequence[MarkedText]]): the sentences of each batch.
        YIELDS (Translated): the number of each batch from 0 with its translations, in any order.
        """
        parts = (Part(number, json.dumps(batch).encode()) for number, batch in enumerate(batches))
        for part in self.run(parts, self.worker):
            yield part.number, dict(enumerate(map(read_marked_text, json.loads(part.data))))


class Spread(NamedTuple):
    """Where an engine works, if not in this process.

    run (Callable): does parts of the work.
    gpu_id (int): the GPU as a process that does the work sees it, -1 for none.
    """

    run: Run
    gpu_id: int


def spread_engine(
    name: str, settings: Sequence[str], languages: Tuple[str, str], spread: Optional[Spread] = None
) -> Translator:
    """Make an engine that works in many processes, or in this one.

    name (str): as in `make_engine`.
    settings (Sequence[str]): as in `make_engine`. Other processes get paths among the values as absolute ones.
    languages (Tuple[str, str]): codes of source and target.
    spread (Optional[Spread]): where the engine works; None for this process.
    RETURNS (Translator): the engine.
    RAISES: X306 if a service is to work in other processes, and those of `make_engine` and of the engine.
    """
    engine = make_engine(name, settings)(*languages)
    if spread is None:
        return engine
    if isinstance(engine, RemoteTranslator):
        expected = "of use with a service, whose setting `parallel` sends several requests at once"
        raise XnerError(Errors.X306.format(found="--ray", expected=expected, option="one of them"))
    pairs = (setting.partition("=") for setting in settings)
    found = tuple(f"{key}={make_absolute(value)}" for key, _, value in pairs)
    worker = EngineWorker(make_absolute(name), found, languages, spread.gpu_id)
    return SpreadTranslator(engine, worker, spread.run)
