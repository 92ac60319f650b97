"""Commands that work on a corpus in parts."""

import contextlib
import math
from pathlib import Path
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple

import typer
from typer.core import TyperCommand
from typing_extensions import Annotated

from ..files import claim, keep_inputs, make_absolute
from ..parallel.cluster import LOCAL, run_on_ray
from ..parallel.parts import PartFolder, Run, number_parts, run_here, run_parts
from ..teaching.worker import Worker, count_inputs, read_contents
from ..tokenizer import get_blank
from ._options import name_file, read_shard, remove_other_forms, require, show_progress

AnyCorpus = Annotated[
    Path,
    typer.Argument(
        help="What to read: .spacy, a folder of such, .jsonl, .json, .csv, .tsv, .txt (a sentence a line) or .parquet"
    ),
]
PartShard = Annotated[
    str,
    typer.Option(
        "--shard", help="Only one of n shards, i/n; each n-th part of the corpus, into OUTPUT.i-of-n"
    ),
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
        """Put the address "local" behind a bare --ray, then parse as typer does.

        ctx (Context): click's context of the command.
        args (List[str]): as typed. What follows --ray is its address if it is "local" or "auto", or has a colon.
        RETURNS (List[str]): the arguments that are left over.
        """
        given: List[str] = []
        for arg, value in zip(args, [*args[1:], ""], strict=True):
            is_bare = arg == "--ray" and not (value in (LOCAL, "auto") or ":" in value)
            given.extend([arg, LOCAL] if is_bare else [arg])
        return super().parse_args(ctx, given)


class Place(NamedTuple):
    """Where the work of a command is done.

    ray (Optional[str]): the option --ray: "local", "auto" or a cluster's address; None for this process.
    workers (Optional[int]): the option --workers: processes of Ray; None for one a core, or GPU.
    gpu_id (int): the option --gpu-id: number of the GPU, -1 for the CPU; from 0 on each process of Ray gets a GPU.
    """

    ray: Optional[str] = None
    workers: Optional[int] = None
    gpu_id: int = -1

    @property
    def gpu(self) -> int:
        """The GPU for the process that does the work. Ray shows each of its processes one GPU, as number 0.

        RETURNS (int): the number of the GPU in that process, -1 for none.
        """
        return self.gpu_id if self.ray is None else min(self.gpu_id, 0)

    @property
    def own_gpu(self) -> int:
        """RETURNS (int): the GPU that this process uses, -1 for none, as where Ray does the work."""
        return self.gpu_id if self.ray is None else -1

    def choose_run(self) -> Run:
        """Choose what does the parts of the work.

        RETURNS (Callable): does the parts, in this process or by Ray.
        RAISES: X125 if Ray is missing, X306 if workers are given without --ray.
        """
        require("--workers", self.workers, "--ray", self.ray)
        return run_here if self.ray is None else run_on_ray(self.ray, self.workers, gpu=self.gpu_id >= 0)


class PartOptions(NamedTuple):
    """How the parts of a corpus are done.

    shard (str): the option --shard, see `read_shard`.
    resume (bool): the option --resume.
    place (Place): where they are done.
    text_key (Optional[str]): the option --text-key.
    in_place (bool): whether the output may be the corpus itself: nothing of that is lost.
    """

    shard: str
    resume: bool
    place: Place
    text_key: Optional[str] = None
    in_place: bool = False


class Parts(NamedTuple):
    """The parts of a corpus on their way to an output.

    output (Path): the output of all shards.
    shard (Tuple[int, int]): which one this is.
    path (Path): its output, with the shard in its name.
    folder (PartFolder): where the parts are kept.
    done (List[Path]): the files of the parts that are done.
    """

    output: Path
    shard: Tuple[int, int]
    path: Path
    folder: PartFolder
    done: List[Path]

    def finish(self) -> None:
        """Remove the parts: the output is written.

        Of a corpus, which may be in a folder that is read as a whole, there are either shards or the whole.
        """
        self.folder.remove()
        if self.path.suffix == ".spacy":
            remove_other_forms(self.output, self.shard)


@contextlib.contextmanager
def work_in_parts(
    corpus: Path,
    output: Path,
    make_worker: Callable[[str, bool], Worker],
    model: str,
    options: PartOptions,
) -> Iterator[Parts]:
    """Do the work on all parts of a corpus, and keep the output to this process until it is written.

    corpus (Path): what to read, see `read_contents`.
    output (Path): what to write; parts are kept beside it.
    make_worker (Callable): gives the worker for a pipeline, and for texts or documents.
    model (str): the pipeline.
    options (PartOptions): those of the command.
    YIELDS (Parts): the parts.
    RAISES: X112, X125, X126, X134, X137, X304, X306, and those of reader and worker. What is done stays.
    """
    shard = read_shard(options.shard)
    run = options.place.choose_run()
    path = name_file(output, shard)
    keep_inputs([] if options.in_place else [corpus], output, path)
    has_keys = corpus.name.removesuffix(".gz").endswith((".jsonl", ".json", ".csv", ".tsv", ".parquet"))
    require("--text-key", options.text_key, "JSON or a table", has_keys)
    texts, contents = read_contents(corpus, get_blank().vocab, options.text_key)
    worker = make_worker(make_absolute(model), texts)
    folder = PartFolder(path, worker.describe())
    with claim(folder.path, path):
        if not options.resume:
            folder.clear()
        total = math.ceil(count_inputs(corpus) / shard[1])
        with show_progress(path.name, "documents", total) as progress:
            parts = number_parts(contents, shard)
            done = run_parts(parts, worker, folder, run, lambda n_done: progress(n_done, total))
        yield Parts(output, shard, path, folder, done)
