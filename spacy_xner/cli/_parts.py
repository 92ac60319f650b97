"""Commands that work on a corpus in parts."""

from pathlib import Path
from typing import Any, Callable, List, NamedTuple, Optional

import typer
from typer.core import TyperCommand
from typing_extensions import Annotated

from ..parallel.cluster import LOCAL, run_on_ray
from ..parallel.parts import PartFolder, Run, number_parts, run_here, run_parts
from ..teaching.worker import Worker, read_contents
from ._options import name_file, read_shard, remove_other_forms, require, show_progress
from ._util import get_blank

AnyCorpus = Annotated[
    Path, typer.Argument(help="What to read: .spacy, a folder of them, .jsonl, .txt (also .gz) or .parquet")
]
PartShard = Annotated[
    str,
    typer.Option("--shard", help="i/n: only each n-th part of the corpus, from the i-th, into OUTPUT.i-of-n"),
]
RayAddress = Annotated[
    Optional[str],
    typer.Option(
        "--ray", metavar="[ADDRESS]", help="Spread the work by Ray: local, auto, or a cluster's address"
    ),
]
Workers = Annotated[
    Optional[int], typer.Option("--workers", min=1, help="Processes of --ray; by default one a core, or GPU")
]


class PartCommand(TyperCommand):
    """A command whose option --ray may stand without address."""

    def parse_args(self, ctx: Any, args: List[str]) -> List[str]:
        given: List[str] = []
        for arg, value in zip(args, [*args[1:], ""], strict=True):
            is_bare = arg == "--ray" and not (value in (LOCAL, "auto") or ":" in value)
            given.extend([arg, LOCAL] if is_bare else [arg])
        return super().parse_args(ctx, given)


class PartOptions(NamedTuple):
    """Options that tell how parts are done, by their names on the command line."""

    shard: str
    resume: bool
    ray: Optional[str]
    workers: Optional[int]
    gpu_id: int

    @property
    def gpu(self) -> int:
        """The GPU where the work is done, -1 for none."""
        return find_gpu(self.ray, self.gpu_id)


def choose_run(ray: Optional[str], workers: Optional[int], gpu_id: int) -> Run:
    """RETURNS (Callable): does the parts of some work, here or by Ray. RAISES: X125, X306."""
    require("--workers", workers, "--ray", ray)
    return run_here if ray is None else run_on_ray(ray, workers, gpu=gpu_id >= 0)


def find_gpu(ray: Optional[str], gpu_id: int) -> int:
    """RETURNS (int): the GPU where the work is done; Ray shows each actor its own as the first one."""
    return gpu_id if ray is None else min(gpu_id, 0)


def find_file(name: str) -> str:
    """RETURNS (str): the whole path of a file or folder that is there; any other name as it is."""
    return str(Path(name).resolve()) if name and Path(name).exists() else name


class Parts:
    """The parts of a corpus on their way to an output.

    path (Path): the output, with the shard in its name.
    done (List[Path]): the files of the parts that are done.
    """

    def __init__(
        self,
        corpus: Path,
        output: Path,
        make_worker: Callable[[str, bool], Worker],
        model: str,
        options: PartOptions,
    ) -> None:
        """Do the work on all parts of a corpus.

        corpus (Path): what to read, see `read_contents`.
        output (Path): what to write; parts are kept beside it.
        make_worker (Callable): gives the worker for a pipeline, and for texts or documents.
        model (str): the pipeline.
        options (PartOptions): those of the command.
        RAISES: X112, X125, X126, X304, X306, and those of reader and worker. What is done stays.
        """
        self.output, self.shard = output, read_shard(options.shard)
        run = choose_run(options.ray, options.workers, options.gpu_id)
        self.path = name_file(output, self.shard)
        texts, contents = read_contents(corpus, get_blank().vocab)
        worker = make_worker(find_file(model), texts)
        self.folder = PartFolder(self.path, worker.describe(), resume=options.resume)
        with show_progress(self.path.name, "parts") as progress:
            parts = number_parts(contents, self.shard)
            self.done = run_parts(parts, worker, self.folder, run, lambda n_done: progress(n_done, 0))

    def finish(self) -> None:
        """Remove the parts: the output is written. Of a corpus, which may be in a folder that is read as a whole, there
        are either shards or the whole."""
        self.folder.remove()
        if self.path.suffix == ".spacy":
            remove_other_forms(self.output, self.shard)
