"""The engine that a command's options ask for."""

from typing import Optional, Sequence, Tuple

from ..translation.spread import EngineWorker, SpreadTranslator
from ..translation.types import Translator
from ._parts import choose_run


def choose_engine(
    name: str,
    settings: Sequence[str],
    languages: Tuple[str, str],
    *,
    ray: Optional[str] = None,
    workers: Optional[int] = None,
    gpu_id: int = -1,
) -> Translator:
    """RETURNS (Translator): the engine, which works by Ray if that is wanted. RAISES: X125, X306, and those of
    `make_engine`."""
    run = choose_run(ray, workers, gpu_id)
    worker = EngineWorker(name, tuple(settings), languages, gpu_id)
    engine = worker.make()
    return engine if ray is None else SpreadTranslator(engine, worker, run)
