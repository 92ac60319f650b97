"""The engine that a command's options ask for."""

from typing import Optional, Sequence, Tuple

from ..translation.resolve import make_engine
from ..translation.spread import EngineWorker, SpreadTranslator
from ..translation.types import Translator
from ._parts import choose_run, find_file, find_gpu


def choose_engine(
    name: str,
    settings: Sequence[str],
    languages: Tuple[str, str],
    *,
    ray: Optional[str] = None,
    workers: Optional[int] = None,
    gpu_id: int = -1,
) -> Translator:
    """Make the engine that a command's options ask for.

    name (str): the option --engine, see `make_engine`.
    settings (Sequence[str]): "KEY=VALUE" each, from --set; values that are paths are found from anywhere.
    languages (Tuple[str, str]): codes of source and target.
    ray (Optional[str]): the option --ray: "local", "auto" or a cluster's address; None to work in this process.
    workers (Optional[int]): processes of Ray; None for one a core, or GPU.
    gpu_id (int): number of the GPU, -1 for the CPU.
    RETURNS (Translator): the engine, which works by Ray if that is wanted.
    RAISES: X125 if Ray is missing, X306 if workers are given without it, and those of `make_engine`.
    """
    run = choose_run(ray, workers, gpu_id)
    engine = make_engine(name, settings)(*languages)
    if ray is None:
        return engine
    # Files are found from wherever an actor is.
    worker = EngineWorker(
        find_file(name), tuple(map(_find_files, settings)), languages, find_gpu(ray, gpu_id)
    )
    return SpreadTranslator(engine, worker, run)


def _find_files(setting: str) -> str:
    key, _, value = setting.partition("=")
    return f"{key}={find_file(value)}"
