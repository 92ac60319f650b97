"""Processing a corpus in parts. Results are kept until all parts are done, so that a stopped run can be resumed.

Parts may be processed anywhere.
"""

import hashlib
import shutil
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from ..errors import Errors, XnerError, explain
from ..files import write_bytes

T = TypeVar("T")
# A function that processes a part, and a function that creates it, which loads what is needed in the working process.
Work = Callable[[bytes], bytes]
MakeWork = Callable[[], Work]


class Part(NamedTuple):
    """A part of a corpus, or its result.

    number (int): its number, from 0.
    data (bytes): its content.
    size (int): the number of documents in it, as far as that is told.
    """

    number: int
    data: bytes
    size: int = 0


# Processes all parts of a stream, in any order.
Run = Callable[[Iterable[Part], MakeWork], Iterable[Part]]


def cut_shard(items: Iterable[T], shard: Tuple[int, int]) -> Iterator[T]:
    """Cut a shard out of a corpus.

    items (Iterable[T]): the parts, or the documents, of the corpus in order.
    shard (Tuple[int, int]): (i, n) for every n-th item from the i-th, counted from 1; (1, 1) for all.
    YIELDS (T): the items of the shard, in order.
    """
    first, step = shard
    yield from islice(items, first - 1, None, step)


def number_parts(contents: Iterable[Tuple[bytes, int]], shard: Tuple[int, int] = (1, 1)) -> Iterator[Part]:
    """Number the parts of a shard.

    contents (Iterable[Tuple[bytes, int]]): the content of all parts of a corpus, in order, each with the number of its
        documents.
    shard (Tuple[int, int]): which of them, see `cut_shard`.
    YIELDS (Part): the parts, numbered from 0 within the shard.
    """
    for number, (data, size) in enumerate(cut_shard(contents, shard)):
        yield Part(number, data, size)


class PartFolder:
    """The results of finished parts, in a folder beside the output.

    A result is found again if the part has the same content and was processed with the same settings.

    output (Path): the file that the results will be merged into.
    settings (str): a description of how parts are processed.
    RAISES: X112 if the folder can't be made.
    """

    def __init__(self, output: Path, settings: str) -> None:
        self.path = output.with_name(f".{output.name}.parts")
        self.settings = settings.encode("utf8")
        try:
            if output.is_dir():
                raise IsADirectoryError(0, "it is a folder")
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise XnerError(Errors.X112.format(path=output, reason=explain(error))) from error

    def find(self, part: Part) -> Path:
        """Find the file of a part's result.

        part (Part): the part, before it is processed.
        RETURNS (Path): the file, which exists if the part is done.
        """
        digest = hashlib.sha256(self.settings + b"\0" + part.data).hexdigest()[:16]
        return self.path / f"{part.number:06}-{digest}"

    def clear(self) -> None:
        """Remove the parts."""
        for path in self.path.glob("[0-9]*"):
            path.unlink()

    def remove(self) -> None:
        """Remove the folder with all parts."""
        if self.path.exists():
            shutil.rmtree(self.path)


def run_here(parts: Iterable[Part], make_work: MakeWork) -> Iterator[Part]:
    """Process parts one after another in this process. What is needed is loaded at the first part.

    parts (Iterable[Part]): the parts.
    make_work (MakeWork): creates the function that processes a part.
    YIELDS (Part): the result of each part, in order.
    """
    work: Optional[Work] = None
    for part in parts:
        work = work or make_work()
        yield Part(part.number, work(part.data))


def run_parts(
    parts: Iterable[Part], make_work: MakeWork, folder: PartFolder, run: Run, progress: Callable[[int], None]
) -> List[Path]:
    """Process the parts that are not done yet.

    parts (Iterable[Part]): all parts, in order.
    make_work (Callable): creates the function that processes a part.
    folder (PartFolder): the folder of the results.
    run (Callable): processes parts, in this process or others.
    progress (Callable[[int], None]): called with the number of documents in finished parts.
    RETURNS (List[Path]): the files of all results, in order.
    RAISES: X112 if a file can't be written; earlier results are kept.
    """
    paths: List[Path] = []
    sizes: List[int] = []
    n_done = 0

    def find_missing() -> Iterator[Part]:
        nonlocal n_done
        for part in parts:
            paths.append(folder.find(part))
            sizes.append(part.size)
            # An empty file, left by a crash of the machine, is not a result.
            if not paths[-1].exists() or not paths[-1].stat().st_size:
                yield part
            else:
                n_done += part.size
                progress(n_done)

    for done in run(find_missing(), make_work):
        write_bytes(paths[done.number], done.data)
        n_done += sizes[done.number]
        progress(n_done)
    return paths
